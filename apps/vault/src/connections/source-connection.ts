import type { ConnectionChanges, StoredConnection } from './connection-store.ts'
import { credentialContext, readCredential, type Sealer } from './credential-opener.ts'
import { hintOf } from './credential-secrets.ts'
import { encodeCredential, type StoredOf } from './stored-credential.ts'

// The connection of a SQL source: no owner makes or changes it as a connection, its source does. The place of the database stands
// among its origins, which the password is sealed for: a row of the source that somebody edits sends no password elsewhere (S-33).

/** A sign-in to a database: none where the server asks for no password, or where it is a file. */
export type SourceCredential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'none' }

interface SourceConnectionDraft {
  readonly id: string
  readonly workspaceId: string
  /** As owners see it: `postgresql`, `mysql`, `sqlite`. */
  readonly service: string
  readonly label: string
  readonly origins: readonly string[]
  readonly credential: SourceCredential
  readonly at: Date
}

type Sealed = Parameters<typeof readCredential>[1]

export interface SourceConnections {
  /** The row, sealed, yet to be stored. */
  draft(draft: SourceConnectionDraft): Promise<StoredConnection>
  /** Seals another credential, other origins or both, for the next version of the row. */
  reseal(
    current: Sealed,
    next: { readonly origins: readonly string[]; readonly credential: SourceCredential },
  ): Promise<ConnectionChanges>
  /** @throws Problem connection-revoked, credential-unreadable */
  open(current: Sealed): Promise<SourceCredential>
}

/** Builds what the room of sources needs of connections. */
export function createSourceConnections({
  keyring,
}: {
  readonly keyring: Sealer
}): SourceConnections {
  const seal = (
    row: Parameters<typeof credentialContext>[0],
    credential: SourceCredential,
  ): Promise<Uint8Array> => keyring.seal(credentialContext(row), encodeCredential(credential))
  return {
    async draft({ id, workspaceId, service, label, origins, credential, at }) {
      const row = { id, workspaceId, version: 1, origins: [...origins] }
      return {
        ...row,
        ...{ provider: service, service, label, status: 'healthy', statusReason: null },
        ...{ singleton: false, requestedScopes: [], grantedScopes: [] },
        ...{ oauthAppId: null, account: null, accountSubject: null },
        ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false, testUrl: null },
        ...{ credentialKind: credential.kind, credentialHint: hintOf(credential) },
        sealed: await seal(row, credential),
        ...{ createdAt: at, updatedAt: at, revokedAt: null },
      }
    },

    async reseal(current, { origins, credential }) {
      const next = { ...current, version: current.version + 1, origins: [...origins] }
      return {
        ...{ version: next.version, origins: next.origins, status: 'healthy', statusReason: null },
        ...{ credentialKind: credential.kind, credentialHint: hintOf(credential) },
        sealed: await seal(next, credential),
      }
    },

    async open(current) {
      const credential = await readCredential(keyring, current)
      return isOfSource(credential) ? credential : { kind: 'none' }
    },
  }
}

const isOfSource = (
  credential: Awaited<ReturnType<typeof readCredential>>,
): credential is StoredOf<'basic'> | StoredOf<'none'> =>
  credential.kind === 'basic' || credential.kind === 'none'
