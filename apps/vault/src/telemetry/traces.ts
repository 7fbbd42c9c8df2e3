import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { createSpanQueue } from './span-queue.ts'

// Spans of requests and of their stages, for the collector that the operator named. What stands in them is of fixed lists and
// ids of our own: no path, query, header, body or text of an agent. Loaded where an operator has a collector, and not before.

/** How long the collector may take for one batch. */
const exportMsMax = 3_000
/** An attribute is a word. */
const valueCharsMax = 128

export interface TracesNeeds {
  /** The whole URL that spans are posted to. */
  readonly url: string
  /** Of the collector; secret. */
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly version: string
  /** The share of requests that is traced, from 0 to 1. */
  readonly ratio: number
  /** Origins whose upstreams are told the trace. */
  readonly upstreamOrigins: readonly string[]
  readonly onDropped: (count: number) => void
}

/** What a stage may say of itself: words of fixed lists, and ids of our own. */
export type Facts = Readonly<Record<string, string | number | boolean>>

export interface RequestSpan {
  /** The operation’s id. */
  readonly name: string
  /** The caller’s `traceparent`, as it came. Agents are not trusted: it becomes a link, and never the parent. */
  readonly traceparent: string | undefined
  /** Within a request of the vault’s own, its parent is that. */
  readonly isInside: boolean
}

/** Makes spans. Nothing here waits for the collector, and none of it throws but what the work itself throws. */
export interface Traces {
  /** Serves a request in a span of its own; `facts` are read when it is over. */
  inRequest<T>(request: RequestSpan, work: () => Promise<T>, facts: () => SpanEnd): Promise<T>
  /** Works in a span below the one that is open; without one, or where nothing is recorded, just works. */
  inStage<T>(name: string, work: () => T, kind?: 'client'): T
  /** Adds to the span that is open. */
  note(facts: Facts): void
  /** The id of the open trace. */
  traceId(): string | undefined
  /** The headers for an upstream at this URL: none where its origin is not listed. */
  headersFor(url: string): readonly (readonly [string, string])[]
  close(): Promise<void>
}

/** How a request’s span ends. */
export interface SpanEnd {
  readonly facts: Facts
  /** Set where the vault itself failed. */
  readonly failed: boolean
}

/** Makes the tracer. It is not the process’s own: nothing else finds it. */
export function createTraces(needs: TracesNeeds): Traces {
  const exporter = new OTLPTraceExporter({
    url: needs.url,
    headers: { ...needs.headers },
    timeoutMillis: exportMsMax,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': needs.serviceName,
      'service.version': needs.version,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(needs.ratio) }),
    spanLimits: { attributeValueLengthLimit: valueCharsMax },
    spanProcessors: [createSpanQueue({ exporter, onDropped: needs.onDropped })],
  })
  const tracer = provider.getTracer('sallyport', needs.version)
  const open = new AsyncLocalStorage<Span>()
  const { inRequest, inStage } = createSpans({ tracer, open })
  const listed = new Set(needs.upstreamOrigins)
  return {
    inRequest,
    inStage,
    note: (facts) => void open.getStore()?.setAttributes(facts),
    traceId: () => open.getStore()?.spanContext().traceId,
    headersFor(url) {
      const span = open.getStore()
      if (span === undefined || listed.size === 0 || !listed.has(originOf(url))) return []
      return [['traceparent', writeTraceparent(span.spanContext())]]
    },
    // The queue bounds how long that takes, and what it could not hand over is lost.
    close: () => provider.shutdown().catch(() => undefined),
  }
}

interface SpanNeeds {
  readonly tracer: Tracer
  readonly open: AsyncLocalStorage<Span>
}

function createSpans({ tracer, open }: SpanNeeds): Pick<Traces, 'inRequest' | 'inStage'> {
  const below = (parent: Span | undefined): Context =>
    parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent)
  const fail = (span: Span) => span.setStatus({ code: SpanStatusCode.ERROR })
  return {
    inRequest(request, work, facts) {
      const parent = request.isInside ? open.getStore() : undefined
      const kind = request.isInside ? SpanKind.INTERNAL : SpanKind.SERVER
      const span = tracer.startSpan(
        request.name,
        { kind, links: linksTo(request.traceparent) },
        below(parent),
      )
      return open.run(span, async () => {
        try {
          return await work()
        } finally {
          const end = facts()
          span.setAttributes(end.facts)
          if (end.failed) fail(span)
          span.end()
        }
      })
    },
    inStage(name, work, kind) {
      const parent = open.getStore()
      if (parent === undefined || !parent.isRecording()) return work()
      const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL }
      const span = tracer.startSpan(name, options, below(parent))
      return open.run(span, () => ending(work, span, fail))
    },
  }
}

/** Ends the span with the work, whether that is done at once or later. */
function ending<T>(work: () => T, span: Span, fail: (span: Span) => unknown): T {
  const failed = (error: unknown): never => {
    span.setAttributes(errorFacts(error))
    fail(span)
    span.end()
    throw error
  }
  try {
    const result = work()
    if (result instanceof Promise) {
      const ended = result.then((value: unknown) => {
        span.end()
        return value
      }, failed)
      return ended as T
    }
    span.end()
    return result
  } catch (error) {
    return failed(error)
  }
}

/** A problem’s type is of a fixed list; what anything else says is nobody’s business. */
function errorFacts(error: unknown): Attributes {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  return { 'error.type': typeof type === 'string' ? type : '_OTHER' }
}

/** W3C Trace Context §3.2: version, trace, parent, flags. What is no such thing links to nothing. */
const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

function linksTo(traceparent: string | undefined): Link[] {
  const [, traceId, spanId, flags] = traceparentPattern.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return []
  // All zeros are no ids.
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return []
  return [
    { context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true } },
  ]
}

const writeTraceparent = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`

const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : '')

/** Reads `name=value,…` with percent-encoded values (W3C Baggage, as OTLP has it). */
export function readOtlpHeaders(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]]
  })
  return Object.fromEntries(pairs)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // As it stands: a percent sign of its own is no encoding.
    return text
  }
}
