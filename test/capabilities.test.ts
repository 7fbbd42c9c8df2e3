import { setTimeout as sleep } from 'node:timers/promises'
import { type CallOf, describePolicy, type operations } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ownerEmail,
  ownerPassword,
  startVault,
  type TestAgent,
  type TestVault,
} from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

const gmail = 'https://gmail.googleapis.com'
const slack = 'https://slack.com'
const messages = `${gmail}/gmail/v1/users/me/messages`
const profile = `${gmail}/gmail/v1/users/me/profile`
const base = '/api/v1/capability-requests'

let vault: TestVault
let mail: string
beforeAll(async () => {
  vault = await startVault()
  mail = await vault.addConnection({ service: 'google-gmail', label: 'mail', origins: [gmail] })
})
afterAll(() => vault?.stop())

let agents = 0
const newAgent = () => vault.createAgentWithKey(`asker ${++agents}`)

async function ask(agent: TestAgent, actionTemplateId = 'gmail-read'): Promise<string> {
  const reason = 'to find the invoice'
  const { id, approvalUrl } = await agent.client.call('requestCapability', {
    actionTemplateId,
    reason,
  })
  // The page is the people's: it may stand under another name of the same vault.
  const { pathname, port } = new URL(approvalUrl)
  expect([pathname, port]).toEqual([`/capability-requests/${id}`, new URL(vault.url).port])
  return id
}

type Wish = Omit<CallOf<typeof operations.approveCapabilityRequest>, 'capabilityRequestId'>
const approve = (capabilityRequestId: string, wish: Wish = {}) =>
  vault.owner.call('approveCapabilityRequest', { capabilityRequestId, ...wish })

