import { performance } from 'node:perf_hooks'
import { createCatalog } from '@sallyport/catalog'
import type { TelemetryConfig } from '../config-telemetry.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createTraces, readOtlpHeaders } from '../telemetry/traces.ts'

/** Services that are in no catalog: upstream MCP servers, and databases by their dialect. */
const ownServices = ['mcp', 'postgresql', 'mysql', 'mariadb', 'sqlite']

/** Opens what of telemetry the operator asked for, and loads nothing of the rest. */
export async function openTelemetry(
  { listener, metricsToken, traces, logsRequests }: TelemetryConfig,
  version: string,
): Promise<Telemetry> {
  const wantsMetrics = listener !== undefined || metricsToken !== undefined
  const metrics = wantsMetrics
    ? await createMetrics({
        version,
        services: new Set([...createCatalog().services.map(({ id }) => id), ...ownServices]),
        monotonicMs: () => performance.now(),
      })
    : undefined
  return {
    metrics,
    logsRequests,
    traces:
      traces &&
      (await createTraces({
        ...traces,
        version,
        headers: readOtlpHeaders(traces.headers?.reveal()),
        onDropped: (count) => metrics?.observers.onSpansDropped(count),
      })),
  }
}
