import {
  type CallToolResult,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { type CallContext, LinkNotShownYet } from './call-context.ts'
import { askToShow, linksOf } from './links.ts'
import type { NextStep } from './next-step.ts'
import { FailedOfForm, PassedResult } from './pass-result.ts'
import type { Readable, UpstreamReader } from './read-upstreams.ts'
import { reportProgress } from './report-progress.ts'
import { failed, succeeded, type ToolResult } from './results.ts'
import { serveReading } from './serve-reading.ts'
import { type Toolbox, UnknownTool } from './toolbox.ts'
import { version } from './version.ts'

export interface ServerNeeds {
  readonly toolbox: Toolbox
  readonly reader: UpstreamReader
  /** What of it is told to the client that it can ask for. */
  readonly readable: Readable
  readonly instructions: string
  readonly nextStep: NextStep
  /** How often a client that asked for progress hears of it. */
  readonly pollIntervalMs: number
  /** The client can be told that a list has changed. */
  readonly listChanged: boolean
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** Where faults of this program go; never stdout, which belongs to the protocol. */
  readonly log: (line: string) => void
}

/** Builds the MCP server of one connection or request. One factory serves both protocol eras. */
export function createServer(needs: ServerNeeds): Server {
  const { toolbox, reader, readable, nextStep, log } = needs
  const changing = needs.listChanged ? { listChanged: true } : {}
  const server = new Server(
    { name: 'sallyport', title: 'Sallyport', version },
    {
      capabilities: {
        tools: changing,
        ...(readable.resources && { resources: changing }),
        ...(readable.prompts && { prompts: changing }),
      },
      instructions: needs.instructions,
    },
  )
  const serving = createServing(server, needs)
  server.setRequestHandler('tools/list', async (_, { mcpReq }) => ({
    tools: await toolbox.list(mcpReq.signal),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<Answer> => {
    const { name, arguments: args = {} } = params
    try {
      const made = await serving(context, (call) => toolbox.call(name, args, call))
      return made instanceof PassedResult ? made.result : succeeded(made)
    } catch (error) {
      if (error instanceof LinkNotShownYet) return askToShow(error)
      if (error instanceof UnknownTool) throw unknownTool(error, toolbox)
      if (error instanceof FailedOfForm) return unstructuredFailure(error, nextStep)
      const result = failed(error, nextStep)
      const isFault = result.structuredContent.type === 'internal-error'
      // A call that the client took back is no fault, and nobody reads its answer.
      if (isFault && !context.mcpReq.signal.aborted) log(`${name}: ${String(error)}`)
      return result
    }
  })
  serveReading(server, { reader, readable, nextStep, serving })
  return server
}

/** Does the work of one request, whose client hears of its progress and is shown links where it can be. */
const createServing =
  (server: Server, { pollIntervalMs: intervalMs, now }: ServerNeeds) =>
  async <T>(context: ServerContext, work: (call: CallContext) => Promise<T>): Promise<T> => {
    const progress = reportProgress(context, { intervalMs, now })
    const links = linksOf(server, context)
    try {
      return await work({
        signal: context.mcpReq.signal,
        hearsProgress: progress.heard,
        report: progress.report,
        ...(progress.relay !== undefined && { relay: progress.relay }),
        ...(links !== undefined && { links }),
      })
    } finally {
      progress.end()
    }
  }

/** Clients check what is structured against the form of the tool's own results, also where it failed. */
function unstructuredFailure({ cause }: FailedOfForm, nextStep: NextStep): CallToolResult {
  const { content, isError } = failed(cause, nextStep)
  return { content, isError: isError === true }
}

type Answer = ToolResult | CallToolResult | InputRequiredResult

const unknownTool = ({ message }: UnknownTool, { ownNames }: Toolbox) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${message}: ${ownNames.length === 0 ? 'tools/list says which there are' : `there are ${ownNames.join(', ')}, and what tools/list says`}`,
  )
