import type postgres from 'postgres'
import {
  limitWindowsMs,
  type Rate,
  type RateLimitName,
  rateOf,
  takeOne,
  toMicros,
  toMs,
} from './gcra.ts'

// Rate limits and concurrency of policies: reserved in the transaction that records the intent, so that no attempt is
// sent uncounted (S-29). Every replica locks the same rows, so all of them together never grant one too many.

/** What one attempt asks of the limits of its policy. */
export interface LimitRequest {
  readonly auditId: string
  readonly policyId: string
  readonly limits: {
    readonly perMinute?: number | undefined
    readonly perHour?: number | undefined
    readonly perDay?: number | undefined
    readonly concurrent?: number | undefined
  }
  /** How long the call may hold its place under `concurrent` if it is never given back. */
  readonly leaseMs: number
}

/** `policy-gone`: the policy was taken away meanwhile. A refusal has spent nothing of any limit. */
export type LimitAnswer =
  | { readonly granted: true }
  | {
      readonly granted: false
      readonly limit: 'perMinute' | 'perHour' | 'perDay' | 'concurrent' | 'policy-gone'
      readonly retryAfterSeconds: number
    }

/** What is known of the limits of some policies while their rows are locked. */
interface LockedLimits {
  readonly policies: ReadonlySet<string>
  /** Arrival time in µs by policy and name; changed as attempts are granted. */
  readonly arrivals: Map<string, number>
  /** Calls in flight by policy; changed as attempts are granted. */
  readonly running: Map<string, number>
}

interface Granted {
  readonly buckets: ReadonlyMap<string, number>
  readonly leases: readonly LimitRequest[]
}

type Tx = postgres.TransactionSql

const rateNames: readonly RateLimitName[] = ['perMinute', 'perHour', 'perDay']
/** A place becomes free when some call ends: nobody knows when, so the shortest wait is named. */
const concurrentRetrySeconds = 1
/** This bucket counts nothing; its row is what concurrent reservations of one policy wait for. */
const concurrentName = 'concurrent'

const bucketKey = (policyId: string, name: string): string => `${policyId} ${name}`

/** The names of the buckets that a request needs locked. */
function namesOf(request: LimitRequest): string[] {
  const names: string[] = rateNames.filter((name) => request.limits[name] !== undefined)
  if (request.limits.concurrent !== undefined) names.push(concurrentName)
  return names
}

/**
 * Locks what the requests need, always in the same order: policies, then buckets. The policies are locked against
 * deletion, so that nothing that refers to them fails later in the transaction.
 */
async function lockBuckets(
  tx: Tx,
  requests: readonly LimitRequest[],
): Promise<Pick<LockedLimits, 'policies' | 'arrivals'>> {
  const policyIds = [...new Set(requests.map((request) => request.policyId))].sort()
  const pairs = new Map<string, { policyId: string; name: string }>()
  for (const request of requests) {
    for (const name of namesOf(request)) {
      pairs.set(bucketKey(request.policyId, name), { policyId: request.policyId, name })
    }
  }
  const wanted = [...pairs.values()]
  const ids = wanted.map((pair) => pair.policyId)
  const names = wanted.map((pair) => pair.name)
  const [policies, found] = await Promise.all([
    tx<{ id: string }[]>`
      select id from policies where id = any(${policyIds}::text[]) order by id for key share`,
    selectBuckets(tx, ids, names),
  ])
  const known = new Set(policies.map((row) => row.id))
  const missing = found.length < wanted.filter((pair) => known.has(pair.policyId)).length
  const rows = missing ? await makeBuckets(tx, ids, names) : found
  const arrivals = new Map(
    rows.map((row) => [bucketKey(row.policy_id, row.name), toMicros(row.arrival_ms)]),
  )
  return { policies: known, arrivals }
}

interface BucketRow {
  policy_id: string
  name: string
  arrival_ms: number
}

function selectBuckets(tx: Tx, ids: readonly string[], names: readonly string[]) {
  return tx<BucketRow[]>`
    select policy_id, name, arrival_ms from limit_buckets
    where (policy_id, name) in (select * from unnest(${[...ids]}::text[], ${[...names]}::text[]))
    order by policy_id, name for update`
}

/** The first use of a limit: makes the buckets, then locks them as always. */
async function makeBuckets(tx: Tx, ids: readonly string[], names: readonly string[]) {
  await tx`
    insert into limit_buckets (policy_id, name, arrival_ms)
    select wanted.policy_id, wanted.name, 0
    from unnest(${[...ids]}::text[], ${[...names]}::text[]) as wanted (policy_id, name)
    join policies on policies.id = wanted.policy_id
    order by wanted.policy_id, wanted.name
    on conflict do nothing`
  return await selectBuckets(tx, ids, names)
}

interface LeaseCount {
  policy_id: string
  running: number
  expired: number
}

