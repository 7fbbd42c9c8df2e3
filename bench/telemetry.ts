import { fileURLToPath } from 'node:url'
import { freePort } from '../test/fixtures/replicas.ts'
import { startVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { startUpstream } from './execute.ts'
import { executeTarget } from './execute-target.ts'
import { type Measured, rounded } from './results.ts'
import { addCallers } from './seed/seeded-vault.ts'
import { measureByTurns, type Subject } from './turns.ts'

// What it costs a call of `execute` that the vault is watched: with metrics, which somebody scrapes each second, and with a trace of
// every request on top, sent to a collector on this machine; beside a vault without either.

const rounds = 7
const concurrencies = [1, 16, 64] as const
const scrapeMs = 1_000
const names = ['unwatched', 'metrics', 'metrics and traces'] as const
type Name = (typeof names)[number]
/** Run as it stands; from bench/dist, two folders up is the workspace. */
const sink = fileURLToPath(new URL('../../bench/peers/otlp-sink.mjs', import.meta.url))

/** Measures three vaults by turns. */
export async function benchTelemetry(): Promise<Measured> {
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const collector = await startForLine(process.execPath, [sink])
    closers.push(() => endProcess(collector.child))
    const endpoint = `http://127.0.0.1:${collector.line}`
    const subjects: Subject<Name>[] = []
    for (const name of names) {
      const port = name === 'unwatched' ? undefined : await freePort()
      const vault = await startVault({
        env: {
          ...(port !== undefined && { SALLYPORT_METRICS_PORT: String(port) }),
          ...(name === 'metrics and traces' && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
        },
      })
      closers.push(vault.stop)
      if (port !== undefined) closers.push(keepScraping(port))
      const origin = `http://127.0.0.1:${upstream.port}`
      const callers = await addCallers(vault, origin, 1)
      const targets = await Promise.all(
        callers.map((caller) => executeTarget(vault, { ...caller, origin })),
      )
      subjects.push({ name, targets, pids: () => [vault.pid()] })
    }
    const of = await measureByTurns(subjects, { rounds, concurrencies })
    const figures: Record<string, number> = {}
    for (const connections of concurrencies) {
      for (const name of names) {
        const at = `${name}, c=${connections}`
        figures[`${at}, requests/s`] = Math.round(of(name, connections, 'perSecond'))
        figures[`${at}, CPU µs a request`] = rounded(of(name, connections, 'cpuMicros'))
        figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
      }
      for (const name of names.slice(1)) {
        const times = of(name, connections, 'cpuMicros') / of('unwatched', connections, 'cpuMicros')
        figures[`${name}, c=${connections}, CPU as a multiple of unwatched`] = rounded(times)
      }
    }
    return { rounds, figures, goals: [], notes: [] }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

/** As a monitor does; answers how to stop it. Fails there if it was not answered. */
function keepScraping(port: number): () => Promise<void> {
  const failures: unknown[] = []
  const timer = setInterval(() => {
    fetch(`http://127.0.0.1:${port}/metrics`)
      .then((answer) => answer.text())
      .catch((error: unknown) => failures.push(error))
  }, scrapeMs)
  return async () => {
    clearInterval(timer)
    if (failures.length > 0) throw failures[0]
  }
}
