import { type InputOf, type operations, Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from './fixtures/approval-scene.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Tools of one toolset, granted to agents one by one: what they see, what they can call, and what an owner is asked about.

const secret = 'tool-secret-0123456789abcdef'
let upstream: RawServer
let vault: TestVault
let alice: TestAgent
let bob: TestAgent
let toolsetId: string
let connectionId: string
const toolIds = new Map<string, string>()

const yamlOf = (origin: string) => `server:
  name: stock-index
  securitySchemes:
    - { id: key, type: http, scheme: bearer }
tools:
  - name: get_index
    description: Reads an index
    args:
      - { name: symbol, type: string, required: true, position: query, description: Which one }
    requestTemplate: { url: "${origin}/v1/index", method: GET, security: { id: key } }
  - name: add_note
    description: Writes a note
    args:
      - { name: text, type: string, required: true, description: What it says }
    requestTemplate:
      url: "${origin}/v1/notes"
      method: POST
      security: { id: key }
      headers: [{ key: content-type, value: application/json }]
      body: '{"text": {{toJson .args.text}}, "ref": "{{uuidv4}}"}'
  - name: halves
    description: Reads two halves
    args: []
    requestTemplate: { url: "${origin}/v1/halves", method: GET, security: { id: key } }
    responseTemplate: { body: "{{.a}}{{.b}}" }
`

beforeAll(async () => {
  upstream = await startRawServer({
    answer(socket, { target, method }) {
      const half = secret.length / 2
      const body = target.startsWith('/v1/halves')
        ? { a: secret.slice(0, half), b: secret.slice(half) }
        : { ok: true, method, target }
      const text = JSON.stringify(body)
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      )
    },
  })
  vault = await startVault()
  alice = await vault.createAgentWithKey('alice')
  bob = await vault.createAgentWithKey('bob')
  const { toolset } = await vault.owner.call('createToolset', {
    name: 'stock-index',
    format: 'higress',
    document: yamlOf(upstream.origin),
    credential: { kind: 'bearer', token: secret },
  })
  toolsetId = toolset.id
  connectionId = toolset.connection?.id ?? ''
  for (const { id, name } of toolset.tools) toolIds.set(name, id)
}, 60_000)
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

type Permission = Omit<InputOf<typeof operations.setToolPermission>, 'toolId' | 'agentId'>
type Calling = { agent?: TestAgent; approvalId?: string; dryRun?: boolean; waitSeconds?: number }
const idOf = (tool: string) => toolIds.get(tool) ?? 'tol_none'
const permit = (tool: string, said: Permission = { allowed: true }, agent = alice) =>
  vault.owner.call('setToolPermission', { toolId: idOf(tool), agentId: agent.agentId, ...said })
const call = (tool: string, args: object = {}, { agent = alice, ...more }: Calling = {}) =>
  agent.client.call('callMyTool', { name: `stock-index.${tool}`, arguments: { ...args }, ...more })
const namesOf = async (agent = alice) =>
  (await agent.client.call('listMyTools', {})).tools.map(({ name }) => name)
/** The newest entry says so: an outcome is recorded a moment after its answer. */
const expectNewest = (said: object) =>
  expect
    .poll(
      async () =>
        (await vault.owner.call('listAudit', { operation: 'callMyTool', limit: 1 })).entries[0],
    )
    .toMatchObject(said)

async function refused(work: Promise<unknown>): Promise<Problem> {
  const problem = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (problem instanceof Problem) return problem
  throw new Error(`not refused: ${String(problem)}`)
}

/** Asks for a note, and answers the approval's id. */
async function ask(text: string): Promise<string> {
  const asked = await call('add_note', { text })
  if ('approvalRequired' in asked) return asked.approvalRequestId
  throw new Error('nobody was asked')
}

