import { operations } from '@sallyport/contracts'
import { expect, it } from 'vitest'
import { describeEntry, standingOf } from './describe-entry.ts'

it('has words for every operation', () => {
  for (const operation of Object.keys(operations)) {
    expect(describeEntry({ operation })).toMatch(/^[A-Z][A-Za-z -]+$/)
  }
  expect(describeEntry({ operation: 'createAgent' })).toBe('Added an agent')
  expect(describeEntry({ operation: 'doWhatComesNext' })).toBe('Do what comes next')
})

it('shows the decision where nothing was sent, and how it ended otherwise', () => {
  expect(standingOf({ decision: 'deny', outcome: 'refused' })).toBe('deny')
  expect(standingOf({ decision: 'require_approval', outcome: 'refused' })).toBe('require_approval')
  expect(standingOf({ decision: 'allow', outcome: 'sent' })).toBe('sent')
  expect(standingOf({ decision: 'allow', outcome: 'unknown' })).toBe('unknown')
  expect(standingOf({ decision: 'none', outcome: 'done' })).toBe('done')
})
