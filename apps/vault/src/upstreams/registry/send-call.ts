import { mcpMethods, Problem } from '@sallyport/contracts'
import type {
  RequestHow,
  UpstreamMethod,
  UpstreamProgress,
  UpstreamReply,
} from '../clients/upstream-clients.ts'
import { isAwayServer } from './away.ts'
import type { AwayServer } from './program-claims.ts'
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

/** Sends a call to the replica that runs the server’s program. Undefined: nothing was sent, and it runs elsewhere, or nowhere. */
export type ForwardCall = (
  at: AwayServer,
  request: CallRequest,
  how: CallHow,
) => Promise<CallAnswer | undefined>

/** What this needs of others. */
interface SendingNeeds {
  /** The connection that serves, or where one does; undefined where there is none, and none is about to be. */
  readonly servingOf: (
    serverId: string,
    signal: AbortSignal,
    agentId?: string,
  ) => Promise<Serving | AwayServer | undefined>
  /** Finds out anew where a server runs. Never rejects. */
  readonly lookAgain: (serverId: string) => Promise<void>
  readonly forward?: ForwardCall | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Sends frozen calls. A result is answered with 200, and an error of the protocol with 400: `{ error }`. */
export interface CallSending {
  /** Wherever the server runs. */
  readonly send: SendUpstream
  /**
   * For another replica, and on this one alone: undefined where it does not run here. What comes back is cleaned, whoever cleans it
   * once more.
   */
  readonly sendHere: (request: CallRequest, how: CallHow) => Promise<CallAnswer | undefined>
}

/** How often it is found out where a server runs, for one call: it may be on its way from one replica to another. */
const placesMax = 8
/** Between the later ones, in ms. */
const placeEveryMs = 500

/** Builds what sends frozen calls. */
export function createCallSending(needs: SendingNeeds): CallSending {
  const sendOnce = async (request: CallRequest, how: CallHow, isForOther: boolean) => {
    const { serverId, method, params } = readCall(request)
    const controller = new AbortController()
    const stop = (problem: Problem) => controller.abort(problem)
    how.stops.add(stop)
    try {
      const serving = await needs.servingOf(serverId, controller.signal, how.agentId)
      if (controller.signal.aborted) throw controller.signal.reason
      if (serving === undefined) throw notConnected()
      if (isAwayServer(serving)) return serving
      const reply = await serving.ask(method, params, requestHow(how, serving, controller.signal))
      const text = reply.ok ? reply.json : JSON.stringify({ error: reply.error })
      // A token that was renewed under way is none of the secrets that the call was readied with.
      const isClean = serving.cleansUntilMs <= needs.now() && !serving.isSignedIn && !isForOther
      return answerOf(reply, isClean ? text : serving.scrubber.text(text))
    } finally {
      how.stops.delete(stop)
    }
  }
  return {
    async send(request, how) {
      const endMs = needs.now() + how.deadlineMs
      for (let places = 0; places < placesMax; places += 1) {
        const left = { ...how, deadlineMs: Math.max(endMs - needs.now(), 1) }
        const answer = await sendOnce(request, left, false)
        if (!('replicaId' in answer)) return answer
        const forwarded =
          answer.replicaId === undefined ? undefined : await needs.forward?.(answer, request, left)
        if (forwarded !== undefined) return forwarded
        if (places > 0) await pause(placeEveryMs, how.stops)
        await needs.lookAgain(answer.serverId)
      }
      throw notConnected()
    },
    async sendHere(request, how) {
      const answer = await sendOnce(request, how, true)
      return 'replicaId' in answer ? undefined : answer
    },
  }
}

/** Waits; a problem that stops the call ends that. */
function pause(ms: number, stops: CallHow['stops']): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (problem: Problem) => {
      clearTimeout(timer)
      stops.delete(stop)
      reject(problem)
    }
    const timer = setTimeout(() => {
      stops.delete(stop)
      resolve()
    }, ms)
    stops.add(stop)
  })
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
