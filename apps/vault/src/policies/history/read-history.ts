import { simulatedEntriesMax } from '@sallyport/contracts'
import { type Attempt, readAttempt } from './read-attempt.ts'

// The attempts of an agent at a connection, as the audit log holds them: read from the newest on, a part at a time.

/** Whose attempts, and since when. */
export interface Whose {
  readonly workspaceId: string
  readonly agentId: string
  readonly connectionId: string
  readonly fromMs: number
}

/** A record that opens an entry. `text` is what it says; null where it is of another connection, or no attempt. */
export interface HistoryRecord {
  readonly seq: number
  readonly atMs: number
  readonly text: string | null
}

/** What reading needs of the store: one statement that walks an index, whatever the log holds. */
export interface HistoryStore {
  /** The agent's newest records before a number, newest first. */
  listOpenings(
    whose: Omit<Whose, 'fromMs'>,
    part: { readonly beforeSeq: number | undefined; readonly limit: number },
  ): Promise<readonly HistoryRecord[]>
}

export interface HistoryNeeds {
  readonly store: HistoryStore
  /** Lets everything else have its turn. */
  readonly takeTurn: () => Promise<void>
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

/** Records in one statement, and how long they are looked at before everything else has its turn. */
const partRecords = 1_000
const turnMsMax = 10
/** Records that are looked through for one answer: an agent may have many connections. */
const siftedMax = 400_000
/** An answer that takes longer is given with what has been looked at. */
const answerMsMax = 15_000
/** Records stand in the order in which they were written, and clocks of replicas differ. */
const clockSkewMsMax = 300_000

export interface HistoryEnd {
  /** How many attempts were taken. */
  readonly looked: number
  /** There were more than one answer looks at. */
  readonly truncated: boolean
}

/** Hands the attempts to `take`, newest first; those of which the log does not say what the policy said are left out. */
export async function readHistory(
  needs: HistoryNeeds,
  { fromMs, ...whose }: Whose,
  take: (attempt: Attempt) => void,
): Promise<HistoryEnd> {
  const pace = createPace(needs)
  let looked = 0
  let beforeSeq: number | undefined
  for (let sifted = 0; sifted < siftedMax; sifted += partRecords) {
    const records = await needs.store.listOpenings(whose, { beforeSeq, limit: partRecords })
    for (const { text, atMs } of records) {
      if (text === null || atMs < fromMs) continue
      const attempt = readAttempt(text)
      if (attempt === undefined) continue
      if (looked >= simulatedEntriesMax || pace.isOver()) return { looked, truncated: true }
      looked += 1
      take(attempt)
      if (pace.isLong()) await pace.rest()
    }
    const last = records.at(-1)
    if (last === undefined || records.length < partRecords) return { looked, truncated: false }
    if (last.atMs < fromMs - clockSkewMsMax) return { looked, truncated: false }
    if (pace.isOver()) break
    beforeSeq = last.seq
  }
  return { looked, truncated: true }
}

/** Keeps long work in bounds: how long it may take in all, and how long without a pause. */
export function createPace({ takeTurn, monotonicMs }: Omit<HistoryNeeds, 'store'>) {
  const untilMs = monotonicMs() + answerMsMax
  let sinceMs = monotonicMs()
  return {
    isOver: () => monotonicMs() > untilMs,
    isLong: () => monotonicMs() - sinceMs > turnMsMax,
    async rest() {
      await takeTurn()
      sinceMs = monotonicMs()
    },
  }
}