/** What a dry run decides: nothing of the catalog's services can be reached from here. */
async function decides(
  agent: TestAgent,
  request: { method?: string; url: string; connectionId?: string },
) {
  const input = { connectionId: mail, method: 'GET', dryRun: true, ...request }
  const answer = await agent.client.call('execute', input)
  if (!('dryRun' in answer)) throw new Error('it was no dry run')
  return answer
}

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}
async function send(path: string, { method = 'POST', headers = {}, body = {} }: Sent = {}) {
  const response = await fetch(`${vault.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  })
  const parsed: unknown = await response.json()
  return {
    status: response.status,
    cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
    body: parsed as Record<string, unknown>,
  }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const sameOrigin = (cookie: string) => ({ cookie, origin: vault.url })

async function signIn(email: string, password: string): Promise<string> {
  const body = { email, password }
  return (await send('/api/v1/session', { headers: { origin: vault.url }, body })).cookie
}

/** Someone of this role, signed in. */
async function member(role: string): Promise<string> {
  const email = `${role}@example.com`
  const password = `the first one of ${email}`
  const added = await send('/api/v1/workspace/members', {
    headers: sameOrigin(await signIn(ownerEmail, ownerPassword)),
    body: { email, password, role },
  })
  expect(added.status).toBe(201)
  return signIn(email, password)
}

describe('a capability request is answered by nobody who may not', () => {
  it('not by its agent, by a stranger, by a page elsewhere, or by looking at it', async () => {
    verifies('S-08', 'S-26')
    const agent = await newAgent()
    const id = await ask(agent)
    const cookie = await signIn(ownerEmail, ownerPassword)
    for (const answer of ['approve', 'deny']) {
      const path = `${base}/${id}/${answer}`
      expect((await send(path)).status).toBe(401)
      expect((await send(path, { headers: bearer('spt_'.padEnd(47, 'a')) })).status).toBe(401)
      expect((await send(path, { headers: { cookie } })).status).toBe(403)
      const elsewhere = { cookie, origin: 'https://evil.example' }
      expect((await send(path, { headers: elsewhere })).body.type).toBe('cross-origin-refused')
      const plain = { ...sameOrigin(cookie), 'content-type': 'text/plain' }
      expect((await send(path, { headers: plain })).status).toBe(415)
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status } = await send(path, { method, headers: sameOrigin(cookie) })
        expect(status).toBe(405)
      }
    }
    const agentAsOwner = createClient({
      baseUrl: vault.url,
      auth: { kind: 'agent', agentId: agent.agentId, privateKey: agent.privateKey },
    })
    await expect(
      agentAsOwner.call('approveCapabilityRequest', { capabilityRequestId: id }),
    ).rejects.toMatchObject({ status: 401 })
    const { capabilityRequest } = await vault.owner.call('getCapabilityRequest', {
      capabilityRequestId: id,
    })
    expect(capabilityRequest.status).toBe('pending')
    expect((await agent.client.call('listMyConnections', {})).connections).toEqual([])
  })

  it('not by an auditor, but by an approver', async () => {
    const id = await ask(await newAgent())
    const auditor = sameOrigin(await member('auditor'))
    for (const answer of ['approve', 'deny']) {
      const refused = await send(`${base}/${id}/${answer}`, { headers: auditor })
      expect(refused.body.type).toBe('insufficient-scope')
    }
    expect((await send(`${base}/${id}`, { method: 'GET', headers: auditor })).status).toBe(200)
    const cookie = await member('approver')
    const granted = await send(`${base}/${id}/approve`, { headers: sameOrigin(cookie) })
    expect(granted.status).toBe(200)
    expect(granted.body.capabilityRequest).toMatchObject({
      status: 'approved',
      answeredBy: { email: 'approver@example.com' },
    })
  })

  it('and one that nobody has answers like none, whatever is done with it', async () => {
    verifies('S-09')
    for (const id of ['cap_00000000000000000000000000', 'agt_1', 'x', 'a'.repeat(60)]) {
      for (const [path, method] of [
        ['', 'GET'],
        ['/approve', 'POST'],
        ['/deny', 'POST'],
      ] as const) {
        const headers = bearer(vault.ownerToken)
        const { status, body } = await send(`${base}/${id}${path}`, { method, headers })
        expect([id, path, status, body.type]).toEqual([
          ...[id, path, 404],
          'capability-request-not-found',
        ])
      }
    }
  })
})

describe('a grant is refused', () => {
  it('where it is wider than what was asked for, or ends before it begins', async () => {
    const agent = await newAgent()
    const id = await ask(agent)
    const entry = {
      origin: gmail,
      methods: ['GET' as const],
      paths: ['/gmail/v1/users/me/profile'],
    }
    const wishes: [Wish, string][] = [
      [{ allow: [entry, { ...entry, paths: ['/**'] }] }, 'allow.1.paths.0'],
      [{ allow: [{ ...entry, paths: ['/gmail/v1/users/*/messages'] }] }, 'allow.0.paths.0'],
      [{ allow: [{ ...entry, methods: ['POST'] }] }, 'allow.0.methods'],
      [{ allow: [{ ...entry, origin: 'https://www.googleapis.com' }] }, 'allow.0.origin'],
      [{ allow: [{ ...entry, actionTemplateId: 'gmail-send' } as never] }, 'allow.0'],
      [{ allow: [] }, 'allow'],
      [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
      [{ approval: 'sometimes' as never }, 'approval'],
    ]
    for (const [wish, field] of wishes) {
      await expect(approve(id, wish), field).rejects.toMatchObject({
        status: 400,
        type: 'invalid-input',
        fields: expect.arrayContaining([
          expect.objectContaining({ field: expect.stringMatching(new RegExp(`^${field}`)) }),
        ]),
      })
    }
    const mine = await agent.client.call('getMyCapabilities', {})
    expect(mine.pendingRequests).toMatchObject([{ id }])
    expect(mine.activeConnections).toEqual([])
  })

  it('on a connection that does not fit, and says which would', async () => {
    const agent = await newAgent()
    const id = await ask(agent, 'slack-read')
    await expect(approve(id)).rejects.toMatchObject({
      type: 'connection-not-found',
      next: expect.stringMatching(/Add a connection to Slack/),
    })
    await expect(
      approve(id, { connectionId: 'con_00000000000000000000000000' }),
    ).rejects.toMatchObject({ type: 'connection-not-found' })
    await expect(approve(id, { connectionId: mail })).rejects.toMatchObject({
      type: 'invalid-input',
      fields: [{ field: 'connectionId' }],
    })
    const add = (label: string, origins: string[]) =>
      vault.addConnection({ service: 'slack', label, origins })
    const other = await add('other', ['https://slack.example.com'])
    await expect(approve(id)).rejects.toMatchObject({
      type: 'origin-not-allowed',
      detail: expect.stringContaining(slack),
      fields: [{ field: 'allow.0.origin' }],
    })
    const second = await add('second', [slack])
    await expect(approve(id)).rejects.toMatchObject({
      type: 'ambiguous-connection',
      next: expect.stringContaining(`${second} (second)`),
    })
    const { capabilityRequest } = await vault.owner.call('getCapabilityRequest', {
      capabilityRequestId: id,
    })
    expect(capabilityRequest.connections).toMatchObject([
      { id: second, originsCovered: true, missingScopes: [] },
      { id: other, originsCovered: false },
    ])
    await vault.owner.call('revokeConnectionByOwner', { connectionId: second })
    await expect(approve(id, { connectionId: second })).rejects.toMatchObject({
      type: 'connection-revoked',
    })
    await vault.owner.call('disableAgent', { agentId: agent.agentId })
    await expect(approve(id, { connectionId: other })).rejects.toMatchObject({
      type: 'agent-disabled',
    })
    await vault.owner.call('deleteAgent', { agentId: agent.agentId })
    await expect(approve(id)).rejects.toMatchObject({ type: 'capability-request-not-found' })
  })

  it('once it was answered, even where two answer in the same moment', async () => {
    verifies('S-26')
    const agent = await newAgent()
    const id = await ask(agent)
    const answers = await Promise.allSettled([
      ...Array.from({ length: 8 }, () => approve(id)),
      ...Array.from({ length: 8 }, () =>
        vault.owner.call('denyCapabilityRequest', { capabilityRequestId: id }),
      ),
    ])
    const lost = answers.filter((one) => one.status === 'rejected')
    expect(lost).toHaveLength(15)
    for (const { reason } of lost) {
      expect(reason).toMatchObject({ type: 'capability-request-not-pending', status: 409 })
    }
    const { entries } = await vault.owner.call('listAudit', { agentId: agent.agentId })
    const told = entries.filter(({ operation }) => /(approve|deny)Capability/.test(operation))
    expect(told).toHaveLength(1)
    const { policies } = await vault.owner.call('listPolicies', { agentId: agent.agentId })
    expect(policies).toHaveLength(told[0]?.operation === 'approveCapabilityRequest' ? 1 : 0)
  })
})

describe('an owner', () => {
  it('sees what a request would allow, and what is granted is that: the agent has it at once', async () => {
    const agent = await newAgent()
    const id = await ask(agent)
    const { capabilityRequest } = await vault.owner.call('getCapabilityRequest', {
      capabilityRequestId: id,
    })
    expect(capabilityRequest).toMatchObject({
      id,
      agentId: agent.agentId,
      agentName: `asker ${agents}`,
      reason: 'to find the invoice',
      status: 'pending',
      action: {
        id: 'gmail-read',
        service: { id: 'google-gmail', name: 'Gmail', provider: 'google' },
        approval: 'never',
        scopes: ['https://www.googleapis.com/auth/gmail.readonly'],
      },
      connections: [{ id: mail, label: 'mail', originsCovered: true, missingScopes: [] }],
    })
    const { allow = [], approval = 'always' } = capabilityRequest.action ?? {}
    expect(describePolicy({ allow, approval })).toContain('You are not asked.')
    const granted = await approve(id)
    expect(granted.policy).toMatchObject({ agentId: agent.agentId, connectionId: mail, version: 1 })
    expect(granted.policy.allow.every((entry) => entry.actionTemplateId === 'gmail-read')).toBe(
      true,
    )
    expect(granted.capabilityRequest).toMatchObject({
      status: 'approved',
      connectionId: mail,
      policyId: granted.policy.id,
      answeredBy: { email: ownerEmail },
    })
    const mine = await agent.client.call('getMyCapabilities', {})
    expect(mine).toMatchObject({
      activeConnections: [{ connectionId: mail, actions: ['gmail-read'] }],
      pendingRequests: [],
      recentAnswers: [{ id, status: 'approved', connectionId: mail }],
    })
    expect(mine.availableActions.map((action) => action.id)).not.toContain('gmail-read')
    expect(await decides(agent, { url: messages })).toMatchObject({ decision: 'allow' })
    expect((await decides(agent, { url: messages, method: 'POST' })).decision).toBe('deny')
    await expect(ask(agent)).rejects.toMatchObject({ type: 'capability-already-granted' })
    const { entries } = await vault.owner.call('listAudit', { agentId: agent.agentId })
    expect(entries.find((entry) => entry.operation === 'approveCapabilityRequest')).toMatchObject({
      outcome: 'done',
      connectionId: mail,
      detail: { capabilityRequestId: id, actionTemplateId: 'gmail-read', origins: [gmail] },
    })
  })

  it('can grant less, and until a time: after it the agent has nothing and may ask again', async () => {
    const agent = await newAgent()
    const id = await ask(agent)
    const ends = Date.now() + 2500
    const { policy } = await approve(id, {
      allow: [{ origin: gmail, methods: ['GET'], paths: ['/gmail/v1/users/me/profile'] }],
      approval: 'always',
      expiresAt: new Date(ends).toISOString(),
    })
    expect(policy.allow).toMatchObject([{ approval: 'always', actionTemplateId: 'gmail-read' }])
    expect((await decides(agent, { url: profile })).decision).toBe('require_approval')
    expect((await decides(agent, { url: messages })).decision).toBe('deny')
    const has = async () => (await agent.client.call('getMyCapabilities', {})).activeConnections
    expect(await has()).toMatchObject([{ actions: ['gmail-read'] }])
    await sleep(Math.max(0, ends - Date.now()) + 50)
    expect(await decides(agent, { url: profile })).toMatchObject({
      decision: 'deny',
      reason: expect.stringMatching(/expired at/),
    })
    expect(await has()).toMatchObject([{ actions: [] }])
    const renewed = await approve(await ask(agent))
    expect(renewed.policy).toMatchObject({ id: policy.id, version: 2 })
    expect(renewed.policy.allow.every(({ expiresAt }) => expiresAt === undefined)).toBe(true)
    expect((await decides(agent, { url: profile })).decision).toBe('allow')
  })

  it('never loosens by a grant what a policy asks for already', async () => {
    const agent = await newAgent()
    const entry = {
      origin: gmail,
      methods: ['GET' as const],
      paths: ['/gmail/v1/users/me/profile'],
    }
    const policyId = await vault.addPolicy({
      agentId: agent.agentId,
      connectionId: mail,
      approval: 'always',
      allow: [entry],
    })
    const { policy } = await approve(await ask(agent), { approval: 'never' })
    expect(policy).toMatchObject({ id: policyId, version: 2, approval: 'always' })
    expect(policy.allow[0]).toEqual(entry)
    for (const url of [profile, messages]) {
      expect((await decides(agent, { url })).decision).toBe('require_approval')
    }
  })

  it('grants on the hosts of the connection where every customer has one of their own', async () => {
    verifies('S-13')
    const other = { service: 'zendesk', label: 'desk', origins: ['https://acme.example.com'] }
    await expect(vault.addConnection(other)).rejects.toMatchObject({ type: 'invalid-input' })
    const acme = 'https://acme.zendesk.com'
    const desk = await vault.addConnection({ service: 'zendesk', label: 'desk', origins: [acme] })
    const { connection } = await vault.owner.call('getConnection', { connectionId: desk })
    expect(connection.testUrl).toBe(`${acme}/api/v2/users/me`)
    const agent = await newAgent()
    const id = await ask(agent, 'zendesk-read')
    const { capabilityRequest } = await vault.owner.call('getCapabilityRequest', {
      capabilityRequestId: id,
    })
    // A key has no scopes that could be missing.
    expect(capabilityRequest.connections).toEqual([
      expect.objectContaining({ id: desk, originsCovered: true, missingScopes: [] }),
    ])
    const { policy } = await approve(id)
    expect(policy.allow.map(({ origin }) => origin)).toEqual([acme])
    const tried = (url: string) => decides(agent, { url, connectionId: desk })
    expect(await tried(`${acme}/api/v2/tickets`)).toMatchObject({ decision: 'allow' })
    await vault.owner.call('updateConnection', {
      connectionId: desk,
      origins: [acme, 'https://rival.zendesk.com'],
    })
    expect(await tried('https://rival.zendesk.com/api/v2/tickets')).toMatchObject({
      decision: 'deny',
    })
    const elsewhere = { connectionId: desk, origins: ['https://zendesk.example.com'] }
    await expect(vault.owner.call('updateConnection', elsewhere)).rejects.toMatchObject({
      type: 'invalid-input',
    })
    const mine = await agent.client.call('getMyCapabilities', {})
    expect(mine.activeConnections[0]?.actions).toContain('zendesk-read')
  })

  it('can deny with a note, which the agent is told; it may ask again', async () => {
    const agent = await newAgent()
    const id = await ask(agent)
    const { capabilityRequest } = await vault.owner.call('denyCapabilityRequest', {
      capabilityRequestId: id,
      note: ' Use the archive. ',
    })
    expect(capabilityRequest).toMatchObject({ status: 'denied', note: 'Use the archive.' })
    expect(await agent.client.call('getMyCapabilities', {})).toMatchObject({
      activeConnections: [],
      pendingRequests: [],
      recentAnswers: [{ id, status: 'denied', note: 'Use the archive.' }],
    })
    await expect(approve(id)).rejects.toMatchObject({ type: 'capability-request-not-pending' })
    await ask(agent)
    const nul = await send(`${base}/${id}/deny`, {
      headers: bearer(vault.ownerToken),
      body: { note: 'a\0b' },
    })
    expect(nul.body).toMatchObject({ type: 'invalid-input', fields: [{ field: 'note' }] })
  })

  it('pages through what was asked for without seeing anything twice or never', async () => {
    const agent = await newAgent()
    const wanted = ['gmail-read', 'gmail-send', 'calendar-read', 'drive-read', 'github-read']
    const ids = await Promise.all(wanted.map((template) => ask(agent, template)))
    const seen: string[] = []
    let cursor: string | undefined
    for (let page = 0; page < 50; page++) {
      const answer = await vault.owner.call('listCapabilityRequests', {
        limit: 2,
        status: 'pending',
        ...(cursor !== undefined && { cursor }),
      })
      seen.push(...answer.capabilityRequests.map((request) => request.id))
      cursor = answer.nextCursor
      if (cursor === undefined) break
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(ids))
    await expect(
      vault.owner.call('listCapabilityRequests', { cursor: ids[0] ?? '' }),
    ).rejects.toMatchObject({ type: 'invalid-input' })
  })
})

describe('a draft of a policy', () => {
  const attempt = (
    draft: CallOf<typeof operations.tryPolicy>['draft'],
    request: { method?: string; url: string; headers?: Record<string, string> },
    connectionId = mail,
  ) =>
    vault.owner.call('tryPolicy', { connectionId, draft, request: { method: 'GET', ...request } })
  const allow = [{ origin: gmail, methods: ['GET' as const], paths: ['/gmail/**'] }]

  it('is tried without anything being sent, saved or recorded, and a bad request is a refusal', async () => {
    const count = async () => {
      const { entries } = await vault.owner.call('listAudit', { limit: 200 })
      return entries.length
    }
    const before = await count()
    expect(await attempt({ allow }, { url: messages })).toMatchObject({
      decision: 'allow',
      ruleId: 'allow[0]',
      wouldSend: { method: 'GET', url: messages },
    })
    expect(await attempt({ allow, approval: 'always' }, { url: messages })).toMatchObject({
      decision: 'require_approval',
    })
    for (const [url, problem] of [
      [`${gmail}/other`, 'policy-denied'],
      ['https://evil.example/', 'origin-not-allowed'],
      [`${gmail}/gmail/../x`, 'invalid-url'],
      ['', 'invalid-url'],
    ] as const) {
      expect(await attempt({ allow }, { url })).toMatchObject({ decision: 'deny', problem })
    }
    expect(await count()).toBe(before)
    await expect(
      attempt({ allow }, { url: messages }, 'con_00000000000000000000000000'),
    ).rejects.toMatchObject({ type: 'connection-not-found' })
    await expect(
      attempt({ allow: [{ origin: gmail }] as never }, { url: messages }),
    ).rejects.toMatchObject({ type: 'invalid-input' })
  })

  it('leaves the credential’s place free wherever that is, and shows nothing of it', async () => {
    verifies('S-20')
    const secret = 'a-very-secret-value-0123'
    const kinds: [CallOf<typeof operations.createConnection>['credential'], string, string][] = [
      [{ kind: 'header', name: 'x-key', value: secret }, messages, 'allow'],
      [{ kind: 'query', name: 'key', value: secret }, `${messages}?key=mine`, 'deny'],
      [{ kind: 'path', placeholder: 'token', value: secret }, messages, 'deny'],
      [{ kind: 'path', placeholder: 'token', value: secret }, `${gmail}/gmail/{token}`, 'allow'],
      [{ kind: 'basic', username: 'u', password: secret }, messages, 'allow'],
    ]
    for (const [credential, url, decision] of kinds) {
      const connectionId = await vault.addConnection({ origins: [gmail], credential })
      const headers = { 'x-key': 'mine', authorization: 'mine' }
      const verdict = await attempt({ allow }, { url, headers }, connectionId)
      expect(verdict.decision, credential.kind).toBe(decision)
      expect(JSON.stringify(verdict)).not.toContain(secret)
      expect(Object.keys(verdict.wouldSend?.headers ?? {})).not.toContain('x-key')
      await vault.owner.call('revokeConnectionByOwner', { connectionId })
      expect(await attempt({ allow }, { url }, connectionId)).toMatchObject({
        decision: 'deny',
        problem: expect.stringMatching(/connection-revoked|invalid-/),
      })
    }
  })
})
