import { generateKeyPairSync } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from './fixtures/assertions.ts'
import { type DatabaseProxy, startDatabaseProxy } from './fixtures/database-proxy.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two replicas on one database; the second reaches it through a proxy that can be cut.

let replicas: Replicas
let proxy: DatabaseProxy
let upstream: RawServer
let admin: postgres.Sql
/** Sockets of answers that never end. */
const endless = new Set<Socket>()

const otherReplicaMsMax = 1_000
const streamEndMsMax = 5_000
/** What was on the wire when an answer came may be read a moment later. */
const settleMs = 250
const floodMs = 1_200
const callers = 12
/** Between two tries of a caller who was refused: some ten milliseconds for all of them together. */
const refusedPauseMs = 100

beforeAll(async () => {
  upstream = await startRawServer({ answer })
  replicas = await startReplicas({
    databaseUrlOfSecond: async (url) => {
      proxy = await startDatabaseProxy(url)
      return proxy.url
    },
  })
  const url = new URL(replicas.database.urls.owner)
  const host = url.searchParams.get('host') ?? ''
  url.search = ''
  admin = postgres(url.href, { host, max: 1, onnotice: () => {} })
})
afterAll(async () => {
  proxy?.set({ kind: 'pass' })
  await replicas?.stop()
  await admin?.end({ timeout: 1 })
  await proxy?.close()
  await upstream?.close()
})

function answer(socket: Socket, { target }: { target: string }): void {
  if (!target.startsWith('/endless')) {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok')
    return
  }
  endless.add(socket)
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n')
  const timer = setInterval(() => socket.write('1\r\nx\r\n'), 50)
  socket.on('close', () => {
    clearInterval(timer)
    endless.delete(socket)
  })
}

interface Subject {
  readonly agent: TestAgent
  readonly connectionId: string
  readonly token: string
}

async function aSubject(): Promise<Subject> {
  const { first } = replicas
  const agent = await first.createAgentWithKey('subject')
  const connectionId = await first.addConnection({ origins: [upstream.origin] })
  await first.addPolicy({ agentId: agent.agentId, connectionId })
  return { agent, connectionId, token: await signIn(agent) }
}

async function signIn(agent: TestAgent): Promise<string> {
  const signer = { ...agent, issuer: replicas.first.url }
  const { text } = await postToken(replicas.first.url, tokenRequest(assertionOf(signer)))
  return JSON.parse(text).access_token
}

