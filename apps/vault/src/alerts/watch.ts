import { type AlertSettings, defaultAlertSettings } from '@sallyport/contracts'
import { emptyBaseline, readBaseline } from './baseline.ts'
import { createDisableOn, type DisableAgent } from './disable-on.ts'
import { type Finding, findingKey, mergeFindings } from './findings.ts'
import { observe } from './observe.ts'
import { type Planned, planAlerts } from './plan-alerts.ts'
import { readSeen, type Seen, type WatchedRecord } from './read-seen.ts'
import { dayMs } from './thresholds.ts'
import { createWallClock } from './wall-clock.ts'
import type { Claim, WatchStore } from './watch-store.ts'

/** Workspaces in one run; the rest come with the next. */
const workspacesMax = 500
/** Records that are read and judged at a time: some milliseconds of work, between which others have their turn. */
const partRecordsMax = 500
/** For one workspace in one run; it goes on with the next, so that others have their turn. */
const workspaceMsMax = 10_000
const leaseMs = 60_000
/** Whoever is further behind leaves out the oldest: what agents do now is more urgent. */
const behindMax = 200_000
/** What is older teaches what is usual, and nobody is told of it any more. */
const toldMsMax = dayMs
/** A clock of another replica may be ahead of this one's by so much. */
const aheadMsMax = 300_000
/** Alerts a day, so that a fault of the watch is no flood; further ones are not raised. */
const alertsOfAgentMax = 20
const alertsOfWorkspaceMax = 200
const keptMs = 180 * dayMs
const removedMax = 1_000

/** What the watch needs of others. */
export interface WatchNeeds {
  readonly store: WatchStore
  readonly disableAgent: DisableAgent
  /** Durable when it resolves. */
  readonly audit: {
    record(event: {
      readonly auditId: string
      readonly workspaceId: string
      readonly operation: 'skipAlerts'
      readonly outcome: 'done'
      readonly detail: { readonly fromSeq: number; readonly toSeq: number }
    }): Promise<unknown>
  }
  readonly newId: (kind: 'alert' | 'audit') => string
  /** Names this replica: the same as long as it runs, and no other's. */
  readonly holder: string
  /** Ms since the epoch. */
  readonly now: () => number
  /** One workspace could not be watched; the others are. */
  readonly onFailure: (error: unknown) => void
}

/** Builds the watch: what each run of the job does. Safe on several replicas at once: each part of a log is judged once. */
export function createWatch(needs: WatchNeeds) {
  const { store } = needs
  const stopping = new AbortController()
  return {
    /** Judges what agents did since the last run. */
    async run(): Promise<void> {
      for (const workspaceId of await store.listBehind(workspacesMax)) {
        if (stopping.signal.aborted) return
        await watchWorkspace(needs, workspaceId, stopping.signal).catch(needs.onFailure)
      }
    },
    /** A run that is under way ends with the part that it is at; whoever watches next goes on from there. */
    stop: () => stopping.abort(),
    /** Removes what is long over. */
    removeOld: () => store.removeOld(needs.now() - keptMs, removedMax),
  }
}

async function watchWorkspace(
  needs: WatchNeeds,
  workspaceId: string,
  stopping: AbortSignal,
): Promise<void> {
  const { store, holder } = needs
  const claim = await store.claim(workspaceId, holder, leaseMs)
  if (claim === undefined) return
  try {
    await watchClaimed(needs, claim, stopping)
  } finally {
    await store.release(workspaceId, holder)
  }
}

