import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOf, operations } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson } from './cli/sallyport.ts'
import {
  type ApprovalScene,
  clientOf,
  problemOf,
  type Subject,
  startApprovalScene,
} from './fixtures/approval-scene.ts'
import { signIn } from './fixtures/people.ts'
import { verifies } from './verifies.ts'

let scene: ApprovalScene
beforeAll(async () => {
  scene = await startApprovalScene()
})
afterAll(async () => {
  await scene?.stop()
})

type Remember = NonNullable<CallOf<typeof operations.approveRequest>['remember']>
type Execute = Parameters<Subject['execute']>[0]

const channel: Remember = {
  scope: 'fields',
  fields: ['body.channel'],
  uses: 3,
  expiresInMinutes: 60,
}
const exact: Remember = { scope: 'exact', uses: 2, expiresInMinutes: 60 }
const url = () => `${scene.upstream.origin}/v1/messages`
const to = (name: string, text = 'hello'): Execute => ({
  url: url(),
  body: { channel: name, text },
})

const approve = (approvalId: string, remember?: Remember) =>
  scene.vault.owner.call('approveRequest', { approvalId, ...(remember && { remember }) })

/** Asks, and has it approved and remembered. */
async function remembered(subject: Subject, input: Execute = to('C1'), remember = channel) {
  const { approvalRequestId } = await subject.ask(input)
  const { rememberedApproval } = await approve(approvalRequestId, remember)
  if (rememberedApproval === undefined) throw new Error('nothing is remembered')
  return rememberedApproval
}

/** `sent`, `asked`, or the problem. */
async function outcomeOf(subject: Subject, input: Execute): Promise<string> {
  const before = scene.sent()
  try {
    const answer = await subject.execute(input)
    if ('approvalRequired' in answer) {
      expect(scene.sent()).toBe(before)
      return 'asked'
    }
    return 'sent'
  } catch (thrown) {
    return thrown instanceof Error && 'type' in thrown ? String(thrown.type) : String(thrown)
  }
}

const statusOf = async (id: string) =>
  (await scene.vault.owner.call('listRememberedApprovals', {})).rememberedApprovals.find(
    (one) => one.id === id,
  )

