import { expect, it } from 'vitest'
import type { CallProgress } from './call-progress.ts'
import { cleanProgress } from './clean-progress.ts'

const scrubber = { text: (text: string) => text.replaceAll('hunter22', '[redacted]') }

function stage(ruleCount = 0) {
  const told: CallProgress[] = []
  const running = {
    isEnded: () => false,
    stops: new Set<never>(),
    progress: (progress: CallProgress) => void told.push(progress),
  }
  const responseRules = Array.from({ length: ruleCount }, () => ({}) as never)
  const attempt = { auditId: 'aud_1', running }
  return { told, tell: cleanProgress({ attempt, responseRules }, scrubber) }
}

it('takes the secrets out of what an upstream says of its progress', () => {
  const { told, tell } = stage()
  tell?.({ progress: 1, total: 3, message: 'signed in with hunter22' })
  expect(told).toEqual([{ progress: 1, total: 3, message: 'signed in with [redacted]' }])
})

it('tells numbers alone where the policy has rules on answers, which cannot see the words', () => {
  const { told, tell } = stage(1)
  tell?.({ progress: 1, message: 'alice@example.com' })
  expect(told).toEqual([{ progress: 1 }])
})

it('tells nothing that is no number, and no more words than a line holds', () => {
  const { told, tell } = stage()
  tell?.({ progress: Number.NaN })
  tell?.({ progress: 1, message: 'x'.repeat(100_000) })
  expect(told).toEqual([{ progress: 1, message: 'x'.repeat(1_000) }])
})

it('asks an upstream for no progress where nobody listens', () => {
  const running = { isEnded: () => false, stops: new Set<never>() }
  expect(
    cleanProgress({ attempt: { auditId: 'aud_1', running }, responseRules: [] }, scrubber),
  ).toBe(undefined)
})
