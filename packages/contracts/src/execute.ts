import { z } from 'zod'
import { CatalogName, Timestamp } from './common.ts'
import { ApprovalId, AuditId, ConnectionId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** The largest request body that `execute` takes, with its JSON envelope. */
export const executeBodyBytesMax = 12 * 1024 * 1024
/** The longest that a call may wait for an owner, in seconds. */
export const waitSecondsMax = 300

/** How long an answer may be held back until an owner has decided. */
export const WaitSeconds = z.coerce.number().min(0).max(waitSecondsMax)

/** An agent's own words for an owner: plain text, shown as such. */
export const AgentReason = z
  .string()
  .trim()
  .max(2000, 'must have at most 2000 characters')
  .refine((text) => !text.includes('\0'), 'must not hold NUL')

/** The most members of `query` and of `headers`. */
const membersMax = 1000

/**
 * An object of names and values. Counted before it is read, and `__proto__`, which zod would leave out without a word,
 * is refused: what is sent is what was asked for or nothing.
 */
export const membersOf = <Value extends z.ZodType>(value: Value) => {
  type Members = Record<string, z.infer<Value>>
  const counted: z.ZodType<Members, Members> = z.preprocess(
    (members, context) => {
      if (typeof members !== 'object' || members === null) return members
      const names = Object.keys(members)
      const message =
        names.length > membersMax
          ? `must have at most ${membersMax} members`
          : names.includes('__proto__')
            ? 'must not have a member __proto__'
            : undefined
      if (message === undefined) return members
      context.addIssue(message)
      return z.NEVER
    },
    z.record(z.string(), value),
  ) as never
  return counted
}

/** What an agent asks the vault to send. Nothing here is believed: the vault freezes, decides and then sends. */
export const ExecuteInput = z.strictObject({
  connectionId: ConnectionId.optional(),
  service: CatalogName.optional(),
  method: z.string().max(32),
  url: z.string().max(65_536),
  query: membersOf(z.union([z.string(), z.number(), z.boolean()])).optional(),
  headers: membersOf(z.string()).optional(),
  body: z.unknown().optional(),
  approvalId: ApprovalId.optional(),
  waitSeconds: WaitSeconds.optional(),
  reason: AgentReason.optional().meta({
    description: 'Why the agent wants this; shown to the owner who is asked',
  }),
  dryRun: z.boolean().optional(),
  model: z.string().max(32).optional(),
})
export type ExecuteInput = z.infer<typeof ExecuteInput>

/** The upstream was asked; `status` is its own, whatever it is. */
export const ExecuteSent = z.object({
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  auditId: AuditId,
})
/** A body that is neither JSON nor text. */
export const BinaryBody = z.object({ $base64: z.string(), contentType: z.string() })

/** An owner has to decide, or has decided and the request waits to be sent; nothing was sent. */
export const ExecuteApprovalRequired = z.object({
  approvalRequired: z.literal(true),
  approvalRequestId: ApprovalId,
  approvalUrl: z.string(),
  expiresAt: Timestamp,
  reason: z.string(),
  auditId: AuditId,
})

/** What would happen; nothing was sent and nothing spent. */
export const ExecuteDryRun = z.object({
  dryRun: z.literal(true),
  decision: z.enum(['allow', 'deny', 'require_approval']),
  ruleId: z.string().optional(),
  reason: z.string(),
  wouldSend: z
    .object({
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      redactedBody: z.string().optional().meta({
        description: 'Where a rule of the policy took something out: what is left, as text',
      }),
    })
    .optional(),
  auditId: AuditId,
})
export type ExecuteSent = z.infer<typeof ExecuteSent>
export type ExecuteDryRun = z.infer<typeof ExecuteDryRun>
export type ExecuteAnswer = z.infer<typeof ExecuteAnswer>
export const ExecuteAnswer = z.union([ExecuteDryRun, ExecuteApprovalRequired, ExecuteSent])

/** What sending can end with, however the request came to be sent. */
export const sendProblems = [
  'connection-not-found',
  'policy-denied',
  'policy-expired',
  'outside-window',
  'origin-not-allowed',
  'approval-not-found',
  'approval-mismatch',
  'approval-denied',
  'approval-expired',
  'approval-consumed',
  'approval-cancelled',
  'approval-stale',
  'too-many-approvals',
  'workspace-frozen',
  'connection-revoked',
  'connection-needs-reauth',
  'caller-credential-missing',
  'agent-disabled',
  'limit-exceeded',
  'budget-exceeded',
  'request-too-large',
  'address-refused',
  'upstream-unreachable',
  'upstream-invalid-response',
  'upstream-timeout',
  'response-too-large',
  'response-withheld',
  'request-stopped',
  'audit-unavailable',
  'credential-unreadable',
  'overloaded',
] as const

export const execute = defineOperation({
  id: 'execute',
  method: 'POST',
  path: '/v1/vault/execute',
  caller: ['agent'],
  summary: 'Send a request upstream through the vault, which puts the credential on',
  input: ExecuteInput,
  output: ExecuteAnswer,
  problems: [
    'invalid-url',
    'invalid-method',
    'invalid-header',
    'invalid-query',
    'model-not-offered',
    'ambiguous-connection',
    ...sendProblems,
  ],
  audited: true,
  callerCredential: true,
  bodyBytesMax: executeBodyBytesMax,
})
