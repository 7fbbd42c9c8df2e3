import type { AgentConnection, Connection, TokenState } from '@sallyport/contracts'
import type { z } from 'zod'
import type { ConnectionRecord, GrantedRecord } from './connection-store.ts'
import { isRenewable } from './stored-credential.ts'
import type { TokenDescription, TokenKeeper } from './tokens/token-keeper.ts'

/** Shows connections to owners, with what is known of their tokens. */
export interface ConnectionView {
  one(row: ConnectionRecord): Promise<Connection>
  many(rows: readonly ConnectionRecord[]): Promise<Connection[]>
}

/** Builds the view. Keys have no tokens to be asked about. */
export function createConnectionView({
  tokens,
}: {
  readonly tokens: Pick<TokenKeeper, 'describe'>
}): ConnectionView {
  const many = async (rows: readonly ConnectionRecord[]) => {
    const renewed = rows.filter(hasTokens).map(({ id }) => id)
    const known = renewed.length === 0 ? undefined : await tokens.describe(renewed)
    return rows.map((row) => viewConnection(row, known?.get(row.id)))
  }
  return {
    many,
    async one(row) {
      const known = hasTokens(row) ? await tokens.describe([row.id]) : undefined
      return viewConnection(row, known?.get(row.id))
    },
  }
}

const hasTokens = ({ credentialKind, status }: ConnectionRecord) =>
  isRenewable(credentialKind) && status !== 'revoked'

/** A connection as an owner sees it. */
export function viewConnection(row: ConnectionRecord, known?: TokenDescription): Connection {
  return {
    id: row.id,
    provider: row.provider,
    service: row.service,
    label: row.label,
    status: row.status,
    ...(row.statusReason !== null && { statusReason: row.statusReason }),
    singleton: row.singleton,
    requestedScopes: row.requestedScopes,
    grantedScopes: row.grantedScopes,
    ...(hasTokens(row) && { token: viewToken(row, known) }),
    origins: row.origins,
    // A revoked connection has no credential any more.
    ...(row.status !== 'revoked' && {
      credential: { kind: row.credentialKind, hint: row.credentialHint },
    }),
    requestHeaders: row.requestHeaders,
    responseHeaders: row.responseHeaders,
    allowEncodedSlash: row.allowEncodedSlash,
    ...(row.testUrl !== null && { testUrl: row.testUrl }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ...(row.revokedAt !== null && { revokedAt: row.revokedAt.toISOString() }),
  }
}

const viewToken = (
  { oauthAppId, account }: ConnectionRecord,
  known: TokenDescription = { renewable: false },
): TokenState => ({
  ...(oauthAppId !== null && { oauthAppId }),
  ...(account !== null && { account }),
  ...known,
})

/** A connection as an agent sees it: with its own policy, without a trace of the credential. */
export function viewForAgent({
  connection,
  policy,
}: GrantedRecord): z.infer<typeof AgentConnection> {
  return {
    id: connection.id,
    provider: connection.provider,
    service: connection.service,
    label: connection.label,
    status: connection.status,
    singleton: connection.singleton,
    grantedScopes: connection.grantedScopes,
    ...(connection.credentialKind === 'caller' && { callerCredential: true }),
    createdAt: connection.createdAt.toISOString(),
    policies: [{ id: policy.id, ...policy.document }],
  }
}
