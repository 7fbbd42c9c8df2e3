import type { Metrics } from './metrics.ts'
import type { Observers } from './observers.ts'
import type { Traces } from './traces.ts'

// This room shows the vault to whoever operates it: metrics, traces and a line for each request, where they asked for them.

/** What there is of it: most vaults have none. */
export interface Telemetry {
  readonly metrics: Metrics | undefined
  readonly traces: Traces | undefined
  readonly logsRequests: boolean
}

/** A request as it was seen: ids and words of fixed lists. */
interface Seen {
  readonly requestId: string
  readonly operation: string
  readonly via: 'http' | 'mcp'
  readonly traceparent: string | undefined
  readonly caller: { readonly kind: string; readonly id?: string | undefined }
  readonly status: number
  readonly auditId?: string | undefined
}

export interface RequestObserverNeeds extends Telemetry {
  readonly log: { info(fields: object, message: string): void }
  readonly monotonicMs: () => number
}

/** Asked every few seconds by machines: counted, and neither traced nor logged. */
const quiet: ReadonlySet<string> = new Set(['getHealth', 'getReadiness'])

/** Makes what looks at each request; undefined where nobody wants to know. */
export function createRequestObserver(needs: RequestObserverNeeds) {
  const { metrics, traces, logsRequests, monotonicMs } = needs
  if (metrics === undefined && traces === undefined && !logsRequests) return undefined
  const observers = metrics?.observers
  return <T>(seen: Seen, serve: () => Promise<T>): Promise<T> => {
    const startedMs = monotonicMs()
    const served = async () => {
      try {
        return await serve()
      } finally {
        const durationMs = monotonicMs() - startedMs
        // What comes by MCP is one request that was counted as such.
        if (seen.via === 'http') tellMetrics(observers, seen, durationMs)
        if (logsRequests && !quiet.has(seen.operation)) tellLog(needs, seen, durationMs)
      }
    }
    if (traces === undefined || quiet.has(seen.operation)) return served()
    const { operation: name, traceparent, via } = seen
    return traces.inRequest({ name, traceparent, isInside: via === 'mcp' }, served, () => ({
      facts: factsOf(seen),
      failed: seen.status >= 500,
    }))
  }
}

function tellMetrics(observers: Observers | undefined, seen: Seen, durationMs: number): void {
  const { operation, caller, status } = seen
  observers?.onRequest({ operation, caller: caller.kind, status, durationMs })
}

function tellLog({ log, traces }: RequestObserverNeeds, seen: Seen, durationMs: number): void {
  const { requestId, operation, via, caller, status, auditId } = seen
  const line = {
    ...{ requestId, operation, via, caller: caller.kind, callerId: caller.id, status },
    ms: Math.round(durationMs * 10) / 10,
    auditId,
    traceId: traces?.traceId(),
  }
  log.info(line, 'request')
}

const factsOf = ({ requestId, caller, status, auditId }: Seen) => ({
  'http.response.status_code': status,
  'sallyport.caller.kind': caller.kind,
  'sallyport.request_id': requestId,
  ...(auditId !== undefined && { 'sallyport.audit_id': auditId }),
})
