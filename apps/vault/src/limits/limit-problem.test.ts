import { describe, expect, it } from 'vitest'
import { limitProblem } from './limit-problem.ts'

const standing = { limit: 2_000_000, used: 1_500_000, held: 250_000, asked: 400_000 }

describe('a refusal by a limit', () => {
  it.each([
    ['perMinute', 'The policy’s limit of requests per minute is used up. Nothing was sent.'],
    ['perDay:POST', 'The policy’s limit of POST requests per day is used up. Nothing was sent.'],
    [
      'entry:0123456789abcdef:perHour',
      'The policy’s limit of requests per hour of what this entry of the policy allows is used up. Nothing was sent.',
    ],
    ['concurrent', 'The policy’s limit of requests at the same time is used up. Nothing was sent.'],
  ])('names it: %s', (limit, detail) => {
    const problem = limitProblem({ limit, retryAfterSeconds: 7.2 })
    expect(problem).toMatchObject({ type: 'limit-exceeded', status: 429, detail })
    expect(problem.retryAfterSeconds).toBe(8)
    expect(problem.next).toContain('8 s')
  })

  it('of a budget says what is spent, reserved and asked for', () => {
    const problem = limitProblem({ limit: 'usdPerDay', retryAfterSeconds: 60, standing })
    expect(problem).toMatchObject({ type: 'budget-exceeded', status: 429, retryAfterSeconds: 60 })
    expect(problem.detail).toBe(
      'The policy’s budget of US dollars for language models per day is used up: of 2.0000 US dollars, ' +
        '1.5000 US dollars are spent, 0.2500 US dollars are reserved by requests under way, and this request may take ' +
        '0.4000 US dollars. Nothing was sent.',
    )
  })

  it('names no time where no waiting helps', () => {
    const never = { ...standing, used: 0, held: 0, asked: 3_000_000 }
    const budget = limitProblem({ limit: 'tokensPerDay', retryAfterSeconds: 0, standing: never })
    expect(budget).toMatchObject({ type: 'budget-exceeded', retryAfterSeconds: undefined })
    expect(budget.detail).toContain('may take 3000000 tokens, which is more than')
    const bytes = limitProblem({
      limit: 'requestBytesPerDay',
      retryAfterSeconds: 0,
      standing: never,
    })
    expect(bytes).toMatchObject({ type: 'request-too-large', status: 413 })
  })

  it('says that the policy is gone', () => {
    expect(limitProblem({ limit: 'policy-gone', retryAfterSeconds: 0 }).type).toBe(
      'request-stopped',
    )
  })
})
