import { describe, expect, it } from 'vitest'
import { describePermission, limitsInShort } from './permission-words.ts'

const nowMs = Date.parse('2026-11-21T12:00:00.000Z')

describe('a permission in words', () => {
  it('is no permission where nothing allows it, whatever else it says', () => {
    const none = { allowed: false, from: 'none', approval: 'never' } as const
    expect(describePermission(none, nowMs)).toBe('Not granted')
    const denied = { allowed: false, from: 'tool', limits: { perDay: 3 } } as const
    expect(describePermission(denied, nowMs)).toBe('Not allowed')
  })

  it('says when owners are asked, how often it may be called, and until when', () => {
    const allowed = { allowed: true, from: 'tool' } as const
    expect(describePermission({ ...allowed, approval: 'always' }, nowMs)).toBe('Always asks')
    expect(
      describePermission({ ...allowed, approval: 'writes', limits: { perDay: 1000 } }, nowMs),
    ).toBe('Asks before writing · 1,000 a day')
    expect(describePermission({ ...allowed, expiresAt: '2026-12-01T00:00:00.000Z' }, nowMs)).toBe(
      'Allowed · until 1 Dec 2026',
    )
  })

  it('says that what has ended has ended', () => {
    const ended = { allowed: true, from: 'toolset', expiresAt: '2026-01-01T00:00:00.000Z' } as const
    expect(describePermission(ended, nowMs)).toBe('Ended on 1 Jan 2026')
  })
})

describe('limits in short', () => {
  it('are named from the shortest time on, and are nothing where there are none', () => {
    expect(limitsInShort({ perDay: 5, perMinute: 1 })).toBe('1 a minute, 5 a day')
    expect(limitsInShort(undefined)).toBe('')
  })
})
