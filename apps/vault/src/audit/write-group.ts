import { type KeyObject, timingSafeEqual } from 'node:crypto'
import { equal } from './as-found.ts'
import type { BeginAnswer, ChainBatch, ChainStore, LockedState, Spending } from './audit-store.ts'
import {
  type ChainHead,
  createRecordMac,
  createStamp,
  genesisHead,
  type StampedGroup,
} from './chain.ts'
import { draftUngranted } from './draft-ungranted.ts'
import type { AuditIntent, RecordDraft } from './entry.ts'
import type { RecordMac } from './epoch-macs.ts'
import { type AuditKeyRing, type EpochKeys, ForeignHead, withNewestKeys } from './epochs.ts'
import type { LimitReservation, LimitSettlement } from './limit-reservation.ts'
import {
  decideLimits,
  type LimitDecisions,
  type LimitState,
  readLimits,
  unknownLimits,
} from './limit-state.ts'

// Writes one group of records to one workspace's chain, with the limits that its intents reserve and the approvals that
// they use up.

/** Something to be recorded. */
export type GroupItem =
  | {
      readonly kind: 'intent'
      readonly draft: RecordDraft
      readonly intent: AuditIntent
      readonly reservation: LimitReservation | undefined
      readonly spending: Spending | undefined
    }
  | { readonly kind: 'note'; readonly draft: RecordDraft }
  /** `retried`: an earlier attempt failed or is in doubt, so it may stand in the chain already. */
  | {
      readonly kind: 'end'
      readonly draft: RecordDraft
      readonly retried: boolean
      readonly settlement: LimitSettlement | undefined
    }

/** What a writer knows of a chain between groups. */
export interface ChainState {
  readonly workspaceId: string
  /** Undefined when it has to be read again: at first, and after anything that failed. */
  readonly head: ChainHead | undefined
  /** The limits that have been read, as of that head. */
  readonly limits: LimitState
  /** How many groups still begin by locking the head, since another replica writes the same chain. */
  readonly contendedGroups: number
}

export interface GroupResult {
  readonly state: ChainState
  /** What was answered, by audit id; only where something was reserved or spent. */
  readonly answers: ReadonlyMap<string, BeginAnswer>
  readonly written: number
}

export interface GroupWriterNeeds {
  readonly store: ChainStore
  readonly keys: AuditKeyRing
  /** Milliseconds of the limits' own clock. */
  readonly limitNow: () => number
}

/** Groups that lock at once after a lost compare-and-set: losing one costs a statement, locking costs a round trip. */
const contendedGroupsMax = 32

/** Policies whose limits are kept in memory for one chain. */
const knownPoliciesMax = 1_000

interface Plan {
  readonly batch: ChainBatch
  readonly limits: LimitDecisions
  readonly answers: ReadonlyMap<string, BeginAnswer>
}

/**
 * Makes the function that writes a group: durable when it resolves. It tries compare-and-set on the known head, and
 * locks the head where that is lost, where the head or a limit is not known, or where an approval is spent. Whatever it throws, what it wrote may
 * be in doubt: the caller forgets the head, and the next group reads it again under lock, after anything in doubt has
 * ended.
 */
export function createGroupWriter(
  needs: GroupWriterNeeds,
): (state: ChainState, items: readonly GroupItem[]) => Promise<GroupResult> {
  return (state, all) =>
    withNewestKeys(needs.keys, (keys) => writeGroup(needs, { keys, state, all }))
}

async function writeGroup(
  needs: GroupWriterNeeds,
  given: {
    readonly keys: EpochKeys
    readonly state: ChainState
    readonly all: readonly GroupItem[]
  },
): Promise<GroupResult> {
  const { store } = needs
  const { keys, state } = given
  const items = await withoutRecorded(store, given.all)
  const { workspaceId, head } = state
  const key = keys.macKey(workspaceId)
  const context = { workspaceId, items, stamp: createStamp(key, workspaceId) }
  const { policyIds, spendings } = lookThrough(items)
  const known = policyIds.every((id) => state.limits.policies.has(id))
  let { contendedGroups } = state
  if (head !== undefined && contendedGroups === 0 && known && spendings.length === 0) {
    const limits = decideLimits(state.limits, needs.limitNow())
    const plan = planGroup(context, head, { limits, approvals: noApprovals })
    // Where keys were changed the head has moved, so that nothing is ever appended with older ones.
    if (await store.append(plan.batch)) return finish(plan, { workspaceId, contendedGroups })
    contendedGroups = contendedGroupsMax
  }
  const plan = await appendLocked(needs, context, {
    ...{ key, keys, policyIds, spendings },
    // What is known stays right if the head has not moved, and goes if it has.
    known: state,
  })
  return finish(plan, { workspaceId, contendedGroups: Math.max(0, contendedGroups - 1) })
}

const noApprovals: LockedState['approvals'] = new Map()

/** Whose limits and which approvals a group needs. */
function lookThrough(items: readonly GroupItem[]) {
  const ids = new Set<string>()
  const spendings: Spending[] = []
  for (const item of items) {
    // What is held under a limit must not be lost: without what is known of it, it is read.
    if (item.kind === 'end' && item.settlement !== undefined) ids.add(item.settlement.policyId)
    if (item.kind !== 'intent') continue
    if (item.reservation !== undefined) ids.add(item.reservation.policyId)
    if (item.spending !== undefined) spendings.push(item.spending)
  }
  return { policyIds: [...ids], spendings }
}

