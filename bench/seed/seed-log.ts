import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ChainHead, createStamp } from '../../apps/vault/src/audit/chain.ts'
import { signCheckpoint, writeCheckpoint } from '../../apps/vault/src/audit/checkpoint.ts'
import {
  type AuditEnd,
  type AuditIntent,
  type AuditRefusal,
  draftEvent,
  draftIntent,
  draftOutcome,
  draftRefusal,
  type RecordDraft,
} from '../../apps/vault/src/audit/entry.ts'
import type { Sql } from '../../apps/vault/src/store/database.ts'
import { createIds } from '../../apps/vault/src/store/ids.ts'
import type { SeededRows } from './seed-rows.ts'
import type { VaultKeys } from './vault-keys.ts'

// Years of an audit log in minutes: drafted, chained and signed by the vault's own code, and copied into its table. It verifies.

const recordsAtOnce = 1_000
const dayMs = 86_400_000
/** Records of other calls between an intent and its outcome. */
const outcomeAfterRecords = 8
const toolsCount = 50
const linesToldEvery = 500_000

/** What the log is to be of. */
export interface LogPlan extends SeededRows {
  readonly workspaceId: string
  readonly ownerId: string
  /** Of the vault: the file of checkpoints is there. */
  readonly dataDir: string
  readonly records: number
  /** They are spread over so many days, up to now. */
  readonly days: number
  readonly tell: (line: string) => void
}

/** Appends to the log of a workspace in which nothing is done meanwhile. */
export async function seedLog(
  { sql, keys }: { readonly sql: Sql; readonly keys: VaultKeys },
  plan: LogPlan,
): Promise<void> {
  const { workspaceId } = plan
  const [from] = await sql<ChainHead[]>`
    select seq::float8 as seq, hash, mac from audit_heads where workspace_id = ${workspaceId}`
  if (from === undefined) throw new Error('the workspace has no audit log yet')
  const writer = createWriter(plan, keys, from)
  const copying = await sql`
    copy audit_records (workspace_id, seq, audit_id, kind, at, agent_id, connection_id, decision,
      entry, hash, mac) from stdin`.writable()
  await pipeline(writer.lines(), copying)
  const { head, checkpoints } = writer.end()
  await pipeline(
    checkpoints.map(({ line }) => line),
    await sql`
      copy audit_checkpoints (workspace_id, seq, count, hash, mac, at, signature) from stdin`.writable(),
  )
  appendFileSync(
    join(plan.dataDir, 'audit-checkpoints.jsonl'),
    checkpoints.map(({ json }) => `${json}\n`).join(''),
  )
  const moved = await sql`
    update audit_heads set seq = ${head.seq}, hash = ${head.hash}, mac = ${head.mac}
    where workspace_id = ${workspaceId} and seq = ${from.seq}`
  if (moved.count !== 1) throw new Error('the vault wrote to the log meanwhile')
  // A vault that runs follows its log; this one's is as if it had.
  await sql`
    insert into alert_cursors (workspace_id, seq) values (${workspaceId}, ${head.seq})
    on conflict (workspace_id) do update set seq = excluded.seq`
}

const bytea = (bytes: Uint8Array) => `\\\\x${Buffer.from(bytes).toString('hex')}`
const column = (text: string | undefined) => text?.replaceAll('\\', '\\\\') ?? '\\N'

function createWriter(plan: LogPlan, keys: VaultKeys, from: ChainHead) {
  const { workspaceId } = plan
  const stamp = createStamp(keys.audit.macKey(workspaceId), workspaceId)
  const checkpoints: { line: string; json: string }[] = []
  let head = from

  function linesOf(drafts: readonly RecordDraft[]): string {
    const { hashes, macs, head: next } = stamp(head, drafts)
    const hash = Buffer.from(hashes).toString('hex')
    const mac = Buffer.from(macs).toString('hex')
    const lines = drafts.map((draft, at) => {
      const { auditId, kind, agentId, connectionId, decision } = draft
      const [begin, end] = [at * 64, at * 64 + 64]
      const ids = `${auditId}\t${kind}\t${draft.at}\t${column(agentId)}\t${column(connectionId)}`
      return `${workspaceId}\t${head.seq + 1 + at}\t${ids}\t${column(decision)}\t${column(draft.entry)}\t\\\\x${hash.slice(begin, end)}\t\\\\x${mac.slice(begin, end)}\n`
    })
    head = next
    return lines.join('')
  }

  function sign(at: string): void {
    const found = { workspaceId, ...head }
    const signed = signCheckpoint(found, Date.parse(at), (bytes) => keys.audit.sign(bytes))
    const { seq, count, hash, mac, signature } = signed
    checkpoints.push({
      line: `${workspaceId}\t${seq}\t${count}\t${bytea(hash)}\t${bytea(mac)}\t${at}\t${bytea(signature)}\n`,
      json: JSON.stringify(writeCheckpoint(signed)),
    })
  }

  return {
    *lines(): Generator<string> {
      const next = createRecords(plan)
      for (let written = 0; written < plan.records; written += recordsAtOnce) {
        const count = Math.min(recordsAtOnce, plan.records - written)
        const drafts = Array.from({ length: count }, (_, at) => next(written + at))
        yield linesOf(drafts)
        sign(drafts.at(-1)?.at ?? '')
        if ((written + count) % linesToldEvery === 0) {
          plan.tell(`${(written + count).toLocaleString('en')} records`)
        }
      }
    },
    end: () => ({ head, checkpoints }),
  }
}