async function call(baseUrl: string, { connectionId, token }: Subject, path: string) {
  const response = await fetch(`${baseUrl}/v1/vault/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ connectionId, method: 'GET', url: `${upstream.origin}${path}` }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Calls from many sides until told to stop; answers what came back. */
function floodOf(ask: () => Promise<{ readonly status: number }>, count = callers) {
  const statuses: number[] = []
  let stopped = false
  const caller = async () => {
    while (!stopped) {
      statuses.push((await ask()).status)
      if (statuses.at(-1) !== 200) await sleep(refusedPauseMs)
    }
  }
  const running = Promise.all(Array.from({ length: count }, caller))
  return {
    statuses,
    stop: async () => {
      stopped = true
      await running
    },
  }
}

const flood = (baseUrl: string, subject: Subject, path: string) =>
  floodOf(() => call(baseUrl, subject, path))

const requestsTo = (path: string) =>
  upstream.requests.filter(({ target }) => target.startsWith(path)).length

const newPublicKey = () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y } as const
}

/** Everything that takes an agent's or a connection's access away, asked of the first replica. */
const endings: Record<string, (subject: Subject) => Promise<unknown>> = {
  'disabling the agent': ({ agent }) => replicas.first.owner.call('disableAgent', only(agent)),
  'resetting the agent': ({ agent }) => replicas.first.owner.call('resetAgent', only(agent)),
  'deleting the agent': ({ agent }) => replicas.first.owner.call('deleteAgent', only(agent)),
  'enrolling another key': async ({ agent }) => {
    const { owner } = replicas.first
    const { bootstrapSecret } = await owner.call('issueBootstrapSecret', only(agent))
    await owner.call('bootstrapAgent', { bootstrapSecret, publicKey: newPublicKey() })
  },
  'revoking the connection as its owner': ({ connectionId }) =>
    replicas.first.owner.call('revokeConnectionByOwner', { connectionId }),
  'revoking the connection as the agent': ({ agent, connectionId }) =>
    agent.client.call('revokeConnection', { connectionId }),
}
const only = ({ agentId }: TestAgent) => ({ agentId })

describe.each(Object.entries(endings))('%s', (name, end) => {
  const path = `/${name.replaceAll(' ', '-')}`

  it('lets no request out any more, on the replica that was asked at once, on the other within a second', async () => {
    verifies('S-10')
    const { first, second } = replicas
    const subject = await aSubject()
    const floods = [
      flood(first.url, subject, `${path}/first`),
      flood(second.url, subject, `${path}/second`),
    ]
    await until(() => requestsTo(`${path}/first`) > 20 && requestsTo(`${path}/second`) > 20)
    await end(subject)
    await sleep(settleMs)
    const atFirst = requestsTo(`${path}/first`)
    await sleep(otherReplicaMsMax - settleMs)
    const atSecond = requestsTo(`${path}/second`)
    await sleep(floodMs)
    await Promise.all(floods.map(({ stop }) => stop()))
    expect(atFirst).toBeGreaterThan(0)
    expect(atSecond).toBeGreaterThan(0)
    expect([requestsTo(`${path}/first`), requestsTo(`${path}/second`)]).toEqual([atFirst, atSecond])
    for (const { statuses } of floods) {
      expect(statuses.filter((status) => status >= 500)).toEqual([])
      expect(statuses.at(-1)).toBeGreaterThanOrEqual(400)
    }
  })

  it('ends answers that are still coming, on both replicas, within five seconds', async () => {
    verifies('S-10')
    const subject = await aSubject()
    const open = [replicas.first, replicas.second].map(({ url }) => call(url, subject, '/endless'))
    await until(() => endless.size === 2)
    await end(subject)
    const endedAt = performance.now()
    const answers = await Promise.all(open)
    expect(performance.now() - endedAt).toBeLessThan(streamEndMsMax)
    for (const { status, body } of answers) {
      expect([status, body.type]).toEqual([403, 'request-stopped'])
      expect(body.auditId).toMatch(/^aud_/)
    }
    await until(() => endless.size === 0)
  })
})

describe('stopping an agent', () => {
  it('ends its running calls on the replica that was asked, and new ones are served', async () => {
    verifies('S-10')
    const subject = await aSubject()
    const open = call(replicas.first.url, subject, '/endless')
    await until(() => endless.size === 1)
    await replicas.first.owner.call('stopAgent', only(subject.agent))
    expect(await open).toMatchObject({ status: 403, body: { type: 'request-stopped' } })
    await until(() => endless.size === 0)
    expect(await call(replicas.first.url, subject, '/after')).toMatchObject({ status: 200 })
  })
})

describe('changing what stands behind a call', () => {
  it('sends no request with a credential that was replaced', async () => {
    verifies('S-10')
    const { first, second } = replicas
    const subject = await aSubject()
    const floods = [
      flood(first.url, subject, '/rotate/first'),
      flood(second.url, subject, '/rotate/second'),
    ]
    await until(() => requestsTo('/rotate/first') > 20 && requestsTo('/rotate/second') > 20)
    const token = 'another-secret-9876543210'
    await first.owner.call('updateConnection', {
      connectionId: subject.connectionId,
      credential: { kind: 'bearer', token },
    })
    await sleep(settleMs)
    const atFirst = requestsTo('/rotate/first')
    await sleep(otherReplicaMsMax - settleMs)
    const atSecond = requestsTo('/rotate/second')
    await sleep(floodMs)
    await Promise.all(floods.map(({ stop }) => stop()))
    const later = [
      ...upstream.requests.filter(({ target }) => target === '/rotate/first').slice(atFirst),
      ...upstream.requests.filter(({ target }) => target === '/rotate/second').slice(atSecond),
    ]
    expect(later.length).toBeGreaterThan(10)
    for (const { headers } of later) {
      expect(headers).toContainEqual(['authorization', `Bearer ${token}`])
    }
  })

  it('sends nothing under a policy that was taken away', async () => {
    verifies('S-10')
    const { first, second } = replicas
    const subject = await aSubject()
    const { policies } = await first.owner.call('listPolicies', only(subject.agent))
    const floods = [
      flood(first.url, subject, '/policy/first'),
      flood(second.url, subject, '/policy/second'),
    ]
    await until(() => requestsTo('/policy/first') > 20 && requestsTo('/policy/second') > 20)
    await first.owner.call('deletePolicy', { policyId: policies[0]?.id ?? '' })
    await sleep(settleMs)
    const atFirst = requestsTo('/policy/first')
    await sleep(otherReplicaMsMax - settleMs)
    const atSecond = requestsTo('/policy/second')
    await sleep(floodMs)
    await Promise.all(floods.map(({ stop }) => stop()))
    expect([requestsTo('/policy/first'), requestsTo('/policy/second')]).toEqual([atFirst, atSecond])
  })
})

describe('taking away a tool, or the token that calls it', () => {
  const names = ['tools.granted', 'tools.disabled', 'tools.by_token', 'gone.with_its_toolset']
  const documentOf = (toolset: string) => `server: {name: ${toolset}}
tools:
${names
  .filter((name) => name.startsWith(`${toolset}.`))
  .map(
    (name) => `- name: ${name.slice(toolset.length + 1)}
  description: Reads
  args: [{name: at, type: string, required: true, position: query, description: Where}]
  requestTemplate: {url: "${upstream.origin}/tool/${name}", method: GET}`,
  )
  .join('\n')}
`
  async function addToolset(name: string, agentId: string) {
    const { owner } = replicas.first
    const { toolset } = await owner.call('createToolset', {
      ...{ name, format: 'higress', document: documentOf(name), credential: { kind: 'none' } },
    })
    await owner.call('setToolsetPermission', { toolsetId: toolset.id, agentId, allowed: true })
    return toolset
  }
  async function askTool(baseUrl: string, token: string, input: { name: string; at: string }) {
    const response = await fetch(`${baseUrl}/v1/tools/${input.name}/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ arguments: { at: input.at } }),
    })
    await response.arrayBuffer()
    return response
  }

  it('lets no call out any more, on the replica that was asked at once, on the other within a second', async () => {
    verifies('S-10')
    const { first, second } = replicas
    const { owner } = first
    const agent = await first.createAgentWithKey('of tools')
    const { agentId } = agent
    const { tools } = await addToolset('tools', agentId)
    const gone = await addToolset('gone', agentId)
    const idOf = (wanted: string) => tools.find(({ name }) => name === wanted)?.id ?? ''
    const { consumerToken, token } = await owner.call('createConsumerToken', { agentId })
    const tokenOf = { signed: await signIn(agent), consumer: consumerToken }
    const floods = names.flatMap((name) =>
      Object.entries({ first: first.url, second: second.url }).map(([at, url]) => {
        const bearer = name === 'tools.by_token' ? tokenOf.consumer : tokenOf.signed
        const ask = () => askTool(url, bearer, { name, at })
        return { key: `/tool/${name}?at=${at}`, ...floodOf(ask, 3) }
      }),
    )
    await until(() => floods.every(({ key }) => requestsTo(key) > 5))
    await Promise.all([
      owner.call('setToolPermission', { toolId: idOf('granted'), agentId, allowed: false }),
      owner.call('updateTool', { toolId: idOf('disabled'), status: 'disabled' }),
      owner.call('deleteToolset', { toolsetId: gone.id }),
      owner.call('deleteConsumerToken', { agentId, tokenId: token.id }),
    ])
    const countsAt = (place: string) =>
      floods.filter(({ key }) => key.endsWith(place)).map(({ key }) => [key, requestsTo(key)])
    await sleep(settleMs)
    const atFirst = countsAt('first')
    await sleep(otherReplicaMsMax - settleMs)
    const atSecond = countsAt('second')
    await sleep(floodMs)
    await Promise.all(floods.map(({ stop }) => stop()))
    expect([countsAt('first'), countsAt('second')]).toEqual([atFirst, atSecond])
    for (const { key, statuses } of floods) {
      expect([key, statuses.at(-1)]).toEqual([key, key.includes('by_token') ? 401 : 404])
      expect(statuses.filter((status) => status >= 500)).toEqual([])
    }
  })
})