describe('a tool', () => {
  it('that was not granted is like one that does not exist', async () => {
    verifies('S-09')
    const plain = ({ type, detail, status, next }: Problem) => ({ type, detail, status, next })
    const absent = plain(await refused(call('no_such_tool')))
    expect(absent.type).toBe('tool-not-found')
    await permit('get_index', { allowed: true }, bob)
    expect(plain(await refused(call('get_index', { symbol: 'x' })))).toEqual(absent)
    expect(plain(await refused(call('get_index', { wrong: 1 })))).toEqual(absent)
    expect(await namesOf()).toEqual([])
    expect(await namesOf(bob)).toEqual(['stock-index.get_index'])
    await expectNewest({
      ...{ agentId: alice.agentId, tool: 'stock-index.get_index', outcome: 'refused' },
      ...{ decision: 'deny', problem: 'tool-not-found' },
    })
    expect(upstream.requests).toHaveLength(0)
  })

  it('that was granted is listed and called, and its URL is none for requests of the agent’s own', async () => {
    verifies('S-14')
    await permit('get_index')
    const { tools } = await alice.client.call('listMyTools', {})
    expect(tools).toMatchObject([
      { name: 'stock-index.get_index', mcpName: 'stock-index__get_index', toolset: 'stock-index' },
    ])
    const answer = await call('get_index', { symbol: '000001.SH' })
    expect(answer).toMatchObject({ status: 200, body: { target: '/v1/index?symbol=000001.SH' } })
    expect(upstream.requests.at(-1)?.headers).toContainEqual(['authorization', `Bearer ${secret}`])
    await expectNewest({
      ...{ tool: 'stock-index.get_index', toolId: idOf('get_index'), toolsetId, connectionId },
      ...{ outcome: 'sent', status: 200, method: 'GET', path: '/v1/index', ruleId: 'tools[0]' },
    })
    const raw = { connectionId, method: 'GET', url: `${upstream.origin}/v1/index?symbol=1` }
    expect(await problemOf(alice.client.call('execute', raw))).toBe('policy-denied')
    expect(await problemOf(call('get_index', {}))).toBe('invalid-arguments')
    await expectNewest({ problem: 'invalid-arguments', outcome: 'refused' })
    expect(upstream.requests).toHaveLength(1)
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('says what it would send, and sends nothing then', async () => {
    const dry = await call('get_index', { symbol: 'a b' }, { dryRun: true })
    expect(dry).toMatchObject({
      ...{ dryRun: true, decision: 'allow', ruleId: 'tools[0]' },
      wouldSend: { method: 'GET', url: `${upstream.origin}/v1/index?symbol=a%20b` },
    })
    expect(upstream.requests).toHaveLength(1)
  })

  it('puts no credential together that an answer held in pieces', async () => {
    verifies('S-20')
    await permit('halves')
    const answer = await call('halves')
    expect(JSON.stringify(answer)).not.toContain(secret)
    expect(answer).toMatchObject({ status: 200, body: '[redacted]' })
    await expectNewest({ redactions: 1 })
  })
})

describe('an owner who is asked about a tool', () => {
  const requestsOf = (text: string) =>
    upstream.requests.filter(({ body }) => body.toString().includes(text))
  const approve = (approvalId: string) => vault.owner.call('approveRequest', { approvalId })

  it('sees the exact request, and that one is sent, whatever the template yields by then', async () => {
    verifies('S-24', 'S-25')
    await permit('add_note')
    const approvalId = await ask('hello')
    // The same arguments are the same call, though the template writes another reference into it.
    expect(await ask('hello')).toBe(approvalId)
    const { approval } = await vault.owner.call('getApproval', { approvalId })
    expect(approval).toMatchObject({ tool: 'stock-index.add_note', askedCount: 2 })
    const mine = await alice.client.call('getMyApproval', { approvalId })
    expect(mine.approval).toMatchObject({ tool: 'stock-index.add_note', status: 'pending' })
    const seen = Buffer.from(approval.request?.body?.base64 ?? '', 'base64').toString()
    await approve(approvalId)
    expect(await problemOf(call('add_note', { text: 'hullo' }, { approvalId }))).toBe(
      'approval-mismatch',
    )
    expect(await problemOf(call('get_index', { symbol: '1' }, { approvalId }))).toBe(
      'approval-mismatch',
    )
    const raw = { connectionId, approvalId, method: 'POST', body: seen }
    const headers = { 'content-type': 'application/json' }
    const url = `${upstream.origin}/v1/notes`
    expect(await problemOf(alice.client.call('execute', { ...raw, url, headers }))).toBe(
      'approval-mismatch',
    )
    expect(requestsOf('hello')).toHaveLength(0)
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, () => call('add_note', { text: 'hello' }, { approvalId })),
    )
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(requestsOf('hello').map(({ body }) => body.toString())).toEqual([seen])
    const wanted = { tool: 'stock-index.add_note', outcome: 'sent' } as const
    await expect
      .poll(async () => (await vault.owner.call('listAudit', wanted)).entries)
      .toMatchObject([{ operation: 'callMyTool', detail: { approvalId } }])
  })

  it('is heard by whoever waits, and by whoever comes with the id alone', async () => {
    const waiting = call('add_note', { text: 'waited' }, { waitSeconds: 20 })
    await expect
      .poll(() => vault.owner.call('listApprovals', { status: 'pending' }))
      .toMatchObject({
        approvals: [{ tool: 'stock-index.add_note' }],
      })
    const { approvals } = await vault.owner.call('listApprovals', { status: 'pending' })
    await approve(approvals[0]?.id ?? '')
    expect(await waiting).toMatchObject({ status: 200 })
    const approvalId = await ask('by id')
    await approve(approvalId)
    expect(await alice.client.call('executeApproval', { approvalId })).toMatchObject({
      status: 200,
    })
    expect(requestsOf('by id')).toHaveLength(1)
    await expectNewest({ tool: 'stock-index.add_note', outcome: 'sent' })
  })

  it('is asked anew where the tool is another one by now, and not where it was taken away', async () => {
    verifies('S-27', 'S-10')
    const approvalId = await ask('late')
    await approve(approvalId)
    const toolId = idOf('add_note')
    await vault.owner.call('updateTool', { toolId, description: 'Writes a note to everybody' })
    expect(await problemOf(call('add_note', { text: 'late' }, { approvalId }))).toBe(
      'approval-stale',
    )
    expect(await problemOf(alice.client.call('executeApproval', { approvalId }))).toBe(
      'approval-stale',
    )
    const anew = await ask('late')
    expect(anew).not.toBe(approvalId)
    await approve(anew)
    await permit('add_note', { allowed: false })
    expect(await problemOf(call('add_note', { text: 'late' }, { approvalId: anew }))).toBe(
      'tool-not-found',
    )
    const redeemed = () => problemOf(alice.client.call('executeApproval', { approvalId: anew }))
    expect(await redeemed()).toBe('approval-cancelled')
    // Granted again, it is asked about again.
    await permit('add_note')
    expect(await redeemed()).toBe('approval-cancelled')
    const again = await ask('late')
    await approve(again)
    await vault.owner.call('updateTool', { toolId, status: 'disabled' })
    expect(await namesOf()).not.toContain('stock-index.add_note')
    await vault.owner.call('updateTool', { toolId, status: 'active' })
    expect(await problemOf(alice.client.call('executeApproval', { approvalId: again }))).toBe(
      'approval-cancelled',
    )
    expect(requestsOf('late')).toHaveLength(0)
  })
})

