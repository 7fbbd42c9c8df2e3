import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describePolicy } from './describe-policy.ts'
import { httpMethods } from './http-method.ts'
import type { PolicyDocument } from './policy.ts'

const origin = 'https://gmail.googleapis.com'
const entry = { origin, methods: ['GET' as const], paths: ['/gmail/v1/users/me/**'] }
const policy = (over: Partial<PolicyDocument> = {}): PolicyDocument => ({
  allow: [entry],
  approval: 'writes',
  limits: {},
  windows: [],
  ...over,
})
const say = (over: Partial<PolicyDocument>, nowMs?: number) =>
  describePolicy(policy(over), nowMs).join(' ')

describe('describePolicy', () => {
  it('says that nothing is allowed where nothing is', () => {
    expect(say({ allow: [], approval: 'never', limits: { perHour: 1 } })).toBe('Allows nothing.')
  })

  it('says what may be done, when it asks, how much, when and until when', () => {
    const sentences = say({
      allow: [{ ...entry, methods: ['GET', 'POST', 'DELETE'] }],
      approvalOptions: { freshSignIn: true },
      limits: { perHour: 100, perDay: 1000, concurrent: 1, requestBytesMax: 65_536 },
      windows: [
        { days: ['fri', 'mon', 'tue', 'wed', 'thu'], from: '09:00', to: '17:30', timezone: 'UTC' },
        { days: ['sat'], from: '22:00', to: '06:00', timezone: 'Europe/Berlin' },
      ],
      expiresAt: '2027-03-03T00:00:00Z',
    })
    expect(sentences).toBe(
      'May read (GET), write (POST) and delete (DELETE) anything under /gmail/v1/users/me at https://gmail.googleapis.com. ' +
        'Writing asks you first. An approval lasts 30 minutes and needs a fresh sign-in. ' +
        'At most 100 requests an hour and 1,000 a day. At most 1 request at the same time. Sends at most 64 KiB at a time. ' +
        'Only on Monday to Friday from 09:00 to 17:30 (UTC) or on Saturday from 22:00 to 06:00 of the next day (Europe/Berlin). ' +
        'Ends on 3 March 2027 at 00:00 UTC.',
    )
  })

  it('does not promise that nobody is asked where another entry may ask', () => {
    const sentences = say({
      allow: [
        { ...entry, approval: 'never' },
        { ...entry, methods: ['GET', 'POST'], approval: 'always', paths: ['/a', '/b/*'] },
        { ...entry, origin: 'https://other.example', approval: 'never', paths: ['/**'] },
      ],
    })
    expect(sentences).toBe(
      'May read (GET) anything under /gmail/v1/users/me at https://gmail.googleapis.com. ' +
        'For this you are not asked unless another part of the policy asks. ' +
        'May read (GET) and write (POST) /a and /b/* at https://gmail.googleapis.com. ' +
        'Each such request asks you first. ' +
        'May read (GET) anything at https://other.example. For this you are not asked. ' +
        'An approval lasts 30 minutes.',
    )
  })

  it('speaks of no approval where nothing can ask for one', () => {
    expect(say({})).toContain('You are not asked, since it only reads.')
    expect(say({})).not.toContain('approval')
    expect(say({ approval: 'never' })).not.toContain('approval')
    expect(say({ approval: 'always', approvalOptions: { secondOwner: true } })).toContain(
      'Every request asks you first. An approval lasts 30 minutes and needs a second person.',
    )
  })

  it('says what has ended, given the time', () => {
    const expiresAt = '2027-03-03T14:30:00.000Z'
    const ends = Date.parse(expiresAt)
    const temporary = { allow: [{ ...entry, expiresAt }], expiresAt }
    expect(say(temporary, ends - 1)).toMatch(/^May .*, until 3 March 2027 at 14:30 UTC\. .*Ends on/)
    expect(say(temporary, ends)).toMatch(/^No longer may .*Ended on 3 March 2027 at 14:30 UTC\.$/)
  })

  it('names every path up to a bound, and beyond it how many there are', () => {
    const paths = Array.from({ length: 23 }, (_, at) => `/p${at}`)
    expect(say({ allow: [{ ...entry, paths }] })).toContain('/p19 and 3 more paths at')
    expect(say({ allow: [{ ...entry, paths: ['/a', '/**'] }] })).toContain('(GET) anything at')
  })

  it('names each method and origin, whatever the policy', () => {
    const entries = fc.array(
      fc.record({
        origin: fc.constantFrom(origin, 'https://*.example.com'),
        methods: fc.subarray([...httpMethods], { minLength: 1 }),
        paths: fc.array(fc.constantFrom('/a', '/b/*', '/**', '/c/**'), { minLength: 1 }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    const modes = fc.constantFrom('always' as const, 'writes' as const, 'never' as const)
    fc.assert(
      fc.property(entries, modes, (allow, approval) => {
        const sentences = describePolicy({ allow, approval })
        for (const { origin: there, methods } of allow) {
          const about = sentences.filter((sentence) => sentence.includes(`at ${there}.`))
          expect(about.some((one) => methods.every((name) => one.includes(name)))).toBe(true)
        }
        for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
      }),
    )
  })
})
