import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { TokenDescription } from '../connections/tokens/access-token.ts'
import type {
  LeaseAt,
  RenewedTokens,
  StoredTokens,
  TokenStore,
} from '../connections/tokens/token-store.ts'
import { type Database, guardStore } from './database.ts'
import { connectionTokens } from './oauth-tables.ts'
import { connections, workspaces } from './tables.ts'

type Db = Pick<Database, 'db' | 'transaction'>

const msBetween = (later: unknown, earlier: unknown) =>
  sql<number>`(extract(epoch from ${later} - ${earlier}) * 1000)::float8`
const msUntil = (at: unknown) =>
  sql<number | null>`(extract(epoch from ${at} - now()) * 1000)::float8`
const inMs = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`

const whole = {
  connection: {
    id: connections.id,
    workspaceId: connections.workspaceId,
    provider: connections.provider,
    origins: connections.origins,
    version: connections.version,
    sealed: connections.sealed,
    status: connections.status,
    credentialKind: connections.credentialKind,
  },
  sealed: connectionTokens.sealed,
  version: connectionTokens.version,
  hasRefreshToken: connectionTokens.hasRefreshToken,
  leftMs: msUntil(connectionTokens.accessExpiresAt),
  lifeMs: sql<number | null>`(extract(epoch from
    ${connectionTokens.accessExpiresAt} - ${connectionTokens.renewedAt}) * 1000)::float8`,
  ageMs: msBetween(sql`now()`, connectionTokens.renewedAt),
  leasedBy: connectionTokens.leasedBy,
  leaseLeftMs: msUntil(connectionTokens.leasedUntil),
  failures: connectionTokens.failures,
  failure: connectionTokens.failure,
  failureMessage: connectionTokens.failureMessage,
  attemptInMs: msUntil(connectionTokens.nextAttemptAt),
}

/** No failure counts any more, and none is to be waited for. */
const nothingFailed = {
  ...{ failures: 0, failedAt: null, failure: null, failureMessage: null, nextAttemptAt: null },
}

const isOver = (at: typeof connectionTokens.leasedUntil | typeof connectionTokens.nextAttemptAt) =>
  or(isNull(at), lte(at, sql`now()`))
const versionIs = ({ connectionId, version }: Omit<LeaseAt, 'leaseId'>) =>
  and(eq(connectionTokens.connectionId, connectionId), eq(connectionTokens.version, version))
const isMine = (at: LeaseAt) => and(versionIs(at), eq(connectionTokens.leasedBy, at.leaseId))

/** Builds the queries on the tokens of connections. All times are the database's. */
export function createTokenStore(database: Db): TokenStore {
  return guardStore<TokenStore>({ ...reads(database), ...turns(database), ...endings(database) })
}

function reads({ db }: Db) {
  const one = db
    .select(whole)
    .from(connectionTokens)
    .innerJoin(connections, eq(connections.id, connectionTokens.connectionId))
    .where(eq(connectionTokens.connectionId, sql.placeholder('id')))
    .prepare('connection_tokens')
  return {
    async find(id: string): Promise<StoredTokens | undefined> {
      const [row] = await one.execute({ id })
      return row
    },

    listToKeepAlive: async (limit: number) =>
      await db
        .select({
          connectionId: connectionTokens.connectionId,
          version: connectionTokens.version,
        })
        .from(connectionTokens)
        .innerJoin(connections, eq(connections.id, connectionTokens.connectionId))
        .innerJoin(workspaces, eq(workspaces.id, connectionTokens.workspaceId))
        .where(
          and(
            lte(connectionTokens.keepAliveAt, sql`now()`),
            eq(connections.status, 'healthy'),
            // What is frozen asks nobody for anything; half of its life is left to thaw it.
            isNull(workspaces.frozenAt),
            isOver(connectionTokens.leasedUntil),
            isOver(connectionTokens.nextAttemptAt),
          ),
        )
        .orderBy(asc(connectionTokens.keepAliveAt))
        .limit(limit),

    async describe(ids: readonly string[]): Promise<Map<string, TokenDescription>> {
      if (ids.length === 0) return new Map()
      const { connectionId, hasRefreshToken, accessExpiresAt, renewedAt } = connectionTokens
      const { failure, failureMessage, failedAt, nextAttemptAt } = connectionTokens
      const rows = await db
        .select({
          ...{ connectionId, hasRefreshToken, accessExpiresAt, renewedAt },
          ...{ failure, failureMessage, failedAt, nextAttemptAt },
          kind: connections.credentialKind,
        })
        .from(connectionTokens)
        .innerJoin(connections, eq(connections.id, connectionTokens.connectionId))
        .where(inArray(connectionTokens.connectionId, [...ids]))
      return new Map(rows.map((row) => [row.connectionId, toDescription(row)]))
    },
  }
}

interface DescribedRow {
  readonly kind: string
  readonly hasRefreshToken: boolean
  readonly accessExpiresAt: Date | null
  readonly renewedAt: Date
  readonly failure: string | null
  readonly failureMessage: string | null
  readonly failedAt: Date | null
  readonly nextAttemptAt: Date | null
}

function toDescription(row: DescribedRow): TokenDescription {
  const { failure, failureMessage, failedAt, nextAttemptAt } = row
  return {
    renewable: row.hasRefreshToken || row.kind !== 'oauth2',
    lastRenewedAt: row.renewedAt.toISOString(),
    ...(row.accessExpiresAt !== null && {
      accessTokenExpiresAt: row.accessExpiresAt.toISOString(),
    }),
    ...(failure !== null &&
      failedAt !== null && {
        lastFailure: {
          problem: failure,
          message: failureMessage ?? '',
          at: failedAt.toISOString(),
          ...(nextAttemptAt !== null && { nextAttemptAt: nextAttemptAt.toISOString() }),
        },
      }),
  }
}

function turns({ db }: Db) {
  return {
    /** One statement, so that of many who want it one gets it. What the lease before left behind is read under its lock. */
    async lease({ connectionId, version, leaseId, leaseMs }: LeaseAt & { leaseMs: number }) {
      const isHealthy = sql`EXISTS (SELECT 1 FROM ${connections}
        WHERE ${connections.id} = ${connectionId} AND ${connections.status} = 'healthy')`
      const [leased] = await db.execute<{ left: string | null }>(sql`
        WITH free AS (
          SELECT connection_id, leased_by FROM ${connectionTokens}
          WHERE ${and(
            versionIs({ connectionId, version }),
            isOver(connectionTokens.leasedUntil),
            isOver(connectionTokens.nextAttemptAt),
            isHealthy,
          )}
          FOR UPDATE)
        UPDATE ${connectionTokens} AS mine
        SET leased_by = ${leaseId}, leased_until = ${inMs(leaseMs)}
        FROM free WHERE mine.connection_id = free.connection_id
        RETURNING free.leased_by AS "left"`)
      return leased === undefined ? false : { wasLeft: leased.left !== null }
    },

    async fail(
      at: LeaseAt,
      {
        problem,
        message,
        retryMs,
        keepsMark,
      }: { problem: string; message: string; retryMs: number; keepsMark: boolean },
    ): Promise<void> {
      await db
        .update(connectionTokens)
        .set({
          failures: sql`${connectionTokens.failures} + 1`,
          failedAt: sql`now()`,
          failure: problem,
          failureMessage: message,
          nextAttemptAt: inMs(retryMs),
          leasedBy: keepsMark ? at.leaseId : null,
          leasedUntil: keepsMark ? sql`now()` : null,
        })
        .where(isMine(at))
    },

    async forgetFailures(oauthAppId: string): Promise<void> {
      const ofApp = db
        .select({ id: connections.id })
        .from(connections)
        .where(eq(connections.oauthAppId, oauthAppId))
      await db
        .update(connectionTokens)
        .set({ failures: 0, nextAttemptAt: null })
        .where(and(inArray(connectionTokens.connectionId, ofApp), gt(connectionTokens.failures, 0)))
    },

    async expireLeases(): Promise<void> {
      await db
        .update(connectionTokens)
        .set({ leasedUntil: sql`now()` })
        .where(
          and(isNotNull(connectionTokens.leasedBy), gt(connectionTokens.leasedUntil, sql`now()`)),
        )
    },
  }
}

/** What changes the connection's row as well. That one is locked first, as everywhere. */
function endings({ transaction }: Db) {
  return {
    save: (at: LeaseAt, renewed: RenewedTokens): Promise<boolean> =>
      transaction(async (tx) => {
        const { connectionId, leaseId } = at
        const [connection] = await tx
          .select({ status: connections.status })
          .from(connections)
          .where(eq(connections.id, connectionId))
          .for('no key update')
        const unlessOthers = (column: SQL) =>
          sql`CASE WHEN ${connectionTokens.leasedBy} = ${leaseId} THEN NULL ELSE ${column} END`
        const saved = await tx
          .update(connectionTokens)
          .set({
            ...nothingFailed,
            sealed: renewed.sealed,
            version: renewed.version,
            hasRefreshToken: renewed.hasRefreshToken,
            renewedAt: sql`now()`,
            accessExpiresAt: renewed.lifeMs === null ? null : inMs(renewed.lifeMs),
            keepAliveAt: renewed.keepAliveMs === null ? null : inMs(renewed.keepAliveMs),
            leasedBy: unlessOthers(sql`${connectionTokens.leasedBy}`),
            leasedUntil: unlessOthers(sql`${connectionTokens.leasedUntil}`),
          })
          .where(versionIs(at))
          .returning({ id: connectionTokens.connectionId })
        if (saved.length === 0) return false
        if (connection?.status === 'needs_reauth') {
          await tx
            .update(connections)
            .set({ status: 'healthy', statusReason: null, updatedAt: sql`now()` })
            .where(eq(connections.id, connectionId))
        }
        return true
      }),

    end: ({
      reason,
      leaseId,
      ...at
    }: Omit<LeaseAt, 'leaseId'> & { leaseId?: string; reason: string }): Promise<boolean> =>
      transaction(async (tx) => {
        const [connection] = await tx
          .select({ status: connections.status })
          .from(connections)
          .where(eq(connections.id, at.connectionId))
          .for('no key update')
        if (connection?.status !== 'healthy') return false
        const released = await tx
          .update(connectionTokens)
          .set({ ...nothingFailed, leasedBy: null, leasedUntil: null })
          .where(leaseId === undefined ? versionIs(at) : isMine({ ...at, leaseId }))
          .returning({ id: connectionTokens.connectionId })
        if (released.length === 0) return false
        await tx
          .update(connections)
          .set({ status: 'needs_reauth', statusReason: reason, updatedAt: sql`now()` })
          .where(eq(connections.id, at.connectionId))
        return true
      }),
  }
}