describe('permissions', () => {
  it('limit each tool by itself, over all tokens of the agent', async () => {
    verifies('S-29')
    await vault.owner.call('setToolsetPermission', {
      ...{ toolsetId, agentId: bob.agentId, allowed: true, limits: { perHour: 2 } },
    })
    await permit('get_index', { allowed: null }, bob)
    const auth = { kind: 'agent', agentId: bob.agentId, privateKey: bob.privateKey } as const
    const other = { ...bob, client: createClient({ baseUrl: vault.url, auth }) }
    await call('get_index', { symbol: '1' }, { agent: bob })
    await call('get_index', { symbol: '2' }, { agent: other })
    for (const agent of [bob, other]) {
      const problem = await refused(call('get_index', { symbol: '3' }, { agent }))
      expect(problem).toMatchObject({ type: 'limit-exceeded' })
    }
    expect(await call('halves', {}, { agent: bob })).toMatchObject({ status: 200 })
    const { policies } = await vault.owner.call('listPolicies', { agentId: bob.agentId })
    const policyId = policies[0]?.id ?? ''
    const { usage } = await vault.owner.call('getPolicyUsage', { policyId })
    expect(usage.map(({ label, used, limit }) => [label, used, limit]).sort()).toEqual([
      ['calls of stock-index.get_index per hour', 2, 2],
      ['calls of stock-index.halves per hour', 1, 2],
    ])
  })

  it('are told to whoever waits for them, and to owners by agent and by tool', async () => {
    verifies('S-10')
    const { revision } = await bob.client.call('listMyTools', {})
    const same = await bob.client.call('listMyTools', { since: revision })
    expect(same).toEqual({ tools: [], revision, unchanged: true, listing: 'auto' })
    const waiting = bob.client.call('listMyTools', { since: revision, waitSeconds: 20 })
    await permit('halves', { allowed: false }, bob)
    const { tools } = await waiting
    expect(tools.map(({ name }) => name)).toEqual(['stock-index.add_note', 'stock-index.get_index'])
    expect(await problemOf(call('halves', {}, { agent: bob }))).toBe('tool-not-found')
    const { permissions } = await vault.owner.call('listToolsetPermissions', { toolsetId })
    expect(permissions.map(({ agent }) => agent.name)).toEqual(['alice', 'bob'])
    expect(permissions[1]).toMatchObject({
      toolset: { allowed: true, from: 'toolset', approval: 'writes', limits: { perHour: 2 } },
      tools: [{ toolId: idOf('halves'), permission: { allowed: false, from: 'tool' } }],
    })
    const { tools: bobs } = await vault.owner.call('listAgentTools', { agentId: bob.agentId })
    expect(bobs).toMatchObject([
      { name: 'add_note', toolset: 'stock-index', permission: { from: 'toolset' } },
      { name: 'get_index' },
    ])
  })

  it('are kept by a policy that is saved, which takes no grant of what there is not', async () => {
    const { policies } = await vault.owner.call('listPolicies', { agentId: bob.agentId })
    const [policy] = policies
    if (policy === undefined) throw new Error('bob has no policy')
    const save = (tools: typeof policy.tools) =>
      vault.owner.call('replacePolicy', { ...policy, policyId: policy.id, tools: tools ?? [] })
    const [first, ...others] = policy.tools ?? []
    if (first === undefined) throw new Error('nothing was granted')
    for (const wrong of [
      { ...first, toolsetId: 'tls_none' },
      { ...first, toolId: 'tol_none' },
      first,
    ]) {
      const problem = await refused(save([first, ...others, wrong]))
      expect(problem.type).toBe('invalid-input')
      expect(problem.fields?.[0]?.field).toMatch(/^tools\.2/)
    }
    const { policy: saved } = await save([first, ...others])
    expect(saved.tools).toEqual(policy.tools)
    const tried = await vault.owner.call('tryPolicy', {
      ...{ connectionId, draft: { allow: [], tools: [first] }, toolId: idOf('get_index') },
      request: { method: 'GET', url: `${upstream.origin}/v1/index` },
    })
    expect(tried).toMatchObject({ decision: 'allow', ruleId: 'tools[0]' })
  })
})

