import { z } from 'zod'
import { Timestamp } from './common.ts'
import { HttpMethod } from './http-method.ts'
import { AgentId, AuditId, ConnectionId, PolicyId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { AllowEntry, PolicyDocument, PolicyDocumentInput } from './policy.ts'

/** The longest stretch of history, in days, and the most attempts of it that one answer looks at. */
export const simulatedDaysMax = 90
export const simulatedEntriesMax = 50_000
/** The most entries that an answer shows. */
export const simulatedShownMax = 200

/** What became of an attempt, and what a draft would have said to it. */
const verdict = z.enum(['allow', 'deny', 'require_approval', 'unknown'])
export const changeKinds = [
  'same',
  'newlyDenied',
  'newlyAllowed',
  'newlyAsking',
  'unknown',
] as const

const SimulatedEntry = z.object({
  auditId: AuditId,
  at: Timestamp,
  method: z.string(),
  host: z.string(),
  path: z.string(),
  was: z.enum(['allow', 'deny', 'require_approval']),
  wouldBe: verdict,
  change: z.enum(changeKinds),
  reason: z.string().meta({ description: 'Of the draft’s verdict; of unknown: what is not kept' }),
  ruleId: z.string().optional(),
})

const tally = z.number().int()
/** Which history: of the policy, or of the pair that a draft is for. */
const history = {
  policyId: PolicyId.optional(),
  agentId: AgentId.optional(),
  connectionId: ConnectionId.optional(),
  days: z.coerce.number().int().min(1).max(simulatedDaysMax).default(7),
} as const

export const simulatePolicy = defineOperation({
  id: 'simulatePolicy',
  method: 'POST',
  path: '/api/v1/policies/simulate',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'Run a draft over the attempts of the last days; nothing is sent or saved',
  input: z.strictObject({
    ...history,
    draft: PolicyDocumentInput,
    change: z.enum(changeKinds).optional().meta({
      description: 'Show entries of this kind alone; all but the same unless given',
    }),
    limit: z.coerce.number().int().min(1).max(simulatedShownMax).default(simulatedShownMax).meta({
      description: 'Entries of a page. All attempts are counted, whatever is shown',
    }),
    cursor: AuditId.optional().meta({ description: 'The `nextCursor` of the page before' }),
  }),
  output: z.object({
    from: Timestamp,
    to: Timestamp,
    looked: tally.meta({ description: 'Attempts that were looked at, the newest first' }),
    truncated: z.boolean().meta({ description: 'There were more than one answer looks at' }),
    same: tally,
    newlyDenied: tally,
    newlyAllowed: tally,
    newlyAsking: tally,
    unknown: tally.meta({
      description: 'The draft asks for what history does not keep: bodies, values of the query',
    }),
    entries: z.array(SimulatedEntry).meta({ description: 'Newest first' }),
    nextCursor: AuditId.optional(),
  }),
  problems: ['policy-not-found', 'agent-not-found', 'connection-not-found'],
})

export const suggestPolicy = defineOperation({
  id: 'suggestPolicy',
  method: 'POST',
  path: '/api/v1/policies/{policyId}/suggest',
  caller: ['owner'],
  demand: 'policies:read',
  summary:
    'Say from history what of a policy is not used, what would have sufficed, and what would allow a denied attempt',
  input: z.strictObject({
    policyId: PolicyId,
    days: history.days,
    auditId: AuditId.optional().meta({ description: 'A denied attempt that is to be allowed' }),
  }),
  output: z.object({
    from: Timestamp,
    to: Timestamp,
    looked: tally,
    truncated: z.boolean(),
    unused: z.array(
      z.object({
        at: tally.meta({ description: 'The place of the entry in `allow`' }),
        entry: AllowEntry,
        unusedMethods: z
          .array(HttpMethod)
          .meta({ description: 'All of them: the entry is not used at all' }),
        unusedPaths: z.array(z.string()),
      }),
    ),
    narrower: z
      .object({
        allow: z.array(AllowEntry),
        document: PolicyDocument.meta({
          description: 'The policy with it, to be simulated or saved',
        }),
      })
      .optional()
      .meta({
        description:
          'An allowlist that would have sufficed; absent where this one is as narrow, or nothing was allowed',
      }),
    smallest: z
      .object({
        sentence: z.string(),
        document: PolicyDocument,
        alsoAllows: tally.meta({
          description: 'Other denied attempts of the same time that it would allow',
        }),
      })
      .optional()
      .meta({
        description:
          'Of `auditId`: the smallest change that would allow it; absent where no change of the policy would',
      }),
    why: z.string().optional().meta({ description: 'Where there is no such change: why' }),
  }),
  problems: ['policy-not-found', 'audit-entry-not-found'],
})