describe('a yes that is remembered', () => {
  it('lets requests like it out, as many as it is good for, and each is on record', async () => {
    verifies('S-24', 'S-25')
    const subject = await scene.subject()
    const { approvalRequestId } = await subject.ask(to('C1'))
    const { approval } = await scene.vault.owner.call('getApproval', {
      approvalId: approvalRequestId,
    })
    expect(approval.rememberable?.fields).toEqual([
      { name: 'body.channel', value: 'C1', suggested: true },
      { name: 'body.text', value: 'hello', suggested: false },
    ])
    const { rememberedApproval } = await approve(approvalRequestId, channel)
    expect(rememberedApproval).toMatchObject({
      ...{
        status: 'active',
        scope: 'fields',
        method: 'POST',
        path: '/v1/messages',
        uses: 3,
        used: 0,
      },
      ...{ fields: [{ name: 'body.channel', value: 'C1' }], approvalId: approvalRequestId },
    })
    // The approval itself is as good as ever, and is none of the three.
    await subject.redeem(approvalRequestId)
    for (const text of ['one', 'two', 'three']) {
      expect(await outcomeOf(subject, to('C1', text))).toBe('sent')
      expect(scene.upstream.requests.at(-1)?.body.toString()).toContain(text)
    }
    expect(await outcomeOf(subject, to('C1', 'four'))).toBe('asked')
    const id = rememberedApproval?.id ?? ''
    expect(await statusOf(id)).toMatchObject({ status: 'used_up', used: 3 })
    const { entries } = await scene.vault.owner.call('listAudit', {
      agentId: subject.agent.agentId,
    })
    const counted = entries.filter(
      (entry) => entry.detail?.rememberedApprovalId === id && entry.operation === 'execute',
    )
    expect(counted).toHaveLength(3)
    for (const entry of counted) {
      expect(entry).toMatchObject({ decision: 'allow', ruleId: 'allow[0]', outcome: 'sent' })
    }
    const { entries: answers } = await scene.vault.owner.call('listAudit', {
      operation: 'approveRequest',
    })
    expect(answers[0]?.detail).toMatchObject({
      ...{ rememberedApprovalId: id, rememberScope: 'fields', rememberUses: 3 },
      rememberFields: ['body.channel'],
    })
    // History still says what the policy said: it asked.
    const { policy } = await scene.vault.owner.call('getPolicy', { policyId: subject.policyId })
    const draft = { allow: policy.allow, approval: policy.approval }
    const simulated = await scene.vault.owner.call('simulatePolicy', {
      ...{ policyId: subject.policyId, draft },
    })
    expect(simulated).toMatchObject({ newlyAllowed: 0, newlyAsking: 0, newlyDenied: 0, unknown: 0 })
  })

  it('covers no request that differs in more than was left open', async () => {
    verifies('S-24')
    const subject = await scene.subject()
    await remembered(subject)
    const others: Execute[] = [
      to('C2'),
      { ...to('C1'), method: 'PUT' },
      { ...to('C1'), url: `${url()}/all` },
      { ...to('C1'), url: `${url()}?notify=everyone` },
      { ...to('C1'), headers: { 'x-note': 'urgent' } },
      { ...to('C1'), body: { channel: 'C1', text: 'hello', thread: '1' } },
      { ...to('C1'), body: { channel: 'C1' } },
      { ...to('C1'), body: { channel: ['C1'], text: 'hello' } },
      { ...to('C1'), body: { channel: 'C1', text: ['hello', 'you'] } },
      {
        ...to('C1'),
        body: '{"channel":"C1","text":"a","channel":"C9"}',
        headers: { 'content-type': 'application/json' },
      },
      {
        ...to('C1'),
        body: 'channel=C1&text=hello',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      { ...to('C1'), body: undefined },
    ]
    for (const other of others) {
      expect(await outcomeOf(subject, other), JSON.stringify(other)).toBe('asked')
    }
    // Nor one of another agent, though its policy is the same.
    const stranger = await scene.subject()
    expect(await outcomeOf(stranger, to('C1'))).toBe('asked')
    expect(await outcomeOf(subject, to('C1', 'still good'))).toBe('sent')
  })

  it('of the exact request covers the same bytes alone', async () => {
    verifies('S-24')
    const subject = await scene.subject()
    await remembered(subject, to('C1'), exact)
    expect(await outcomeOf(subject, to('C1', 'hello!'))).toBe('asked')
    expect(await outcomeOf(subject, to('C1'))).toBe('sent')
    expect(await outcomeOf(subject, to('C1'))).toBe('sent')
    expect(await outcomeOf(subject, to('C1'))).toBe('asked')
  })

  it('is never counted twice for one use, however many calls come at once', async () => {
    verifies('S-25')
    const subject = await scene.subject()
    await remembered(subject, to('C1'), { ...channel, uses: 5 })
    const before = scene.sent()
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, at) => outcomeOfMany(subject, to('C1', `text ${at}`))),
    )
    expect(outcomes.filter((one) => one === 'sent')).toHaveLength(5)
    // Whoever comes too late is asked about, like anybody.
    expect(new Set(outcomes)).toEqual(new Set(['sent', 'asked']))
    expect(scene.sent() - before).toBe(5)
  })
})

/** The same for calls at once. */
async function outcomeOfMany(subject: Subject, input: Execute): Promise<string> {
  const answer = await subject.execute(input)
  return 'approvalRequired' in answer ? 'asked' : 'sent'
}

