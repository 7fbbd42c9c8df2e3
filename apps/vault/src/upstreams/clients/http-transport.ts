// MCP over HTTP: Streamable HTTP, and the older pair of an event stream and POSTs, over sockets that are this server's alone.
import {
  type FetchLike,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import { fairBody } from './fair-body.ts'
import type { HttpDoor } from './http-door.ts'
import type { OpenConfig } from './live-upstream.ts'
import type { UpstreamTransportHandle } from './program-transport.ts'
import { endsConnection, sendSignedIn } from './send-signed-in.ts'
import { upstreamProblem } from './upstream-problem.ts'

/** Between two attempts to listen anew: servers that hang up at once would else be asked without pause. */
const listenAgainMsMin = 1_000
const listenAgainMsMax = 60_000
/** Attempts to listen that failed one after the other, until the server is taken for gone. */
const listenFailuresMax = 4
/** For the server to hear that its session is over. */
const farewellMs = 500

/**
 * Makes the transport to a server over HTTP.
 * @throws Problem invalid-url, stage `resolve`
 */
export function createHttpTransport(
  config: OpenConfig,
  openDoor: (name: string) => HttpDoor,
): UpstreamTransportHandle {
  const url = readUrl(config.url)
  const door = openDoor(config.serverId)
  const timers = new Set<ReturnType<typeof setTimeout>>()
  const onfail = (why: Problem) => handle.onfail?.(why)
  const fetch = createServerFetch({ config, url, door, onfail })
  const transport =
    config.transport === 'sse'
      ? new SSEClientTransport(url, { fetch })
      : new StreamableHTTPClientTransport(url, {
          fetch,
          reconnectionOptions: {
            initialReconnectionDelay: listenAgainMsMin,
            maxReconnectionDelay: listenAgainMsMax,
            reconnectionDelayGrowFactor: 2,
            maxRetries: listenFailuresMax,
          },
          // The server's own idea of a pause may be none at all.
          reconnectionScheduler(again, delayMs) {
            const pauseMs = Math.min(Math.max(delayMs, listenAgainMsMin), listenAgainMsMax)
            const timer = setTimeout(() => {
              timers.delete(timer)
              again()
            }, pauseMs)
            timers.add(timer)
            return () => clearTimeout(timer)
          },
        })
  let closing: Promise<void> | undefined
  const closeTransport = transport.close.bind(transport)
  const handle: Transport & UpstreamTransportHandle = Object.assign(transport, {
    stderrTail: () => '',
    close(): Promise<void> {
      closing ??= (async () => {
        if (transport instanceof StreamableHTTPClientTransport) await farewell(transport)
        for (const timer of timers) clearTimeout(timer)
        await closeTransport().catch(() => {})
        door.close()
      })()
      return closing
    },
  })
  return handle
}

async function farewell(transport: StreamableHTTPClientTransport): Promise<void> {
  if (transport.sessionId === undefined) return
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, farewellMs)
  })
  await Promise.race([transport.terminateSession().catch(() => {}), expired])
  clearTimeout(timer)
}

function readUrl(text: string | undefined): URL {
  if (text !== undefined && URL.canParse(text)) return new URL(text)
  throw upstreamProblem('resolve', 'invalid-url', {
    detail: 'The address of the server is no URL.',
    next: 'The owner writes one such as https://mcp.example.com/mcp.',
  })
}

/** The server's headers go to its own origin and nowhere else, whatever address the SDK was told by the server. */
function createServerFetch(options: {
  readonly config: OpenConfig
  readonly url: URL
  readonly door: HttpDoor
  readonly onfail: (why: Problem) => void
}): FetchLike {
  const { config, url, door, onfail } = options
  const isSse = config.transport === 'sse'
  let listened = 0
  let listenFailures = 0

  function onListenFailure(error: unknown): void {
    listenFailures += 1
    if (isSse || listenFailures >= listenFailuresMax) onfail(asProblem(error))
  }
  return async (target, init = {}) => {
    if (new URL(target).origin !== url.origin) throw elsewhere()
    const isListening = (init.method ?? 'GET') === 'GET'
    // Another stream of events is another session, of which the server and the SDK know nothing.
    if (isListening && isSse && listened > 0) throw streamEnded()
    if (isListening) listened += 1
    try {
      const response = fairly(await sendSignedIn(config, door, { target, init }))
      if (isListening && response.ok) listenFailures = 0
      const isOfSession = new Headers(init.headers).has('mcp-session-id')
      if (response.status === 404 && isOfSession) onfail(forgotten())
      if (!isListening || !isSse || !response.ok) return response
      // What the SDK itself breaks off is no end that the server made.
      return watched(response, (why) => {
        if (init.signal?.aborted !== true) onfail(why)
      })
    } catch (error) {
      if (init.signal?.aborted === true) throw error
      if (isListening) onListenFailure(error)
      else if (error instanceof Problem && endsConnection(error)) onfail(asProblem(error))
      throw error
    }
  }
}

/** An answer that is no stream was asked for, and is no longer than one may be. */
function fairly(response: Response): Response {
  const { body, status, headers } = response
  const isStream = headers.get('content-type')?.toLowerCase().startsWith('text/event-stream')
  if (body === null || isStream !== true) return response
  return new Response(fairBody(body), { status, headers })
}

/** A stream whose end is the end of the connection. */
function watched(response: Response, onfail: (why: Problem) => void): Response {
  const { body, status, headers } = response
  if (body === null) return response
  const reader = body.getReader()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const step = await reader.read()
        if (!step.done) return controller.enqueue(step.value)
        controller.close()
        onfail(streamEnded())
      } catch (error) {
        controller.error(error)
        onfail(asProblem(error))
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(stream, { status, headers })
}

function asProblem(error: unknown): Problem {
  if (!(error instanceof Problem)) return streamEnded()
  const { type, detail, next, cause } = error
  return upstreamProblem('connect', type, { detail, ...(next !== undefined && { next }), cause })
}

const streamEnded = () =>
  upstreamProblem('connect', 'upstream-unreachable', {
    detail: 'The server ended the stream of events that is its connection.',
    next: 'The vault connects again.',
  })

const forgotten = () =>
  upstreamProblem('connect', 'upstream-unreachable', {
    detail: 'The server no longer knows the session.',
    next: 'The vault connects again.',
  })

const elsewhere = () =>
  upstreamProblem('connect', 'address-refused', {
    detail: 'The server names an address at another origin than its own; nothing is sent there.',
    next: 'The owner writes the address that the server really has.',
  })
