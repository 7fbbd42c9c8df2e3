import { mcpMethods, Problem } from '@sallyport/contracts'
import type {
  RequestHow,
  UpstreamMethod,
  UpstreamProgress,
  UpstreamReply,
} from '../clients/upstream-clients.ts'
import type { Serving } from './serving.ts'

/** A frozen call: what an agent asks of a server, as it was decided on. */
export interface CallRequest {
  /** `mcp://<server>/<tool>`. */
  readonly url: string
  /** JSON: a method of MCP and its params. */
  readonly body?: Uint8Array
}

/** Bounds of one call, and what ends it early. */
interface CallHow {
  /** Whoever is called with a problem ends the call, which throws that problem then. */
  readonly stops: Set<(problem: Problem) => void>
  readonly responseBytesMax: number
  readonly deadlineMs: number
  readonly progress?: ((progress: UpstreamProgress) => void) | undefined
  /** Whose call it is; absent for an owner who tries a tool. */
  readonly agentId?: string | undefined
}

/** What the server said, as every upstream answers. */
interface CallAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: AsyncIterable<Uint8Array>
}

export type SendUpstream = (request: CallRequest, how: CallHow) => Promise<CallAnswer>

/** What this needs of others. */
interface SendingNeeds {
  /** The connection that serves; undefined where there is none, and none is about to be. */
  readonly servingOf: (
    serverId: string,
    signal: AbortSignal,
    agentId?: string,
  ) => Promise<Serving | undefined>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Builds what sends frozen calls. A result is answered with 200, and an error of the protocol with 400: `{ error }`. */
export function createCallSending({ servingOf, now }: SendingNeeds): SendUpstream {
  return async (request, how) => {
    const { serverId, method, params } = readCall(request)
    const controller = new AbortController()
    const stop = (problem: Problem) => controller.abort(problem)
    how.stops.add(stop)
    try {
      const serving = await servingOf(serverId, controller.signal, how.agentId)
      if (controller.signal.aborted) throw controller.signal.reason
      if (serving === undefined) throw notConnected()
      const reply = await serving.ask(method, params, requestHow(how, serving, controller.signal))
      const text = reply.ok ? reply.json : JSON.stringify({ error: reply.error })
      // A token that was renewed under way is none of the secrets that the call was readied with.
      const isClean = serving.cleansUntilMs <= now() && !serving.isSignedIn
      return answerOf(reply, isClean ? text : serving.scrubber.text(text))
    } finally {
      how.stops.delete(stop)
    }
  }
}

const requestHow = (
  { deadlineMs, responseBytesMax, progress }: CallHow,
  { isSignedIn, scrubber }: Serving,
  signal: AbortSignal,
): RequestHow => ({
  ...{ signal, timeoutMs: deadlineMs, bytesMax: responseBytesMax },
  ...(progress !== undefined && {
    onProgress: isSignedIn
      ? ({ message, ...rest }: UpstreamProgress) =>
          progress({
            ...rest,
            ...(message !== undefined && { message: scrubber.text(message) }),
          })
      : progress,
  }),
})

const answerOf = ({ ok }: UpstreamReply, text: string): CallAnswer => ({
  status: ok ? 200 : 400,
  headers: [['content-type', 'application/json']],
  body: once(Buffer.from(text, 'utf8')),
})

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

interface ReadCall {
  readonly serverId: string
  readonly method: UpstreamMethod
  readonly params: Readonly<Record<string, unknown>>
}

/** What froze it made it so; anything else is no call, and is not sent. */
function readCall({ url, body }: CallRequest): ReadCall {
  const [, serverId] = /^mcp:\/\/([A-Za-z0-9_-]{1,64})\//.exec(url) ?? []
  const read: unknown = body === undefined ? undefined : JSON.parse(Buffer.from(body).toString())
  if (serverId === undefined || !isObject(read)) throw noCall()
  const { method, params } = read
  if (!isMethod(method) || !isObject(params)) throw noCall()
  return { serverId, method, params }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isMethod = (value: unknown): value is (typeof mcpMethods)[number] =>
  mcpMethods.some((method) => method === value)

const noCall = () => new Error('A frozen call of an MCP server names no method and params.')

/** There is none, and none is about to be. */
export const notConnected = () =>
  new Problem('upstream-not-connected', 'The vault has no connection to the MCP server.', {
    next: 'It connects again by itself; an owner sees why it cannot on the page of the server.',
    retryAfterSeconds: 5,
  })
