// Keeps counts of the calls in audit logs, a bounded step after the other, so that the page of activity need not count them each time.

import { dayMs, floorTo } from './kept-time.ts'

/** As long as the longest time that the page is asked for, and the day in which it begins. */
const keptDays = 32
/** Fewer records wait for so long before they are counted: the page counts them itself meanwhile. */
const recordsMin = 1_000
const waitMs = 5 * 60_000
const recordsAtOnce = 5_000
const rowsRemovedAtOnce = 10_000
/** What is older than the counts is counted for a part of the time after the other. */
const partMsAtFirst = 3_600_000
const partMsMin = 10_000
/** Far more than a commit takes on a busy disk, and less than the database gives a statement: a part must not shrink for the one. */
const quickMs = 1_500
const slowMs = 3_500
/** After a part that failed. */
const partShrinksBy = 8
/** A run ends then, and the next one goes on: others want the database, too. */
const runMsMax = 10_000

/** What this job needs of the store. Each step is safe on several replicas at once; `done` where another one is at it. */
export interface CountKeepingStore {
  /** Workspaces whose counts do not go back just to `keptFromMs`, or do not follow their logs as said here; in another order each time. */
  workspacesBehind(behind: {
    readonly recordsMin: number
    readonly waitMs: number
    readonly keptFromMs: number
  }): Promise<string[]>
  /** Begins counts that do not go back yet, where there are none. */
  begin(workspaceId: string): Promise<void>
  /** Counts the next records of the log. */
  countOn(workspaceId: string, recordsMax: number): Promise<'more' | 'done'>
  /** Counts calls that were opened before those that are counted: of `partMs` at most, none before `downToMs`. */
  fillBack(
    workspaceId: string,
    back: { readonly downToMs: number; readonly partMs: number },
  ): Promise<'more' | 'done'>
  /** Removes counts of what was opened before, and of days of which retention has removed calls. */
  removeOld(
    workspaceId: string,
    old: { readonly beforeMs: number; readonly rowsMax: number },
  ): Promise<'more' | 'done'>
}

interface Needs {
  readonly store: CountKeepingStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly monotonicMs: () => number
  readonly onFailure: (error: unknown) => void
}

/** Makes the job. A workspace whose log cannot be counted is told of, and keeps none of the others from it. */
export function createKeepCounts({ store, now, monotonicMs, onFailure }: Needs) {
  let isStopped = false
  let partMs = partMsAtFirst
  const fill = async (workspaceId: string, downToMs: number) => {
    const beganMs = monotonicMs()
    try {
      const state = await store.fillBack(workspaceId, { downToMs, partMs })
      const tookMs = monotonicMs() - beganMs
      if (tookMs < quickMs) partMs = Math.min(dayMs, partMs * 2)
      if (tookMs > slowMs) partMs = Math.max(partMsMin, partMs / 2)
      return state
    } catch (error) {
      // However many they are, some of them can be counted.
      partMs = Math.max(partMsMin, partMs / partShrinksBy)
      throw error
    }
  }
  const keep = async (workspaceId: string, keptFromMs: number, isTime: () => boolean) => {
    const old = { beforeMs: keptFromMs, rowsMax: rowsRemovedAtOnce }
    await store.begin(workspaceId)
    while (isTime() && (await store.removeOld(workspaceId, old)) === 'more');
    while (isTime() && (await store.countOn(workspaceId, recordsAtOnce)) === 'more');
    while (isTime() && (await fill(workspaceId, keptFromMs)) === 'more');
  }
  return {
    async run(): Promise<void> {
      const untilMs = monotonicMs() + runMsMax
      const isTime = () => !isStopped && monotonicMs() < untilMs
      if (!isTime()) return
      const keptFromMs = floorTo(now(), dayMs) - keptDays * dayMs
      for (const id of await store.workspacesBehind({ recordsMin, waitMs, keptFromMs })) {
        if (!isTime()) return
        await keep(id, keptFromMs, isTime).catch(onFailure)
      }
    },
    /** Has the run that is under way end with the step that it is at, and later ones at once: a vault that stops waits for it. */
    stop(): void {
      isStopped = true
    },
  }
}
