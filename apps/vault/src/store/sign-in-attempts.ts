import { eq, lte, sql } from 'drizzle-orm'
import type { SignInAttemptStore } from '../identity/sign-in-limit.ts'
import type { Database } from './database.ts'
import { signInAttempts } from './owner-tables.ts'
import { instant } from './page-after.ts'

/** Where the wait is known to have just ended, this is what a caller is told. */
const shortestWaitMs = 1_000
/**
 * For as long as nobody has to wait: attempts at the same moment do not come in the order of their times, and replicas' clocks
 * differ, so that the time of the last one would hold others back.
 */
const notBlocked = instant(0)
/** 2^20 s are twelve days: beyond, the wait is capped anyway. */
const doublingsMax = 20

/** The queries that bound guessing. All replicas count in the same rows. */
export function createSignInAttemptStore({ db }: Pick<Database, 'db'>): SignInAttemptStore {
  return {
    async count(key, { freeAttempts, waitSecondsMax, forgetAfterMs, nowMs }) {
      const now = instant(nowMs)
      const { failures, updatedAt, blockedUntil } = signInAttempts
      const counted = sql`CASE WHEN ${updatedAt} < ${instant(nowMs - forgetAfterMs)} THEN 1 ELSE ${failures} + 1 END`
      const over = sql`(${counted}) - ${freeAttempts}::integer`
      const waitSeconds = sql`least(${waitSecondsMax}::integer, power(2, least(${over} - 1, ${doublingsMax}::integer)))`
      const blocked = sql`CASE WHEN ${over} <= 0 THEN ${notBlocked}
        ELSE ${now} + make_interval(secs => ${waitSeconds}) END`
      const rows = await db
        .insert(signInAttempts)
        .values({ key, failures: 1, blockedUntil: notBlocked, updatedAt: now })
        .onConflictDoUpdate({
          target: signInAttempts.key,
          set: { failures: counted, blockedUntil: blocked, updatedAt: now },
          setWhere: lte(blockedUntil, now),
        })
        .returning({ key: signInAttempts.key })
      if (rows.length === 1) return { allowed: true }
      const [row] = await db
        .select({ blockedUntil })
        .from(signInAttempts)
        .where(eq(signInAttempts.key, key))
      const blockedUntilMs = row?.blockedUntil.getTime() ?? nowMs + shortestWaitMs
      return { allowed: false, blockedUntilMs }
    },

    async forget(key) {
      await db.delete(signInAttempts).where(eq(signInAttempts.key, key))
    },

    async giveBack(key) {
      const failures = sql`greatest(${signInAttempts.failures} - 1, 0)`
      await db.update(signInAttempts).set({ failures }).where(eq(signInAttempts.key, key))
    },
  }
}
