import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@sallyport/sdk'
import { median } from './results.ts'
import type { SeedableVault } from './seed/seeded-vault.ts'

// Times the pages that people and agents look at, as they ask for them.

/** How long one of them took. */
export interface Page {
  readonly name: string
  /** Of the audit log, for which there is a goal. */
  readonly isAudit: boolean
  readonly p50Ms: number
  readonly mostMs: number
}

const times = 15
const cursorRadix = 36
const dayMs = 86_400_000
const minuteMs = 60_000
/** Counts of 10 million records are filled in within some 20 minutes. */
const fillMsMax = 40 * minuteMs
const fillCheckMs = 5_000

/** The agent with a policy on every connection, and the first of them. */
export interface First {
  readonly client: Client
  readonly connectionId: string
}

interface Asked {
  readonly name: string
  readonly ask: () => Promise<unknown>
}

/** Asks for each page a number of times, once the vault has counted the calls of a month. */
export async function measurePages(large: SeedableVault, first: First): Promise<Page[]> {
  await countsKept(large)
  const audit = (await auditPages(large)).map((asked) => ({ ...asked, isAudit: true }))
  const others = otherPages(large, first).map((asked) => ({ ...asked, isAudit: false }))
  const pages: Page[] = []
  for (const { name, isAudit, ask } of [...audit, ...others]) {
    const took: number[] = []
    for (let nth = 0; nth < times; nth += 1) {
      const began = performance.now()
      await ask()
      took.push(performance.now() - began)
    }
    pages.push({ name, isAudit, p50Ms: median(took), mostMs: Math.max(...took) })
  }
  return pages
}

/** The activity page reads counts that a job of the vault fills in, backwards from the newest call. */
async function countsKept({ sql, workspaceId }: SeedableVault): Promise<void> {
  let told = ''
  for (let waitedMs = 0; waitedMs <= fillMsMax; waitedMs += fillCheckMs) {
    const [row] = await sql<{ from: Date | null; isFilled: boolean }[]>`
      select filled_from as "from", filled_from <= now() - interval '31 days' as "isFilled"
      from activity_progress where workspace_id = ${workspaceId}`
    if (row?.isFilled === true) return
    const from = row?.from?.toISOString().slice(0, 10) ?? 'nothing yet'
    if (from !== told) process.stdout.write(`  counting calls: back to ${from}\n`)
    told = from
    await sleep(fillCheckMs)
  }
  throw new Error('the calls of a month were not counted in time')
}

async function auditPages({ vault, sql, workspaceId }: SeedableVault): Promise<Asked[]> {
  const [middle] = await sql<
    { seq: number; auditId: string; agentId: string; connectionId: string }[]
  >`
    select seq::float8 as seq, audit_id as "auditId", agent_id as "agentId",
      connection_id as "connectionId"
    from audit_records where workspace_id = ${workspaceId} and kind = 'intent' and seq >= (
      select seq / 2 from audit_heads where workspace_id = ${workspaceId})
    order by audit_records.seq limit 1`
  if (middle === undefined) throw new Error('the log is too short to look at')
  const { seq, auditId, agentId, connectionId } = middle
  const cursor = seq.toString(cursorRadix)
  const now = Date.now()
  const ago = (days: number) => new Date(now - days * dayMs).toISOString()
  const page = (name: string, filters: object): Asked => ({
    name: `audit page: ${name}`,
    ask: () => vault.owner.call('listAudit', { limit: 50, ...filters }),
  })
  return [
    page('the first', {}),
    page('in the middle', { cursor }),
    page('of an agent', { agentId }),
    page('of an agent, in the middle', { agentId, cursor }),
    page('of a connection', { connectionId }),
    page('what was denied', { decision: 'deny' }),
    page('what was denied to an agent', { decision: 'deny', agentId }),
    page('what failed', { outcome: 'failed' }),
    page('what failed, in the middle', { outcome: 'failed', cursor }),
    page('what has no outcome yet', { outcome: 'pending' }),
    page('what owners did', { operation: 'replacePolicy' }),
    page('of a tool', { tool: 'bench.tool_1' }),
    page('of a day', { from: ago(40), to: ago(39) }),
    page('of a day and an agent', { from: ago(40), to: ago(39), agentId }),
    page('by its id', { auditId }),
  ]
}

function otherPages({ vault }: SeedableVault, { client, connectionId }: First): Asked[] {
  const { owner } = vault
  const limit = 50
  const now = Date.now()
  const activity = (name: string, days: number, bucketMinutes: number): Asked => {
    // As the page asks: whole steps.
    const stepMs = bucketMinutes * minuteMs
    const toMs = Math.ceil(now / stepMs) * stepMs
    const from = new Date(toMs - days * dayMs).toISOString()
    const to = new Date(toMs).toISOString()
    return {
      name: `activity of ${name}`,
      ask: () => owner.call('getActivity', { from, to, bucketMinutes }),
    }
  }
  return [
    { name: 'agents', ask: () => owner.call('listAgents', { limit }) },
    { name: 'connections', ask: () => owner.call('listConnections', { limit }) },
    { name: 'policies', ask: () => owner.call('listPolicies', { limit }) },
    {
      name: 'policies of a connection',
      ask: () => owner.call('listPolicies', { limit, connectionId }),
    },
    { name: 'approvals', ask: () => owner.call('listApprovals', { limit }) },
    { name: 'alerts', ask: () => owner.call('listAlerts', { limit }) },
    activity('an hour', 1 / 24, 1),
    activity('a day', 1, 15),
    activity('a week', 7, 60),
    activity('30 days', 30, 240),
    {
      name: 'list_connections of an agent with 10 000',
      ask: () => client.call('listMyConnections', { limit }),
    },
    {
      name: 'get_my_capabilities of an agent with 10 000 connections',
      ask: () => client.call('getMyCapabilities', {}),
    },
  ]
}
