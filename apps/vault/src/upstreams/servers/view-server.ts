import { type McpServer, maskedValue } from '@sallyport/contracts'
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
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** How long a value is can not be told either. */
const masked = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, maskedValue]))
