import { type CredentialInput, Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLeak } from './fixtures/find-leak.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Connections that keep no credential: each caller sends its own with the call. The upstream says back all that it hears.

const mine = 'callers-own-0123456789-abcdef'
const other = 'another-of-theirs-9876543210'
let upstream: RawServer
let elsewhere: RawServer
let vault: TestVault
let alice: TestAgent
let bob: TestAgent
let connectionId: string
let queryId: string
let keptId: string
let toolToken: string

const header = 'sallyport-caller-credential'
const yamlOf = (origin: string) => `server: {name: notes}
tools:
- name: add_note
  description: Writes a note
  args: [{name: text, type: string, required: true, position: body, description: What it says}]
  requestTemplate: {url: "${origin}/notes", method: POST, security: {id: key}}
`

beforeAll(async () => {
  const answer: Parameters<typeof startRawServer>[0]['answer'] = (socket, request) => {
    const { line, headers, body, target } = request
    const text = JSON.stringify({ line, headers, body: body.toString() })
    const status = target.startsWith('/moved') ? '302 Found' : '200 OK'
    const own = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
    const head = `etag: "${own}"\r\nlocation: ${elsewhere.origin}/there?key=${encodeURIComponent(own)}`
    socket.write(
      `HTTP/1.1 ${status}\r\n${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    )
  }
  elsewhere = await startRawServer({ answer })
  upstream = await startRawServer({ answer })
  vault = await startVault({ env: { SALLYPORT_LOG_LEVEL: 'debug' } })
  alice = await vault.createAgentWithKey('alice')
  bob = await vault.createAgentWithKey('bob')
  const place = {
    kind: 'caller',
    place: 'header',
    name: 'Authorization',
    prefix: 'Bearer',
  } as const
  const connect = (credential: CredentialInput) =>
    vault.addConnection({ label: 'Own', origins: [upstream.origin], credential })
  connectionId = await connect(place)
  queryId = await connect({ kind: 'caller', place: 'query', name: 'api_key' })
  keptId = await connect({ kind: 'bearer', token: 'kept-secret-0123456789' })
  for (const id of [connectionId, queryId, keptId]) {
    const allow = [
      { origin: upstream.origin, methods: ['GET' as const, 'POST' as const], paths: ['/**'] },
    ]
    const policy = { connectionId: id, approval: 'writes' as const, allow }
    await vault.addPolicy({ ...policy, agentId: alice.agentId })
    if (id === connectionId) await vault.addPolicy({ ...policy, agentId: bob.agentId })
  }
  const { toolset } = await vault.owner.call('createToolset', {
    ...{ name: 'notes', format: 'higress', connectionId },
    document: `${yamlOf(upstream.origin)}`.replace(
      'server: {name: notes}',
      'server: {name: notes, securitySchemes: [{id: key, type: http, scheme: bearer}]}',
    ),
  })
  await vault.owner.call('setToolPermission', {
    ...{ toolId: toolset.tools[0]?.id ?? '', agentId: alice.agentId, allowed: true },
  })
  const made = await vault.owner.call('createConsumerToken', { agentId: alice.agentId })
  toolToken = made.consumerToken
}, 60_000)
beforeEach(() => {
  upstream.requests.length = 0
  elsewhere.requests.length = 0
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
  await elsewhere?.close()
})

type Passed = Readonly<Record<string, string>>
const clientOf = ({ agentId, privateKey }: TestAgent, callerCredentials: Passed = {}) =>
  createClient({
    baseUrl: vault.url,
    auth: { kind: 'agent', agentId, privateKey },
    callerCredentials,
  })
const ended = (call: Promise<unknown>) =>
  call.then(
    (answer) => answer as Record<string, unknown>,
    (thrown: unknown) => {
      if (!(thrown instanceof Problem)) throw thrown
      const { type, detail, next } = thrown
      return { problem: type, detail, next } as Record<string, unknown>
    },
  )
const get = (passed: Passed, more: Record<string, unknown> = {}) =>
  ended(
    clientOf(alice, passed).call('execute', {
      ...{ connectionId, method: 'GET', url: `${upstream.origin}/me` },
      ...more,
    }),
  )
const post = (agent: TestAgent, passed: Passed, more: Record<string, unknown> = {}) =>
  ended(
    clientOf(agent, passed).call('execute', {
      ...{ connectionId, method: 'POST', url: `${upstream.origin}/orders`, body: { amount: 1 } },
      ...more,
    }),
  )
const approve = (id: unknown) => vault.owner.call('approveRequest', { approvalId: String(id) })
const sentWith = (name: string) =>
  upstream.requests.map(({ headers }) => headers.find(([one]) => one.toLowerCase() === name)?.[1])

describe('what is refused', () => {
  it('says which header is missing, and sends nothing', async () => {
    for (const passed of [{}, { [queryId]: mine }, { [keptId]: mine }]) {
      const answer = await get(passed)
      expect(answer).toMatchObject({ problem: 'caller-credential-missing' })
      expect(answer.next).toContain(`Sallyport-Caller-Credential: ${connectionId} `)
    }
    expect(upstream.requests).toEqual([])
  })

  it('sends no credential of a caller where the vault puts its own on, and says so', async () => {
    const answer = await get({ [keptId]: mine }, { connectionId: keptId })
    expect(answer).toMatchObject({ problem: 'invalid-header' })
    expect(await get({ [connectionId]: mine }, { connectionId: keptId })).toMatchObject({
      status: 200,
    })
    expect(sentWith('authorization')).toEqual(['Bearer kept-secret-0123456789'])
  })

  it.each([
    ['what is no connection', `no!thing ${mine}`],
    ['no credential', 'CONNECTION'],
    ['a short one', 'CONNECTION short'],
    ['one that is too long', `CONNECTION ${'x'.repeat(8193)}`],
    ['characters beyond ASCII', `CONNECTION ${mine}\u00e9\u00e9`],
    ['a connection twice', `CONNECTION ${mine}, CONNECTION ${other}`],
    ['what the vault writes before it', `CONNECTION Bearer ${mine}`],
    ['nothing between commas', `CONNECTION ${mine},`],
    ['a text', `CONNECTION ${mine} and so on and on`],
  ])('repeats nothing of a header that it cannot read: %s', async (_, text) => {
    const value = text.replaceAll('CONNECTION', connectionId)
    const answer = await fetch(`${vault.url}/v1/tools/notes.add_note/call`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${toolToken}`,
        [header]: Buffer.from(value, 'latin1').toString('latin1'),
      },
      body: JSON.stringify({ arguments: { text: 'hello' } }),
    })
    const said = await answer.text()
    expect(answer.status).toBe(400)
    expect(JSON.parse(said)).toMatchObject({ type: 'invalid-header', auditId: expect.anything() })
    expect(said).not.toContain(mine.slice(0, 8))
    expect(upstream.requests).toEqual([])
  })

  it('never lets another place than its connection’s get it, whatever its owner changes', async () => {
    const change = (input: object) =>
      ended(vault.owner.call('updateConnection', { connectionId, ...input }))
    expect(await change({ origins: [upstream.origin, elsewhere.origin] })).toMatchObject({
      problem: 'invalid-input',
    })
    expect(await change({ credential: { kind: 'bearer', token: other } })).toMatchObject({
      problem: 'invalid-input',
    })
    expect(
      await ended(
        vault.owner.call('updateConnection', {
          connectionId: keptId,
          credential: { kind: 'caller', place: 'query', name: 'key' },
        }),
      ),
    ).toMatchObject({ problem: 'invalid-input' })
    expect(await get({ [connectionId]: mine }, { url: `${elsewhere.origin}/me` })).toMatchObject({
      problem: 'origin-not-allowed',
    })
    expect(elsewhere.requests).toEqual([])
  })

  it('has nothing to try for owners', async () => {
    const tested = await vault.owner.call('testConnection', {
      connectionId,
      url: `${upstream.origin}/me`,
    })
    expect(tested).toMatchObject({
      success: false,
      message: expect.stringContaining('keeps no credential'),
    })
    expect(upstream.requests).toEqual([])
  })
})

