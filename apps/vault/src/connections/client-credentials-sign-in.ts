import type { CredentialInput } from '@sallyport/contracts'
import { type AcceptanceNeeds, acceptCredential } from './accept-credential.ts'
import type { ConnectionRecord, ConnectionStore } from './connection-store.ts'
import { oauthAppGone } from './connections-needs.ts'
import { credentialContext, type Sealer } from './credential-opener.ts'
import { encodeCredential } from './stored-credential.ts'
import type { TokenKeeper } from './tokens/token-keeper.ts'

/** A client that signs in for itself (RFC 6749 §4.4), and the MCP server that it signs in to. */
interface ClientSignIn {
  readonly workspaceId: string
  readonly label: string
  /** What the tokens are sealed for: no request of HTTP leads there. */
  readonly origin: string
  readonly credential: Extract<CredentialInput, { kind: 'oauth2-client-credentials' }>
}

interface ClientSignInNeeds extends AcceptanceNeeds {
  readonly keyring: Sealer
  readonly sealFirst: TokenKeeper['sealFirst']
  readonly insert: ConnectionStore['insert']
  readonly newId: (kind: 'connection') => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Builds what signs in with a client’s own credentials: a token is asked for at once, and kept as a connection.
 * @throws Problem provider-refused, provider-unavailable, origin-not-allowed
 */
export function createClientSignIn(needs: ClientSignInNeeds) {
  return async ({
    workspaceId,
    label,
    origin,
    credential,
  }: ClientSignIn): Promise<ConnectionRecord> => {
    const { stored, columns, answer } = await acceptCredential(needs, credential, {
      workspaceId,
      oauthAppId: undefined,
    })
    const now = new Date(needs.now())
    const row: ConnectionRecord = {
      ...{ id: needs.newId('connection'), workspaceId, provider: 'mcp', service: 'mcp', label },
      ...{ status: 'healthy', statusReason: null, singleton: false, origins: [origin] },
      ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false, testUrl: null },
      ...columns,
      ...{ version: 1, createdAt: now, updatedAt: now, revokedAt: null },
    }
    const sealed = await needs.keyring.seal(credentialContext(row), encodeCredential(stored))
    const tokens =
      answer && (await needs.sealFirst(row, answer, { nowMs: row.createdAt.getTime() }))
    const inserted = await needs.insert({ ...row, sealed }, tokens)
    if (inserted === undefined || inserted === 'no-app') throw oauthAppGone()
    return inserted
  }
}
