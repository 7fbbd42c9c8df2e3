import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApprovalScene,
  problemOf,
  type Subject,
  startApprovalScene,
} from './fixtures/approval-scene.ts'
import { signIn } from './fixtures/people.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// What may not come of an approval: another request (S-24), or one that would not be allowed as things are now (S-27). Every
// refusal leaves the approval as it was.

let scene: ApprovalScene
beforeAll(async () => {
  scene = await startApprovalScene()
})
afterAll(() => scene?.stop())

type Input = Parameters<Subject['execute']>[0] & object

const propertyRuns = 60

/** Refused so, nothing arrives upstream, and the approval can still be used. */
async function expectUnspent(
  approvalId: string,
  call: () => Promise<unknown>,
  types: readonly string[],
): Promise<void> {
  const before = scene.sent()
  const type = await problemOf(call())
  expect(types).toContain(type)
  expect(scene.sent()).toBe(before)
  const row = await scene.row(approvalId)
  expect([row.status, row.sealed !== null, row.audit_id]).toEqual(['approved', true, null])
  const { entries } = await scene.vault.owner.call('listAudit', { limit: 10 })
  expect(entries.some((entry) => entry.problem === type && entry.outcome === 'refused')).toBe(true)
}

async function approved(subject: Subject, input: Input = {}): Promise<string> {
  const { approvalRequestId } = await subject.ask(input)
  await scene.approve(approvalRequestId)
  return approvalRequestId
}

