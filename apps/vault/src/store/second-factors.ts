import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { SecondFactorStore } from '../identity/second-factor.ts'
import type { Database, Transaction } from './database.ts'
import { owners, recoveryCodes } from './owner-tables.ts'
import { endOtherSessions, isLaterStep } from './sessions.ts'

/** The queries on one-time codes and recovery codes. */
export function createSecondFactorStore(database: Database): SecondFactorStore {
  const { db } = database
  return {
    async read(ownerId) {
      const [row] = await db
        .select({
          sealed: owners.totpSealed,
          version: owners.totpVersion,
          isEnabled: sql<boolean>`${owners.totpEnabledAt} IS NOT NULL`,
        })
        .from(owners)
        .where(eq(owners.id, ownerId))
      return row
    },

    async propose({ ownerId, version, sealed }) {
      const proposed = await db
        .update(owners)
        .set({ totpSealed: sealed, totpVersion: version + 1, totpLastStep: null })
        .where(isProposed(ownerId, version))
        .returning({ id: owners.id })
      return proposed.length === 1
    },

    enable: ({ ownerId, version, step, recoveryHashes, keeps, nowMs }) =>
      database.transaction(async (tx) => {
        const enabled = await tx
          .update(owners)
          .set({ totpEnabledAt: new Date(nowMs), totpLastStep: step, updatedAt: sql`now()` })
          .where(and(isProposed(ownerId, version), isLaterStep(step)))
          .returning({ id: owners.id })
        if (enabled.length === 0) return false
        await putRecoveryCodes(tx, { ownerId, recoveryHashes, nowMs })
        await endOtherSessions(tx, ownerId, keeps)
        return true
      }),

    disable: ({ ownerId, keeps }) =>
      database.transaction(async (tx) => {
        const disabled = await tx
          .update(owners)
          .set({
            totpSealed: null,
            totpEnabledAt: null,
            totpLastStep: null,
            totpVersion: sql`${owners.totpVersion} + 1`,
            updatedAt: sql`now()`,
          })
          .where(and(eq(owners.id, ownerId), isNotNull(owners.totpEnabledAt)))
          .returning({ id: owners.id })
        if (disabled.length === 0) return false
        await tx.delete(recoveryCodes).where(eq(recoveryCodes.ownerId, ownerId))
        await endOtherSessions(tx, ownerId, keeps)
        return true
      }),

    replaceRecoveryCodes: (given) =>
      database.transaction(async (tx) => {
        const enabled = await tx
          .select({ id: owners.id })
          .from(owners)
          .where(and(eq(owners.id, given.ownerId), isNotNull(owners.totpEnabledAt)))
          .for('no key update')
        if (enabled.length === 0) return false
        await putRecoveryCodes(tx, given)
        return true
      }),
  }
}

const isProposed = (ownerId: string, version: number) =>
  and(eq(owners.id, ownerId), eq(owners.totpVersion, version), isNull(owners.totpEnabledAt))

async function putRecoveryCodes(
  tx: Transaction,
  given: { ownerId: string; recoveryHashes: readonly Uint8Array[]; nowMs: number },
): Promise<void> {
  const { ownerId, recoveryHashes, nowMs } = given
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.ownerId, ownerId))
  const createdAt = new Date(nowMs)
  await tx
    .insert(recoveryCodes)
    .values(recoveryHashes.map((hash) => ({ ownerId, hash, createdAt })))
}