describe('an owner', () => {
  it('tries a tool without an agent, and in the place of one', async () => {
    const toolId = idOf('get_index')
    const before = upstream.requests.length
    const shown = await vault.owner.call('tryTool', { toolId, arguments: { symbol: 'é' } })
    expect(shown.request).toMatchObject({ url: `${upstream.origin}/v1/index?symbol=%C3%A9` })
    const asked = { toolId: idOf('add_note'), arguments: { text: 'x' } }
    const asAlice = await vault.owner.call('tryTool', { ...asked, asAgentId: alice.agentId })
    expect(asAlice.decision).toMatchObject({ outcome: 'require_approval' })
    expect(upstream.requests).toHaveLength(before)
    const sent = await vault.owner.call('tryTool', { ...asked, send: true })
    expect(sent.sent).toMatchObject({ status: 200, body: { method: 'POST' } })
    const said = { operation: 'tryTool', outcome: 'sent', tool: 'stock-index.add_note' }
    const listed = () => vault.owner.call('listAudit', { auditId: sent.auditId })
    await expect.poll(listed).toMatchObject({ entries: [said] })
    const { entries } = await listed()
    expect(entries[0]?.ownerId).toMatch(/^own_/)
    expect(entries[0]).not.toHaveProperty('agentId')
    expect(await problemOf(vault.owner.call('tryTool', { toolId, arguments: {} }))).toBe(
      'invalid-arguments',
    )
  })

  it('counts what was called', async () => {
    const count = () => vault.owner.call('getToolUsage', { toolsetId })
    const ofIndex = async () => (await count()).tools.find(({ name }) => name === 'get_index')
    await expect.poll(ofIndex).toMatchObject({ sent: 3 })
    const { total, tools, agents, days } = await count()
    expect(tools.reduce((sum, { calls }) => sum + calls, 0)).toBe(total.calls)
    expect(agents.map(({ name }) => name).sort()).toEqual(['alice', 'bob'])
    expect(days.at(-1)?.calls ?? 0).toBe(total.calls)
    const one = await vault.owner.call('getToolUsage', { toolId: idOf('halves'), days: 1 })
    expect(one.total.calls).toBe(tools.find(({ name }) => name === 'halves')?.calls)
    const { agentId, calls } = agents[0] ?? { agentId: '', calls: 0 }
    const ofOne = await vault.owner.call('getToolUsage', { toolsetId, agentId })
    expect(ofOne.agents.map((row) => row.agentId)).toEqual([agentId])
    expect(ofOne.total.calls).toBe(calls)
    const known = await vault.owner.call('getToolUsage', { toolsetId, connectionId })
    expect(known.total.calls).toBeGreaterThan(0)
    const unknown = await vault.owner.call('getToolUsage', { connectionId: `${connectionId}x` })
    expect(unknown.total.calls).toBe(0)
  })

  it('gives no sight of an agent’s own requests with a consumer token of it', async () => {
    verifies('S-08')
    const carol = await vault.createAgentWithKey('carol')
    const { agentId } = carol
    const { policyId = '' } = await permit('add_note', { allowed: true }, carol)
    const { policy } = await vault.owner.call('getPolicy', { policyId })
    const url = `${upstream.origin}/v1/notes`
    const entry = { origin: upstream.origin, methods: ['POST' as const], paths: ['/v1/**'] }
    await vault.owner.call('replacePolicy', { ...policy, policyId, allow: [entry] })
    const own = await carol.client.call('execute', { connectionId, method: 'POST', url })
    const ofTool = await call('add_note', { text: 'seen' }, { agent: carol })
    if (!('approvalRequired' in own && 'approvalRequired' in ofTool)) throw new Error('not asked')
    const { consumerToken: token } = await vault.owner.call('createConsumerToken', { agentId })
    const consumer = createClient({ baseUrl: vault.url, auth: { kind: 'bearer', token } })
    const see = async (client: typeof consumer) =>
      (await client.call('listMyApprovals', {})).approvals.map(({ id }) => id)
    expect(await see(carol.client)).toEqual([ofTool.approvalRequestId, own.approvalRequestId])
    expect(await see(consumer)).toEqual([ofTool.approvalRequestId])
    const read = (approvalId: string) => consumer.call('getMyApproval', { approvalId })
    expect((await read(ofTool.approvalRequestId)).approval.status).toBe('pending')
    expect(await problemOf(read(own.approvalRequestId))).toBe('approval-not-found')
  })

  it('who revokes the connection ends its tools', async () => {
    verifies('S-10')
    const before = upstream.requests.length
    await vault.owner.call('revokeConnectionByOwner', { connectionId })
    expect(await namesOf()).toEqual([])
    expect(await problemOf(call('get_index', { symbol: '1' }))).toBe('connection-revoked')
    expect(await problemOf(permit('get_index'))).toBe('connection-revoked')
    expect(upstream.requests).toHaveLength(before)
  })
})
