import { type FixableBy, Problem, type ProblemType } from '@sallyport/contracts'
import type { Config } from './config.ts'

type Members = Readonly<Record<string, unknown>>

/** A tool's result. Text and structured content say the same, because hosts differ in which the model gets to see. */
export interface ToolResult {
  [member: string]: unknown
  content: { type: 'text'; text: string }[]
  structuredContent: Record<string, unknown>
  isError?: true
}

/** A result of a call that did what it was asked to. */
export const succeeded = (value: Members): ToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: { ...value },
})

/** A result that says what happened, whose move it is and what to do next. */
export function failed(error: unknown, config: Config): ToolResult {
  const problem = error instanceof Problem ? error : unexpected(error)
  const next = nextStep(problem, config)
  const { type, fixableBy, fields, retryAfterSeconds, auditId } = problem
  return {
    ...succeeded({
      ...problem.extra,
      error: problem.detail,
      type,
      fixableBy,
      next,
      ...(fields !== undefined && { fields }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(auditId !== undefined && { auditId }),
    }),
    isError: true,
  }
}

// A fault of this program. Its message may hold anything, so it is logged by the caller and not shown.
const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong in sallyport-mcp.', { cause })

const byWhom: Readonly<Record<FixableBy, string>> = {
  agent: 'Change the request and call again.',
  owner: 'Only the owner of the vault can change this: tell the user, and do not retry before.',
  operator: 'Whoever runs the vault has to put this right: tell the user.',
  wait: 'Try again later.',
}

/** What to do about a problem: the vault's own words, or what this side knows of its own set-up. */
export function nextStep(problem: Problem, config: Config): string {
  const local = localSteps[problem.type]?.(problem, config)
  if (local !== undefined) return local
  if (problem.next !== undefined) return problem.next
  if (problem.fixableBy === 'wait' && problem.retryAfterSeconds !== undefined) {
    return `Try again in ${problem.retryAfterSeconds} s.`
  }
  return byWhom[problem.fixableBy]
}

type LocalStep = (problem: Problem, config: Config) => string | undefined

const localSteps: Partial<Record<ProblemType, LocalStep>> = {
  'vault-unreachable': ({ next }, { baseUrl }) =>
    `${next ?? ''} The address comes from SALLYPORT_BASE_URL (${baseUrl}); tell the user if it stays so.`.trim(),
  'vault-invalid-answer': ({ next }, { baseUrl }) =>
    `${next ?? ''} The address comes from SALLYPORT_BASE_URL (${baseUrl}): tell the user.`.trim(),
  'invalid-client': ({ next, extra }, { auth }) => {
    if (auth.kind !== 'agent') return undefined
    if (extra?.reason === 'clock_skew') {
      return `${next ?? ''} The clock of this machine or of the vault is off: the user has to set it.`.trim()
    }
    return (
      `Tell the user: an owner of the vault should see whether agent ${auth.agentId} is there and enabled, whether the key ` +
      `in ${auth.keySource} is the one it enrolled, and whether "${auth.audience}" is the vault's public URL ` +
      '(if not, set SALLYPORT_TOKEN_AUDIENCE to it).'
    )
  },
  unauthenticated: (_, { auth }) =>
    auth.kind === 'bearer'
      ? 'The token in SALLYPORT_BEARER_TOKEN is wrong, expired or revoked: the user has to get a new one from an owner of the vault.'
      : 'The vault refused a token that it had just issued: tell the user to see whether the agent was disabled or deleted.',
}