describe('what is remembered ends', () => {
  it('when its owner says so, on every request from then on', async () => {
    verifies('S-27')
    const subject = await scene.subject()
    const { id } = await remembered(subject)
    expect(await outcomeOf(subject, to('C1'))).toBe('sent')
    const revoke = () =>
      scene.vault.owner.call('revokeRememberedApproval', { rememberedApprovalId: id })
    expect((await revoke()).rememberedApproval).toMatchObject({ status: 'revoked', used: 1 })
    expect(await outcomeOf(subject, to('C1'))).toBe('asked')
    // Once more changes nothing, and is no second entry.
    await revoke()
    const { entries } = await scene.vault.owner.call('listAudit', {
      operation: 'revokeRememberedApproval',
    })
    expect(entries.filter(({ detail }) => detail?.rememberedApprovalId === id)).toHaveLength(1)
  })

  it('while calls come: none is sent after the answer to the revocation', async () => {
    verifies('S-10', 'S-25')
    const subject = await scene.subject()
    const { id } = await remembered(subject, to('C1'), { ...channel, uses: 100 })
    const calls = Array.from({ length: 12 }, async (_, at) => {
      await sleep(at * 15)
      return outcomeOfMany(subject, to('C1', `in flight ${at}`))
    })
    await sleep(70)
    await scene.vault.owner.call('revokeRememberedApproval', { rememberedApprovalId: id })
    const { used = -1 } = (await statusOf(id)) ?? {}
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((one) => one === 'sent')).toHaveLength(used)
    expect((await statusOf(id))?.used).toBe(used)
  })

  it('with its time, with its approval’s denial, and with what it stands on', async () => {
    verifies('S-27')
    const { owner } = scene.vault
    const ends: Record<
      string,
      (subject: Subject, one: { id: string; approvalId: string }) => unknown
    > = {
      async expired(_, { id }) {
        await scene.admin`update remembered_approvals set expires_at = now() where id = ${id}`
      },
      denied: (_, { approvalId }) => scene.deny(approvalId),
      'credential replaced': ({ connectionId }) =>
        owner.call('updateConnection', {
          ...{ connectionId, credential: { kind: 'bearer', token: 'another-secret-0123456789' } },
        }),
      async 'agent reset'({ agent }) {
        await owner.call('resetAgent', { agentId: agent.agentId })
      },
      async 'agent disabled and enabled'({ agent }) {
        await owner.call('disableAgent', { agentId: agent.agentId })
        await owner.call('enableAgent', { agentId: agent.agentId })
      },
      async 'who answered is auditor by now'(_, { id }) {
        await scene.admin`
          with made as (insert into owners (id, workspace_id, email, role)
            select 'own_' || substr(id, 5), workspace_id, id || '@example.com', 'auditor' from remembered_approvals where id = ${id}
            returning id)
          update remembered_approvals set created_by = (select id from made) where id = ${id}`
      },
      async 'who answered is no member any more'(_, { id }) {
        await scene.admin`update remembered_approvals set created_by = 'own_gone' where id = ${id}`
      },
      async 'policy made anew'({ agent, connectionId, policyId }) {
        const { policy } = await owner.call('getPolicy', { policyId })
        await owner.call('deletePolicy', { policyId })
        await owner.call('createPolicy', {
          ...{ agentId: agent.agentId, connectionId },
          ...{ allow: policy.allow, approval: policy.approval },
        })
      },
    }
    for (const [name, end] of Object.entries(ends)) {
      const subject = await scene.subject()
      const one = await remembered(subject)
      expect(await outcomeOf(subject, to('C1')), name).toBe('sent')
      await end(subject, one)
      expect(await outcomeOf(subject, to('C1')), name).toBe('asked')
      expect((await statusOf(one.id))?.status ?? 'gone', name).not.toBe('active')
    }
  })

  it('for what the policy denies, or asks in a stricter way than was answered', async () => {
    verifies('S-27')
    const changes: Record<string, [object, string]> = {
      'denied by a rule': [
        { rules: [{ id: 'no', when: { methods: ['POST'] }, then: 'deny' }] },
        'policy-denied',
      ],
      'not allowed any more': [{ allow: [] }, 'policy-denied'],
      'a sign-in is asked for': [{ approvalOptions: { freshSignIn: true } }, 'asked'],
      'two owners are asked for': [{ approvalOptions: { secondOwner: true } }, 'asked'],
      'a new rule asks': [
        { rules: [{ id: 'ask', when: { paths: ['/v1/**'] }, then: 'require_approval' }] },
        'asked',
      ],
      'nothing is asked any more': [{ approval: 'never' }, 'sent'],
      'more is allowed': [{ limits: { perDay: 1000 } }, 'sent'],
    }
    for (const [name, [change, outcome]] of Object.entries(changes)) {
      const subject = await scene.subject()
      await remembered(subject)
      const { policy } = await scene.vault.owner.call('getPolicy', { policyId: subject.policyId })
      await scene.vault.owner.call('replacePolicy', {
        ...{ policyId: policy.id, allow: policy.allow, approval: policy.approval },
        ...change,
      })
      expect(await outcomeOf(subject, to('C1')), name).toBe(outcome)
    }
    const frozen = await scene.subject()
    await remembered(frozen)
    await scene.vault.owner.call('freezeWorkspace', {})
    try {
      expect(await outcomeOf(frozen, to('C1'))).toBe('workspace-frozen')
    } finally {
      await scene.vault.owner.call('unfreezeWorkspace', {})
    }
  })
})

