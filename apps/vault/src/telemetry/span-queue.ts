import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

/** Spans that wait for the collector; beyond it they are dropped, and counted. */
const waitingMax = 2_048
const batchSpansMax = 256
const sendEveryMs = 2_000
/** What is still there when the vault stops gets this long. */
const closeMsMax = 2_000

/** W3C Trace Context §3.2.3.3: the flag that somebody records the trace. */
const sampledFlag = 1
/** Of an ExportResult: what the library calls success. */
const successCode = 0

export interface SpanQueueNeeds {
  readonly exporter: SpanExporter
  /** Told how many spans nobody got. */
  readonly onDropped: (count: number) => void
}

/**
 * Hands ended spans to the collector, one batch at a time. Nobody waits for it: what a slow collector does not take is dropped.
 */
export function createSpanQueue({ exporter, onDropped }: SpanQueueNeeds): SpanProcessor {
  const state = { waiting: [] as ReadableSpan[], closed: false }
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined

  const sendBatch = async () => {
    const batch = state.waiting.splice(0, batchSpansMax)
    if (!(await exported(exporter, batch))) onDropped(batch.length)
  }
  const sendAll = async () => {
    while (state.waiting.length > 0) await sendBatch()
    sending = undefined
  }
  const send = () => {
    clearTimeout(timer)
    timer = undefined
    sending ??= sendAll()
    return sending
  }
  return {
    onStart() {},
    onEnd(span) {
      if (state.closed || (span.spanContext().traceFlags & sampledFlag) === 0) return
      if (state.waiting.length >= waitingMax) {
        onDropped(1)
        return
      }
      state.waiting.push(span)
      if (state.waiting.length >= batchSpansMax) void send()
      else timer ??= setTimeout(() => void send(), sendEveryMs).unref()
    },
    forceFlush: send,
    async shutdown() {
      state.closed = true
      await within(closeMsMax, send())
      await within(closeMsMax, exporter.shutdown())
    },
  }
}

/** Whether the collector took them. Never rejects. */
function exported(exporter: SpanExporter, batch: ReadableSpan[]): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      exporter.export(batch, ({ code }) => resolve(code === successCode))
    } catch {
      // Counted like every other failure of the collector.
      resolve(false)
    }
  })
}

/** Resolves when the work is over, however it ended, or the time is. */
async function within(msMax: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, msMax)
  })
  await Promise.race([work.catch(() => undefined), late])
  clearTimeout(timer)
}
