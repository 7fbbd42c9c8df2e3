import { Problem } from '@sallyport/contracts'
import type { Dispatcher } from 'undici'
import { type AnswerHead, readAnswerHead } from './answer-head.ts'
import { type BodyQueue, createBodyQueue } from './body-queue.ts'
import { decodeBody } from './decode-body.ts'
import {
  exchangeProblem,
  invalidResponse,
  timeoutProblem,
  tooLargeProblem,
} from './upstream-problem.ts'
import type { WireRequest } from './wire-request.ts'

/** An upstream's answer. The body is decoded and bounded; reading it throws a problem where it breaks off. */
export interface UpstreamAnswer {
  readonly status: number
  /** Names in lower case, in the order of the wire. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: AsyncIterable<Uint8Array>
}

/** Ends an exchange with a problem. */
export type StopExchange = (problem: Problem) => void

/** The bounds of one exchange. */
export interface ExchangeLimits {
  /** Stops the exchange; a reason that is a problem is what the caller gets. A signal for each request costs more than the rest of `send`. */
  readonly signal?: AbortSignal
  /** Holds a function that stops the exchange for as long as it runs: the cheap way to stop many at once. */
  readonly stops?: Set<StopExchange>
  /** Decoded bytes of the body, and encoded ones. */
  readonly responseBytesMax: number
  /** Milliseconds from now for everything: waiting, connecting, sending and the whole body. */
  readonly deadlineMs: number
  /** Milliseconds that the body may be silent, where that is not what holds for all: for streams of events. */
  readonly bodyIdleMs?: number
}

/** What an exchange asks of the connection that carries it. */
export interface Carrier {
  /** The answer came whole: the connection may serve again. */
  release(): void
  /** The connection is cut at once; `brokeOff` where it broke before any answer, as a kept one does that the server closes. */
  drop(brokeOff?: boolean): void
}

/** One request and its answer. */
export interface Exchange {
  readonly request: WireRequest
  readonly responseBytesMax: number
  readonly bodyIdleMs: number | undefined
  readonly answer: Promise<UpstreamAnswer>
  /** Gives the exchange to a connection, once; what comes back listens to undici. */
  carry(carrier: Carrier): Dispatcher.DispatchHandler
  /** Ends it early: the answer, or the reader of its body, gets the problem. After the end it does nothing. */
  fail(problem: Problem): void
}

/** Informational answers (1xx) before the real one. */
const informationalMax = 8
/**
 * Pieces that a body may come in, and one more for each of so many bytes: each costs as much as thousands of bytes do. An honest
 * upstream that writes token by token stays below, however long its answer is.
 */
const piecesMax = 200_000
const pieceBytesLeast = 4

/**
 * Makes an exchange whose clock runs from now. `onOver` is called once, when it ended in whatever way.
 * The request is written at most once: a second attempt by undici is aborted before its first byte.
 */
export function createExchange(
  request: WireRequest,
  limits: ExchangeLimits,
  onOver: (exchange: Exchange) => void,
): Exchange {
  let carrier: Carrier | undefined
  let resume: (() => void) | undefined
  let isOver = false
  let hasHead = false
  let settle: Settle | undefined
  const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
    settle = { resolve, reject }
  })
  const body = createBodyQueue({
    onDrain: () => resume?.(),
    onCancel: () => fail(stopped()),
  })

  function finish(): void {
    isOver = true
    clearTimeout(timer)
    limits.signal?.removeEventListener('abort', onAbort)
    limits.stops?.delete(fail)
    onOver(exchange)
  }
  function end(problem: Problem, brokeOff: boolean): void {
    if (isOver) return
    finish()
    settle?.reject(problem)
    body.fail(problem)
    carrier?.drop(brokeOff && !hasHead)
  }
  const fail = (problem: Problem) => end(problem, false)
  const onAbort = () => fail(reasonOf(limits.signal?.reason))
  const timer = setTimeout(() => fail(timeoutProblem()), limits.deadlineMs)
  limits.signal?.addEventListener('abort', onAbort)
  limits.stops?.add(fail)

  const events: ExchangeEvents = {
    head(head, more) {
      resume = more
      hasHead = true
      settle?.resolve(toAnswer(head, body, limits.responseBytesMax))
      if (!head.endsHere) return
      finish()
      body.end()
      carrier?.drop()
    },
    end() {
      if (isOver) return
      finish()
      body.end()
      carrier?.release()
    },
    fail,
    broken: (problem) => end(problem, true),
  }
  const exchange: Exchange = {
    request,
    responseBytesMax: limits.responseBytesMax,
    bodyIdleMs: limits.bodyIdleMs,
    answer,
    fail,
    carry(by) {
      carrier = by
      return listen(exchange, body, events)
    },
  }
  if (limits.signal?.aborted === true) onAbort()
  return exchange
}

interface Settle {
  resolve(answer: UpstreamAnswer): void
  reject(problem: Problem): void
}

interface ExchangeEvents {
  head(head: AnswerHead, resume: () => void): void
  end(): void
  fail(problem: Problem): void
  broken(problem: Problem): void
}

/** undici's raw handler: its newer form makes an object of the headers, which loses their order and costs time. */
function listen(
  exchange: Exchange,
  body: BodyQueue,
  events: ExchangeEvents,
): Dispatcher.DispatchHandler {
  const bodyBytesMax = exchange.responseBytesMax
  const isHead = exchange.request.method === 'HEAD'
  let writes = 0
  let informational = 0
  let bytes = 0
  let pieces = 0
  return {
    onConnect(abort) {
      writes += 1
      if (writes === 1) return
      abort()
      events.fail(invalidResponse('The upstream broke off the connection.'))
    },
    onHeaders(status, headers, resume) {
      if (status >= 102 && status < 200) {
        informational += 1
        if (informational > informationalMax) {
          events.fail(invalidResponse('The upstream sent preliminary answers without end.'))
        }
        return true
      }
      try {
        events.head(readAnswerHead({ status, headers }, { isHead, bodyBytesMax }), resume)
      } catch (error) {
        events.fail(exchangeProblem(error))
      }
      return true
    },
    onData(chunk) {
      bytes += chunk.byteLength
      if (bytes > bodyBytesMax) {
        events.fail(tooLargeProblem('body'))
        return false
      }
      pieces += 1
      if (pieces > piecesMax + bytes / pieceBytesLeast) {
        events.fail(invalidResponse('The upstream sent its answer in too many tiny pieces.'))
        return false
      }
      return body.push(chunk)
    },
    onComplete() {
      events.end()
    },
    onError(error) {
      events.broken(exchangeProblem(error))
    },
  }
}

function toAnswer(head: AnswerHead, body: BodyQueue, bytesMax: number): UpstreamAnswer {
  const { status, headers, coding } = head
  if (coding === 'identity') return { status, headers, body }
  return {
    status,
    // They describe the encoded body, which is not what is handed on.
    headers: headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length'),
    body: decodeBody(coding, body, bytesMax),
  }
}

function stopped(): Problem {
  return new Problem('request-stopped', 'The request was stopped.')
}

function reasonOf(reason: unknown): Problem {
  return reason instanceof Problem ? reason : stopped()
}
