import { Server, type ServerContext } from '@modelcontextprotocol/server'
import { answerCall, type CallAnswer } from './answer-call.ts'
import type { CallContext } from './call-context.ts'
import { linksOf } from './links.ts'
import type { NextStep } from './next-step.ts'
import type { Readable, UpstreamReader } from './read-upstreams.ts'
import { reportProgress } from './report-progress.ts'
import { serveReading } from './serve-reading.ts'
import type { Toolbox } from './toolbox.ts'
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
  /** The answer to the one call of a tool that this server gets, where that was begun before there was a server. */
  readonly begun?: Promise<CallAnswer> | undefined
  /** Where faults of this program go; never stdout, which belongs to the protocol. */
  readonly log: (line: string) => void
}

/** Who answers. */
export const serverInfo = { name: 'sallyport', title: 'Sallyport', version } as const

/** Builds the MCP server of one connection or request. One factory serves both protocol eras. */
export function createServer(needs: ServerNeeds): Server {
  const { toolbox, reader, readable, nextStep } = needs
  const changing = needs.listChanged ? { listChanged: true } : {}
  const server = new Server(serverInfo, {
    capabilities: {
      tools: changing,
      ...(readable.resources && { resources: changing }),
      ...(readable.prompts && { prompts: changing }),
    },
    instructions: needs.instructions,
  })
  const serving = createServing(server, needs)
  server.setRequestHandler('tools/list', async (_, { mcpReq }) => ({
    tools: await toolbox.list(mcpReq.signal),
  }))
  server.setRequestHandler('tools/call', ({ params }, context): Promise<CallAnswer> => {
    if (needs.begun !== undefined) return needs.begun
    const { name, arguments: args = {} } = params
    const { signal } = context.mcpReq
    return answerCall(needs, { name, args, signal, serving: (work) => serving(context, work) })
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
