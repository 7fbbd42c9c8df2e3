import { z } from 'zod'
import { commaSeparated } from './config-list.ts'

// What the vault is told of metrics, traces, logs and its end.

const otlpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).username === '',
    'must be an http or https URL without a user',
  )
const origins = commaSeparated.pipe(
  z.array(
    z
      .string()
      .refine(
        (text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text),
        'must be origins such as https://api.example.com, with commas between them',
      ),
  ),
)
/** RFC 6750 §2.1, and long enough not to be guessed. */
const metricsToken = z
  .string()
  .regex(
    /^[A-Za-z0-9._~+/-]{24,512}=*$/,
    'must be 24 to 512 letters, digits and . _ ~ + / -, such as `openssl rand -hex 24` prints',
  )
const otlpHeaders = z
  .string()
  .regex(
    /^[^=,\s]+=[^,]*(,[^=,]+=[^,]*)*$/,
    'must be name=value pairs with commas between them, values percent-encoded',
  )

/** The part of the table of variables that is about looking at the vault from outside. */
export const telemetryVariables = {
  SALLYPORT_METRICS_PORT: {
    schema: z.coerce.number().int().min(1).max(65_535).optional(),
    about:
      'Port of a listener of its own for operators: /metrics, /healthz and /readyz, without a sign-in. See docs/operations.md. Unset: there is none.',
    fallback: 'none',
  },
  SALLYPORT_METRICS_HOST: {
    schema: z.string().min(1).default('127.0.0.1'),
    about: 'Address of that listener.',
    fallback: '127.0.0.1',
  },
  SALLYPORT_METRICS_TOKEN: {
    schema: metricsToken.optional(),
    secret: true,
    about:
      'With this bearer token /metrics can be read at the port of the vault as well, 24 characters or more. Unset: it is not there.',
    fallback: 'none',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: otlpUrl.optional(),
    about:
      'Where traces go by OTLP over HTTP; /v1/traces is put behind it. Unset, and the next one too: no traces are made.',
    fallback: 'none',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    schema: otlpUrl.optional(),
    about: 'The same, as the whole URL.',
    fallback: 'OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: otlpHeaders.optional(),
    secret: true,
    about: 'Headers that the collector of traces wants, as name=value with commas between them.',
    fallback: 'none',
  },
  OTEL_SERVICE_NAME: {
    schema: z.string().min(1).max(128).default('sallyport'),
    about: 'What the vault is called in traces.',
    fallback: 'sallyport',
  },
  OTEL_TRACES_SAMPLER: {
    schema: z
      .enum([
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ])
      .default('parentbased_always_on'),
    about:
      'Which requests are traced: always_on, always_off or traceidratio. The same with parentbased_ before it is the same here, since each request begins a trace of its own.',
    fallback: 'parentbased_always_on',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    schema: z.coerce.number().min(0).max(1).default(1),
    about: 'The share of requests for traceidratio, from 0 to 1.',
    fallback: '1',
  },
  SALLYPORT_TRACE_UPSTREAM_ORIGINS: {
    schema: origins.default([]),
    about:
      'Origins, separated by commas, whose upstreams are told the trace of a request (W3C traceparent). All others are told nothing.',
    fallback: 'none',
  },
  SALLYPORT_LOG_REQUESTS: {
    schema: z.enum(['on', 'off']).default('off'),
    about: 'on: one line in the log for each request.',
    fallback: 'off',
  },
  SALLYPORT_DRAIN_SECONDS: {
    schema: z.coerce.number().min(0).max(300).default(0),
    about:
      'How long the vault, told to stop, says at /readyz that it is draining and goes on serving, so that a load balancer sends new requests elsewhere.',
    fallback: '0',
  },
} as const
