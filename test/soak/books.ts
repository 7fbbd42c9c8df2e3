import type postgres from 'postgres'

// What stands in the vault's database when all is over, read by whoever owns it and not through the vault.

/** An attempt that was allowed: its intent and how it ended. */
export interface Attempt {
  readonly auditId: string
  readonly operation: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly path: string
  readonly policyId: string | undefined
  /** Of its outcome; `pending` where it has none. */
  readonly outcome: string
  /** The upstream's, where it is recorded. */
  readonly status?: number | undefined
  /** The problem's type that is recorded, where it failed. */
  readonly problem?: string | undefined
}

/** An approval as it stands. */
export interface ApprovalRow {
  readonly id: string
  readonly status: string
  readonly approvedBy: number
}

export interface Books {
  readonly attempts: readonly Attempt[]
  readonly approvals: readonly ApprovalRow[]
  readonly records: number
  /** Connections that are not as they were made, and not revoked either: id and status. */
  readonly needReauth: readonly string[]
}

/** Reads it all. */
export async function readBooks(admin: postgres.Sql): Promise<Books> {
  const records = await admin`
    select kind, entry from audit_records where kind in ('intent', 'outcome') order by workspace_id, seq`
  const outcomes = new Map<string, Record<string, unknown>>()
  const intents: Record<string, unknown>[] = []
  for (const { kind, entry } of records) {
    const read = JSON.parse(String(entry)) as Record<string, unknown>
    if (kind === 'outcome') outcomes.set(String(read.id), read)
    else intents.push(read)
  }
  const approvals = await admin`select id, status, (
      select count(*) from approval_answers where approval_id = approvals.id) as yes from approvals`
  const needReauth = await admin`select id from connections where status = 'needs_reauth'`
  const [count] = await admin`select count(*)::int as n from audit_records`
  return {
    attempts: intents.map((read) => ({
      ...endOf(outcomes.get(String(read.id))),
      auditId: String(read.id),
      operation: String(read.operation),
      at: Date.parse(String(read.at)),
      path: String(read.path),
      policyId: typeof read.policyId === 'string' ? read.policyId : undefined,
    })),
    approvals: approvals.map(({ id, status, yes }) => ({ id, status, approvedBy: Number(yes) })),
    records: Number(count?.n),
    needReauth: needReauth.map(({ id }) => String(id)),
  }
}

function endOf(
  outcome: Record<string, unknown> | undefined,
): Pick<Attempt, 'outcome' | 'status' | 'problem'> {
  if (outcome === undefined) return { outcome: 'pending' }
  const { status, problem } = outcome
  return {
    outcome: String(outcome.outcome),
    status: typeof status === 'number' ? status : undefined,
    problem: typeof problem === 'string' ? problem : undefined,
  }
}

/** How many attempts have no outcome yet. */
export async function countOpen(admin: postgres.Sql): Promise<number> {
  const [row] = await admin`select count(*)::int as n from audit_open`
  return Number(row?.n)
}

/** Looks among the newest records, as the upstream does while a request waits for its answer. */
export async function standsNow(admin: postgres.Sql, nonce: string): Promise<boolean | undefined> {
  try {
    const found = await admin`
      select 1 from audit_heads h join audit_records r
        on r.workspace_id = h.workspace_id and r.seq > h.seq - 400
      where r.kind = 'intent' and position(${nonce} in r.entry) > 0 limit 1`
    return found.length > 0
  } catch {
    // PostgreSQL is away: this request was let out before.
    return undefined
  }
}
