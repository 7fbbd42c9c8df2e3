import {
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server'
import { LinkNotShownYet } from './call-context.ts'
import type { CallTool } from './call-tool.ts'
import type { Config } from './config.ts'
import { askToShow, linksOf } from './links.ts'
import { reportProgress } from './report-progress.ts'
import { failed, succeeded, type ToolResult } from './results.ts'
import { instructions, type ToolName, tools } from './tools.ts'
import { version } from './version.ts'

interface Needs {
  readonly callTool: CallTool
  readonly config: Config
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** Where faults of this program go; never stdout, which belongs to the protocol. */
  readonly log: (line: string) => void
}

const isToolName = (name: string): name is ToolName => tools.some((tool) => tool.name === name)

/** Builds the MCP server of one connection. One factory serves both protocol eras. */
export function createServer({ callTool, config, now, log }: Needs): Server {
  const server = new Server(
    { name: 'sallyport', title: 'Sallyport', version },
    { capabilities: { tools: {} }, instructions },
  )
  server.setRequestHandler('tools/list', () => ({ tools: [...tools] }))
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<Answer> => {
    const { name, arguments: args = {} } = params
    if (!isToolName(name)) {
      const names = tools.map((tool) => tool.name).join(', ')
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool ${name}: there are ${names}`,
      )
    }
    const progress = reportProgress(context, { intervalMs: config.pollIntervalMs, now })
    const links = linksOf(server, context)
    try {
      const answer = await callTool(name, args, {
        signal: context.mcpReq.signal,
        hearsProgress: progress.heard,
        report: progress.report,
        ...(links !== undefined && { links }),
      })
      return succeeded(answer)
    } catch (error) {
      if (error instanceof LinkNotShownYet) return askToShow(error)
      const result = failed(error, config)
      const isFault = result.structuredContent.type === 'internal-error'
      // A call that the client took back is no fault, and nobody reads its answer.
      if (isFault && !context.mcpReq.signal.aborted) log(`${name}: ${String(error)}`)
      return result
    } finally {
      progress.end()
    }
  })
  return server
}

type Answer = ToolResult | InputRequiredResult
