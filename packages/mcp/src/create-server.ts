import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { CallTool } from './call-tool.ts'
import type { Config } from './config.ts'
import { progressIntervalMsMax } from './limits.ts'
import { failed, succeeded, type ToolResult } from './results.ts'
import { instructions, type ToolName, tools } from './tools.ts'
import { version } from './version.ts'

interface Needs {
  readonly callTool: CallTool
  readonly config: Config
  /** Where faults of this program go; never stdout, which belongs to the protocol. */
  readonly log: (line: string) => void
}

const isToolName = (name: string): name is ToolName => tools.some((tool) => tool.name === name)

/** Builds the MCP server of one connection. One factory serves both protocol eras. */
export function createServer({ callTool, config, log }: Needs): Server {
  const server = new Server(
    { name: 'sallyport', title: 'Sallyport', version },
    { capabilities: { tools: {} }, instructions },
  )
  server.setRequestHandler('tools/list', () => ({ tools: [...tools] }))
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<ToolResult> => {
    const { name, arguments: args = {} } = params
    if (!isToolName(name)) {
      const names = tools.map((tool) => tool.name).join(', ')
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool ${name}: there are ${names}`,
      )
    }
    const progress = reportProgress(context, config.pollIntervalMs)
    try {
      const { signal } = context.mcpReq
      return succeeded(await callTool(name, args, { signal, hearsProgress: progress.heard }))
    } catch (error) {
      const result = failed(error, config)
      if (result.structuredContent.type === 'internal-error') log(`${name}: ${String(error)}`)
      return result
    } finally {
      progress.end()
    }
  })
  return server
}

/** Tells a client that asked for it that the call goes on; clients that hear so wait longer. */
function reportProgress({ mcpReq }: ServerContext, wantedMs: number) {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return { heard: false, end: () => {} }
  const intervalMs = Math.min(wantedMs, progressIntervalMsMax)
  let progress = 0
  const timer = setInterval(() => {
    progress += intervalMs / 1000
    const params = { progressToken, progress, message: `Waiting for the vault, ${progress} s` }
    // A client that is gone needs no progress; its call ends by the signal.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }, intervalMs)
  return { heard: true, end: () => clearInterval(timer) }
}
