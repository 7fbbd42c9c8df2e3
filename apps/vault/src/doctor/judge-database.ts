import { type Finding, fail, ok, warn } from './finding.ts'

// Says of a database's facts whether a vault can rely on them.

/** What was read of the database, as the role of the running vault. */
export interface DatabaseFacts {
  /** As `SHOW server_version_num` has it: 150004 is 15.4. */
  readonly versionNumber: number
  readonly roundTripMs: number
  /** The database's clock less this machine's, in the middle of the round trip. */
  readonly clockAheadMs: number
  readonly isSuperuser: boolean
  /** Settings that decide whether what was committed survives a crash. */
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  readonly migrations: MigrationFacts
  /** What the role may do to audit entries beside adding them; undefined where there are none yet. */
  readonly mayChangeAudit: readonly string[] | undefined
  /** Who may make tables where the vault's are: everybody, or the role of the running vault. */
  readonly mayCreate: 'everybody' | 'role' | undefined
  readonly connections: { readonly used: number; readonly max: number }
}

/** Migrations of this build that the database lacks, or that it has and this build does not know. */
export interface MigrationFacts {
  readonly missing: number
  readonly isNewer: boolean
}

const versionMin = 15
const slowMs = 50
const skewMsWarned = 1_000
/** After that, what agents sign is refused: see the promise S-01. */
const skewMsMax = 10_000
const fewConnectionsLeft = 15

/** Judges the database. */
export function judgeDatabase(facts: DatabaseFacts): Finding[] {
  return [
    judgeVersion(facts),
    judgeMigrations(facts.migrations),
    judgeDurability(facts),
    judgeAuditRole(facts),
    ...judgeSchema(facts),
    judgeClock(facts),
    judgeConnections(facts.connections),
  ]
}

function judgeVersion({ versionNumber, roundTripMs }: DatabaseFacts): Finding {
  const what = 'database'
  const version = `PostgreSQL ${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`
  const took = `${Math.round(roundTripMs * 10) / 10} ms away`
  if (versionNumber < versionMin * 10_000) {
    return fail(what, `${version} is too old: PostgreSQL ${versionMin} or newer is needed`)
  }
  return roundTripMs > slowMs
    ? warn(
        what,
        `${version}, ${took}: every call waits for it once; put the vault nearer to its database`,
      )
    : ok(what, `${version}, ${took}`)
}

function judgeMigrations({ missing, isNewer }: MigrationFacts): Finding {
  const what = 'migrations'
  if (isNewer) {
    return fail(
      what,
      'the database was migrated by a newer build: start that build or a later one; this one refuses to start',
    )
  }
  return missing === 0
    ? ok(what, 'up to date')
    : warn(what, `${missing} of this build are not applied yet: its next start applies them`)
}

function judgeDurability(facts: DatabaseFacts): Finding {
  const what = 'durability'
  const { fsync, fullPageWrites, synchronousCommit } = facts
  const wrong = [
    ...(fsync === 'on' ? [] : ['fsync']),
    ...(fullPageWrites === 'on' ? [] : ['full_page_writes']),
    ...(synchronousCommit === 'off' ? ['synchronous_commit'] : []),
  ]
  return wrong.length === 0
    ? ok(what, 'what is committed survives a crash')
    : fail(what, `set ${wrong.join(' and ')} to on: audit entries could be lost in a crash`)
}

function judgeAuditRole({ isSuperuser, mayChangeAudit }: DatabaseFacts): Finding {
  const what = 'audit role'
  const remedy =
    'set DATABASE_MIGRATION_URL to the role that owns the tables, and DATABASE_URL to another one'
  if (isSuperuser)
    return warn(what, `the vault signs in as a superuser, who may do anything: ${remedy}`)
  if (mayChangeAudit === undefined) return ok(what, 'there is no audit log yet')
  return mayChangeAudit.length === 0
    ? ok(what, 'may add audit entries, and neither change nor delete them')
    : warn(what, `may ${mayChangeAudit.join(', ')} audit entries: ${remedy}`)
}

/** Whoever may make a function or a table there may put one before the vault's own. The owner of the tables has to be able to. */
function judgeSchema({ mayCreate, isSuperuser, mayChangeAudit = [] }: DatabaseFacts): Finding[] {
  const what = 'schema'
  if (mayCreate === 'everybody') {
    return [
      warn(
        what,
        'every role may make tables and functions in schema public: REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      ),
    ]
  }
  // Of a role that owns the tables it is said above what to do.
  return mayCreate === undefined || isSuperuser || mayChangeAudit.length > 0
    ? []
    : [
        warn(
          what,
          'the role of the running vault may make tables and functions in schema public: set DATABASE_MIGRATION_URL to the role that owns the tables, and revoke CREATE from the role of DATABASE_URL',
        ),
      ]
}

function judgeClock({ clockAheadMs }: DatabaseFacts): Finding {
  const what = 'clock'
  const offMs = Math.abs(clockAheadMs)
  if (offMs < skewMsWarned) return ok(what, 'agrees with the database’s')
  const say = `differs from the database’s by ${Math.round(clockAheadMs / 100) / 10} s: set both by NTP`
  return offMs < skewMsMax ? warn(what, say) : fail(what, `${say}; sign-ins of agents fail`)
}

function judgeConnections({ used, max }: DatabaseFacts['connections']): Finding {
  const what = 'connections'
  const say = `${used} of ${max} of the database are in use`
  return max - used < fewConnectionsLeft
    ? warn(what, `${say}: a replica takes 12; raise max_connections`)
    : ok(what, say)
}
