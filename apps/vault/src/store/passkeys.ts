import { and, count, eq, lt, sql } from 'drizzle-orm'
import type { AccountStore } from '../identity/account.ts'
import type { ChallengeStore } from '../identity/passkey-challenges.ts'
import type { PasskeySignInStore } from '../identity/passkey-sign-in.ts'
import type { PasskeyStore } from '../identity/passkeys.ts'
import type { Database } from './database.ts'
import { challenges, owners, passkeys, recoveryCodes, singleSignOn } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { endOtherSessions, replaceSession } from './sessions.ts'

const shown = {
  id: passkeys.id,
  name: passkeys.name,
  backedUp: passkeys.backedUp,
  createdAt: passkeys.createdAt,
  lastUsedAt: passkeys.lastUsedAt,
}

/** The queries on passkeys, each bound to the person whose they are. */
export function createPasskeyStore(database: Database): PasskeyStore & PasskeySignInStore {
  const { db } = database
  return {
    async list(ownerId, { limit, after }) {
      return db
        .select(shown)
        .from(passkeys)
        .where(and(eq(passkeys.ownerId, ownerId), afterRow(passkeys, after)))
        .orderBy(...newestFirst(passkeys))
        .limit(limit)
    },

    async listCredentials(ownerId, rpId) {
      return db
        .select({ credentialId: passkeys.credentialId, transports: passkeys.transports })
        .from(passkeys)
        .where(and(eq(passkeys.ownerId, ownerId), eq(passkeys.rpId, rpId)))
        .orderBy(...newestFirst(passkeys))
    },

    insert: ({ createdAtMs, transports, ...rest }, passkeysMax) =>
      database.transaction(async (tx) => {
        // Locked, so that passkeys added at the same time are counted as well.
        await tx
          .select({ id: owners.id })
          .from(owners)
          .where(eq(owners.id, rest.ownerId))
          .for('no key update')
        const [held] = await tx
          .select({ passkeys: count() })
          .from(passkeys)
          .where(eq(passkeys.ownerId, rest.ownerId))
        if ((held?.passkeys ?? 0) >= passkeysMax) return 'too-many'
        const [row] = await tx
          .insert(passkeys)
          .values({ ...rest, transports: [...transports], createdAt: new Date(createdAtMs) })
          .onConflictDoNothing({ target: passkeys.credentialId })
          .returning(shown)
        return row ?? 'known'
      }),

    delete: ({ ownerId, passkeyId, keeps }) =>
      database.transaction(async (tx) => {
        const deleted = await tx
          .delete(passkeys)
          .where(and(eq(passkeys.id, passkeyId), eq(passkeys.ownerId, ownerId)))
          .returning({ id: passkeys.id })
        if (deleted.length === 0) return false
        await endOtherSessions(tx, ownerId, keeps)
        return true
      }),

    async find(credentialId, rpId) {
      const { id, ownerId, publicKey, counter, transports } = passkeys
      const { workspaceId, role } = owners
      const [row] = await db
        .select({
          id,
          ownerId,
          workspaceId,
          role,
          credentialId: passkeys.credentialId,
          publicKey,
          counter,
          transports,
        })
        .from(passkeys)
        .innerJoin(owners, eq(owners.id, ownerId))
        .where(and(eq(passkeys.credentialId, credentialId), eq(passkeys.rpId, rpId)))
      return row
    },

    begin: ({ passkeyId, ownerId, counter, backedUp, atMs }, replacement) =>
      database.transaction(async (tx) => {
        // WebAuthn §6.1.1: a counter goes up, or the device has none and it stays zero.
        const isAhead = counter === 0 ? eq(passkeys.counter, 0) : lt(passkeys.counter, counter)
        const used = await tx
          .update(passkeys)
          .set({ counter, backedUp, lastUsedAt: new Date(atMs) })
          .where(and(eq(passkeys.id, passkeyId), eq(passkeys.ownerId, ownerId), isAhead))
          .returning({ id: passkeys.id })
        return used.length === 0 ? undefined : replaceSession(tx, ownerId, replacement)
      }),
  }
}

/** The queries on challenges. */
export function createChallengeStore(database: Database): ChallengeStore {
  const { db } = database
  return {
    open: ({ expiresAtMs, ownerId, ...rest }) =>
      database.transaction(async (tx) => {
        if (ownerId !== undefined) {
          await tx
            .delete(challenges)
            .where(and(eq(challenges.ownerId, ownerId), eq(challenges.purpose, rest.purpose)))
        }
        const owner = { ownerId: ownerId ?? null }
        await tx.insert(challenges).values({ ...rest, ...owner, expiresAt: new Date(expiresAtMs) })
      }),

    async consume({ id, purpose, ownerId }) {
      const [row] = await db
        .delete(challenges)
        .where(
          and(
            eq(challenges.id, id),
            eq(challenges.purpose, purpose),
            sql`${challenges.ownerId} IS NOT DISTINCT FROM ${ownerId ?? null}`,
          ),
        )
        .returning({ challenge: challenges.challenge, expiresAt: challenges.expiresAt })
      return row && { challenge: row.challenge, expiresAtMs: row.expiresAt.getTime() }
    },
  }
}

/** The query of how a person signs in. */
export function createAccountStore({ db }: Pick<Database, 'db'>): AccountStore {
  return {
    async read(ownerId, rpId) {
      const mine = sql`${recoveryCodes.ownerId} = ${owners.id}`
      const usable = sql`${passkeys.ownerId} = ${owners.id} AND ${passkeys.rpId} = ${rpId ?? null}`
      const [row] = await db
        .select({
          email: owners.email,
          password: sql<boolean>`${owners.passwordHash} IS NOT NULL`,
          singleSignOn: sql<boolean>`(${owners.oidcSubject} IS NOT NULL AND EXISTS (
            SELECT 1 FROM ${singleSignOn} WHERE ${singleSignOn.workspaceId} = ${owners.workspaceId}))`,
          totp: sql<boolean>`${owners.totpEnabledAt} IS NOT NULL`,
          recoveryCodesLeft: sql<number>`(SELECT count(*)::int FROM ${recoveryCodes} WHERE ${mine})`,
          passkeys: sql<number>`(SELECT count(*)::int FROM ${passkeys} WHERE ${usable})`,
        })
        .from(owners)
        .where(eq(owners.id, ownerId))
      return row
    },
  }
}
