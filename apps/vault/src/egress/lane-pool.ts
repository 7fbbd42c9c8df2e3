import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Problem } from '@sallyport/contracts'
import { Client } from 'undici'
import type { Connect } from './connect.ts'
import type { Carrier, Exchange } from './exchange.ts'
import type { DialTarget } from './origin-rules.ts'
import { connectProblem, tooLargeProblem } from './upstream-problem.ts'

/** The connections to one origin for one credential. */
export interface LanePool {
  /** Carries an exchange on a free connection, a new one, or as soon as one is free. */
  carry(exchange: Exchange): void
  /** Takes an exchange that ended out of the queue. */
  forget(exchange: Exchange): void
  /** Cuts everything, the answers that are being read included. */
  destroy(problem: Problem): void
  /** Nothing runs and nothing waits. */
  isQuiet(): boolean
  /** Nothing is lost with it: it has no connection, and no reason to distrust the next one. */
  isEmpty(): boolean
}

/** The bounds of a pool. */
export interface LaneLimits {
  readonly connectionsMax: number
  readonly waitingMax: number
  readonly headersMs: number
  readonly bodyIdleMs: number
  /** How long a connection is kept without a hint of the server's. */
  readonly keepAliveMs: number
  readonly keepAliveMaxMs: number
  /** A connection is not reused when it is older: names move, and so do the rules. */
  readonly connectionAgeMaxMs: number
  /** How long no connection is reused after one broke under a request or carried bytes that nobody asked for. */
  readonly distrustMs: number
  readonly headerBytesMax: number
}

/** What a server's keep-alive hint is shortened by, so that a request does not meet a closing connection. */
const keepAliveMarginMs = 1000
/** Framing that an honest answer adds to its body: chunk sizes, headers, TLS records. */
const wireFactor = 4
const wireSlackBytes = 256 * 1024

/**
 * One undici client is one connection; each gets one exchange at a time, and the next only when the loop has turned and
 * nothing more came, so that bytes behind an answer end the connection and never answer the next request (S-23). Bytes
 * that come when the next request is already written cannot be told from its answer, by anybody: they stay within one
 * credential at one origin, whose upstream could as well answer wrongly.
 */
interface Lane {
  readonly openedAt: number
  run(exchange: Exchange): void
  destroy(problem: Problem): void
  isReusable(): boolean
}

/** Makes the pool of one origin. `onEmpty` is called when its last connection is gone. */
export function createLanePool(options: {
  target: DialTarget
  connect: Connect
  limits: LaneLimits
  now: () => number
  onEmpty: () => void
}): LanePool {
  const { target, connect, limits, now } = options
  const lanes = new Set<Lane>()
  const idle: Lane[] = []
  const waiting = new Set<Exchange>()
  let reuseFrom = 0

  // A request that met a closing connection is not sent again; the ones after it shall not meet the same.
  function onDistrust(): void {
    reuseFrom = now() + limits.distrustMs
    for (const lane of idle.splice(0)) lane.destroy(stopped())
  }
  function open(): Lane {
    const lane = createLane({ target, connect, limits, now, onFree, onGone, onDistrust })
    lanes.add(lane)
    return lane
  }
  function takeWaiting(): Exchange | undefined {
    const [first] = waiting
    if (first !== undefined) waiting.delete(first)
    return first
  }
  function onFree(lane: Lane): void {
    if (!lanes.has(lane)) return
    const isOld = now() - lane.openedAt > limits.connectionAgeMaxMs
    if (isOld || now() < reuseFrom || !lane.isReusable()) {
      lane.destroy(stopped())
      return
    }
    const next = takeWaiting()
    if (next === undefined) idle.push(lane)
    else lane.run(next)
  }
  function onGone(lane: Lane): void {
    if (!lanes.delete(lane)) return
    const at = idle.indexOf(lane)
    if (at >= 0) idle.splice(at, 1)
    const next = takeWaiting()
    if (next !== undefined) open().run(next)
    else if (lanes.size === 0) options.onEmpty()
  }

  return {
    carry(exchange) {
      const lane = idle.pop() ?? (lanes.size < limits.connectionsMax ? open() : undefined)
      if (lane !== undefined) lane.run(exchange)
      else if (waiting.size < limits.waitingMax) waiting.add(exchange)
      else exchange.fail(overloaded())
    },
    forget: (exchange) => waiting.delete(exchange),
    destroy(problem) {
      for (const exchange of [...waiting]) exchange.fail(problem)
      for (const lane of [...lanes]) lane.destroy(problem)
    },
    isQuiet: () => waiting.size === 0 && idle.length === lanes.size,
    isEmpty: () => lanes.size === 0 && waiting.size === 0 && now() >= reuseFrom,
  }
}

