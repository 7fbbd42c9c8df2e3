import { describe, expect, it } from 'vitest'
import { describeLimits, limitWords } from './describe-limits.ts'

describe('limits', () => {
  it('are said in whole sentences, each once', () => {
    expect(
      describeLimits({
        perHour: 100,
        perMethod: { POST: { perDay: 1 }, DELETE: { perMinute: 2, perDay: 3 } },
        requestBytesPerDay: 1024 ** 3,
        responseBytesPerDay: 1_000_000,
        budget: { tokensPerDay: 1, usdPerDay: 0.5, usdPerMonth: 1000 },
      }).join(' '),
    ).toBe(
      'At most 100 requests an hour. Of them at most 1 POST request a day. Of them at most 2 DELETE requests a minute and 3 a day. ' +
        'Sends at most 1 GiB a day. Receives at most 1,000,000 bytes a day. Language models may use at most 1 token a day. ' +
        'Language models may cost at most $0.50 a day and $1,000 in 30 days, by the providers’ list prices.',
    )
    expect(describeLimits({ perMethod: { POST: { perDay: 4 } } })).toEqual([
      'At most 4 POST requests a day.',
    ])
    expect(describeLimits({})).toEqual([])
  })

  it.each([
    ['perMinute', 'requests per minute'],
    ['perDay:POST', 'POST requests per day'],
    ['entry:0123456789abcdef:perHour', 'requests per hour of what this entry of the policy allows'],
    ['tool:tol_1:perDay', 'calls of this tool per day'],
    ['concurrent', 'requests at the same time'],
    ['requestBytesPerDay', 'bytes sent per day'],
    ['tokensPerMonth', 'tokens of language models per month of 30 days'],
    ['usdPerDay', 'US dollars for language models per day'],
    ['constructorPerDay', 'constructorPerDay'],
    ['what is none', 'what is none'],
  ])('are named in plain words: %s', (name, words) => {
    expect(limitWords(name)).toBe(words)
  })
})
