import type { AuditEntry, PolicyDocument } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { draftIntent, draftRefusal } from '../../audit/entry.ts'
import { createOriginsOf } from './judge-attempt.ts'
import { suggest } from './suggest.ts'

const origin = 'https://api.example.com'
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const at = '2026-11-20T22:30:00.000Z'

const document = (over: Partial<PolicyDocument> = {}): PolicyDocument => ({
  allow: [
    { origin, methods: ['GET'], paths: ['/v1/**'] },
    { origin, methods: ['POST'], paths: ['/v1/notes'], approval: 'always' },
  ],
  ...{ approval: 'never', limits: {}, windows: [] },
  ...over,
})

const subject = {
  ...{ workspaceId: 'wsp_1', operation: 'execute', auditId: 'aud_01k8v3t5m9r2c4x6z8b0d1f3h5' },
  ...{ agentId: 'agt_01k8v3t5m9r2c4x6z8b0d1f3h5', connectionId: 'con_01k8v3t5m9r2c4x6z8b0d1f3h5' },
}

interface Tried {
  readonly method?: string
  readonly path: string
  readonly problem?: string
  readonly ruleId?: string
  readonly requestBytes?: number
  readonly queryNames?: readonly string[]
}

function write({ method = 'GET', problem, requestBytes = 0, ...tried }: Tried, index: number) {
  const id = `aud_01k8v3t5m9r2c4x6z8b0d1f${String(index).padStart(3, '0')}`
  const entry = { ...subject, auditId: id, method, host: 'api.example.com', requestBytes, ...tried }
  if (problem === undefined) {
    return draftIntent({ ...entry, decision: 'allow', deadlineMs: 0 }, at).entry
  }
  return draftRefusal({ ...entry, decision: 'deny', problem: problem as never }, at).entry
}

/** Suggests for a history; the first of it is the attempt that is to be let on. */
async function suggestFor(policy: PolicyDocument, [first, ...others]: readonly Tried[]) {
  const texts = (first === undefined ? others : [first, ...others]).map(write)
  const denied = { outcome: 'refused', seq: 1, ...JSON.parse(texts[0] ?? '{}') } as AuditEntry
  return suggest(
    {
      store: {
        listOpenings: async (_, { beforeSeq }) =>
          beforeSeq === undefined ? texts.map((text, seq) => ({ seq, atMs: nowMs, text })) : [],
      },
      takeTurn: async () => {},
      monotonicMs: () => 0,
    },
    {
      whose: { workspaceId: 'wsp_1', agentId: 'agt_1', connectionId: 'con_1', fromMs: 0 },
      document: policy,
      originsOf: createOriginsOf([origin]),
      denied,
      nowMs,
    },
  )
}

const deny = (tried: Omit<Tried, 'problem'>, problem = 'policy-denied'): Tried => ({
  ...tried,
  problem,
})