describe('what is sent', () => {
  it('goes where the connection says, once, and comes back nowhere', async () => {
    verifies('S-18', 'S-20')
    const answer = await get(
      { [connectionId]: mine, [queryId]: other },
      {
        headers: {
          authorization: 'Bearer forged-by-the-agent',
          [header]: `${connectionId} ${mine}`,
        },
      },
    )
    expect(answer).toMatchObject({ status: 200 })
    expect(sentWith('authorization')).toEqual([`Bearer ${mine}`])
    expect(sentWith(header)).toEqual([undefined])
    const inQuery = await get({ [connectionId]: mine, [queryId]: other }, { connectionId: queryId })
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/me', `/me?api_key=${other}`])
    for (const said of [answer, inQuery]) {
      const bytes = Buffer.from(JSON.stringify(said))
      expect(findLeak(bytes, mine)).toBeUndefined()
      expect(findLeak(bytes, other)).toBeUndefined()
    }
  })

  it('shares no socket with another credential, since an upstream may let one act for whoever signed in on it', async () => {
    verifies('S-23')
    for (const value of [mine, other, mine, other]) await get({ [connectionId]: value })
    const [first, second, third, fourth] = upstream.requests.map(({ connection }) => connection)
    expect([third, fourth]).toEqual([first, second])
    expect(first).not.toBe(second)
  })

  it('does not follow a redirect', async () => {
    verifies('S-15')
    const answer = await get({ [connectionId]: mine }, { url: `${upstream.origin}/moved` })
    expect(answer).toMatchObject({ status: 302 })
    expect(findLeak(Buffer.from(JSON.stringify(answer)), mine)).toBeUndefined()
    expect(elsewhere.requests).toEqual([])
  })
})