describe('at redemption', () => {
  it('anything different is refused and leaves the approval as it was', async () => {
    verifies('S-24')
    const subject = await scene.subject()
    const { origin } = scene.upstream
    const request: Input = {
      method: 'POST',
      url: `${origin}/v1/notes?a=1&b=2`,
      query: { c: '3', d: '4' },
      headers: { accept: 'application/json', 'x-note': 'one' },
      body: { to: ['a', 'b'], text: 'hello' },
    }
    const approvalId = await approved(subject, request)
    const second = await scene.vault.addConnection({
      origins: [origin],
      requestHeaders: ['x-note'],
    })
    await scene.vault.addPolicy({
      agentId: subject.agent.agentId,
      connectionId: second,
      approval: 'always',
      allow: [{ origin, methods: ['GET', 'POST', 'PUT'], paths: ['/**'] }],
    })
    const headers = { accept: 'application/json', 'x-note': 'one' }
    const different: Input[] = [
      { method: 'PUT' },
      { url: `${origin}/v1/notes?b=2&a=1` },
      { url: `${origin}/v1/notes?a=1&b=2&b=2` },
      { url: `${origin}/v1/Notes?a=1&b=2` },
      { url: `${origin}/v1/notes/?a=1&b=2` },
      { url: `${origin}/v1/note%73?a=1&b=2` },
      { url: `${origin}/v1/notes?a=1&b=%32` },
      { query: { d: '4', c: '3' } },
      { query: { c: '3' } },
      { headers: { ...headers, 'x-note': 'two' } },
      { headers: { ...headers, range: 'bytes=0-1' } },
      { headers: { 'x-note': 'one', accept: 'application/json' } },
      { headers: { accept: 'application/json' } },
      { body: { text: 'hello', to: ['a', 'b'] } },
      { body: { to: ['b', 'a'], text: 'hello' } },
      { body: '{"to":["a","b"],"text":"hello"}' },
      { body: '{"to":["a","b"],"text":"hello"} ' },
      { body: null },
      { connectionId: second },
    ]
    for (const change of different) {
      const again = () => subject.execute({ ...request, ...change, approvalId })
      await expectUnspent(approvalId, again, ['approval-mismatch'])
    }
    // Spelled differently, and the same bytes: it is the same request.
    const same = { ...request, headers: { Accept: ' application/json ', 'X-Note': 'one' } }
    expect(await subject.execute({ ...same, approvalId })).toMatchObject({ status: 200 })
    const sent = scene.upstream.requests.at(-1)
    expect(sent?.target).toBe('/v1/notes?a=1&b=2&c=3&d=4')
    expect(sent?.body.toString()).toBe('{"to":["a","b"],"text":"hello"}')
  })

  it('no change of any part of any request gets through', async () => {
    verifies('S-24')
    const subject = await scene.subject()
    const word = fc.stringMatching(/^[a-z0-9]{1,6}$/)
    const request = fc.record({
      method: fc.constantFrom('POST', 'PUT'),
      path: fc.array(word, { minLength: 1, maxLength: 3 }),
      query: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
      note: word,
      body: fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true }),
      ),
    })
    type Asked = { method: string; path: string[]; query: object; note: string; body: unknown }
    const inputOf = ({ method, path, query, note, body }: Asked): Input => ({
      method,
      url: `${scene.upstream.origin}/${path.join('/')}`,
      query: query as Record<string, string>,
      headers: { 'x-note': note },
      body,
    })
    const bytesOf = (asked: Asked) => {
      const { body, ...rest } = asked
      const text = typeof body === 'string' ? ['text', body] : ['json', JSON.stringify(body)]
      return JSON.stringify([rest.method, rest.path, Object.entries(rest.query), rest.note, text])
    }
    let last: { approvalId: string; asked: Asked } | undefined
    await fc.assert(
      fc.asyncProperty(
        request,
        request,
        fc.integer({ min: 1, max: 31 }),
        async (one, other, mask) => {
          const asked = last?.asked ?? (one as Asked)
          const approvalId = last?.approvalId ?? (await approved(subject, inputOf(asked)))
          last = { approvalId, asked }
          const pick = <Name extends keyof Asked>(name: Name, bit: number) =>
            (mask >> bit) & 1 ? (other as Asked)[name] : asked[name]
          const changed: Asked = {
            method: pick('method', 0),
            path: pick('path', 1),
            query: pick('query', 2),
            note: pick('note', 3),
            body: pick('body', 4),
          }
          if (bytesOf(changed) === bytesOf(asked)) return
          const before = scene.sent()
          const type = await problemOf(subject.execute({ ...inputOf(changed), approvalId }))
          expect(['approval-mismatch', 'invalid-input', 'invalid-query']).toContain(type)
          expect(scene.sent()).toBe(before)
        },
      ),
      { numRuns: propertyRuns },
    )
    const { approvalId = '', asked } = last ?? {}
    expect(await scene.row(approvalId)).toMatchObject({ status: 'approved' })
    expect(await subject.execute({ ...inputOf(asked as Asked), approvalId })).toMatchObject({
      status: 200,
    })
  })

  it('what goes out is what was stored: nothing else that the agent sends along counts', async () => {
    verifies('S-24')
    const subject = await scene.subject()
    const approvalId = await approved(subject, { body: 'the approved one' })
    const response = await fetch(`${scene.vault.url}/v1/approvals/${approvalId}/execute`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf(subject)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ url: 'https://evil.example/', body: 'another', method: 'PUT' }),
    })
    expect(response.status).toBe(400)
    expect(await scene.row(approvalId)).toMatchObject({ status: 'approved' })
    const empty = await fetch(`${scene.vault.url}/v1/approvals/${approvalId}/execute`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf(subject)}` },
    })
    expect(empty.status).toBe(200)
    expect(scene.upstream.requests.at(-1)?.body.toString()).toBe('the approved one')
  })

  it('bytes that were changed in the database are not sent', async () => {
    verifies('S-24', 'S-33')
    const subject = await scene.subject()
    const one = await approved(subject, { body: 'one' })
    const other = await approved(subject, { body: 'other' })
    const before = scene.sent()
    await scene.admin`update approvals set sealed = (select sealed from approvals where id = ${other}) where id = ${one}`
    expect(await problemOf(subject.redeem(one))).toBe('credential-unreadable')
    await scene.admin`update approvals set digest = ${'0'.repeat(64)} where id = ${other}`
    expect(await problemOf(subject.redeem(other))).not.toBe('no problem')
    expect(scene.sent()).toBe(before)
  })
})

describe('redemption decides again', () => {
  const allowOf = (paths: string[], methods = ['GET', 'POST', 'PUT']) =>
    [{ origin: scene.upstream.origin, methods, paths }] as never

  it('a policy that was narrowed since refuses, and the approval is good once it allows again', async () => {
    verifies('S-27')
    const subject = await scene.subject()
    const { policyId } = subject
    const approvalId = await approved(subject)
    const replace = (change: object) =>
      scene.vault.owner.call('replacePolicy', {
        policyId,
        approval: 'always',
        allow: allowOf(['/**']),
        ...change,
      })
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).getUTCDay()
    const day = (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[inTwoDays] ?? 'sun'
    const closed = { days: [day], from: '09:00', to: '09:30', timezone: 'UTC' }
    const narrower: [object, string][] = [
      [{ allow: allowOf(['/other/**']) }, 'policy-denied'],
      [{ allow: allowOf(['/**'], ['GET']) }, 'policy-denied'],
      [{ allow: [] }, 'policy-denied'],
      [{ windows: [closed] }, 'outside-window'],
      [{ expiresAt: new Date(Date.now() - 1000).toISOString() }, 'policy-expired'],
      [{ limits: { requestBytesMax: 2 } }, 'request-too-large'],
      [{ approvalOptions: { secondOwner: true } }, 'approval-stale'],
      [{ approvalOptions: { freshSignIn: true } }, 'approval-stale'],
    ]
    for (const [change, type] of narrower) {
      await replace(change)
      await expectUnspent(approvalId, () => subject.redeem(approvalId), [type])
      await expectUnspent(approvalId, () => subject.execute({ approvalId }), [type])
    }
    await replace({ approval: 'never' })
    expect(await subject.redeem(approvalId)).toMatchObject({ status: 200 })
  })

  it('a limit that is used up refuses, and the approval is not used up with it', async () => {
    verifies('S-27', 'S-29')
    const subject = await scene.subject({ limits: { perHour: 1 } })
    const one = await approved(subject, { body: 'one' })
    const other = await approved(subject, { body: 'other' })
    expect(await subject.redeem(one)).toMatchObject({ status: 200 })
    await expectUnspent(other, () => subject.redeem(other), ['limit-exceeded'])
    // A race for an approval takes no more of the limit than the one that is sent.
    const wide = await scene.subject({ limits: { perHour: 2 } })
    const raced = await approved(wide, { body: 'raced' })
    const ends = await Promise.all(Array.from({ length: 10 }, () => problemOf(wide.redeem(raced))))
    expect(ends.filter((end) => end === 'no problem')).toHaveLength(1)
    const last = await approved(wide, { body: 'the second of two' })
    expect(await wide.redeem(last)).toMatchObject({ status: 200 })
  })

  it('another credential makes it stale, and asking again asks anew', async () => {
    verifies('S-27')
    const subject = await scene.subject()
    const { connectionId } = subject
    const approvalId = await approved(subject)
    await scene.vault.owner.call('updateConnection', {
      connectionId,
      credential: { kind: 'bearer', token: 'another-secret-9876543210' },
    })
    await expectUnspent(approvalId, () => subject.redeem(approvalId), ['approval-stale'])
    const again = await subject.ask()
    expect(again.approvalRequestId).not.toBe(approvalId)
    expect(await scene.row(approvalId)).toMatchObject({ status: 'cancelled', sealed: null })
    await scene.approve(again.approvalRequestId)
    expect(await subject.redeem(again.approvalRequestId)).toMatchObject({ status: 200 })
  })

  it('a stricter policy has an equal request asked about anew', async () => {
    verifies('S-27')
    const subject = await scene.subject()
    const approvalId = await approved(subject)
    await scene.vault.owner.call('replacePolicy', {
      policyId: subject.policyId,
      approval: 'always',
      allow: allowOf(['/**']),
      approvalOptions: { secondOwner: true },
    })
    const again = await subject.ask()
    expect(again.approvalRequestId).not.toBe(approvalId)
    expect(await problemOf(subject.redeem(approvalId))).toBe('approval-cancelled')
    expect(await scene.approve(again.approvalRequestId)).toMatchObject({ status: 'pending' })
  })

  it('nothing goes out while the workspace is frozen; approving is possible all the same', async () => {
    verifies('S-27')
    const subject = await scene.subject()
    const { approvalRequestId } = await subject.ask()
    const person = await signIn(scene.vault)
    await person.send('POST', '/api/v1/workspace/freeze', { body: {} })
    try {
      await scene.approve(approvalRequestId)
      const refused = ['workspace-frozen', 'request-stopped']
      await expectUnspent(approvalRequestId, () => subject.redeem(approvalRequestId), refused)
    } finally {
      await person.send('POST', '/api/v1/workspace/unfreeze', { body: {} })
    }
    expect(await subject.redeem(approvalRequestId)).toMatchObject({ status: 200 })
  })

  it('what only the database says counts too: it looks in the transaction that spends', async () => {
    verifies('S-27')
    const changes = [
      'update policies set version = version + 1 where id = $1',
      "update connections set status = 'needs_reauth' where id = $2",
      'update connections set version = version + 1 where id = $2',
      "update agents set status = 'disabled' where id = $3",
      'update workspaces set frozen_at = now()',
    ]
    for (const change of changes) {
      const subject = await scene.subject()
      const approvalId = await approved(subject)
      const ids = [subject.policyId, subject.connectionId, subject.agent.agentId]
      const used = ids.filter((_, at) => change.includes(`$${at + 1}`))
      await scene.admin.begin(async (tx) => {
        // No trigger tells the vault, so what it remembers is what was before.
        await tx.unsafe('set local session_replication_role = replica')
        await tx.unsafe(change.replace(/\$\d/, '$1'), used)
      })
      const before = scene.sent()
      const problem = await problemOf(subject.redeem(approvalId))
      // Whatever came of it: what follows wants a workspace that is not frozen.
      await scene.admin`update workspaces set frozen_at = null`
      expect([change, problem]).toEqual([change, 'request-stopped'])
      expect(scene.sent()).toBe(before)
      expect(await scene.row(approvalId)).toMatchObject({ status: 'approved' })
    }
  })
})

describe('what an approval stands on, taken away,', () => {
  const endings: [string, (subject: Subject) => Promise<unknown>][] = [
    ['a deleted policy', ({ policyId }) => scene.vault.owner.call('deletePolicy', { policyId })],
    [
      'a connection that its owner revoked',
      ({ connectionId }) => scene.vault.owner.call('revokeConnectionByOwner', { connectionId }),
    ],
    [
      'a connection that the agent revoked',
      ({ agent, connectionId }) => agent.client.call('revokeConnection', { connectionId }),
    ],
    ['a reset agent', ({ agent }) => scene.vault.owner.call('resetAgent', only(agent))],
    ['a disabled agent', ({ agent }) => scene.vault.owner.call('disableAgent', only(agent))],
  ]
  const only = ({ agentId }: { agentId: string }) => ({ agentId })

  it.each(endings)('cancels it for good, pending or approved: %s', async (_name, end) => {
    verifies('S-27')
    const subject = await scene.subject()
    const yes = await approved(subject, { body: 'approved' })
    const { approvalRequestId: open } = await subject.ask({ body: 'pending' })
    const before = scene.sent()
    await end(subject)
    for (const id of [yes, open]) {
      expect(await scene.row(id)).toMatchObject({ status: 'cancelled', sealed: null })
      expect(await problemOf(scene.approve(id))).toBe('approval-not-pending')
    }
    await scene.vault.owner.call('enableAgent', only(subject.agent))
    expect(['approval-cancelled', 'unauthenticated']).toContain(
      await problemOf(subject.redeem(yes)),
    )
    expect(scene.sent()).toBe(before)
  })

  it('deletes it with its agent', async () => {
    const subject = await scene.subject()
    const id = await approved(subject)
    await scene.vault.owner.call('deleteAgent', only(subject.agent))
    await expect(scene.row(id)).rejects.toThrow('no such approval')
    expect(await problemOf(scene.approve(id))).toBe('approval-not-found')
  })

  it('opens no new one, however the taking away and the asking meet', async () => {
    verifies('S-27')
    for (let round = 0; round < 10; round += 1) {
      const subject = await scene.subject()
      // With one token, which is ended too: whoever signs in again may ask again.
      const wire = await createWireAgent(scene.vault, subject.agent)
      const { connectionId } = subject
      const url = `${scene.upstream.origin}/raced`
      const asks = Array.from({ length: 8 }, (_, body) =>
        wire.execute({ connectionId, method: 'POST', url, body }),
      )
      await sleep(round * 3)
      const [, end] = endings[round % endings.length] ?? endings[0] ?? []
      await end?.(subject)
      await Promise.all(asks)
      const open = await scene.admin`
        select id from approvals where agent_id = ${subject.agent.agentId} and (sealed is not null or status in ('pending', 'approved'))`
      expect(open).toHaveLength(0)
    }
  })
})

describe('what is kept of a request', () => {
  it('is sealed while it can be sent, and gone once it cannot', async () => {
    verifies('S-38')
    const canary = `canary-${crypto.randomUUID()}`
    const subject = await scene.subject()
    const input = {
      url: `${scene.upstream.origin}/kept?secret=${canary}`,
      headers: { 'x-note': canary },
      body: { text: canary },
    }
    const everything = async () => {
      const rows = await scene.admin`select approvals::text as row from approvals`
      const audit = await scene.admin`select entry from audit_records`
      return JSON.stringify([rows, audit])
    }
    const hex = Buffer.from(canary).toString('hex')
    for (const finish of [
      (id: string) => scene.approve(id).then(() => subject.redeem(id)),
      (id: string) => scene.deny(id),
    ]) {
      const { approvalRequestId } = await subject.ask(input)
      for (const text of [canary, hex]) expect(await everything()).not.toContain(text)
      expect((await scene.row(approvalRequestId)).sealed).toBeInstanceOf(Uint8Array)
      await finish(approvalRequestId)
      expect((await scene.row(approvalRequestId)).sealed).toBeNull()
      for (const text of [canary, hex]) expect(await everything()).not.toContain(text)
    }
    const open = await scene.admin`
      select id from approvals where sealed is not null and status not in ('pending', 'approved')`
    expect(open).toEqual([])
    expect(scene.vault.output()).not.toContain(canary)
  })
})

async function tokenOf({ agent }: Subject): Promise<string> {
  return (await createWireAgent(scene.vault, agent)).newToken()
}
