import { type McpServer, type McpServerAuth, maskedValue } from '@sallyport/contracts'
import type { ServerRow } from '../kept/server-store.ts'

/** A server as owners see it: of its values their names alone. */
export function viewServer(row: ServerRow): McpServer {
  const env = masked(row.envNames)
  const headers = masked(row.headerNames)
  const { failure, lastConnectedAt, serverInfo } = row
  return {
    ...{ id: row.id, name: row.name, transport: row.transport },
    ...(row.description !== null && { description: row.description }),
    ...(row.command !== null && { command: row.command }),
    ...{ args: [...row.args], argsJson: JSON.stringify(row.args) },
    ...{ env, envJson: JSON.stringify(env), headers, headersJson: JSON.stringify(headers) },
    ...(row.cwd !== null && { cwd: row.cwd }),
    ...(row.url !== null && { url: row.url }),
    ...{ variables: [...row.variables], permission: row.permission },
    ...(row.package !== null && { package: row.package }),
    connectTimeoutSeconds: row.connectTimeoutSeconds,
    readTimeoutSeconds: row.readTimeoutSeconds,
    ...{ perAgent: row.perAgent, enabled: row.enabled, builtin: false },
    ...{ status: row.status, toolCount: row.toolCount, heldCount: row.heldCount },
    ...(failure !== null && { lastError: failure.message, lastFailure: failure }),
    ...(lastConnectedAt !== null && { lastConnectedAt: lastConnectedAt.toISOString() }),
    ...(serverInfo !== null && { serverInfo }),
    ...{ toolsetId: row.toolsetId, toolset: row.toolset, connectionId: row.connectionId },
    auth: viewAuth(row),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** How it is signed in to, and what an owner has to do about it. */
function viewAuth({ transport, challenge, signIn }: ServerRow): McpServerAuth {
  const wanted = challenge?.scopes
  const needed = wanted !== undefined && wanted.length > 0 && { neededScopes: [...wanted] }
  if (transport === 'stdio') return { kind: 'none', state: 'none' }
  if (signIn === null) {
    return { kind: 'none', state: challenge === null ? 'none' : 'required', ...needed }
  }
  const isAccount = signIn.credentialKind === 'oauth2'
  const { id: connectionId, account, grantedScopes, statusReason } = signIn
  const lacks = challenge?.status === 403
  const state = signIn.status === 'needs_reauth' ? 'ended' : lacks ? 'scopes_needed' : 'signed_in'
  return {
    ...{ kind: isAccount ? 'authorization_code' : 'client_credentials', connectionId },
    state: state === 'signed_in' && challenge?.status === 401 ? 'ended' : state,
    ...(account !== null && { account }),
    ...{ scopes: [...grantedScopes], ...(state === 'scopes_needed' && needed) },
    ...(statusReason !== null && { message: statusReason }),
  }
}

/** How long a value is can not be told either. */
const masked = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, maskedValue]))
