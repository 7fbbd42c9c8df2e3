import { and, eq } from 'drizzle-orm'
import type { NewTokenRow } from '../connections/tokens/token-store.ts'
import type { Transaction } from './database.ts'
import { connectionTokens } from './oauth-tables.ts'

/**
 * Puts tokens in the place of those of a version, or where there are none. Whoever renews those holds what nobody wants any
 * more. False where they have another version by now.
 */
export async function putTokens(
  tx: Transaction,
  tokens: NewTokenRow,
  before: number | undefined,
): Promise<boolean> {
  if (before === undefined) {
    const made = await tx
      .insert(connectionTokens)
      .values(tokens)
      .onConflictDoNothing({ target: connectionTokens.connectionId })
      .returning({ id: connectionTokens.connectionId })
    return made.length === 1
  }
  const nothingFailed = {
    ...{ leasedBy: null, leasedUntil: null, failures: 0, failedAt: null },
    ...{ failure: null, failureMessage: null, nextAttemptAt: null },
  }
  const replaced = await tx
    .update(connectionTokens)
    .set({ ...nothingFailed, ...tokens })
    .where(
      and(
        eq(connectionTokens.connectionId, tokens.connectionId),
        eq(connectionTokens.version, before),
      ),
    )
    .returning({ id: connectionTokens.connectionId })
  return replaced.length === 1
}
