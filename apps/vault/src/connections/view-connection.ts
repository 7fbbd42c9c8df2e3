import type { AgentConnection, Connection } from '@sallyport/contracts'
import type { z } from 'zod'
import type { ConnectionRecord, GrantedRecord } from './connection-store.ts'

/** A connection as an owner sees it. */
export function viewConnection(row: ConnectionRecord): Connection {
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
    createdAt: connection.createdAt.toISOString(),
    policies: [{ id: policy.id, ...policy.document }],
  }
}