function createLane(options: {
  target: DialTarget
  connect: Connect
  limits: LaneLimits
  now: () => number
  onFree: (lane: Lane) => void
  onGone: (lane: Lane) => void
  onDistrust: () => void
}): Lane {
  const { target, limits } = options
  const connecting = new AbortController()
  let socket: Socket | undefined
  let wireBytesMax = 0
  let current: Exchange | undefined
  let isGone = false
  let answers = 0

  const client = new Client(target.origin, {
    connect(_options, done) {
      options.connect(target, connecting.signal).then(
        (opened) => {
          socket = opened
          opened.on('readable', () => {
            if (opened.bytesRead > wireBytesMax) opened.destroy(tooLargeProblem('body'))
          })
          wireBytesMax = wireBudget(current, opened)
          done(null, opened)
        },
        (error: unknown) => done(connectProblem(error), null),
      )
    },
    pipelining: 1,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.bodyIdleMs,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.keepAliveMaxMs,
    keepAliveTimeoutThreshold: keepAliveMarginMs,
    maxHeaderSize: limits.headerBytesMax,
  })

  function drop(brokeOff = false): void {
    if (isGone) return
    isGone = true
    if (brokeOff && answers > 0) options.onDistrust()
    connecting.abort()
    client.destroy(() => {})
    options.onGone(lane)
  }
  const carrier: Carrier = {
    drop,
    release() {
      current = undefined
      answers += 1
      // After the parser has gone through all bytes at hand: a message behind the answer has by then cut the connection.
      queueMicrotask(() => options.onFree(lane))
    },
  }
  const lane: Lane = {
    openedAt: options.now(),
    run(exchange) {
      current = exchange
      if (socket !== undefined) wireBytesMax = wireBudget(exchange, socket)
      const { method, path, headers, body } = exchange.request
      const bodyTimeout = exchange.bodyIdleMs ?? limits.bodyIdleMs
      const wire = { method: method as 'GET', path, headers, body, bodyTimeout }
      client.dispatch(wire, exchange.carry(carrier))
    },
    destroy(problem) {
      current?.fail(problem)
      drop()
    },
    isReusable: () =>
      socket !== undefined &&
      !socket.destroyed &&
      socket.writableLength === 0 &&
      socket.readableLength === 0,
  }
  // While an exchange runs undici tells it; a connection that ends between exchanges is nobody's failure.
  client.on('disconnect', (_origin, _targets, error) => {
    if (current !== undefined) return
    if (isUnasked(error)) options.onDistrust()
    drop()
  })
  const emitter: EventEmitter = client
  emitter.on('error', () => drop())
  return lane
}

/** undici's two ways to say that bytes came when no request was running. */
function isUnasked(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return code.startsWith('HPE_') || (code === 'UND_ERR_SOCKET' && error.message === 'bad response')
}

function wireBudget(exchange: Exchange | undefined, socket: Socket): number {
  return socket.bytesRead + wireFactor * (exchange?.responseBytesMax ?? 0) + wireSlackBytes
}

function overloaded(): Problem {
  return new Problem('overloaded', 'Too many requests to this upstream are waiting already.', {
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })
}

function stopped(): Problem {
  return new Problem('request-stopped', 'The request was stopped.')
}
