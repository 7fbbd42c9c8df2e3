import type { PolicyDocument } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyDraft } from '../policy-draft.ts'
import { flattenErrors } from './flatten-errors.ts'
import { lineOf, placeOf, readPlacedJson } from './json-places.ts'
import { readPolicyText, writePolicyText } from './read-policy-text.ts'

const policy: PolicyDocument = {
  ...emptyDraft(),
  allow: [{ origin: 'https://api.example.com', methods: ['GET', 'POST'], paths: ['/v1/**'] }],
  rules: [
    {
      id: 'outside',
      when: { body: [{ path: 'to[]', op: 'not_in', value: ['a@example.com', 'b@example.com'] }] },
      then: 'deny',
    },
  ],
  limits: { perHour: 10 },
}

/** The line that the first fault of a text names. */
function faultLine(text: string) {
  const [fault] = readPolicyText(text).faults
  return fault && { ...lineOf(text, fault.at), path: fault.path }
}

describe('a policy as text', () => {
  it('is read back as what it was', () => {
    const { document, faults } = readPolicyText(writePolicyText(policy))
    expect(faults).toEqual([])
    expect(document).toEqual(policy)
  })

  it('is any JSON, read as JavaScript reads it, in any layout', () => {
    const json = fc.jsonValue({ maxDepth: 4 })
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 0, 1, 4), (value, space) => {
        const read = readPlacedJson(JSON.stringify(value, null, space))
        expect(read).toMatchObject({ value: JSON.parse(JSON.stringify(value)) })
      }),
      { numRuns: 200 },
    )
  })

  it('is refused exactly where JavaScript refuses it as JSON, but for members that stand twice', () => {
    const text = writePolicyText(policy)
    const edit = fc.tuple(
      fc.nat(text.length),
      fc.nat(3),
      fc.constantFrom('', ',', '"', '}', ']', '{', '1', '\\', 'x', ' ', ':', '\n', '\u0001'),
    )
    fc.assert(
      fc.property(edit, ([at, gone, put]) => {
        const changed = text.slice(0, at) + put + text.slice(at + gone)
        const read = readPlacedJson(changed)
        if ('fault' in read && read.fault.message.includes('second time')) return
        expect('fault' in read).toBe(!isJson(changed))
      }),
      { numRuns: 500 },
    )
  })

  it('names the line of what is wrong in it', () => {
    const text = writePolicyText(policy)
    expect(faultLine(text.replace('"not_in"', '"nearly"'))).toMatchObject({
      path: 'rules.0.when.body.0.op',
    })
    const twice = '{\n  "allow": [],\n  "allow": []\n}'
    expect(faultLine(twice)).toEqual({ line: 3, column: 3, path: '' })
    expect(faultLine('{\n  "allow": [],,\n}')).toMatchObject({ line: 2, column: 15 })
    expect(faultLine('{\n  "allow": []')).toMatchObject({ line: 2 })
    expect(faultLine(`{\n  'allow': []}`)).toMatchObject({ line: 2, column: 3 })
  })

  it('names the nearest place that is there where a member is missing', () => {
    const read = readPlacedJson('{ "rules": [{ "id": "a" }] }')
    if ('fault' in read) throw new Error('it is JSON')
    expect(placeOf('rules.0.when.paths', read.places)).toBe(12)
    expect(placeOf('nothing', read.places)).toBe(0)
  })

  it('takes the older names', () => {
    const text = '{ "allow": [], "stepUpApproval": "always", "maxRequestsPerHour": 5 }'
    expect(readPolicyText(text).document).toMatchObject({
      approval: 'always',
      limits: { perHour: 5 },
    })
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

it('lists what is wrong by its place', () => {
  const ref = {}
  const errors = {
    rules: [undefined, { when: { body: [{ value: { message: 'must fit', ref } }] } }],
    allow: { root: { message: 'has too many' } },
  }
  expect(flattenErrors(errors)).toEqual([
    { path: 'rules.1.when.body.0.value', message: 'must fit' },
    { path: 'allow', message: 'has too many' },
  ])
})
