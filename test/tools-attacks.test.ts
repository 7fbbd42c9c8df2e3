import { type InputOf, type operations, Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from './fixtures/approval-scene.ts'
import { type HostileUpstream, startHostileUpstream } from './fixtures/hostile-upstream.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Tools in the hands of agents that mean harm, and before upstreams that do.

const secret = 'attack-secret-0123456789abcdef'
const hostilePaths = ['gzip-bomb', 'endless-body', 'garbage', 'gzip-truncated', 'redirect/metadata']
const named = (path: string) => path.replaceAll(/[^a-z]/g, '_')

let vault: TestVault
let upstream: RawServer
let hostile: HostileUpstream
let alice: TestAgent
let bob: TestAgent
const toolIds = new Map<string, string>()

const yaml = () => `server:
  name: evil
  securitySchemes: [{ id: key, type: http, scheme: bearer }]
tools:
${[...hostilePaths, 'two-responses']
  .map(
    (path) => `- name: ${named(path)}
  description: Answers as it should not
  requestTemplate: { url: "${hostile.origin}/${path}", method: GET, security: { id: key } }
  responseTemplate: { prependBody: "before ", appendBody: " after" }`,
  )
  .join('\n')}
- name: says_all
  description: Echoes the credential in each place that an answer has
  requestTemplate: { url: "${upstream.origin}/all", method: GET, security: { id: key } }
  errorResponseTemplate: "{{range $name, $value := ._headers}}{{$name}}={{$value}};{{end}}{{range .parts}}{{.}}{{end}}"
- name: open
  description: Takes no credential
  requestTemplate: { url: "${upstream.origin}/all", method: GET }
- name: read
  description: Reads by number
  args: [{ name: id, type: integer, required: true, position: path, description: Which one }]
  requestTemplate: { url: "${upstream.origin}/items/{id}", method: GET, security: { id: key } }
${['write', 'other']
  .map(
    (name) => `- name: ${name}
  description: Writes
  args:
  - { name: to, type: string, required: true, position: body, description: Whom }
  - { name: text, type: string, required: true, position: body, description: What }
  requestTemplate: { url: "${upstream.origin}/write", method: POST, security: { id: key } }`,
  )
  .join('\n')}
`

beforeAll(async () => {
  upstream = await startRawServer({
    answer: (socket, { target }) => void socket.write(target === '/all' ? everywhere() : ok),
  })
  hostile = await startHostileUpstream()
  vault = await startVault()
  alice = await vault.createAgentWithKey('alice')
  bob = await vault.createAgentWithKey('bob')
  const { toolset } = await vault.owner.call('createToolset', {
    ...{ name: 'evil', format: 'higress', document: yaml() },
    credential: { kind: 'bearer', token: secret },
  })
  for (const { id, name } of toolset.tools) toolIds.set(name, id)
  for (const { agentId } of [alice, bob]) {
    const given = { agentId, allowed: true, approval: 'never' } as const
    await vault.owner.call('setToolsetPermission', { toolsetId: toolset.id, ...given })
  }
}, 60_000)
afterAll(async () => {
  await vault?.stop()
  await Promise.all([upstream?.close(), hostile?.close()])
})

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

function everywhere(): string {
  const body = JSON.stringify({
    ...{ [secret]: 1, said: `Bearer ${secret}`, parts: [...secret] },
    packed: Buffer.from(`x${secret}`).toString('base64'),
  })
  return `HTTP/1.1 500 ${secret}\r
content-type: application/json\r
link: <http://x/${secret}>\r
location: /?key=${secret}\r
etag: "${Buffer.from(secret).toString('hex')}"\r
transfer-encoding: chunked\r
trailer: etag\r
\r
${body.length.toString(16)}\r
${body}\r
0\r
etag: ${secret}\r
\r
`
}

type Calling = Partial<Omit<InputOf<typeof operations.callMyTool>, 'name' | 'arguments'>>
const idOf = (tool: string) => toolIds.get(tool) ?? 'tol_none'
const by =
  ({ client }: TestAgent) =>
  (name: string, args: object = {}, more: Calling = {}) =>
    client.call('callMyTool', { name, arguments: { ...args }, ...more })
const call = (tool: string, args: object = {}, more: Calling = {}) =>
  by(alice)(`evil.${tool}`, args, more)
const permit = (
  toolId: string,
  agent: TestAgent,
  said: Partial<InputOf<typeof operations.setToolPermission>>,
) =>
  vault.owner.call('setToolPermission', {
    ...{ toolId, agentId: agent.agentId, allowed: true },
    ...said,
  })
const refusalOf = async (work: Promise<unknown>) => {
  const thrown = await work.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  if (!(thrown instanceof Problem)) throw new Error(`not refused: ${String(thrown)}`)
  const { type, detail, next, status } = thrown
  return { type, detail, next, status }
}
const hello = { to: 'C1', text: 'hello' }

/** Asks an owner, who says yes. */
async function approved(args: object, remember?: { fields: string[] }): Promise<string> {
  const asked = await call('write', args)
  if (!('approvalRequired' in asked)) throw new Error('nobody was asked')
  const approvalId = asked.approvalRequestId
  const terms = { scope: 'fields', uses: 9, expiresInMinutes: 60 } as const
  await vault.owner.call('approveRequest', {
    approvalId,
    ...(remember && { remember: { ...terms, ...remember } }),
  })
  return approvalId
}

describe('an upstream that breaks the rules', () => {
  it('costs a tool no more than any other call, and goes nowhere else', async () => {
    verifies('S-15', 'S-22', 'S-23')
    const ends: Record<string, string> = {}
    for (const path of hostilePaths) {
      const answer = await call(named(path)).catch((problem: Problem) => problem.type)
      ends[path] = typeof answer === 'string' ? answer : String('status' in answer && answer.status)
    }
    expect(ends).toEqual({
      ...{ 'gzip-bomb': 'response-too-large', 'endless-body': 'response-too-large' },
      ...{ garbage: 'upstream-invalid-response', 'gzip-truncated': 'upstream-invalid-response' },
      'redirect/metadata': '302',
    })
    for (let round = 0; round < 3; round += 1) {
      expect(await call('two_responses')).toMatchObject({ body: 'before first after' })
    }
  })

  it('gets the credential past no template, nor out of a tool that sends none', async () => {
    verifies('S-20')
    for (const tool of ['says_all', 'open']) {
      const text = JSON.stringify(await call(tool))
      for (const encoding of ['utf8', 'hex', 'base64'] as const) {
        expect([tool, text.includes(Buffer.from(secret).toString(encoding))]).toEqual([tool, false])
      }
    }
    const sent = upstream.requests.filter(({ target }) => target === '/all')
    expect(sent.map(({ headers }) => headers.some(([name]) => name === 'authorization'))).toEqual([
      true,
      false,
    ])
  })
})

describe('arguments', () => {
  it('that lost digits on their way name nothing else', async () => {
    for (const id of [2 ** 53, Number('12345678901234567890'), 1e300]) {
      expect(await problemOf(call('read', { id }))).toBe('invalid-arguments')
    }
    await call('read', { id: 2 ** 53 - 1 })
    const items = upstream.requests.filter(({ target }) => target.startsWith('/items'))
    expect(items.map(({ target }) => target)).toEqual(['/items/9007199254740991'])
  })
})

describe('an approval of a call of a tool', () => {
  it('is good for no other tool, name, agent or arguments, and is no one else’s to know of', async () => {
    verifies('S-24', 'S-09')
    for (const tool of ['write', 'other']) await permit(idOf(tool), alice, { approval: 'always' })
    const approvalId = await approved(hello)
    const { toolset } = await vault.owner.call('createToolset', {
      ...{ name: 'bundle', assemble: [{ toolId: idOf('write'), name: 'alias' }] },
    })
    await permit(toolset.tools[0]?.id ?? '', alice, { approval: 'always' })
    const before = upstream.requests.length
    for (const [name, args] of [
      ['evil.other', hello],
      ['bundle.alias', hello],
      ['evil.write', { ...hello, to: 'C2' }],
    ] as const) {
      expect(await problemOf(by(alice)(name, args, { approvalId }))).toBe('approval-mismatch')
    }
    const absent = await refusalOf(
      by(bob)('evil.write', hello, { approvalId: 'apr_00000000000000000000000000' }),
    )
    expect(absent.type).toBe('approval-not-found')
    expect(await refusalOf(by(bob)('evil.write', hello, { approvalId }))).toEqual(absent)
    expect(await refusalOf(bob.client.call('executeApproval', { approvalId }))).toEqual(absent)
    const { consumerToken } = await vault.owner.call('createConsumerToken', {
      agentId: bob.agentId,
    })
    const auth = { kind: 'bearer', token: consumerToken } as const
    const consumer = createClient({ baseUrl: vault.url, auth })
    expect(await refusalOf(consumer.call('getMyApproval', { approvalId }))).toEqual(absent)
    expect(await problemOf(consumer.call('executeApproval', { approvalId }))).toBe(
      'unauthenticated',
    )
    expect(upstream.requests).toHaveLength(before)
    expect(await call('write', hello, { approvalId })).toMatchObject({ status: 200 })
  })

  it('that is remembered covers calls of this tool alone, and only as it was', async () => {
    verifies('S-24', 'S-27')
    const isAsked = async (work: Promise<object>) => 'approvalRequired' in (await work)
    await approved({ to: 'C3', text: 'one' }, { fields: ['body.to'] })
    expect(await isAsked(call('write', { to: 'C3', text: 'two' }))).toBe(false)
    expect(await isAsked(call('write', { to: 'C4', text: 'two' }))).toBe(true)
    expect(await isAsked(call('other', { to: 'C3', text: 'two' }))).toBe(true)
    expect(await isAsked(by(alice)('bundle.alias', { to: 'C3', text: 'two' }))).toBe(true)
    const { policyId = '' } = await permit(idOf('write'), alice, { approval: 'always' })
    const { policy } = await vault.owner.call('getPolicy', { policyId })
    const allow = [{ origin: upstream.origin, methods: ['POST' as const], paths: ['/write'] }]
    await vault.owner.call('replacePolicy', { ...policy, policyId, allow })
    const raw = {
      ...{ connectionId: policy.connectionId, method: 'POST', url: `${upstream.origin}/write` },
      body: { to: 'C3', text: 'two' },
    }
    expect(await isAsked(alice.client.call('execute', raw))).toBe(true)
    expect(await isAsked(call('write', { to: 'C3', text: 'three' }))).toBe(false)
    const toolId = idOf('write')
    await vault.owner.call('updateTool', { toolId, description: 'Writes to everybody' })
    expect(await isAsked(call('write', { to: 'C3', text: 'four' }))).toBe(true)
  })
})

describe('a question about a tool that is taken away meanwhile', () => {
  const asksFor = async (args: object) => {
    await permit(idOf('other'), alice, { approval: 'always' })
    const waiting = call('other', args, { waitSeconds: 50 }).catch((problem: unknown) => problem)
    const pending = async () =>
      (
        await vault.owner.call('listApprovals', { status: 'pending', agentId: alice.agentId })
      ).approvals.filter(({ tool }) => tool === 'evil.other')
    await expect.poll(async () => (await pending()).length).toBe(1)
    return { waiting, pending }
  }

  it('is gone from the inbox at once, and whoever waits is told so', async () => {
    verifies('S-27', 'S-10')
    const { waiting, pending } = await asksFor({ to: 'C8', text: 'granted' })
    const begun = performance.now()
    await permit(idOf('other'), alice, { allowed: false })
    expect(await pending()).toEqual([])
    const problem = await waiting
    if (!(problem instanceof Problem)) throw new Error('it was answered')
    expect(['approval-cancelled', 'request-stopped']).toContain(problem.type)
    expect(problem.detail).toContain('Nothing was sent.')
    // It would have waited for fifty seconds.
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it('leaves no yes behind for when it is granted again', async () => {
    verifies('S-27')
    const args = { to: 'C9', text: 'remembered' }
    const { waiting, pending } = await asksFor(args)
    const [approval] = await pending()
    await vault.owner.call('approveRequest', {
      approvalId: approval?.id ?? '',
      remember: { scope: 'exact', uses: 5, expiresInMinutes: 60 },
    })
    expect(await waiting).toMatchObject({ status: 200 })
    expect(await call('other', args)).toMatchObject({ status: 200 })
    await vault.owner.call('updateTool', { toolId: idOf('other'), status: 'disabled' })
    await vault.owner.call('updateTool', { toolId: idOf('other'), status: 'active' })
    expect(await call('other', args)).toHaveProperty('approvalRequired')
    await permit(idOf('other'), alice, { approval: 'never' })
  })
})

describe('a limit of a tool', () => {
  it('holds however many calls come at once, by whatever way', async () => {
    verifies('S-29')
    await permit(idOf('other'), bob, { approval: 'never', limits: { perHour: 5 } })
    const { consumerToken } = await vault.owner.call('createConsumerToken', {
      agentId: bob.agentId,
    })
    const overMcp = () =>
      fetch(`${vault.url}/mcp`, {
        method: 'POST',
        headers: {
          ...{ authorization: `Bearer ${consumerToken}`, 'content-type': 'application/json' },
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify(
          Array.from({ length: 10 }, (_, id) => ({
            ...{ jsonrpc: '2.0', id, method: 'tools/call' },
            params: { name: 'evil__other', arguments: { to: 'limit', text: 'mcp' } },
          })),
        ),
      }).then((response) => response.text())
    const overRest = () => by(bob)('evil.other', { to: 'limit', text: 'rest' })
    await Promise.allSettled([...Array.from({ length: 15 }, overRest), overMcp(), overMcp()])
    const sent = upstream.requests.filter(({ body }) => body.includes('"limit"'))
    expect(sent).toHaveLength(5)
  })
})

describe('a tool of a connected account', () => {
  let scene: OAuthScene
  beforeAll(async () => {
    scene = await startOAuthScene({ vault })
    const { id: connectionId } = await scene.connect()
    const { apiOrigin } = scene.provider
    const { toolset } = await vault.owner.call('createToolset', {
      ...{ name: 'account', format: 'higress', connectionId },
      document: `server: {name: account, securitySchemes: [{id: key, type: http, scheme: bearer}]}
tools:
- name: me
  description: Says who it is
  requestTemplate: {url: "${apiOrigin}/api/me", method: GET, security: {id: key}}
- name: pay
  description: Pays
  requestTemplate: {url: "${apiOrigin}/api/echo", method: POST, security: {id: key}}
`,
    })
    await vault.owner.call('setToolsetPermission', {
      ...{ toolsetId: toolset.id, agentId: alice.agentId, allowed: true, approval: 'never' },
    })
  }, 60_000)
  afterAll(async () => {
    Object.assign(scene?.provider.behaviour ?? {}, defaultBehaviour())
    await scene?.stop()
  })

  it('has its token renewed where the upstream refuses it, a read sent once more, and a write never', async () => {
    verifies('S-32')
    const { provider } = scene
    const statuses = () => provider.log.apiRequests.map(({ status }) => status)
    const refreshes = () => provider.log.countTokens({ grantType: 'refresh_token' })
    provider.log.clear()
    provider.api.refuseNext(1)
    expect(await by(alice)('account.me')).toMatchObject({ status: 200 })
    expect([statuses(), refreshes()]).toEqual([[401, 200], 1])
    const { entries } = await vault.owner.call('listAudit', { tool: 'account.me' })
    expect(entries).toHaveLength(2)
    provider.log.clear()
    provider.api.refuseNext(1)
    expect(await by(alice)('account.pay')).toMatchObject({ status: 401 })
    expect(statuses()).toEqual([401])
  })
})
