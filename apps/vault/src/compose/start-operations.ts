import { type Config, ConfigError } from '../config.ts'
import { type OperationsListener, startOperationsListener } from '../http/operations-listener.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** The listener for operators, where the configuration asks for one. Throws ConfigError where it cannot listen there. */
export async function startOperations(
  { telemetry: { listener } }: Config,
  { metrics }: Telemetry,
  readiness: () => Promise<unknown>,
): Promise<OperationsListener | undefined> {
  if (listener === undefined) return undefined
  const needs = { ...listener, metrics: metrics?.collect, readiness }
  return startOperationsListener(needs).catch((error: unknown) => {
    throw explainListening(listener, 'SALLYPORT_METRICS', error)
  })
}

/** Says which variable of those with the prefix would let it listen; what is no failure of that stays as it is. */
export function explainListening(
  { host, port }: Pick<Config, 'host' | 'port'>,
  prefix: string,
  error: unknown,
): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = listenFailures[code]
  if (why === undefined) return error
  return new ConfigError(`${host}:${port} ${why(prefix)}`)
}

const listenFailures: Readonly<Record<string, (prefix: string) => string>> = {
  EADDRINUSE: (prefix) => `is in use: set ${prefix}_PORT to another port.`,
  EACCES: (prefix) => `may not be used by this user: set ${prefix}_PORT to another port.`,
  EADDRNOTAVAIL: (prefix) => `is not an address of this machine: set ${prefix}_HOST to one.`,
  ENOTFOUND: (prefix) => `names no machine: set ${prefix}_HOST to an address of this one.`,
}
