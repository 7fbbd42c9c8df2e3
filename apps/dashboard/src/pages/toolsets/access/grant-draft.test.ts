import { describe, expect, it } from 'vitest'
import { draftOf, inputOf } from './grant-draft.ts'

const own = { allowed: true, from: 'tool', approval: 'always', limits: { perDay: 5 } } as const

describe('a permission that is being written', () => {
  it('begins with what stands, and with the mode only where the grant has one of its own', () => {
    expect(draftOf(own, { toolsetId: 'tls_1', allowed: true })).toEqual({
      may: 'allow',
      approval: '',
      perDay: '5',
      perHour: '',
      perMinute: '',
      endsAtMs: undefined,
    })
    const grant = { toolsetId: 'tls_1', allowed: true, approval: 'never' } as const
    expect(draftOf(own, grant).approval).toBe('never')
  })

  it('begins with nothing for a tool where only its toolset says something', () => {
    expect(draftOf({ allowed: true, from: 'none' }, undefined).may).toBe('inherit')
  })

  it('becomes the whole permission, or none', () => {
    const draft = { ...draftOf(own, undefined), approval: 'writes', perHour: '2' } as const
    expect(inputOf(draft)).toEqual({
      allowed: true,
      approval: 'writes',
      limits: { perHour: 2, perDay: 5 },
    })
    expect(inputOf({ ...draft, may: 'deny' })).toEqual({ allowed: false })
    expect(inputOf({ ...draft, may: 'inherit' })).toEqual({ allowed: null })
  })

  it('keeps its end', () => {
    const expiresAt = '2027-01-01T00:00:00.000Z'
    const draft = draftOf({ allowed: true, from: 'tool', expiresAt }, undefined)
    expect(inputOf(draft)).toEqual({ allowed: true, expiresAt })
  })
})
