// Stands between a transport and the SDK, so that nothing that a server sends can hold up, flood or break the vault, and no
// request waits for an answer that cannot come any more.
import type {
  JSONRPCMessage,
  JSONRPCRequest,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client'
import type { Problem } from '@sallyport/contracts'
import { isRecord } from './is-record.ts'
import type { UpstreamTransportHandle } from './program-transport.ts'
import { upstreamProblem } from './upstream-problem.ts'

/** Code of an answer that the vault puts in the place of one whose stream ended without it. */
export const streamEndedCode = -32_092
/** Code of an answer in place of one that is nested deeper than is taken. */
export const tooDeepCode = -32_093

/** Code of an answer in place of one that is neither a result nor an error. */
export const noAnswerCode = -32_094

/** Messages that nobody asked for, within a window, until the server is taken for a flood. */
const unaskedMax = 10_000
const unaskedWindowMs = 5_000
/** Requests of the server's that are being answered at once; what comes above gets no answer. */
const answeringMax = 32
const depthMax = 256
/** A stream that stays open after its answer, or after its request was given up. */
const graceMs = 2_000
/** For a message that is no request to be taken. */
const noticeMs = 30_000

interface Awaited {
  readonly abort: AbortController
  isAnswered: boolean
}

/** What was sent and waits for an answer, and what came without being asked for. */
function createLedger(now: () => number, onFlood: () => void) {
  const awaited = new Map<string | number, Awaited>()
  let unasked = 0
  let windowFrom = now()

  function isFlood(): boolean {
    if (now() - windowFrom > unaskedWindowMs) {
      windowFrom = now()
      unasked = 0
    }
    unasked += 1
    if (unasked <= unaskedMax) return false
    onFlood()
    return true
  }
  return {
    isFlood,
    /** Nobody waits for it any more; its stream has a moment to end by itself. */
    settle(id: string | number): void {
      const one = awaited.get(id)
      if (one === undefined) return
      one.isAnswered = true
      awaited.delete(id)
      setTimeout(() => one.abort.abort(), graceMs).unref()
    },
    open(id: string | number, signal: AbortSignal | undefined): Awaited {
      const one: Awaited = { abort: new AbortController(), isAnswered: false }
      awaited.set(id, one)
      const giveUp = () => {
        awaited.delete(id)
        one.abort.abort()
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      return one
    },
    drop: (id: string | number) => void awaited.delete(id),
    /** The SDK finds a request by `Number(id)`: only an id that was given out, as it was given out, is one. */
    isAwaited: (id: unknown): id is string | number =>
      (typeof id === 'number' || typeof id === 'string') && awaited.has(id),
  }
}

/** Wraps a transport. `now` is in milliseconds. */
export function createGuardedTransport(
  inner: UpstreamTransportHandle,
  now: () => number,
): UpstreamTransportHandle & { readonly failure: Problem | undefined } {
  const ledger = createLedger(now, () => fail(flooding()))
  let answering = 0
  let failure: Problem | undefined

  function fail(why: Problem): void {
    if (failure !== undefined) return
    failure = why
    guarded.onfail?.(why)
    void inner.close()
  }
  /** What may go on to the SDK. */
  function sift(message: JSONRPCMessage): JSONRPCMessage | undefined {
    const id: unknown = Reflect.get(message, 'id')
    if ('method' in message) {
      const isLetThrough = id === undefined || answering < answeringMax
      return ledger.isFlood() || !isLetThrough ? undefined : message
    }
    if (ledger.isAwaited(id)) {
      ledger.settle(id)
      // The SDK takes no notice of it, and whoever asked would wait.
      if (!isAnswer(message)) return errorAnswer(id, noAnswerCode)
      return isDeeperThan(message, depthMax) ? errorAnswer(id, tooDeepCode) : message
    }
    ledger.isFlood()
    return undefined
  }
  function safely(work: () => void): void {
    try {
      if (failure === undefined) work()
    } catch {
      fail(unreadable())
    }
  }
  function receive(message: JSONRPCMessage): void {
    safely(() => {
      const sifted = sift(message)
      if (sifted === undefined) return
      if ('method' in sifted) guarded.onmessage?.(sifted)
      // The SDK looks at a notice one turn later than at an answer: progress that came right before it would be lost.
      else queueMicrotask(() => safely(() => guarded.onmessage?.(sifted)))
    })
  }
  inner.onmessage = receive
  inner.onfail = fail
  inner.onerror = (error) => guarded.onerror?.(error)
  inner.onclose = () => guarded.onclose?.()

  async function sendRequest(message: JSONRPCRequest, options: TransportSendOptions) {
    const one = ledger.open(message.id, options.requestSignal)
    const onRequestStreamEnd = () => {
      options.onRequestStreamEnd?.()
      if (one.isAnswered || typeof message.id === 'string') return
      receive(errorAnswer(message.id, streamEndedCode))
    }
    try {
      await inner.send(message, { ...options, requestSignal: one.abort.signal, onRequestStreamEnd })
    } catch (error) {
      ledger.drop(message.id)
      throw error
    }
  }
  async function sendNotice(message: JSONRPCMessage, options?: TransportSendOptions) {
    const isReply = !('method' in message)
    const id = cancelledBy(message)
    if (isReply) answering += 1
    try {
      await inner.send(message, { ...options, requestSignal: AbortSignal.timeout(noticeMs) })
    } finally {
      if (isReply) answering -= 1
      if (id !== undefined) ledger.settle(id)
    }
  }

  const guarded: UpstreamTransportHandle & { readonly failure: Problem | undefined } = {
    get failure() {
      return failure
    },
    get sessionId() {
      return inner.sessionId
    },
    start: () => inner.start(),
    close: () => inner.close(),
    stderrTail: () => inner.stderrTail(),
    send(message, options) {
      if (failure !== undefined) return Promise.reject(failure)
      const isRequest = 'method' in message && 'id' in message
      return isRequest ? sendRequest(message, options ?? {}) : sendNotice(message, options)
    },
  }
  return carryOver(inner, guarded)
}

/** What the SDK looks at to know what kind of transport it has. */
function carryOver<T extends Transport>(inner: Transport, guarded: T): T {
  const setVersion = inner.setProtocolVersion?.bind(inner)
  if (setVersion !== undefined) guarded.setProtocolVersion = setVersion
  if (inner.hasPerRequestStream === true) {
    Object.defineProperty(guarded, 'hasPerRequestStream', { value: true })
  }
  if ('stderr' in inner && 'pid' in inner) {
    Object.defineProperty(guarded, 'stderr', { value: null })
    Object.defineProperty(guarded, 'pid', { get: () => Reflect.get(inner, 'pid') })
  }
  return guarded
}

function isAnswer(message: JSONRPCMessage): boolean {
  const [result, error] = ['result', 'error'].map((name): unknown => Reflect.get(message, name))
  if (error === undefined) return isRecord(result)
  return (
    result === undefined &&
    isRecord(error) &&
    Number.isSafeInteger(error.code) &&
    typeof error.message === 'string'
  )
}

function cancelledBy(message: JSONRPCMessage): number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  const id: unknown = Reflect.get(message.params ?? {}, 'requestId')
  return typeof id === 'number' ? id : undefined
}

function errorAnswer(id: string | number, code: number): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code, message: 'no usable answer' } }
}

/** Without recursion: what is looked for is what would break it. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true
    const next: unknown[] = []
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue
      for (const child of Object.values(one)) {
        if (typeof child === 'object' && child !== null) next.push(child)
      }
    }
    level = next
  }
  return false
}

const flooding = () =>
  upstreamProblem('connect', 'upstream-invalid-response', {
    detail:
      'The server floods the vault with messages that nobody asked for; the connection was ended.',
    next: 'Whoever wrote the server puts it right.',
  })

const unreadable = () =>
  upstreamProblem('connect', 'upstream-invalid-response', {
    detail: 'The server sent a message that cannot be read; the connection was ended.',
    next: 'Whoever wrote the server puts it right.',
  })
