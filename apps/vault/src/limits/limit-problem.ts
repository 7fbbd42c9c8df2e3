import { limitWords, Problem } from '@sallyport/contracts'
import { microsPerUsd } from './plan-limits.ts'

/** What the limits said to a request that they refuse. */
export interface LimitRefusal {
  readonly limit: string
  /** 0 where no waiting helps. */
  readonly retryAfterSeconds: number
  readonly standing?: {
    readonly limit: number
    readonly used: number
    readonly held: number
    readonly asked: number
  }
}

/** Is it a limit on what language models may use? */
const isBudget = (limit: string): boolean => /^(tokens|usd)Per(Day|Month)$/.test(limit)

/** The problem that a caller is told whose request a limit refuses: which limit, and when it makes sense to come again. */
export function limitProblem(refusal: LimitRefusal): Problem {
  const { limit, retryAfterSeconds, standing } = refusal
  if (limit === 'policy-gone') {
    return new Problem(
      'request-stopped',
      'The policy was taken away meanwhile. Nothing was sent.',
      {
        next: 'Use list_connections to see what you have now.',
      },
    )
  }
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds))
  if (isBudget(limit)) return budgetProblem({ ...refusal, retryAfterSeconds })
  if (retryAfterSeconds <= 0 && standing !== undefined) {
    const { asked, limit: most } = standing
    return new Problem(
      'request-too-large',
      `The body has ${asked} bytes, and the policy’s limit is ${most} ${limitWords(limit)}. Nothing was sent.`,
      { next: 'Send less at a time, or ask the owner for a higher limit.' },
    )
  }
  return new Problem(
    'limit-exceeded',
    `The policy’s limit of ${limitWords(limit)} is used up${said(refusal)}. Nothing was sent.`,
    {
      next: `Send it again in ${seconds} s, or ask the owner for a higher limit.`,
      retryAfterSeconds: seconds,
      extra: { limit },
    },
  )
}

function budgetProblem(refusal: LimitRefusal): Problem {
  const { limit, retryAfterSeconds, standing } = refusal
  const detail = `The policy’s budget of ${limitWords(limit)} is used up${said(refusal)}. Nothing was sent.`
  const less = 'ask for fewer output tokens'
  if (retryAfterSeconds <= 0) {
    const wanted = amountOf(limit, standing?.asked ?? 0)
    return new Problem(
      'budget-exceeded',
      `The request may take ${wanted}, which is more than the policy’s budget of ${limitWords(limit)}: ${amountOf(limit, standing?.limit ?? 0)}. Nothing was sent.`,
      { next: `Send less at a time and ${less}, or ask the owner for more.`, extra: { limit } },
    )
  }
  return new Problem('budget-exceeded', detail, {
    next: `Send it again in ${retryAfterSeconds} s, ${less}, or ask the owner for more.`,
    retryAfterSeconds,
    extra: { limit },
  })
}

function said({ limit, standing }: LimitRefusal): string {
  if (standing === undefined) return ''
  const { used, held, asked } = standing
  const say = (amount: number) => amountOf(limit, amount)
  const reserved = held > 0 ? `, ${say(held)} are reserved by requests under way` : ''
  return `: of ${say(standing.limit)}, ${say(used)} are spent${reserved}, and this request may take ${say(asked)}`
}

function amountOf(limit: string, amount: number): string {
  if (limit.startsWith('usd')) return `${(amount / microsPerUsd).toFixed(4)} US dollars`
  return `${amount} ${limit.startsWith('tokens') ? 'tokens' : 'bytes'}`
}