describe('remembering', () => {
  it('is refused where the request cannot be taken apart, has no such field, or two people decide', async () => {
    const subject = await scene.subject()
    const bad: [Execute, unknown][] = [
      [to('C1'), { ...channel, fields: ['body.nothing'] }],
      [to('C1'), { ...channel, fields: ['body'] }],
      [to('C1'), { ...channel, fields: ['header.accept'] }],
      [to('C1'), { ...channel, fields: [] }],
      [to('C1'), { ...channel, fields: undefined }],
      [to('C1'), { ...channel, uses: 0 }],
      [to('C1'), { ...channel, uses: 1001 }],
      [to('C1'), { ...channel, expiresInMinutes: 90 * 24 * 60 + 1 }],
      [to('C1'), { ...exact, fields: ['body.channel'] }],
      [{ url: url(), body: 'channel=C1', headers: { 'content-type': 'text/plain' } }, channel],
      [
        {
          url: url(),
          body: '{"channel":"C1","channel":"C1"}',
          headers: { 'content-type': 'application/json' },
        },
        channel,
      ],
    ]
    for (const [input, remember] of bad) {
      const { approvalRequestId } = await subject.ask(input)
      const call = approve(approvalRequestId, remember as Remember)
      expect(await problemOf(call), JSON.stringify(remember)).toBe('invalid-input')
      // It waits still.
      expect((await scene.row(approvalRequestId)).status).toBe('pending')
      await scene.deny(approvalRequestId)
    }
    const two = await scene.subject({ approvalOptions: { secondOwner: true } })
    const { approvalRequestId } = await two.ask(to('C1'))
    expect(await problemOf(approve(approvalRequestId, exact))).toBe('invalid-input')
    const { approval } = await scene.vault.owner.call('getApproval', {
      approvalId: approvalRequestId,
    })
    expect(approval.rememberable).toBeUndefined()
  })

  it('stands or falls with the approval: of two answers one is remembered', async () => {
    const subject = await scene.subject()
    const { approvalRequestId } = await subject.ask(to('C1'))
    const ended = await Promise.all([
      problemOf(approve(approvalRequestId, channel)),
      problemOf(approve(approvalRequestId, channel)),
      problemOf(scene.deny(approvalRequestId)),
    ])
    const rows = await scene.admin`
      select 1 from remembered_approvals where approval_id = ${approvalRequestId} and revoked_at is null`
    const { status } = await scene.row(approvalRequestId)
    expect(rows.length, String(ended)).toBe(status === 'approved' ? 1 : 0)
    expect(rows.length).toBeLessThanOrEqual(1)
  })

  it('keeps nothing of the request that can be read in the database', async () => {
    verifies('S-38')
    const subject = await scene.subject()
    const { id } = await remembered(subject, to('C-confidential-4711'))
    const [row] = await scene.admin`select * from remembered_approvals where id = ${id}`
    const text = JSON.stringify(row, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    )
    expect(text).not.toContain('confidential')
  })
})

describe('who may', () => {
  it('list and revoke are people with the scope for it; what is not theirs does not exist', async () => {
    verifies('S-08', 'S-09', 'S-26')
    const subject = await scene.subject()
    const { id } = await remembered(subject)
    const owner = await signIn(scene.vault)
    const reader = clientOf(scene.vault, await owner.newToken(['policies:read']))
    const { rememberedApprovals } = await reader.call('listRememberedApprovals', {
      ...{ policyId: subject.policyId, status: 'active' },
    })
    // Who may not read requests sees no values of them.
    expect(rememberedApprovals).toMatchObject([{ id, fields: [{ name: 'body.channel' }] }])
    expect(rememberedApprovals[0]?.fields[0]).not.toHaveProperty('value')
    const revoke = (client: typeof reader, rememberedApprovalId: string) =>
      problemOf(client.call('revokeRememberedApproval', { rememberedApprovalId }))
    expect(await revoke(reader, id)).toBe('insufficient-scope')
    expect(await revoke(subject.agent.client, id)).not.toBe('no problem')
    for (const unknown of ['rem_01k8v3t5m9r2c4x6z8b0d1f3h5', 'rem_x']) {
      expect(await revoke(scene.vault.owner, unknown)).toMatch(/not-found|invalid-input/)
    }
    const approver = clientOf(scene.vault, await owner.newToken(['approvals:write']))
    expect(await revoke(approver, id)).toBe('no problem')
    const none = await reader.call('listRememberedApprovals', {
      policyId: 'pol_01k8v3t5m9r2c4x6z8b0d1f3h5',
    })
    expect(none.rememberedApprovals).toEqual([])
  })

  it('is said by the command as well', async () => {
    const subject = await scene.subject()
    const person = createPerson(scene.vault.url, { SALLYPORT_OWNER_TOKEN: scene.vault.ownerToken })
    try {
      const { approvalRequestId } = await subject.ask(to('C1'))
      const args = ['approvals', 'approve', approvalRequestId, '--yes', '--remember', 'fields']
      const approved = await person.run([
        ...args,
        '--fields',
        'body.channel',
        '--uses',
        '4',
        '--for',
        '8h',
      ])
      expect(approved.stderr).toBe('')
      expect(approved.stdout).toMatch(/4 times/)
      const { rememberedApprovals } = await person.json<{
        rememberedApprovals: { id: string; uses: number; expiresAt: string }[]
      }>(['approvals', 'remembered', '--policy', subject.policyId])
      expect(rememberedApprovals).toMatchObject([{ uses: 4, status: 'active' }])
      expect(await outcomeOf(subject, to('C1', 'more'))).toBe('sent')
      const forgotten = await person.run(['approvals', 'forget', rememberedApprovals[0]?.id ?? ''])
      expect(forgotten.code).toBe(0)
      expect(await outcomeOf(subject, to('C1', 'more'))).toBe('asked')
    } finally {
      person.leave()
    }
  })
})
