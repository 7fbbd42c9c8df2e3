import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, AuditId, ConnectionId, OwnerId, WorkspaceId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** `unknown`: the vault stopped between intent and outcome; the request may have been sent and is never sent again. */
export const AuditOutcome = z.enum(['pending', 'sent', 'failed', 'refused', 'unknown', 'done'])
export const AuditDecision = z.enum(['allow', 'deny', 'require_approval', 'none'])

/** What a language model's provider said, or what the request says, that an answer took. */
export const ModelUsage = z.object({
  inputTokens: z.number().int().meta({ description: 'Cached ones included' }),
  outputTokens: z.number().int(),
  usdMicros: z
    .number()
    .int()
    .optional()
    .meta({ description: 'Millionths of a US dollar, by list price' }),
  model: z.string().optional(),
})
export type ModelUsage = z.infer<typeof ModelUsage>

/** One attempt: intent and outcome in one. Never bodies, query values or secrets. */
export const AuditEntry = z.object({
  id: AuditId,
  seq: z.number().int().meta({ description: 'Of its first record in the workspace’s chain' }),
  at: Timestamp,
  operation: z.string().meta({ examples: ['execute', 'createAgent'] }),
  agentId: AgentId.optional(),
  ownerId: OwnerId.optional(),
  connectionId: ConnectionId.optional(),
  tool: z.string().optional().meta({ description: 'The full name of the tool that was called' }),
  toolId: z.string().optional(),
  toolsetId: z.string().optional(),
  decision: AuditDecision,
  outcome: AuditOutcome,
  reason: z.string().optional(),
  problem: z.string().optional(),
  policyId: z.string().optional(),
  policyVersion: z.number().int().optional(),
  ruleId: z.string().optional(),
  method: z.string().optional(),
  host: z.string().optional(),
  path: z.string().optional(),
  queryNames: z.array(z.string()).optional(),
  requestDigest: z.string().optional(),
  requestBytes: z.number().int().optional(),
  status: z.number().int().optional(),
  responseBytes: z.number().int().optional(),
  durationMs: z.number().optional(),
  redactions: z.number().int().optional(),
  usage: ModelUsage.optional(),
  endedAt: Timestamp.optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

const filters = {
  auditId: AuditId.optional().meta({ description: 'This entry alone' }),
  agentId: AgentId.optional(),
  connectionId: ConnectionId.optional(),
  tool: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9_.-]+$/, 'must be the full name of a tool, or its id')
    .optional()
    .meta({ description: 'Calls of this tool: its id, or the full name that it was called by' }),
  decision: AuditDecision.optional(),
  outcome: AuditOutcome.optional(),
  operation: z
    .string()
    .regex(/^[A-Za-z]{1,64}$/, 'must be an operation’s id')
    .optional(),
  from: Timestamp.optional(),
  to: Timestamp.optional(),
}

/** A page may be short, even empty, and have a `nextCursor`: what is rare is searched for a part at a time. */
export const listAudit = defineOperation({
  id: 'listAudit',
  method: 'GET',
  path: '/api/v1/audit',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Read the audit log, newest first',
  input: z.strictObject({ ...Page, ...filters }),
  output: z.object({ entries: z.array(AuditEntry), nextCursor: NextCursor }),
  problems: [],
})

/** A signed statement that the chain had this head at this time. */
export const AuditCheckpoint = z.object({
  workspaceId: WorkspaceId,
  seq: z.number().int(),
  count: z.number().int(),
  hash: z.string(),
  mac: z.string(),
  at: Timestamp,
  signature: z.string().meta({ description: 'Ed25519 over the other members, base64url' }),
})
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>

/** A signed statement that retention removed the records up to this one. */
export const AuditStart = z.object({
  workspaceId: WorkspaceId,
  seq: z.number().int().meta({ description: 'Of the last record that was removed' }),
  hash: z.string(),
  mac: z.string(),
  at: Timestamp,
  signature: z.string().meta({ description: 'Ed25519 over the other members, base64url' }),
})
export type AuditStart = z.infer<typeof AuditStart>

export const verifyAudit = defineOperation({
  id: 'verifyAudit',
  method: 'GET',
  path: '/api/v1/audit/verify',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Check the chain of the audit log against its keys and checkpoints',
  input: z.strictObject({}),
  output: z.object({
    ok: z.boolean(),
    checked: z.number().int(),
    firstBad: z.number().int().optional(),
    reason: z.string().optional(),
    lastCheckpoint: AuditCheckpoint.optional(),
    start: AuditStart.optional().meta({
      description: 'Where the chain starts since retention removed what was before',
    }),
  }),
  problems: [],
})

/** What an export can be: the chain, which can be verified, or entries for other programs. */
export const AuditExportFormat = z.enum(['jsonl', 'csv', 'ocsf'])
export type AuditExportFormat = z.infer<typeof AuditExportFormat>

/**
 * The one operation that streams. `jsonl`: a header line, then records and checkpoints in order, and an end. `csv` and
 * `ocsf`: entries, newest first, those that the filters let through.
 */
export const exportAudit = defineOperation({
  id: 'exportAudit',
  method: 'GET',
  path: '/api/v1/audit/export',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Export the audit log: JSON Lines that can be verified without the vault, CSV or OCSF',
  input: z.strictObject({
    format: AuditExportFormat.default('jsonl').meta({
      description:
        'jsonl: the whole chain, for audit verify; takes no filter. csv: for spreadsheets. ocsf: events of class API Activity (6003), one a line',
    }),
    ...filters,
  }),
  output: z.custom<ReadableStream<Uint8Array>>((value) => value instanceof ReadableStream),
  problems: [],
})
