import { createCatalog } from '@sallyport/catalog'
import { PolicyDocument } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { entryNumber } from '../../components/entry-number.ts'
import {
  addTemplate,
  documentOf,
  emptyDraft,
  emptyEntry,
  isAsTemplate,
  isSame,
  tidy,
} from './policy-draft.ts'

const origin = 'https://api.example.com'
const entry = { ...emptyEntry(origin), paths: ['/v1/**'] }
const base: PolicyDocument = { ...emptyDraft(), allow: [entry] }

describe('a draft', () => {
  it('is a policy by the contract from the beginning', () => {
    expect(PolicyDocument.safeParse(emptyDraft()).success).toBe(true)
  })

  it('is the same with members that say nothing, in any order', () => {
    const loose: PolicyDocument = {
      windows: [],
      limits: { perHour: undefined, strict: false },
      approvalOptions: { expiresInMinutes: undefined, freshSignIn: false },
      approval: 'writes',
      expiresAt: undefined,
      allow: [{ paths: ['/v1/**'], methods: ['GET'], origin, approval: undefined }],
    }
    expect(isSame(loose, base)).toBe(true)
    expect(tidy(loose)).toEqual(base)
  })

  it.each<[string, PolicyDocument]>([
    ['a mode', { ...base, approval: 'always' }],
    ['a mode of an entry', { ...base, allow: [{ ...entry, approval: 'never' }] }],
    ['a grant of a tool', { ...base, tools: [{ toolsetId: 'tls_1', allowed: true }] }],
    [
      'the tools of a rule',
      { ...base, rules: [{ id: 'a', when: { tools: ['x.*'] }, then: 'deny' }] },
    ],
    ['a path', { ...base, allow: [{ ...entry, paths: ['/v1/**', '/v2'] }] }],
    ['a limit', { ...base, limits: { perHour: 1 } }],
    ['a size of nothing', { ...base, limits: { requestBytesMax: 0 } }],
    ['an option', { ...base, approvalOptions: { secondOwner: true } }],
    ['an end', { ...base, expiresAt: '2027-01-01T00:00:00Z' }],
    [
      'a window',
      { ...base, windows: [{ days: ['mon'], from: '09:00', to: '17:00', timezone: 'UTC' }] },
    ],
  ])('is another one with %s', (_, other) => {
    expect(isSame(other, base)).toBe(false)
    expect(tidy(other)).toEqual(other)
  })

  it('begins with what a stored policy says, without what the vault sets', () => {
    const stored = { ...base, id: 'pol_1', version: 3, createdAt: '2026-01-01T00:00:00Z' }
    expect(documentOf(stored)).toEqual(base)
  })
})

describe('an action template', () => {
  const action = createCatalog().findAction('gmail-read')?.action
  if (action === undefined) throw new Error('the catalog lost gmail-read')

  it('is added at the end, named and asking as it says itself', () => {
    const added = addTemplate([entry], action)
    expect(added[0]).toEqual(entry)
    expect(added[1]).toEqual({
      ...action.allow[0],
      approval: action.approval,
      actionTemplateId: 'gmail-read',
    })
    expect(PolicyDocument.safeParse({ ...base, allow: added }).success).toBe(true)
  })

  it('is known to be changed by hand', () => {
    const added = addTemplate([entry], action)
    expect(isAsTemplate(added, action)).toBe(true)
    const narrowed = added.map((one) => ({ ...one, paths: one.paths.slice(0, 1) }))
    expect(isAsTemplate(narrowed, action)).toBe(false)
  })
})

describe('the id of a rule', () => {
  it.each([
    ['allow[0]', 1],
    ['allow[12]', 13],
    ['allow[-1]', undefined],
    ['rule_1', undefined],
  ])('%s names entry %s', (ruleId, number) => {
    expect(entryNumber(ruleId)).toBe(number)
  })
})
