import { Problem } from '@sallyport/contracts'
import type { ConnectionStore, StoredConnection } from './connection-store.ts'
import { getLive } from './connections-needs.ts'
import { readCredential, type Sealer } from './credential-opener.ts'
import { isRenewable, type StoredCredential } from './stored-credential.ts'

/** What reading a key takes. */
interface ReadKeyNeeds {
  readonly store: ConnectionStore
  readonly keyring: Sealer
  /** A connection’s access token as it is now: renewed first where it is about to end. */
  readonly openToken: (connection: StoredConnection) => Promise<{ readonly accessToken: string }>
}

/**
 * Builds what reads the one value that a connection consists of, for settings that refer to it: its key, or its access token.
 * Problems: `connection-not-found`, `connection-revoked`, `credential-unreadable`, `invalid-input` where it is more than one value
 * or none, and those of renewing a token.
 */
export function createReadKey({ store, keyring, openToken }: ReadKeyNeeds) {
  return async (workspaceId: string, connectionId: string): Promise<string> => {
    const connection = await getLive({ store }, workspaceId, connectionId)
    // The token of a sign-in to a server goes to that server alone.
    if (connection.origins.some((origin) => origin.startsWith('mcp:'))) throw noKey()
    if (isRenewable(connection.credentialKind)) return (await openToken(connection)).accessToken
    const key = keyOf(await readCredential(keyring, connection))
    if (key !== undefined) return key
    throw noKey()
  }
}

const noKey = () =>
  new Problem('invalid-input', 'The connection has no key that a variable could stand for.', {
    next: 'Choose a connection with one key, or with an account.',
    fields: [{ field: 'connectionId', message: 'must be a connection with one key' }],
  })

function keyOf(credential: StoredCredential): string | undefined {
  switch (credential.kind) {
    case 'bearer':
      return credential.token
    case 'header':
    case 'query':
    case 'path':
    case 'cookie':
      return credential.value
    case 'basic':
      return credential.password
    default:
      return undefined
  }
}
