import type { z } from 'zod'
import type { telemetryVariables } from './config-telemetry-variables.ts'

/** A value that does not print. */
export interface Hidden {
  reveal(): string
}

/** What is shown of the vault to its operator. */
export interface TelemetryConfig {
  /** The operations listener; undefined: there is none. */
  readonly listener: { readonly host: string; readonly port: number } | undefined
  /** The bearer token of `/metrics` at the port of the vault; undefined: it is not there. */
  readonly metricsToken: Hidden | undefined
  /** Undefined: no traces are made. */
  readonly traces: TracesConfig | undefined
  readonly logsRequests: boolean
  /** How long a vault that is told to stop goes on serving. */
  readonly drainMs: number
}

export interface TracesConfig {
  /** The whole URL to which spans are posted. */
  readonly url: string
  /** `name=value` pairs with commas between them. */
  readonly headers: Hidden | undefined
  readonly serviceName: string
  /** The share of requests that is traced, from 0 to 1. */
  readonly ratio: number
  /** The origins of upstreams that are told the trace. */
  readonly upstreamOrigins: readonly string[]
}

type Data = z.output<
  z.ZodObject<{
    [Name in keyof typeof telemetryVariables]: (typeof telemetryVariables)[Name]['schema']
  }>
>

const msPerSecond = 1000

/** What the variables of telemetry say together. */
export function readTelemetry(
  data: Data,
  hide: (text: string | undefined) => Hidden | undefined,
): TelemetryConfig {
  const port = data.SALLYPORT_METRICS_PORT
  return Object.freeze({
    listener: port === undefined ? undefined : { host: data.SALLYPORT_METRICS_HOST, port },
    metricsToken: hide(data.SALLYPORT_METRICS_TOKEN),
    traces: readTraces(data, hide),
    logsRequests: data.SALLYPORT_LOG_REQUESTS === 'on',
    drainMs: data.SALLYPORT_DRAIN_SECONDS * msPerSecond,
  })
}

function readTraces(
  data: Data,
  hide: (text: string | undefined) => Hidden | undefined,
): TracesConfig | undefined {
  const base = data.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '')
  const url =
    data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (base === undefined ? undefined : `${base}/v1/traces`)
  if (url === undefined) return undefined
  return {
    url,
    headers: hide(data.OTEL_EXPORTER_OTLP_HEADERS),
    serviceName: data.OTEL_SERVICE_NAME,
    ratio: ratioOf(data),
    upstreamOrigins: data.SALLYPORT_TRACE_UPSTREAM_ORIGINS,
  }
}

function ratioOf({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: share }: Data): number {
  if (sampler.endsWith('always_off')) return 0
  return sampler.endsWith('traceidratio') ? share : 1
}
