import type { SealContext } from './associated-data.ts'
import {
  envelopeKeyId,
  nonceBytes,
  openEnvelope,
  type ParentKey,
  sealEnvelope,
  unreadable,
} from './envelope.ts'
import { createRootKey, keyBytes, type RootKey } from './root-key.ts'

// What is derived from a secret of the installation, and so stays as it is when the root key is replaced.

/** What there is a secret for. */
export const secretPurposes = [
  'token-hash',
  'audit-mac',
  'audit-signing',
  'approval-fingerprint',
] as const
export type SecretPurpose = (typeof secretPurposes)[number]

/** A secret as it is stored: wrapped by the root key. */
export interface WrappedSecret {
  readonly purpose: string
  readonly version: number
  readonly wrapped: Uint8Array
}

/** The secrets of an installation. Keys are derived from each as they would be from a root key. */
export type InstallationSecrets = Readonly<Record<SecretPurpose, RootKey>>

/** Makes one version of a secret: 32 random bytes, wrapped. */
export function makeSecret(
  of: { readonly purpose: SecretPurpose; readonly version: number },
  { parent, randomBytes }: { parent: ParentKey; randomBytes: (count: number) => Uint8Array },
): WrappedSecret {
  const plaintext = randomBytes(keyBytes)
  const nonce = randomBytes(nonceBytes)
  const wrapped = sealEnvelope({ parent, context: secretContext(of), plaintext, nonce })
  plaintext.fill(0)
  return { ...of, wrapped }
}

/** Where a wrapped secret belongs. No workspace has such a name. */
export const secretContext = ({
  purpose,
  version,
}: Omit<WrappedSecret, 'wrapped'>): SealContext => ({
  table: 'installation_secrets',
  column: 'wrapped',
  workspaceId: 'installation',
  rowId: purpose,
  rowVersion: version,
})

/**
 * Makes the first version of every secret, wrapped. `given`: what each is to be, where keys are in use already that were derived
 * from a root key; they stay exactly the same. Without it each is 32 random bytes of its own.
 */
export function makeSecrets({
  parent,
  given,
  randomBytes,
}: {
  readonly parent: ParentKey
  readonly given?: RootKey
  readonly randomBytes: (count: number) => Uint8Array
}): readonly WrappedSecret[] {
  return secretPurposes.map((purpose) => {
    if (given === undefined) return makeSecret({ purpose, version: 1 }, { parent, randomBytes })
    const plaintext = given.key.export()
    const context = secretContext({ purpose, version: 1 })
    const nonce = randomBytes(nonceBytes)
    const wrapped = sealEnvelope({ parent, context, plaintext, nonce })
    plaintext.fill(0)
    return { purpose, version: 1, wrapped }
  })
}

/**
 * Opens the newest version of every secret. Throws Problem `credential-unreadable` for one that does not open, and an Error for
 * one that is missing: without it the vault would take every token for a wrong one.
 */
export async function openSecrets(
  rows: readonly WrappedSecret[],
  find: FindParent,
): Promise<InstallationSecrets> {
  const opened = await Promise.all(
    secretPurposes.map(async (purpose): Promise<[SecretPurpose, RootKey]> => {
      const versions = rows.filter((row) => row.purpose === purpose)
      const newest = versions.sort((a, b) => b.version - a.version)[0]
      if (newest === undefined) throw new Error(`the secret for ${purpose} is missing`)
      return [purpose, await openSecret(newest, find)]
    }),
  )
  return Object.fromEntries(opened) as unknown as InstallationSecrets
}

/** Finds the key that an envelope names. */
export type FindParent = (keyId: Uint8Array) => Promise<ParentKey | undefined>

/** Opens one version of a secret. Throws Problem `credential-unreadable`. */
export async function openSecret(row: WrappedSecret, find: FindParent): Promise<RootKey> {
  const context = secretContext(row)
  const keyId = envelopeKeyId(row.wrapped)
  const parent = keyId && (await find(keyId))
  if (parent === undefined) throw unreadable(context)
  const bytes = openEnvelope(parent, context, row.wrapped)
  const secret = createRootKey(bytes)
  bytes.fill(0)
  return secret
}