async function watchClaimed(
  needs: WatchNeeds,
  { workspaceId, ...claim }: Claim,
  stopping: AbortSignal,
): Promise<void> {
  const { store } = needs
  const settings = (await store.findSettings(workspaceId)) ?? defaultAlertSettings
  const startedMs = needs.now()
  let fromSeq = claim.seq
  let judgedFromSeq = Math.max(fromSeq, claim.headSeq - behindMax)
  if (judgedFromSeq > fromSeq)
    await noteSkipped(needs, { workspaceId, fromSeq, toSeq: judgedFromSeq })
  const isTime = () => Math.abs(needs.now() - startedMs) < workspaceMsMax && !stopping.aborted
  while (fromSeq < claim.headSeq && isTime()) {
    const toSeq = Math.min(claim.headSeq, judgedFromSeq + partRecordsMax)
    const records = await store.readRecords(workspaceId, judgedFromSeq, toSeq)
    const part = { workspaceId, fromSeq, toSeq, records, settings }
    if (!(await judgePart(needs, part))) return
    fromSeq = toSeq
    judgedFromSeq = toSeq
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const noteSkipped = (
  { audit, newId }: WatchNeeds,
  { workspaceId, ...detail }: { workspaceId: string; fromSeq: number; toSeq: number },
) =>
  audit.record({
    auditId: newId('audit'),
    workspaceId,
    operation: 'skipAlerts',
    outcome: 'done',
    detail,
  })

interface Part {
  readonly workspaceId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly records: readonly WatchedRecord[]
  readonly settings: AlertSettings
}

/** Judges one part of a log and writes down what came of it; false where it turned out to be somebody else's. */
async function judgePart(needs: WatchNeeds, part: Part): Promise<boolean> {
  const { store, holder } = needs
  const { workspaceId, fromSeq, toSeq } = part
  const { baselines, findings } = await judge(needs, part)
  const planned = await plan(needs, part, findings)
  // Before it is written down that this part was judged: whatever fails here is done again.
  const disabledBy = await createDisableOn(needs)(part, planned)
  return store.commit({
    ...{ workspaceId, holder, leaseMs, fromSeq, toSeq, baselines, disabledBy },
    raised: planned.flatMap((one) => ('raise' in one ? [one.raise] : [])),
    goneOn: planned.flatMap((one) => ('goesOn' in one ? [one.goesOn] : [])),
  })
}

async function judge(needs: WatchNeeds, { workspaceId, records, settings }: Part) {
  const latestMs = needs.now() + aheadMsMax
  const seen = records
    .map(readSeen)
    .filter((one): one is Seen => one !== undefined)
    .map((one) => (one.atMs > latestMs ? { ...one, atMs: latestMs } : one))
  const agentIds = [...new Set(seen.map(({ agentId }) => agentId))]
  const stored =
    agentIds.length === 0 ? new Map() : await needs.store.findBaselines(workspaceId, agentIds)
  const { sensitivity, timezone } = settings
  const watching = { sensitivity, timezone, localTime: createWallClock(timezone) }
  const baselines = new Map<string, ReturnType<typeof emptyBaseline>>()
  const findings: Finding[] = []
  for (const one of seen) {
    // An agent that is gone has nothing that is usual.
    if (!stored.has(one.agentId)) continue
    const baseline =
      baselines.get(one.agentId) ?? readBaseline(stored.get(one.agentId)) ?? emptyBaseline(one.atMs)
    baselines.set(one.agentId, baseline)
    findings.push(...observe(baseline, one, watching))
  }
  const toldFromMs = needs.now() - toldMsMax
  const told = findings.filter(({ lastMs }) => lastMs >= toldFromMs)
  return { baselines, findings: mergeFindings(told) }
}

async function plan(
  { store, now, newId }: WatchNeeds,
  { workspaceId, settings }: Part,
  findings: readonly Finding[],
): Promise<Planned[]> {
  if (findings.length === 0) return []
  const [known, counts] = await Promise.all([
    store.findKnown(workspaceId, findings),
    store.countSince(workspaceId, now() - dayMs),
  ])
  const raised = [...counts.values()].reduce((sum, one) => sum + one, 0)
  const agents = new Map(
    findings.map(({ agentId }) => [agentId, alertsOfAgentMax - (counts.get(agentId) ?? 0)]),
  )
  return planAlerts(findings, {
    known: new Map(known.map((alert) => [findingKey(alert), alert])),
    left: { agents, workspace: alertsOfWorkspaceMax - raised },
    newId: () => newId('alert'),
    isAlways: (kind) => settings.freezeOn.includes(kind),
  })
}