describe('while the second replica hears of no changes', () => {
  /** Its pool goes on, its listener is refused: a role's limit counts for new connections alone. */
  async function deafen(): Promise<void> {
    const role = new URL(replicas.database.urls.app).username
    await admin.unsafe(`ALTER ROLE "${role}" CONNECTION LIMIT 0`)
    await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport changes'`
  }
  afterEach(hear)
  async function hear(): Promise<void> {
    const role = new URL(replicas.database.urls.app).username
    await admin.unsafe(`ALTER ROLE "${role}" CONNECTION LIMIT -1`)
    await until(async () => (await fetch(`${replicas.second.url}/readyz`)).status === 200)
    await until(async () => (await fetch(`${replicas.first.url}/readyz`)).status === 200)
  }

  it('asks the database for every call, and lets none out that was taken away', async () => {
    verifies('S-10', 'S-44')
    const subject = await aSubject()
    const warm = flood(replicas.second.url, subject, '/deaf/before')
    await until(() => requestsTo('/deaf/before') > 50)
    await deafen()
    const flooding = flood(replicas.second.url, subject, '/deaf/second')
    await sleep(1_500)
    await warm.stop()
    const served = requestsTo('/deaf/second')
    await replicas.first.owner.call('disableAgent', only(subject.agent))
    await sleep(settleMs)
    const atSecond = requestsTo('/deaf/second')
    await sleep(floodMs)
    await flooding.stop()
    const after = requestsTo('/deaf/second')
    expect(served).toBeGreaterThan(0)
    expect(after).toBe(atSecond)
  })

  it('ends answers that are still coming within five seconds', async () => {
    verifies('S-10', 'S-44')
    const subject = await aSubject()
    const warm = flood(replicas.second.url, subject, '/deaf/before')
    await sleep(500)
    const open = call(replicas.second.url, subject, '/endless')
    await until(() => endless.size === 1)
    await deafen()
    await sleep(1_500)
    await warm.stop()
    expect(endless.size).toBe(1)
    await replicas.first.owner.call('revokeConnectionByOwner', {
      connectionId: subject.connectionId,
    })
    const endedAt = performance.now()
    expect(await open).toMatchObject({ status: 403, body: { type: 'request-stopped' } })
    expect(performance.now() - endedAt).toBeLessThan(streamEndMsMax)
  })
})

