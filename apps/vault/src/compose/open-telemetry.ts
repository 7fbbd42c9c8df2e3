import { performance } from 'node:perf_hooks'
import { createCatalog } from '@sallyport/catalog'
import type { TelemetryConfig, TracesConfig } from '../config-telemetry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Services that are in no catalog: upstream MCP servers, and databases by their dialect. */
const ownServices = ['mcp', 'postgresql', 'mysql', 'mariadb', 'sqlite']

/** Opens what of telemetry the operator asked for, and loads nothing of the rest. */
export async function openTelemetry(
  { listener, metricsToken, traces, logsRequests }: TelemetryConfig,
  version: string,
): Promise<Telemetry> {
  const wantsMetrics = listener !== undefined || metricsToken !== undefined
  const metrics = wantsMetrics
    ? (await import('../telemetry/metrics.ts')).createMetrics({
        version,
        services: new Set([...createCatalog().services.map(({ id }) => id), ...ownServices]),
        monotonicMs: () => performance.now(),
      })
    : undefined
  return { metrics, logsRequests, traces: traces && (await openTraces(traces, version, metrics)) }
}

async function openTraces(
  config: TracesConfig,
  version: string,
  metrics: Telemetry['metrics'],
): Promise<Telemetry['traces']> {
  const { createTraces, readOtlpHeaders } = await import('../telemetry/traces.ts')
  return createTraces({
    ...config,
    version,
    headers: readOtlpHeaders(config.headers?.reveal()),
    onDropped: (count) => metrics?.observers.onSpansDropped(count),
  })
}
