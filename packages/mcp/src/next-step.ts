import type { FixableBy, Problem, ProblemType } from '@sallyport/contracts'
import type { Config } from './config.ts'

const byWhom: Readonly<Record<FixableBy, string>> = {
  agent: 'Change the request and call again.',
  owner: 'Only the owner of the vault can change this: tell the user, and do not retry before.',
  operator: 'Whoever runs the vault has to put this right: tell the user.',
  wait: 'Try again later.',
}

/** Says what to do about a problem. */
export type NextStep = (problem: Problem) => string

/** The vault's own words, or who can put it right. */
export const nextStepOf: NextStep = (problem) => {
  if (problem.next !== undefined) return problem.next
  if (problem.fixableBy === 'wait' && problem.retryAfterSeconds !== undefined) {
    return `Try again in ${problem.retryAfterSeconds} s.`
  }
  return byWhom[problem.fixableBy]
}

/** The same, with what this side knows of its own set-up. */
export const createNextStep =
  (config: Config): NextStep =>
  (problem) =>
    localSteps[problem.type]?.(problem, config) ?? nextStepOf(problem)

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
