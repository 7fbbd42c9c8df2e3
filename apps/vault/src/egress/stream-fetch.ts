// `fetch` for libraries that read answers while they come: the same way out, with bounds for streams that do not end.
import { Problem } from '@sallyport/contracts'
import type { Egress } from './egress.ts'
import { type EgressFetchOptions, toEgressRequest } from './fetch.ts'
import {
  exchangeProblem,
  invalidResponse,
  timeoutProblem,
  tooLargeProblem,
} from './upstream-problem.ts'

/** What may come over one server's streams. */
export interface StreamLimits {
  /** Of an answer that is no stream of events, and of one event. */
  readonly messageBytesMax: number
  /** Of all that one answer brings. */
  readonly streamBytesMax: number
  /** Milliseconds for a GET, which waits for events, from its beginning to its end. */
  readonly listeningMs: number
  /** Milliseconds for any other request, its answer included. */
  readonly requestMs: number
  /** Milliseconds in which nothing comes. */
  readonly idleMs: number
}

/** The sockets to one server, and nothing else's. */
export interface StreamDoor {
  /**
   * Sends at most once, follows no redirect, and resolves when the head of the answer is there.
   * @throws Problem as `Egress.send` does; upstream-invalid-response for a redirect. Reading the body can throw the same.
   */
  readonly fetch: (url: string | URL, options?: EgressFetchOptions) => Promise<Response>
  /** Cuts all of its sockets, and opens none any more. */
  close(): void
}

const defaultLimits: StreamLimits = {
  messageBytesMax: 8 * 1024 * 1024,
  streamBytesMax: 1024 * 1024 * 1024,
  listeningMs: 24 * 3_600_000,
  requestMs: 3_600_000,
  idleMs: 3_600_000,
}

const nullBodyStatuses = new Set([204, 205, 304])
const carriageReturn = 13
const lineFeed = 10

/** Builds the doors to servers whose answers are streams; each has sockets of its own. */
export function createStreamDoors(needs: {
  readonly egress: Pick<Egress, 'send' | 'closePool'>
  readonly limits?: Partial<StreamLimits>
}): (name: string) => StreamDoor {
  const limits = { ...defaultLimits, ...needs.limits }
  const { egress } = needs
  let doors = 0

  return (name) => {
    doors += 1
    // A key that was closed stays closed: each door has its own.
    const poolKey = `stream:${name}:${doors}`
    return {
      close: () => egress.closePool(poolKey),
      async fetch(url, options = {}) {
        const request = toEgressRequest(url, options)
        const signal = options.signal ?? undefined
        try {
          const answer = await egress.send(request, {
            poolKey,
            // Streams hold their connections for hours: together they leave room for everybody else's.
            poolGroup: 'streams',
            deadlineMs: request.method === 'GET' ? limits.listeningMs : limits.requestMs,
            bodyIdleMs: limits.idleMs,
            responseBytesMax: limits.streamBytesMax,
            ...(signal !== undefined && { signal }),
          })
          if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
            await answer.body[Symbol.asyncIterator]().return?.()
            throw redirected()
          }
          return toResponse(answer, limits.messageBytesMax)
        } catch (error) {
          if (signal?.aborted === true && isTimeout(signal.reason)) throw timeoutProblem()
          throw error
        }
      },
    }
  }
}

function redirected(): Problem {
  return new Problem(
    'upstream-invalid-response',
    'The server sends this address elsewhere, and redirects are not followed.',
    { next: 'The owner writes the address that the server really has.' },
  )
}

function toResponse(answer: Awaited<ReturnType<Egress['send']>>, bytesMax: number): Response {
  const { status, headers, body } = answer
  if (status < 200 || status > 599) {
    throw invalidResponse('The status of the answer is none that HTTP has.')
  }
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const count = /^text\/event-stream *(?:;|$)/i.test(type)
    ? createEventBound(bytesMax)
    : createBound(bytesMax)
  try {
    return new Response(nullBodyStatuses.has(status) ? null : toStream(body, count), {
      status,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    })
  } catch (error) {
    throw exchangeProblem(error)
  }
}

/** Takes what came, and throws where it is too much. */
type Bound = (chunk: Uint8Array) => void

function createBound(bytesMax: number): Bound {
  let bytes = 0
  return (chunk) => {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw tooLargeProblem('body')
  }
}

/** Counts anew after each empty line, which is where an event ends: LF, CR or both (WHATWG HTML §9.2.6). */
function createEventBound(bytesMax: number): Bound {
  let eventBytes = 0
  let lineBytes = 0
  let afterReturn = false
  return (chunk) => {
    for (const byte of chunk) {
      eventBytes += 1
      if (byte === lineFeed && afterReturn) {
        afterReturn = false
        continue
      }
      afterReturn = byte === carriageReturn
      if (byte !== lineFeed && byte !== carriageReturn) {
        lineBytes += 1
        continue
      }
      if (lineBytes === 0) eventBytes = 0
      lineBytes = 0
    }
    if (eventBytes > bytesMax) throw tooLargeProblem('body')
  }
}

/** By hand: a stream that the platform makes of node's ends the process when its reader goes away (measured). */
function toStream(body: AsyncIterable<Uint8Array>, count: Bound): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const step = await iterator.next()
        if (step.done === true) return controller.close()
        count(step.value)
        controller.enqueue(step.value)
      } catch (error) {
        controller.error(error)
        await iterator.return?.()
      }
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

const isTimeout = (reason: unknown): boolean =>
  reason instanceof Error && reason.name === 'TimeoutError'
