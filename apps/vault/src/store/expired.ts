import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { assertionUseKeptMs } from './agent-tokens.ts'
import type { Database } from './database.ts'
import { notificationPresses } from './notify-tables.ts'
import { connectFlows } from './oauth-tables.ts'
import {
  challenges,
  invitations,
  ownerTokens,
  sessions,
  signInAttempts,
  signInFlows,
} from './owner-tables.ts'
import { instant } from './page-after.ts'
import { replicaCalls } from './replica-tables.ts'
import { agentTokens, assertionUses, bootstrapCodes } from './tables.ts'

/** Rows of one table that one call removes at most; the rest waits for the next. */
const rowsMax = 5_000
/** How long a press of a button is kept after it could last be accepted, in case a clock is put back. */
const pressKeptMs = 600_000
/** How long an enrolment code that is over is kept, so that an attempt to use it can be recorded (S-07). */
const codeKeptMs = 30 * 86_400_000
/** How long an expired token of a person stays in their list. */
const ownerTokenKeptMs = 30 * 86_400_000

/**
 * Longer than any call lasts, its wait for an owner included: one that is on its way when its token runs out is not taken for
 * an ended one.
 */
const endedTokenKeptMs = 600_000

/** How long an expired consumer token stays in the agent's list. */
const consumerTokenKeptMs = 30 * 86_400_000

/** How long an attempt to connect an account can still be asked about after it is over. */
const connectFlowKeptMs = 3_600_000

/** How long a call between replicas is kept after nobody can wait for it any more. */
const replicaCallKeptMs = 60_000

/** What is kept no longer than it has to. */
export interface ExpiredStore {
  /** Removes up to 5000 rows of each kind that are over; returns how many it removed. */
  removeExpired(given: {
    nowMs: number
    sessionIdleMs: number
    attemptsForgottenAfterMs: number
  }): Promise<number>
}

/** Builds the store. A row goes when it is over by the vault's clock and by the database's: one that is fast removes nothing. */
export function createExpiredStore({ db }: Pick<Database, 'db'>): ExpiredStore {
  return {
    async removeExpired({ nowMs, sessionIdleMs, attemptsForgottenAfterMs }) {
      const before = (column: AnyColumn, keptMs: number) =>
        sql`${column} < least(${instant(nowMs)}, now()) - make_interval(secs => ${keptMs / 1000}::double precision)`
      const remove = async (table: PgTable, isOver: SQL) => {
        const removed = await db.execute(
          sql`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ${table} WHERE ${isOver} LIMIT ${rowsMax}::integer FOR UPDATE SKIP LOCKED))`,
        )
        return removed.count
      }
      const counts = [
        await remove(
          agentTokens,
          sql`(consumer_id IS NULL AND ${before(agentTokens.expiresAt, endedTokenKeptMs)})`,
        ),
        await remove(
          agentTokens,
          sql`(consumer_id IS NOT NULL AND ${before(agentTokens.expiresAt, consumerTokenKeptMs)})`,
        ),
        await remove(assertionUses, before(assertionUses.expiresAt, assertionUseKeptMs)),
        await remove(
          sessions,
          sql`(${before(sessions.expiresAt, 0)} OR ${before(sessions.lastSeenAt, sessionIdleMs)})`,
        ),
        await remove(challenges, before(challenges.expiresAt, 0)),
        await remove(signInFlows, before(signInFlows.expiresAt, 0)),
        await remove(connectFlows, before(connectFlows.expiresAt, connectFlowKeptMs)),
        await remove(invitations, before(invitations.expiresAt, 0)),
        await remove(ownerTokens, before(ownerTokens.expiresAt, ownerTokenKeptMs)),
        await remove(notificationPresses, before(notificationPresses.expiresAt, pressKeptMs)),
        await remove(replicaCalls, before(replicaCalls.deadlineAt, replicaCallKeptMs)),
        await remove(bootstrapCodes, before(bootstrapCodes.expiresAt, codeKeptMs)),
        await remove(signInAttempts, before(signInAttempts.updatedAt, attemptsForgottenAfterMs)),
      ]
      return counts.reduce((sum, removed) => sum + removed, 0)
    },
  }
}
