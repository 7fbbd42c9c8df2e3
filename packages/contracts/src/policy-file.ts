import { z } from 'zod'
import { Timestamp } from './common.ts'
import { ExecuteInput } from './execute.ts'
import { PolicyDocument } from './policy.ts'
import { ToolGrant, toolGrantsMax } from './tool-grant.ts'
import { FullToolName } from './tool-name.ts'

// Policies as people keep them in a repository: agents and connections by what they are called, what is usual left out, and
// tests beside them. No operation takes it: the command line reads and writes it.

/** The most policies, and the most tests, of one file. */
export const filePoliciesMax = 2000

const who = {
  agent: z.string().min(1).max(200).meta({ description: 'The agent’s name, or its id (agt_…)' }),
  connection: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: 'The connection’s label, or its id (con_…)' }),
} as const

/** A grant of a tool, or of all tools of a toolset, by what they are called. */
export const FileToolGrant = z.strictObject({
  toolset: z
    .string()
    .min(1)
    .max(100)
    .meta({ description: 'The toolset’s name, or its id (tls_…)' }),
  tool: z.string().min(1).max(100).optional().meta({
    description: 'The tool’s name in it, or its id (tol_…); all of its tools unless given',
  }),
  allowed: z
    .boolean()
    .optional()
    .meta({ description: 'true unless said; false takes one out of many' }),
  ...ToolGrant.omit({ toolsetId: true, toolId: true, allowed: true }).shape,
})
export type FileToolGrant = z.infer<typeof FileToolGrant>

/** One policy: whose it is, and the document of it. */
export const FilePolicy = z.strictObject({
  ...who,
  ...PolicyDocument.partial({ approval: true, limits: true, windows: true }).shape,
  tools: z.array(FileToolGrant).max(toolGrantsMax).optional(),
})
export type FilePolicy = z.infer<typeof FilePolicy>

/** An answer of an upstream, as a test has it. */
const TestedAnswer = z.strictObject({
  status: z.number().int().min(100).max(599).optional().meta({ description: '200 unless said' }),
  headers: z.record(z.string(), z.string()).optional().meta({
    description: 'Without a content type the body is JSON where it is not text',
  }),
  body: z.unknown().optional(),
})

/** What a test expects. What is not said is not looked at, and one that says nothing would pass whatever came out. */
const Expected = z
  .strictObject({
    decision: z.enum(['allow', 'deny', 'require_approval']).optional(),
    ruleId: z
      .string()
      .optional()
      .meta({ description: 'The rule, the entry (allow[0]) or the grant (tools[0]) that decides' }),
    problem: z.string().optional().meta({ description: 'What a refusal is: policy-denied, …' }),
    reason: z.string().optional().meta({ description: 'Words that the reason holds' }),
    sentBody: z
      .unknown()
      .optional()
      .meta({ description: 'What is left of the body after redaction' }),
    answer: z
      .strictObject({
        withheld: z.boolean().optional(),
        headers: z.record(z.string(), z.string()).optional(),
        body: z.unknown().optional(),
      })
      .optional()
      .meta({ description: 'What the agent gets to see of the answer' }),
  })
  .refine((expected) => Object.keys(expected).length > 0, {
    message:
      'must say something that is expected: decision, ruleId, problem, reason, sentBody or answer',
  })
  .meta({ minProperties: 1 })

/** A request with what is expected of it. */
export const PolicyTest = z
  .strictObject({
    name: z.string().min(1).max(200),
    ...who,
    request: ExecuteInput.pick({ method: true, url: true, query: true, headers: true, body: true }),
    answer: TestedAnswer.optional(),
    tool: FullToolName.optional().meta({
      description: 'The request came as a call of this tool: stock-index.get_index',
    }),
    at: Timestamp.optional().meta({ description: 'When it is asked; now unless said' }),
    origins: z.array(z.string().max(300)).min(1).max(20).optional().meta({
      description: 'Where the credential may go; what the policy’s entries name unless said',
    }),
    expect: Expected,
  })
  .refine((test) => test.expect.answer === undefined || test.answer !== undefined, {
    path: ['answer'],
    message: 'must say what the upstream answers, since something is expected of it',
  })
export type PolicyTest = z.infer<typeof PolicyTest>

/** A file of policies, of tests, or of both. */
export const PolicyFile = z.strictObject({
  policies: z.array(FilePolicy).max(filePoliciesMax).optional(),
  tests: z.array(PolicyTest).max(filePoliciesMax).optional(),
})
export type PolicyFile = z.infer<typeof PolicyFile>

/** The JSON Schema (draft 2020-12) of such a file, for editors. */
export function policyFileSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(PolicyFile, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  })
  return { title: 'Sallyport policies', ...schema }
}
