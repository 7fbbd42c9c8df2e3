import {
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { asProtocolError, notDone } from './as-protocol-error.ts'
import type { Asked } from './ask-upstream.ts'
import { type CallContext, LinkNotShownYet } from './call-context.ts'
import { askToShow } from './links.ts'
import type { NextStep } from './next-step.ts'
import type { ListPage, Readable, UpstreamReader } from './read-upstreams.ts'
import type { NamedThing } from './upstream-names.ts'

// Answers MCP's own methods about resources and prompts with those of the upstream servers that the agent was granted.

export interface ReadingNeeds {
  readonly reader: UpstreamReader
  readonly readable: Readable
  readonly nextStep: NextStep
  /** Does the work of one request, with progress and links; in its end nothing of that is left. */
  readonly serving: <T>(
    context: ServerContext,
    work: (call: CallContext) => Promise<T>,
  ) => Promise<T>
}

type Result = Record<string, unknown>

/** Registers those methods for which something was granted. */
export function serveReading(server: Server, needs: ReadingNeeds): void {
  const { reader, readable, serving } = needs
  const { names } = reader
  const answering = <T>(
    context: ServerContext,
    work: (call: CallContext) => Promise<T>,
  ): Promise<T | InputRequiredResult> =>
    serving(context, work).catch((thrown: unknown) => {
      if (thrown instanceof LinkNotShownYet) return askToShow(thrown)
      throw asProtocolError(thrown, needs.nextStep)
    })
  const list = (
    kind: Parameters<UpstreamReader['list']>[0],
    { params }: { readonly params?: { readonly cursor?: string | undefined } | undefined },
    context: ServerContext,
  ) =>
    serving(context, (call) => reader.list(kind, { cursor: params?.cursor }, call))
      .then((page) => ({ [kind]: page.items, ...restOf(page) }))
      .catch((thrown: unknown) => {
        throw asProtocolError(thrown, needs.nextStep)
      })
  if (readable.resources) {
    server.setRequestHandler('resources/list', async (request, context) => {
      return (await list('resources', request, context)) as never
    })
    server.setRequestHandler('resources/templates/list', async (request, context) => {
      return (await list('resourceTemplates', request, context)) as never
    })
    server.setRequestHandler('resources/read', async ({ params: { uri } }, context) => {
      const wanted = names.readUri(uri)
      const read = await answering(context, async (call) =>
        resultOf(await reader.readResource(wanted, call), () => new ResourceNotFoundError(uri)),
      )
      return byTheirNames(read as Result, wanted, uri) as never
    })
  }
  if (readable.prompts) {
    server.setRequestHandler('prompts/list', async (request, context) => {
      return (await list('prompts', request, context)) as never
    })
    server.setRequestHandler('prompts/get', async ({ params }, context) => {
      const wanted = { ...names.readPrompt(params.name), args: params.arguments }
      return (await answering(context, async (call) =>
        resultOf(await reader.getPrompt(wanted, call), () => unknownPrompt(params.name)),
      )) as never
    })
  }
}

/** The names of `_meta` under which the vault says something of its own. */
const leftOutKey = 'sallyport/leftOut'

const restOf = ({ nextCursor, leftOut }: ListPage) => ({
  ...(nextCursor !== undefined && { nextCursor }),
  ...(leftOut.length > 0 && { _meta: { [leftOutKey]: leftOut } }),
})

function resultOf(asked: Asked | undefined, missing: () => Error): Result {
  if (asked === undefined) throw missing()
  if ('result' in asked) return { ...asked.result }
  const { reason, next } = asked.approval
  throw new ProtocolError(notDone, `${String(reason)} ${next}`, asked.approval)
}

/** The contents that were asked for by a prefixed URI have that one, so that a client finds what it asked for. */
function byTheirNames(read: Result, wanted: NamedThing, uri: string): Result {
  if (wanted.server === undefined || !Array.isArray(read.contents)) return read
  const contents = read.contents.map((content: unknown) =>
    isObject(content) && content.uri === wanted.own ? { ...content, uri } : content,
  )
  return { ...read, contents }
}

const isObject = (value: unknown): value is Result => typeof value === 'object' && value !== null

const unknownPrompt = (name: string) =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt ${name}`)
