import { z } from 'zod'
import { ExecuteInput } from './execute.ts'
import { ConnectionId, ToolId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { PolicyDocumentInput } from './policy.ts'

/** A request as an agent would ask for it, to see what a policy says to it. */
const TriedRequest = ExecuteInput.pick({
  method: true,
  url: true,
  query: true,
  headers: true,
  body: true,
})

export const tryPolicy = defineOperation({
  id: 'tryPolicy',
  method: 'POST',
  path: '/api/v1/policies/try',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'Say what a draft of a policy would decide about a request; nothing is sent or saved',
  input: z.strictObject({
    connectionId: ConnectionId,
    draft: PolicyDocumentInput,
    request: TriedRequest,
    toolId: ToolId.optional().meta({
      description: 'Decided as a call of this tool, by the grants of the draft',
    }),
  }),
  output: z.object({
    decision: z.enum(['allow', 'deny', 'require_approval']),
    problem: z.string().optional(),
    ruleId: z.string().optional(),
    reason: z.string(),
    next: z.string().optional(),
    rules: z
      .array(z.object({ id: z.string(), matched: z.boolean(), why: z.string() }))
      .optional()
      .meta({
        description: 'What each request rule said, in order; absent where nothing came to them',
      }),
    wouldSend: z
      .object({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        redactedBody: z
          .string()
          .optional()
          .meta({ description: 'Where a rule took something out: what is left, as text' }),
      })
      .optional(),
  }),
  problems: ['connection-not-found', 'tool-not-found'],
})