/**
 * Makes the function that drafts the record with a number: calls of agents by turns, a fifth of them of tools; of a hundred, four are
 * refused, one waits for an owner, one fails, and between them owners change something.
 */
function createRecords(plan: LogPlan): (nth: number) => RecordDraft {
  const { workspaceId, ownerId } = plan
  const stepMs = (plan.days * dayMs) / plan.records
  const beganMs = Date.now() - plan.days * dayMs
  let nowMs = beganMs
  const newId = createIds({ now: () => nowMs, randomBytes })
  const toolIds = Array.from({ length: toolsCount }, () => newId('tool'))
  const due: { readonly nth: number; readonly auditId: string; readonly failed: boolean }[] = []
  let calls = 0
  return (nth) => {
    nowMs = Math.floor(beganMs + nth * stepMs)
    const at = new Date(nowMs).toISOString()
    const [first] = due
    if (first !== undefined && (first.nth <= nth || plan.records - nth <= due.length)) {
      due.shift()
      return draftOutcome(endOf(first.auditId, workspaceId, first.failed), at)
    }
    calls += 1
    const auditId = newId('audit')
    if (calls % 200 === 0) {
      return draftEvent(
        { auditId, workspaceId, operation: 'replacePolicy', ownerId, outcome: 'done' },
        at,
      )
    }
    const turn = calls % 100
    const isLast = plan.records - nth <= due.length + 1
    const intent = intentOf(plan, { auditId, calls, deadlineMs: nowMs + 60_000 }, toolIds)
    if (turn < 4 || isLast) return draftRefusal(denied(intent), at)
    if (turn === 4) return draftRefusal(asked(intent), at)
    due.push({ nth: nth + outcomeAfterRecords, auditId, failed: turn === 6 })
    return draftIntent(intent, at)
  }
}

/** Members are named one by one: of a literal that begins with a spread, Node makes a new hidden class each time. */
function intentOf(
  { workspaceId, agentIds, connectionIds }: LogPlan,
  of: { readonly auditId: string; readonly calls: number; readonly deadlineMs: number },
  toolIds: readonly string[],
): AuditIntent {
  const { auditId, calls, deadlineMs } = of
  const isTool = calls % 5 === 0
  const toolAt = Math.floor(calls / 5) % toolsCount
  return {
    auditId,
    workspaceId,
    operation: isTool ? 'callMyTool' : 'execute',
    agentId: agentIds[calls % agentIds.length],
    connectionId: connectionIds[calls % connectionIds.length],
    tool: isTool ? `bench.tool_${toolAt}` : undefined,
    toolId: isTool ? toolIds[toolAt] : undefined,
    decision: 'allow',
    policyId: 'pol_01k8v3t5m9r2c4x6z8b0d1f3h5',
    policyVersion: 1,
    method: 'GET',
    host: '127.0.0.1:8080',
    path: `/items/${calls % 977}`,
    requestDigest,
    requestBytes: 0,
    deadlineMs,
  }
}

const requestDigest = 'a'.repeat(64)
const denied = (intent: AuditIntent): AuditRefusal =>
  Object.assign(intent, {
    decision: 'deny',
    problem: 'policy-denied',
    reason: 'not allowed',
  } as const)
const asked = (intent: AuditIntent): AuditRefusal =>
  Object.assign(intent, { decision: 'require_approval' } as const)

const endOf = (auditId: string, workspaceId: string, failed: boolean): AuditEnd => ({
  auditId,
  workspaceId,
  outcome: failed ? 'failed' : 'sent',
  problem: failed ? 'upstream-timeout' : undefined,
  status: failed ? undefined : 200,
  responseBytes: failed ? undefined : 1024,
  durationMs: failed ? 30_000 : 12.5,
})
