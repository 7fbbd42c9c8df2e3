import { type AuditKeys, createAuditKeys } from './audit-keys.ts'
import type { ParentKey } from './envelope.ts'
import {
  type FindParent,
  makeSecret,
  openSecret,
  type SecretPurpose,
  type WrappedSecret,
} from './installation-secrets.ts'

/** The keys of the audit log in one version: of both secrets that they come from. */
export interface AuditKeyVersion extends AuditKeys {
  readonly version: number
}

/** All versions of the audit log's keys. */
export interface AuditKeyRing {
  /** Oldest first; one at least. */
  epochs(): readonly AuditKeyVersion[]
  /** Learns of versions that were made before it was called, and forgets none. */
  refresh(): Promise<void>
}

interface Needs {
  readonly listSecrets: () => Promise<readonly WrappedSecret[]>
  readonly find: FindParent
}

/**
 * Opens the keys of the audit log. Old versions are kept: they prove old records by themselves. Throws Problem
 * `credential-unreadable` for a secret that does not open, and an Error where one of the two has no fellow.
 */
export async function openAuditKeys(needs: Needs): Promise<AuditKeyRing> {
  let held: readonly AuditKeyVersion[] = []
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const load = async () => {
    const rows = await needs.listSecrets()
    const newest = Math.max(...versionsOf(rows, 'audit-mac'))
    const known = held.at(-1)?.version
    // A version is never made anew, and none goes: whoever takes the newest out of the table does not bring back an older one.
    if (known === undefined || newest > known) held = await openVersions(rows, needs.find)
  }
  /** Joins only what has not begun: what has may have read before the version came that the caller met. */
  const refresh = () => {
    next ??= last
      .catch(() => {})
      .then(() => {
        next = undefined
        return load()
      })
    last = next
    return next
  }
  await refresh()
  return { epochs: () => held, refresh }
}

/** A ring of one version that knows of no other. */
export function onlyAuditKeys(keys: AuditKeys): AuditKeyRing {
  const epochs = [{ ...keys, version: 1 }]
  return { epochs: () => epochs, refresh: async () => {} }
}

/** The next version: as it is stored, and opened. */
export async function nextAuditKeys(
  version: number,
  { parent, randomBytes }: { parent: ParentKey; randomBytes: (count: number) => Uint8Array },
): Promise<{ readonly secrets: readonly WrappedSecret[]; readonly keys: AuditKeyVersion }> {
  const secrets = (['audit-mac', 'audit-signing'] as const).map((purpose) =>
    makeSecret({ purpose, version }, { parent, randomBytes }),
  )
  const [keys] = await openVersions(secrets, async () => parent)
  if (keys === undefined) throw new Error('no version was made')
  return { secrets, keys }
}

const versionsOf = (rows: readonly WrappedSecret[], purpose: SecretPurpose): number[] =>
  rows
    .filter((row) => row.purpose === purpose)
    .map(({ version }) => version)
    .sort((a, b) => a - b)

async function openVersions(
  rows: readonly WrappedSecret[],
  find: FindParent,
): Promise<readonly AuditKeyVersion[]> {
  const open = async (purpose: SecretPurpose, version: number) => {
    const row = rows.find((one) => one.purpose === purpose && one.version === version)
    if (row === undefined)
      throw new Error(`version ${version} of the secret for ${purpose} is missing`)
    return openSecret(row, find)
  }
  const versions = versionsOf(rows, 'audit-mac')
  if (versions.length === 0) throw new Error('the secret for audit-mac is missing')
  return Promise.all(
    versions.map(async (version) => ({
      ...createAuditKeys(await open('audit-mac', version), await open('audit-signing', version)),
      version,
    })),
  )
}