describe('the smallest change that would let a denied attempt on', () => {
  it('adds the method, the path or an entry: what lets on the fewest others', async () => {
    const policy = document()
    // A method that reaches all paths of an entry would let on more than one path with it.
    const others = [
      deny({ method: 'DELETE', path: '/v1/a' }),
      deny({ method: 'DELETE', path: '/v1/b' }),
    ]
    const one = await suggestFor(policy, [
      deny({ method: 'DELETE', path: '/v1/notes/7' }),
      ...others,
    ])
    expect(one.smallest?.sentence).toBe(
      'Add an entry that allows DELETE at https://api.example.com/v1/notes/7.',
    )
    expect(one.smallest?.alsoAllows).toBe(0)
    const path = await suggestFor(policy, [deny({ method: 'POST', path: '/v1/drafts' })])
    expect(path.smallest?.sentence).toMatch(
      /^Add POST to entry 1|^Add the path \/v1\/drafts to entry 2/,
    )
    const again = deny({ method: 'DELETE', path: '/v1/notes/7' })
    const same = await suggestFor(policy, [again, again, again])
    expect(same.smallest).toMatchObject({ alsoAllows: 2 })
  })

  it('allows nothing else where it need not, and asks no less often than what stands beside it', async () => {
    const allow: PolicyDocument['allow'] = [
      { origin, methods: ['GET', 'POST'], paths: ['/v1/**', '/v3'] },
      { origin, methods: ['PATCH'], paths: ['/v1/a', '/v1/c'], approval: 'always' },
    ]
    const added = async (tried: Tried) => {
      const { smallest } = await suggestFor(document({ allow }), [
        { problem: 'policy-denied', ...tried },
      ])
      return smallest?.document.allow
    }
    // POST of /v2 and DELETE of all of /v1 were not asked for.
    expect(await added({ path: '/v2/admin' })).toEqual([
      ...allow,
      { origin, methods: ['GET'], paths: ['/v2/admin'] },
    ])
    expect(await added({ method: 'DELETE', path: '/v1/a' })).toEqual([
      ...allow,
      { origin, methods: ['DELETE'], paths: ['/v1/a'], approval: 'always' },
    ])
    expect(await added({ method: 'PATCH', path: '/v1/b' })).toMatchObject([
      allow[0],
      { methods: ['PATCH'], paths: ['/v1/a', '/v1/c', '/v1/b'], approval: 'always' },
    ])
  })

  it('lifts ends, opens windows, raises sizes and takes rules out, one after the other', async () => {
    const past = '2026-11-01T00:00:00.000Z'
    const policy = document({
      allow: [{ origin, methods: ['POST'], paths: ['/v1/**'], expiresAt: past }],
      rules: [
        { id: 'no-notes', label: 'No notes', when: { paths: ['/v1/notes'] }, then: 'deny' },
        { id: 'other', when: { paths: ['/v1/other'] }, then: 'deny' },
      ],
      limits: { requestBytesMax: 10 },
      windows: [{ days: ['mon'], from: '09:00', to: '17:00', timezone: 'Europe/Berlin' }],
      expiresAt: past,
    })
    const { smallest } = await suggestFor(policy, [
      deny({ method: 'POST', path: '/v1/notes', requestBytes: 99 }),
    ])
    expect(smallest?.sentence).toBe(
      'Lift the end of the policy. Lift the end of entry 1 (https://api.example.com). ' +
        'Allow requests on Fridays from 23:00 to 00:00 (Europe/Berlin) as well. ' +
        'Raise the size of a request to 99 bytes. Take out the rule “No notes” (no-notes).',
    )
    expect(smallest?.document).toEqual({
      ...document({
        allow: [{ origin, methods: ['POST'], paths: ['/v1/**'] }],
        rules: [{ id: 'other', when: { paths: ['/v1/other'] }, then: 'deny' }],
        limits: { requestBytesMax: 99 },
      }),
      windows: [
        ...policy.windows,
        { days: ['fri'], from: '23:00', to: '00:00', timezone: 'Europe/Berlin' },
      ],
    })
  })

  it('takes out the rule that is on record where history cannot say which it was', async () => {
    const when = { body: [{ path: 'to', op: 'eq' as const, value: 'x' }] }
    const policy = document({ rules: [{ id: 'a', when, then: 'deny' }] })
    const tried = deny({ method: 'POST', path: '/v1/notes', requestBytes: 9, ruleId: 'a' })
    const { smallest } = await suggestFor(policy, [tried])
    expect(smallest?.sentence).toBe('Take out the rule a. An owner would be asked.')
    const two = document({ rules: [...(policy.rules ?? []), { id: 'b', when, then: 'deny' }] })
    const { smallest: none, why } = await suggestFor(two, [tried])
    expect(none).toBeUndefined()
    expect(why).toMatch(/history does not keep/)
  })

  it('is not offered where no policy would let it on: then it says why', async () => {
    const whyOf = async (tried: Tried, policy = document()) => {
      const { smallest, why } = await suggestFor(policy, [tried])
      expect(smallest).toBeUndefined()
      return why
    }
    for (const problem of ['workspace-frozen', 'connection-revoked', 'origin-not-allowed']) {
      expect(await whyOf(deny({ path: '/v1/a' }, problem))).toMatch(/No policy would/)
    }
    expect(await whyOf(deny({ path: '/v1/a' }))).toMatch(/as it is now allows it/)
    expect(await whyOf(deny({ path: '/v1/notes', method: 'POST' }))).toMatch(/asks an owner/)
    const limited = deny({ path: '/v2', ruleId: 'allow[0]' }, 'limit-exceeded')
    expect(await whyOf(limited)).toMatch(/did not deny it/)
    expect(await whyOf({ path: '/v1/a' })).toMatch(/was not denied/)
  })

  it('counts the other denied attempts that it would let on, and no others', async () => {
    const policy = document({
      rules: [{ id: 'quiet', when: { methods: ['GET'], paths: ['/v1/x/*'] }, then: 'deny' }],
    })
    const { smallest } = await suggestFor(policy, [
      deny({ path: '/v1/x/1', ruleId: 'quiet' }),
      deny({ path: '/v1/x/2', ruleId: 'quiet' }),
      deny({ path: '/v1/x/3', ruleId: 'quiet' }),
      deny({ path: '/v9', ruleId: 'quiet' }),
      // The policy as it is now lets this on already.
      deny({ path: '/v1/y' }),
      { path: '/v1/z' },
    ])
    expect(smallest).toMatchObject({ sentence: 'Take out the rule quiet.', alsoAllows: 2 })
  })
})

describe('what history says of a policy', () => {
  it('names what is not used, and offers what would have sufficed', async () => {
    const { unused, narrower } = await suggestFor(document(), [
      { path: '/v1/users/1' },
      { path: '/v1/users/2' },
      deny({ path: '/v2/a' }),
    ])
    expect(unused).toEqual([
      { at: 1, entry: document().allow[1], unusedMethods: ['POST'], unusedPaths: ['/v1/notes'] },
    ])
    // What asks about POST is not in the way of GET.
    expect(narrower?.allow).toEqual([{ origin, methods: ['GET'], paths: ['/v1/users/*'] }])
    expect(narrower?.document).toEqual({ ...document(), allow: narrower?.allow })
  })
})