function finish(plan: Plan, state: Omit<ChainState, 'head' | 'limits'>): GroupResult {
  return {
    state: { head: plan.batch.head, limits: plan.limits.commit(), ...state },
    answers: plan.answers,
    written: plan.batch.rows.length,
  }
}

interface GroupContext {
  readonly workspaceId: string
  readonly items: readonly GroupItem[]
  readonly stamp: (head: ChainHead, drafts: readonly RecordDraft[]) => StampedGroup
}

/** Leaves out outcomes that an attempt in doubt did write after all: an entry is open until its outcome stands. */
async function withoutRecorded(
  store: ChainStore,
  items: readonly GroupItem[],
): Promise<readonly GroupItem[]> {
  const doubtful = items.filter((item) => item.kind === 'end' && item.retried)
  if (doubtful.length === 0) return items
  const open = new Set(await store.stillOpen(doubtful.map((item) => item.draft.auditId)))
  return items.filter(
    (item) => item.kind !== 'end' || !item.retried || open.has(item.draft.auditId),
  )
}

interface LockedNeeds {
  readonly key: KeyObject
  readonly keys: EpochKeys
  readonly policyIds: readonly string[]
  readonly spendings: readonly Spending[]
  readonly known: ChainState
}

async function appendLocked(
  needs: GroupWriterNeeds,
  context: GroupContext,
  { key, keys, policyIds, spendings, known }: LockedNeeds,
): Promise<Plan> {
  const { workspaceId } = context
  const mac = createRecordMac(key, workspaceId)
  let plan: Plan | undefined
  await needs.store.appendLocked(
    { workspaceId, genesis: genesisHead(key, workspaceId), policyIds, closing: [], spendings },
    ({ head, limits, approvals, newestKeys }) => {
      assertStanding({ head, newestKeys }, keys, mac)
      const unmoved = known.head !== undefined && equal(known.head.hash, head.hash)
      const keep = unmoved && known.limits.policies.size < knownPoliciesMax
      const kept = keep ? known.limits : unknownLimits()
      const state = readLimits(policyIds, limits, kept)
      plan = planGroup(context, head, {
        limits: decideLimits(state, needs.limitNow()),
        approvals,
      })
      return plan.batch
    },
  )
  if (plan === undefined) throw new Error('The store appended a group without building it.')
  return plan
}

/** Refuses to go on from a head that the vault has not written: what followed would make it look genuine. */
export function assertHead(head: ChainHead, mac: RecordMac): void {
  const expected = mac(head.seq, head.hash)
  if (head.mac.length === expected.length && timingSafeEqual(head.mac, expected)) return
  throw new ForeignHead()
}

/** The same under the lock, where the chain may just have been begun: not with keys that were replaced. */
export function assertStanding(
  { head, newestKeys }: Pick<LockedState, 'head' | 'newestKeys'>,
  keys: EpochKeys,
  mac: RecordMac,
): void {
  if (newestKeys !== undefined && newestKeys > keys.version) throw new ForeignHead()
  assertHead(head, mac)
}

interface Standing {
  readonly limits: LimitDecisions
  readonly approvals: LockedState['approvals']
}

function planGroup(context: GroupContext, head: ChainHead, standing: Standing): Plan {
  const { limits } = standing
  const drafts: RecordDraft[] = []
  const opened: { auditId: string; deadlineMs: number }[] = []
  const ended: string[] = []
  const answers = new Map<string, BeginAnswer>()
  const spent: Spent[] = []
  for (const item of context.items) {
    const { auditId } = item.draft
    if (item.kind === 'intent' && (item.reservation ?? item.spending) !== undefined) {
      const answer = answerIntent(item, standing, spent)
      answers.set(auditId, answer)
      if (!answer.granted) {
        drafts.push(draftUngranted(item.intent, answer, item.draft.at))
        continue
      }
      if (item.spending !== undefined) {
        const { approvalId, isRemembered } = item.spending
        spent.push({ approvalId, auditId, isRemembered })
      }
    }
    drafts.push(item.draft)
    if (item.kind === 'intent') {
      opened.push({ auditId, deadlineMs: Math.ceil(item.intent.deadlineMs) })
    } else if (item.kind === 'end') {
      ended.push(auditId)
      limits.release(auditId, item.settlement)
    }
  }
  const { workspaceId } = context
  const stamped = context.stamp(head, drafts)
  return {
    batch: {
      ...{ workspaceId, from: head, opened, ended, limits: limits.changes() },
      spent,
      ...stamped,
    },
    limits,
    answers,
  }
}

type Spent = NonNullable<ChainBatch['spent']>[number]

const gone = { status: 'changed', left: 0 } as const

/** First the approval, which costs nothing to look at, then the limits: whoever is refused spends neither. */
function answerIntent(
  { draft, reservation, spending }: GroupItem & { readonly kind: 'intent' },
  { limits, approvals }: Standing,
  spent: readonly Spent[],
): BeginAnswer {
  if (spending !== undefined) {
    const { approvalId } = spending
    const { status: approval, left } = approvals.get(approvalId) ?? gone
    const taken = spent.filter((one) => one.approvalId === approvalId).length
    if (approval === 'approved' && taken >= left) return { granted: false, approval: 'consumed' }
    if (approval !== 'approved') return { granted: false, approval }
  }
  return reservation === undefined ? { granted: true } : limits.reserve(draft.auditId, reservation)
}
