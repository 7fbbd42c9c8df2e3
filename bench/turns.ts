import { type LoadTarget, quantile, runLoad } from './load.ts'
import { cpuMicrosOf } from './processes.ts'
import { median } from './results.ts'

// Loads several things by turns, round after round, so that all of them meet the same machine.

const rampMs = 300
const measureMs = 1_500
const warmUpMs = 4_000

/** Something that is loaded, and the processes that it costs. */
export interface Subject<Name extends string = string> {
  readonly name: Name
  /** Connections are shared out among them. */
  readonly targets: readonly LoadTarget[]
  /** The processes whose CPU time counts, now. */
  readonly pids: () => readonly number[]
  /** Those of its database, which are told apart. */
  readonly databasePids?: () => readonly number[]
  /** Resolves when what it does after its answers is done, so that it is not in the way of whoever comes next. */
  readonly settled?: () => Promise<void>
}

/** One turn of one subject. CPU time is for one request. */
export interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly databaseMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The median of a subject's turns with so many connections. */
export type Medians<Name extends string = string> = (
  name: Name,
  connections: number,
  member: keyof Sample,
) => number

/** Takes turns; `concurrencies` are numbers of connections. */
export async function measureByTurns<Name extends string>(
  subjects: readonly Subject<Name>[],
  turns: { readonly rounds: number; readonly concurrencies: readonly number[] },
): Promise<Medians<Name>> {
  const samples = new Map<string, Sample[]>()
  const most = Math.max(...turns.concurrencies)
  for (const { targets, settled } of subjects) {
    await runLoad(targets, {
      ...{ connections: most, rampMs, measureMs: warmUpMs },
      sample: () => {},
    })
    await settled?.()
  }
  for (let round = 0; round < turns.rounds; round += 1) {
    for (const connections of turns.concurrencies) {
      // Whoever comes first meets what the one before has left.
      const ordered = round % 2 === 0 ? subjects : subjects.toReversed()
      for (const subject of ordered) {
        const key = `${subject.name} ${connections}`
        samples.set(key, [...(samples.get(key) ?? []), await measure(subject, connections)])
        await subject.settled?.()
      }
    }
  }
  return (name, connections, member) =>
    median((samples.get(`${name} ${connections}`) ?? []).map((sample) => sample[member]))
}

async function measure(subject: Subject, connections: number): Promise<Sample> {
  const pids = subject.pids()
  // Connections to a database come and go.
  const databasePids = subject.databasePids?.() ?? []
  const own: number[] = []
  const database: number[] = []
  const { requests, seconds, latenciesMs } = await runLoad(subject.targets, {
    ...{ connections, rampMs, measureMs },
    sample() {
      own.push(cpuMicrosOf(pids))
      database.push(cpuMicrosOf(databasePids))
    },
  })
  const spent = ([from = 0, to = 0]: number[]) => (to - from) / requests
  return {
    perSecond: requests / seconds,
    cpuMicros: spent(own),
    databaseMicros: spent(database),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  }
}