describe('while the second replica does not reach the database', () => {
  afterEach(async () => {
    proxy.set({ kind: 'pass' })
    proxy.cutNow()
    await until(async () => (await fetch(`${replicas.second.url}/readyz`)).status === 200)
  })
  it.each(['blackhole', 'cut'] as const)(
    'lets no request out and ends answers that are still coming within five seconds (%s)',
    async (kind) => {
      verifies('S-10', 'S-44')
      const subject = await aSubject()
      expect(await call(replicas.second.url, subject, '/before')).toMatchObject({ status: 200 })
      const open = call(replicas.second.url, subject, '/endless')
      await until(() => endless.size === 1)
      proxy.set({ kind })
      await replicas.first.owner.call('disableAgent', only(subject.agent))
      const endedAt = performance.now()
      const flooding = flood(replicas.second.url, subject, `/${kind}/second`)
      await sleep(otherReplicaMsMax)
      const atSecond = requestsTo(`/${kind}/second`)
      await until(() => endless.size === 0, streamEndMsMax * 2)
      const tookMs = performance.now() - endedAt
      await sleep(500)
      const after = requestsTo(`/${kind}/second`)
      await Promise.all([open, flooding.stop()])
      expect(after).toBe(atSecond)
      expect(tookMs).toBeLessThan(streamEndMsMax)
    },
  )
})

describe('two replicas', () => {
  it('accept an assertion once between them, and serve each other’s tokens', async () => {
    verifies('S-02', 'S-03')
    const { first, second } = replicas
    const subject = await aSubject()
    const signer = { ...subject.agent, issuer: first.url }
    for (let round = 0; round < 5; round += 1) {
      const request = tokenRequest(assertionOf(signer))
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => postToken(i % 2 ? first.url : second.url, request)),
      )
      const granted = answers.filter(({ status }) => status === 200)
      expect(granted).toHaveLength(1)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
      const { access_token: token } = JSON.parse(granted[0]?.text ?? '{}')
      for (const { url } of [first, second]) {
        expect(await call(url, { ...subject, token }, '/both')).toMatchObject({ status: 200 })
      }
    }
    const once = tokenRequest(assertionOf(signer))
    expect((await postToken(second.url, once)).status).toBe(200)
    expect((await postToken(first.url, once)).status).toBe(401)
  })
})

async function until(isTrue: () => boolean | Promise<boolean>, msMax = 15_000): Promise<void> {
  const startedAt = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - startedAt > msMax) throw new Error(`not so within ${msMax} ms`)
    await sleep(10)
  }
}