describe('what an owner has to approve', () => {
  it('is sent with the credential that it was asked with, and with no other one', async () => {
    verifies('S-24')
    const asked = await post(alice, { [connectionId]: mine })
    const approvalId = String(asked.approvalRequestId)
    const { approval } = await vault.owner.call('getApproval', { approvalId })
    expect(approval.request).toMatchObject({ callerCredential: true })
    expect(JSON.stringify(approval)).not.toContain(mine)
    expect(await post(alice, { [connectionId]: mine })).toMatchObject({
      approvalRequestId: approvalId,
    })
    // The same request as somebody else is another one.
    expect((await post(alice, { [connectionId]: other })).approvalRequestId).not.toBe(approvalId)
    await approve(approvalId)
    const wrong = await post(alice, { [connectionId]: other }, { approvalId })
    expect(wrong).toMatchObject({ problem: 'approval-mismatch' })
    expect(await post(alice, {}, { approvalId })).toMatchObject({
      problem: 'caller-credential-missing',
    })
    const byId = (passed: Passed) =>
      ended(clientOf(alice, passed).call('executeApproval', { approvalId }))
    expect(await byId({})).toMatchObject({ problem: 'caller-credential-missing' })
    expect(await byId({ [connectionId]: other })).toMatchObject({ problem: 'approval-mismatch' })
    expect(upstream.requests).toEqual([])
    expect(await byId({ [connectionId]: mine })).toMatchObject({ status: 200 })
    expect(sentWith('authorization')).toEqual([`Bearer ${mine}`])
  })

  it('is sent for whoever waited with it', async () => {
    const waiting = post(bob, { [connectionId]: mine }, { waitSeconds: 20 })
    const pending = () => vault.owner.call('listApprovals', { status: 'pending' })
    await expect
      .poll(async () => (await pending()).approvals.filter((one) => one.agent.id === bob.agentId))
      .toHaveLength(1)
    const [asked] = (await pending()).approvals.filter((one) => one.agent.id === bob.agentId)
    await approve(asked?.id)
    expect(await waiting).toMatchObject({ status: 200 })
    expect(sentWith('authorization')).toEqual([`Bearer ${mine}`])
  })

  it('of a tool is bound to it as well, also over MCP', async () => {
    const call = (passed: Passed, approvalId?: string) =>
      ended(
        createClient({
          ...{ baseUrl: vault.url, auth: { kind: 'bearer', token: toolToken } },
          callerCredentials: passed,
        }).call('callMyTool', {
          ...{ name: 'notes.add_note', arguments: { text: 'hi' } },
          ...(approvalId !== undefined && { approvalId }),
        }),
      )
    const overMcp = async () => {
      const answer = await fetch(`${vault.url}/mcp`, {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/json', authorization: `Bearer ${toolToken}` },
          ...{ accept: 'application/json, text/event-stream', [header]: `${connectionId} ${mine}` },
        },
        body: JSON.stringify({
          ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
          params: { name: 'notes__add_note', arguments: { text: 'hi' } },
        }),
      })
      return answer.text()
    }
    const [approvalId = ''] = /apr_[0-9a-z]+/.exec(await overMcp()) ?? []
    await approve(approvalId)
    expect(await call({ [connectionId]: other }, approvalId)).toMatchObject({
      problem: 'approval-mismatch',
    })
    expect(upstream.requests).toEqual([])
    expect(await overMcp()).toContain('POST /notes')
    expect(await call({ [connectionId]: mine }, approvalId)).toMatchObject({
      problem: 'approval-consumed',
    })
    expect(sentWith('authorization')).toEqual([`Bearer ${mine}`])
  })
})

it('is told by a fingerprint in the audit log, and stands nowhere', async () => {
  verifies('S-38')
  const passed = async (value: string) => {
    const { auditId } = await get({ [connectionId]: value })
    const { entries } = await vault.owner.call('listAudit', { limit: 50 })
    return entries.find((one) => one.id === auditId)?.detail?.callerCredential
  }
  const prints = [await passed(mine), await passed(mine), await passed(other)]
  expect(prints[0]).toEqual(expect.any(String))
  expect(prints[1]).toBe(prints[0])
  expect(prints[2]).not.toBe(prints[0])
  const audit = JSON.stringify(await vault.owner.call('listAudit', { limit: 200 }))
  const approvals = JSON.stringify(await vault.owner.call('listApprovals', { limit: 100 }))
  for (const text of [audit, approvals, vault.output()]) {
    for (const secret of [mine, other]) expect(findLeak(Buffer.from(text), secret)).toBeUndefined()
  }
})