/** Counts the calls in flight, after those that ended and those whose time is up have been taken away. */
async function countRunning(
  tx: Tx,
  requests: readonly LimitRequest[],
  options: { readonly released: readonly string[]; readonly nowMs: number },
): Promise<Map<string, number>> {
  const limited = requests.filter((request) => request.limits.concurrent !== undefined)
  const policyIds = [...new Set(limited.map((request) => request.policyId))]
  if (policyIds.length === 0) return new Map()
  const [, , rows] = await Promise.all([
    // Leases come and go with every call. A plain index scan marks the entries of rows that are gone, so that the next
    // one passes over them; a bitmap scan reads them all again and again until the next vacuum.
    tx`select set_config('enable_bitmapscan', 'off', true)`,
    tx`delete from limit_leases where audit_id = any(${[...options.released]}::text[])`,
    tx<LeaseCount[]>`
      select policy_id,
        (count(*) filter (where expires_ms > ${options.nowMs}))::int as running,
        (count(*) filter (where expires_ms <= ${options.nowMs}))::int as expired
      from limit_leases where policy_id = any(${policyIds}::text[]) group by policy_id`,
  ])
  if (rows.some((row) => row.expired > 0)) {
    await tx`
      delete from limit_leases
      where policy_id = any(${policyIds}::text[]) and expires_ms <= ${options.nowMs}`
  }
  return new Map(rows.map((row) => [row.policy_id, row.running]))
}

/** Decides one request against what is locked; a granted one is counted there, a refused one changes nothing. */
function decideOne(request: LimitRequest, locked: LockedLimits, nowMicros: number): LimitAnswer {
  const { policyId, limits } = request
  if (!locked.policies.has(policyId)) {
    return { granted: false, limit: 'policy-gone', retryAfterSeconds: 0 }
  }
  const running = locked.running.get(policyId) ?? 0
  if (limits.concurrent !== undefined && running >= limits.concurrent) {
    return { granted: false, limit: 'concurrent', retryAfterSeconds: concurrentRetrySeconds }
  }
  const next = new Map<string, number>()
  let refusal: LimitAnswer | undefined
  for (const name of rateNames) {
    const limit = limits[name]
    if (limit === undefined) continue
    const key = bucketKey(policyId, name)
    const rate: Rate = rateOf(limit, limitWindowsMs[name])
    const answer = takeOne(rate, locked.arrivals.get(key) ?? 0, nowMicros)
    if (answer.granted) next.set(key, answer.arrivalMicros)
    else if (refusal === undefined || answer.retryAfterSeconds > retryOf(refusal)) {
      refusal = { granted: false, limit: name, retryAfterSeconds: answer.retryAfterSeconds }
    }
  }
  if (refusal !== undefined) return refusal
  for (const [key, arrival] of next) locked.arrivals.set(key, arrival)
  if (limits.concurrent !== undefined) locked.running.set(policyId, running + 1)
  return { granted: true }
}

const retryOf = (answer: LimitAnswer): number => (answer.granted ? 0 : answer.retryAfterSeconds)

/** The limits of one transaction: lock first, decide in order, then save. */
export interface LimitTransaction {
  /** Locks buckets. Comes before the lock of the chain's head, in every transaction alike. */
  lock(): Promise<void>
  /** Counts calls in flight and decides all requests in their order. Comes after the lock of the head. */
  decide(): Promise<readonly LimitAnswer[]>
  /** Writes what was granted. */
  save(): Promise<void>
}

/**
 * Reserves for several requests in one transaction. Each is granted all of its limits or none.
 * `nowMs` is the time of the limits' own clock, which no change of the wall clock moves (S-30).
 */
export function reserveLimits(
  tx: Tx,
  requests: readonly LimitRequest[],
  options: { readonly released: readonly string[]; readonly nowMs: number },
): LimitTransaction {
  let locked: LockedLimits = { policies: new Set(), arrivals: new Map(), running: new Map() }
  let before: ReadonlyMap<string, number> = new Map()
  let granted: Granted = { buckets: new Map(), leases: [] }
  return {
    async lock() {
      if (requests.length === 0) return
      locked = { ...(await lockBuckets(tx, requests)), running: new Map() }
      before = new Map(locked.arrivals)
    },
    async decide() {
      if (requests.length === 0) return []
      locked = { ...locked, running: await countRunning(tx, requests, options) }
      const nowMicros = toMicros(options.nowMs)
      const answers = requests.map((request) => decideOne(request, locked, nowMicros))
      granted = {
        buckets: new Map([...locked.arrivals].filter(([key, value]) => before.get(key) !== value)),
        leases: requests.filter(
          (request, index) =>
            request.limits.concurrent !== undefined && answers[index]?.granted === true,
        ),
      }
      return answers
    },
    async save() {
      await Promise.all([
        saveBuckets(tx, granted.buckets),
        saveLeases(tx, granted.leases, options.nowMs),
      ])
    },
  }
}

async function saveBuckets(tx: Tx, buckets: ReadonlyMap<string, number>): Promise<void> {
  if (buckets.size === 0) return
  const keys = [...buckets.keys()].map((key) => key.split(' '))
  await tx`
    update limit_buckets set arrival_ms = taken.arrival_ms
    from unnest(
      ${keys.map(([policyId]) => policyId ?? '')}::text[],
      ${keys.map(([, name]) => name ?? '')}::text[],
      ${[...buckets.values()].map(toMs)}::float8[]
    ) as taken (policy_id, name, arrival_ms)
    where limit_buckets.policy_id = taken.policy_id and limit_buckets.name = taken.name`
}

async function saveLeases(tx: Tx, leases: readonly LimitRequest[], nowMs: number): Promise<void> {
  if (leases.length === 0) return
  await tx`
    insert into limit_leases (audit_id, policy_id, expires_ms)
    select * from unnest(
      ${leases.map((lease) => lease.auditId)}::text[],
      ${leases.map((lease) => lease.policyId)}::text[],
      ${leases.map((lease) => nowMs + lease.leaseMs)}::float8[]
    ) on conflict do nothing`
}
