import { Problem } from '@sallyport/contracts'
import type { HeldTokens } from './held-tokens.ts'
import type { Outcome } from './renewal-needs.ts'

export interface RenewalsNeeds {
  readonly attempt: (connectionId: string, version: number) => Promise<Outcome>
  readonly monotonicMs: () => number
  readonly onFailure: (what: string, error: unknown) => void
}

/** The renewals that this process has on their way: one for a connection at a time, however many wait for it. */
export interface Renewals {
  /** Begins one beside the requests; what comes of it is found by whoever reads the tokens next. */
  begin(held: HeldTokens): void
  /** Begins or joins one and waits for it, over all replicas, for 15 s at most. Throws `store-unavailable`. */
  wait(held: HeldTokens): Promise<Outcome>
  /** One attempt, whose end is waited for however long it takes. Throws `store-unavailable`. */
  run(connectionId: string, version: number): Promise<Outcome>
  /** Tells those who wait that something changed at a connection, or anywhere. */
  noticed(connectionId: string | undefined): void
  /** Resolves when nothing is on its way any more, after 10 s at the latest. Begins nothing from now on. */
  close(): Promise<void>
}

const waitMs = 15_000
/** With the wait for requests before it, less than whoever stops the vault waits before it is killed. */
const closeMs = 10_000
/** How often those who wait look, should they not hear of the change. */
const lookEveryMs = 250
/** At once in a process; an answer of a provider that cannot be kept yet stays among them. */
const renewalsMax = 1_000

interface Watch {
  /** When the last of those who wait gives up. */
  readonly ends: { untilMs: number }
  readonly outcome: Promise<Outcome>
}

/** Builds them. */
export function createRenewals(needs: RenewalsNeeds): Renewals {
  const { monotonicMs } = needs
  const flights = new Map<string, Promise<Outcome>>()
  /** One for all who wait for the same tokens, by connection and version. */
  const watches = new Map<string, Watch>()
  const waiters = new Map<string, Set<() => void>>()
  let isClosed = false

  function run(connectionId: string, version: number): Promise<Outcome> {
    const underWay = flights.get(connectionId)
    if (underWay !== undefined) return underWay
    if (isClosed || flights.size >= renewalsMax) return Promise.resolve(tooBusy())
    const flight = needs
      .attempt(connectionId, version)
      .finally(() => void flights.delete(connectionId))
    flights.set(connectionId, flight)
    return flight
  }

  /** Resolves with the next change of the connection, and after `ms` in any case. */
  function notice(connectionId: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const there = waiters.get(connectionId) ?? new Set()
      waiters.set(connectionId, there)
      const done = () => {
        clearTimeout(timer)
        there.delete(done)
        if (there.size === 0 && waiters.get(connectionId) === there) waiters.delete(connectionId)
        resolve()
      }
      const timer = setTimeout(done, ms)
      there.add(done)
    })
  }

  /** Looks again and again, for as long as anybody waits. */
  async function follow(id: string, version: number, ends: Watch['ends']): Promise<Outcome> {
    for (;;) {
      const outcome = await run(id, version)
      const leftMs = ends.untilMs - monotonicMs()
      if (outcome.kind !== 'busy' || leftMs <= 0) return outcome
      await notice(id, Math.min(lookEveryMs, leftMs))
    }
  }

  function watchOut(key: string, stored: HeldTokens['stored'], ends: Watch['ends']): Watch {
    const outcome = follow(stored.connection.id, stored.version, ends)
    const forget = () => void watches.delete(key)
    outcome.then(forget, forget)
    const watch = { ends, outcome }
    watches.set(key, watch)
    return watch
  }

  return {
    run,

    begin({ stored }) {
      run(stored.connection.id, stored.version).catch((error: unknown) => {
        needs.onFailure('an access token could not be renewed ahead of its end', error)
      })
    },

    wait({ stored }) {
      const { id } = stored.connection
      const key = `${id} ${stored.version}`
      const untilMs = monotonicMs() + waitMs
      const watch = watches.get(key) ?? watchOut(key, stored, { untilMs })
      watch.ends.untilMs = untilMs
      return within(waitMs, watch.outcome)
    },

    noticed(connectionId) {
      const told = connectionId === undefined ? [...waiters.values()] : [waiters.get(connectionId)]
      for (const there of told) for (const done of [...(there ?? [])]) done()
    },

    async close() {
      isClosed = true
      const ended = Promise.allSettled(flights.values()).then((): Outcome => ({ kind: 'gone' }))
      await within(closeMs, ended)
    },
  }
}

/** What is not there in time counts as still under way. */
async function within(ms: number, work: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), { kind: 'busy', leftMs: lookEveryMs })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const tooBusy = (): Outcome => ({
  kind: 'failed',
  problem: new Problem(
    'provider-unavailable',
    'The vault is stopping, or busy with other renewals.',
  ),
  retryMs: 1_000,
})
