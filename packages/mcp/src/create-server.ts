import {
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server'
import { LinkNotShownYet } from './call-context.ts'
import { askToShow, linksOf } from './links.ts'
import type { NextStep } from './next-step.ts'
import { reportProgress } from './report-progress.ts'
import { failed, succeeded, type ToolResult } from './results.ts'
import { type Toolbox, UnknownTool } from './toolbox.ts'
import { version } from './version.ts'

export interface ServerNeeds {
  readonly toolbox: Toolbox
  readonly instructions: string
  readonly nextStep: NextStep
  /** How often a client that asked for progress hears of it. */
  readonly pollIntervalMs: number
  /** The client can be told that the list of tools has changed. */
  readonly listChanged: boolean
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** Where faults of this program go; never stdout, which belongs to the protocol. */
  readonly log: (line: string) => void
}

/** Builds the MCP server of one connection or request. One factory serves both protocol eras. */
export function createServer(needs: ServerNeeds): Server {
  const { toolbox, instructions, nextStep, now, log } = needs
  const tools = needs.listChanged ? { listChanged: true } : {}
  const server = new Server(
    { name: 'sallyport', title: 'Sallyport', version },
    { capabilities: { tools }, instructions },
  )
  server.setRequestHandler('tools/list', async (_, { mcpReq }) => ({
    tools: await toolbox.list(mcpReq.signal),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<Answer> => {
    const { name, arguments: args = {} } = params
    const progress = reportProgress(context, { intervalMs: needs.pollIntervalMs, now })
    const links = linksOf(server, context)
    try {
      const answer = await toolbox.call(name, args, {
        signal: context.mcpReq.signal,
        hearsProgress: progress.heard,
        report: progress.report,
        ...(links !== undefined && { links }),
      })
      return succeeded(answer)
    } catch (error) {
      if (error instanceof LinkNotShownYet) return askToShow(error)
      if (error instanceof UnknownTool) throw unknownTool(error, toolbox)
      const result = failed(error, nextStep)
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

const unknownTool = ({ message }: UnknownTool, { ownNames }: Toolbox) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${message}: ${ownNames.length === 0 ? 'tools/list says which there are' : `there are ${ownNames.join(', ')}, and what tools/list says`}`,
  )
