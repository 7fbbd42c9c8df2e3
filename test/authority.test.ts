import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import {
  type Operation,
  operations,
  ownerScopes,
  Problem,
  problemKinds,
} from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from './fixtures/assertions.ts'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let agentId: string
let agentToken: string
let connectionId: string
let policyId: string

const all: readonly Operation[] = Object.values(operations)
const pagePaths = ['/', '/setup', '/approvals/apr_01k8v3t5m9r2c4x6z8b0d1f3h5', '/settings/account']

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
  const agent = await vault.createAgentWithKey('first')
  agentId = agent.agentId
  agentToken = await tokenOf(agent)
  connectionId = await vault.addConnection({ origins: ['http://127.0.0.1:9'] })
  policyId = await vault.addPolicy({ agentId, connectionId })
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await database?.stop()
})

async function tokenOf(agent: Awaited<ReturnType<TestVault['createAgentWithKey']>>) {
  const signer = { ...agent, issuer: vault.url }
  const { text } = await postToken(vault.url, tokenRequest(assertionOf(signer)))
  return String(JSON.parse(text).access_token)
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Record<string, unknown>
}
interface Asked {
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}

/** Tens of thousands of requests, one after the other: a connection for each would cost as much as the answers. */
const kept = new Agent({ keepAlive: true })
afterAll(() => kept.destroy())

/** Every answer of the tests, for what holds of all of them. */
const answers: (Answer & { readonly asked: string })[] = []

/** Sends exactly these headers: no fetch that adds, joins or refuses some. */
function ask(method: string, path: string, { headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${vault.url}${path}`, { method, headers, agent: kept }, (response) => {
      const chunks: Buffer[] = []
      const isEndless = response.headers['content-type'] === 'text/event-stream'
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (isEndless) response.destroy()
      })
      response.on(isEndless ? 'close' : 'end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const isJson = /json$/.test(response.headers['content-type'] ?? '')
        const parsed = isJson && text !== '' ? JSON.parse(text) : {}
        const status = response.statusCode ?? 0
        const answer = { status, headers: response.headers, text, body: parsed }
        answers.push({ ...answer, asked: `${method} ${path}` })
        resolve(answer)
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const json = { 'content-type': 'application/json' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const withoutIds = ({ requestId: _, auditId: __, ...rest }: Record<string, unknown>) => rest

/** The operation's path with ids that nobody has. */
const pathOf = ({ path }: Operation, ids: Record<string, string> = {}) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none_00000000000000000000000000')

/** Whether an operation's path is this one, or has a parameter where this one has a name. */
const fits = (operation: Operation, path: string) => {
  const steps = path.split('/')
  const own = operation.path.split('/')
  return own.length === steps.length && own.every((step, i) => step === steps[i] || step[0] === '{')
}

const takesBody = ({ method }: Operation) => method !== 'GET' && method !== 'DELETE'
const askFor = (operation: Operation, { headers = {}, body = '{}' }: Asked = {}) =>
  ask(operation.method, pathOf(operation), {
    headers: { ...(takesBody(operation) && json), ...headers },
    ...(takesBody(operation) && { body }),
  })

async function signIn(email: string, password: string, cookie = ''): Promise<string> {
  const answer = await ask('POST', '/api/v1/session', {
    headers: { ...json, origin: vault.url, cookie },
    body: JSON.stringify({ email, password }),
  })
  expect(answer.status).toBe(200)
  return answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
}

async function addMember(email: string, role: string): Promise<string> {
  const cookie = await signIn(ownerEmail, ownerPassword)
  const added = await ask('POST', '/api/v1/workspace/members', {
    headers: { ...json, origin: vault.url, cookie },
    body: JSON.stringify({ email, password: `the first one of ${email}`, role }),
  })
  expect(added.status).toBe(201)
  return (added.body.member as { id: string }).id
}
const passwordOf = (email: string) => `the first one of ${email}`

async function makeToken(cookie: string, scopes: readonly string[]): Promise<string> {
  const made = await ask('POST', '/api/v1/tokens', {
    headers: { ...json, origin: vault.url, cookie },
    body: JSON.stringify({ name: 'scoped', scopes, expiresInDays: 1 }),
  })
  expect(made.status).toBe(201)
  return String(made.body.secret)
}

describe('what is served', () => {
  it('is every operation of the contracts, and each under its own method alone', async () => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
    for (const path of new Set(all.map(({ path }) => path))) {
      const here = all.filter((operation) => operation.path === path)
      const [one] = here
      if (one === undefined) continue
      for (const method of methods) {
        const { status, body, headers } = await ask(method, pathOf(one))
        // A name such as /policies/try also has the form of /policies/{policyId}: that one's methods are served there too.
        const isServed = all.some(
          (operation) => operation.method === method && fits(operation, path),
        )
        const says = [method, path, body.type === 'not-found', body.type === 'method-not-allowed']
        expect(says).toEqual([method, path, false, !isServed])
        if (isServed) continue
        expect(status).toBe(405)
        const allowed = all.filter((operation) => fits(operation, path)).map(({ method }) => method)
        expect(headers.allow?.split(', ').toSorted()).toEqual([...new Set(allowed)].toSorted())
      }
    }
  })

  it('is nothing else but the dashboard, at addresses that could be one of its pages', async () => {
    for (const path of pagePaths) {
      const { status, headers } = await ask('GET', path)
      expect([path, status, headers['content-type']]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ])
      expect((await ask('POST', path)).status).toBe(404)
    }
    for (const path of [
      '/assets',
      '/assets/',
      '/assets/index.js',
      '/index.html',
      '/manifest.webmanifest/x',
      '/api',
      '/v1',
      '/v1/',
      '/api/v1',
      '/api/v1/agents/',
      '//api/v1/agents',
      '/api//v1/agents',
      '/API/V1/AGENTS',
      '/api/v1/agents/a/b',
      '/api/v1/agents/..',
      '/v1/vault/execute/',
      '/v1/vault/execute.json',
      '/v1/agents',
      '/metrics',
      '/.env',
      '/.git/config',
      '/setup.html',
      '/setup%00',
      '/..%2fsetup',
      '/assets/..%2findex.html',
      '/openapi.yaml',
      '/healthz/x',
      '/favicon.ico.bak',
      '/.well-known/',
      '/.well-known/openid-configuration',
      '/%',
      '/%zz',
      '/%ff',
      '/\u0001',
    ].map(encodeURI)) {
      const answer = await ask('GET', path.replaceAll('%25', '%'))
      expect([path, answer.status, answer.body.type]).toEqual([path, 404, 'not-found'])
    }
  })

  it('is written in the OpenAPI document, which is the committed one and holds together', async () => {
    const { status, body: document } = await ask('GET', '/openapi.json')
    expect(status).toBe(200)
    const committed = new URL('../packages/contracts/openapi.json', import.meta.url)
    expect(document).toEqual(JSON.parse(readFileSync(committed, 'utf8')))
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    const paths = document.paths as Record<string, Record<string, OperationObject>>
    const written = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    )
    const mounted = all.map(({ id, method, path }) => `${id} ${method.toLowerCase()} ${path}`)
    expect(written.toSorted()).toEqual(mounted.toSorted())
    for (const [path, item] of Object.entries(paths)) {
      for (const { parameters = [], responses } of Object.values(item)) {
        const named = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`)
        expect(path.match(/\{\w+\}/g) ?? []).toEqual(named)
        expect(Object.keys(responses).length).toBeGreaterThan(1)
      }
    }
    const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? []
    for (const reference of new Set(references)) {
      const [, pointer = ''] = /"#(\/[^"]*)"/.exec(reference) ?? []
      const found = pointer
        .split('/')
        .slice(1)
        .reduce<unknown>(
          (at, step) => (at as Record<string, unknown> | undefined)?.[step],
          document,
        )
      expect([reference, typeof found]).toEqual([reference, 'object'])
    }
  })
})

interface OperationObject {
  readonly operationId: string
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly responses: Record<string, unknown>
}

describe('a caller without the kind of credential that an operation takes', () => {
  it('is refused by each, with one answer, whatever it sends in its place', async () => {
    verifies('S-08', 'S-06')
    const cookie = await signIn(ownerEmail, ownerPassword)
    const session = cookie.split('=')[1] ?? ''
    const { bootstrapSecret } = await vault.owner.call('createAgent', { name: 'not enrolled' })
    const spp = vault.ownerToken
    const wrong = (mine: string, others: string[]): Record<string, string | string[]>[] => [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      { authorization: `Bearer  ${mine}` },
      { authorization: `Bearer ${mine} x` },
      { authorization: `Bearer ${mine},${mine}` },
      { authorization: `Bearer "${mine}"` },
      { authorization: `Basic ${Buffer.from(`x:${mine}`).toString('base64')}` },
      { authorization: `Token ${mine}` },
      { authorization: mine },
      { authorization: [`Bearer ${mine}`, `Bearer ${mine}`] },
      { authorization: ['Bearer x', `Bearer ${mine}`] },
      { authorization: `Bearer ${mine.toUpperCase()}` },
      { authorization: `Bearer ${mine.slice(0, -1)}` },
      { authorization: `Bearer ${mine}A` },
      { authorization: `Bearer ${'A'.repeat(4000)}` },
      { authorization: 'Bearer null' },
      { 'x-authorization': `Bearer ${mine}` },
      { 'proxy-authorization': `Bearer ${mine}` },
      { cookie: `access_token=${mine}; token=${mine}` },
      { cookie: `sallyport=${mine}` },
      { cookie: `__Host-sallyport=${session}` },
      ...others.map((token) => bearer(token)),
    ]
    const ofAgents = wrong(agentToken, [spp, session, bootstrapSecret])
    ofAgents.push({ cookie }, { ...bearer(spp), cookie })
    const ofOwners = wrong(spp, [agentToken, session, bootstrapSecret])
    ofOwners.push({ cookie: `sallyport=${agentToken}` }, { ...bearer(agentToken), cookie })
    const { consumerToken } = await vault.owner.call('createConsumerToken', { agentId })
    ofOwners.push(bearer(consumerToken))
    const ofOwnTokens = [...ofAgents, bearer(consumerToken)]
    const theRefusal = withoutIds((await askFor(operations.listMyConnections)).body)
    expect(theRefusal).toMatchObject({ type: 'unauthenticated', status: 401 })
    for (const operation of all) {
      const [caller] = operation.caller
      if (caller === 'anyone') continue
      const ofMine = operation.consumer === true ? ofAgents : ofOwnTokens
      for (const headers of caller === 'agent' ? ofMine : ofOwners) {
        const answer = await askFor(operation, { headers: { origin: vault.url, ...headers } })
        const told = [operation.id, JSON.stringify(headers), answer.status, withoutIds(answer.body)]
        expect(told).toEqual([operation.id, JSON.stringify(headers), 401, theRefusal])
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      }
      const mine = caller === 'agent' ? agentToken : spp
      const query = `?access_token=${mine}&token=${mine}&authorization=Bearer%20${mine}`
      const inQuery = await ask(operation.method, `${pathOf(operation)}${query}`)
      expect([operation.id, inQuery.status]).toEqual([operation.id, 401])
    }
  }, 120_000)

  it('is let through with the right one by each', async () => {
    verifies('S-08')
    for (const operation of all) {
      const [caller] = operation.caller
      if (caller === 'anyone' || operation.demand === 'account') continue
      const token = caller === 'agent' ? agentToken : vault.ownerToken
      const { status } = await askFor(operation, { headers: bearer(token) })
      expect([operation.id, [401, 403].includes(status)]).toEqual([operation.id, false])
    }
  })

  it('is let through with a consumer token by those that list and call tools, and look at approvals', async () => {
    verifies('S-08')
    const { consumerToken } = await vault.owner.call('createConsumerToken', { agentId })
    const open: string[] = []
    for (const operation of all) {
      if (operation.caller[0] !== 'agent') continue
      const { status } = await askFor(operation, { headers: bearer(consumerToken) })
      if (status !== 401) open.push(operation.id)
    }
    expect(open.toSorted()).toEqual([
      'callMyTool',
      'getMyApproval',
      'listMyApprovals',
      'listMyTools',
    ])
  })
})

describe('scopes and roles', () => {
  it('give a token exactly what it was made with, and nothing that belongs to the person', async () => {
    verifies('S-08')
    const cookie = await signIn(ownerEmail, ownerPassword)
    for (const scope of ownerScopes) {
      const only = await makeToken(cookie, [scope])
      for (const operation of all.filter(({ demand }) => demand !== undefined)) {
        const answer = await askFor(operation, { headers: bearer(only) })
        const expected =
          operation.demand === 'account'
            ? 'session-required'
            : operation.demand === scope
              ? 'let through'
              : 'insufficient-scope'
        const got = answer.status === 403 ? answer.body.type : 'let through'
        expect([scope, operation.id, got]).toEqual([scope, operation.id, expected])
      }
    }
  }, 120_000)

  it('of tools alone use no credential, make no connection and move no grants', async () => {
    verifies('S-08')
    const cookie = await signIn(ownerEmail, ownerPassword)
    const refusal = async (
      scopes: readonly string[],
      [method, path, body]: readonly [string, string, object],
    ) => {
      const headers = { ...json, ...bearer(await makeToken(cookie, scopes)) }
      const answer = await ask(method, path, { headers, body: JSON.stringify(body) })
      return answer.status === 403 ? answer.body.detail : answer.status
    }
    const tried = ['POST', '/api/v1/tools/tol_none/try', { arguments: {} }] as const
    const sent = ['POST', tried[1], { arguments: {}, send: true }] as const
    const document = 'curl https://api.example.com/v1/items'
    const made = ['POST', '/api/v1/toolsets', { name: 'items', format: 'curl', document }] as const
    const onOther = ['POST', '/api/v1/toolsets', { ...made[2], connectionId: 'con_none' }] as const
    const moved = ['PATCH', '/api/v1/toolsets/tls_none', { connectionId: 'con_none' }] as const
    const toConnections = 'This needs the scope connections:write.'
    const toPolicies = 'This needs the scope policies:write.'
    const tools = ['tools:write']
    expect(await refusal(tools, tried)).toBe(404)
    expect(await refusal(tools, onOther)).toBe(404)
    expect(await refusal(tools, sent)).toBe(toConnections)
    expect(await refusal(tools, made)).toBe(toConnections)
    expect(await refusal(tools, moved)).toBe(toPolicies)
    expect(await refusal([...tools, 'connections:write'], sent)).toBe(404)
    expect(await refusal([...tools, 'connections:write'], made)).toBe(201)
    expect(await refusal([...tools, 'policies:write'], moved)).toBe(404)
  })

  it('give a person no more than the role, in session and token alike, from the moment it changes', async () => {
    verifies('S-08', 'S-42')
    const may: Record<string, RegExp> = {
      admin: /./,
      approver: /^(agents|connections|policies|tools|workspace):read$|^(capabilities|approvals):/,
      auditor: /:read$/,
    }
    for (const [role, allowed] of Object.entries(may)) {
      const email = `${role}@example.com`
      const ownerId = await addMember(email, role)
      const cookie = await signIn(email, passwordOf(email))
      const token = await makeToken(
        cookie,
        ownerScopes.filter((scope) => allowed.test(scope)),
      )
      const tooMuch = await ask('POST', '/api/v1/tokens', {
        headers: { ...json, origin: vault.url, cookie },
        body: JSON.stringify({ name: 'more', scopes: ownerScopes, expiresInDays: 1 }),
      })
      expect([role, tooMuch.status]).toEqual([role, role === 'admin' ? 201 : 403])
      for (const operation of all) {
        const { demand } = operation
        if (demand === undefined || demand === 'account') continue
        for (const headers of [{ cookie, origin: vault.url }, bearer(token)]) {
          const { status, body } = await askFor(operation, { headers })
          const isRefused = status === 403 && body.type === 'insufficient-scope'
          expect([role, operation.id, isRefused]).toEqual([
            role,
            operation.id,
            !allowed.test(demand),
          ])
        }
      }
      for (const [operation, body] of [
        [
          operations.addMember,
          { email: 'x@example.com', password: 'twelve letters', role: 'owner' },
        ],
        [operations.changeMemberRole, { role: 'owner' }],
      ] as const) {
        const answer = await ask(operation.method, pathOf(operation, { ownerId }), {
          headers: { ...json, cookie, origin: vault.url },
          body: JSON.stringify(body),
        })
        expect([role, answer.status, answer.body.type]).toEqual([role, 403, 'insufficient-scope'])
      }
      const owner = await signIn(ownerEmail, ownerPassword)
      await ask('PATCH', `/api/v1/workspace/members/${ownerId}`, {
        headers: { ...json, origin: vault.url, cookie: owner },
        body: JSON.stringify({ role: 'auditor' }),
      })
      expect((await ask('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(401)
      expect((await ask('GET', '/api/v1/agents', { headers: bearer(token) })).status).toBe(401)
    }
  }, 120_000)
})

describe('a session', () => {
  it('changes nothing unless the vault’s own page asks, in JSON', async () => {
    verifies('S-42')
    const cookie = await signIn(ownerEmail, ownerPassword)
    const { port } = new URL(vault.url)
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: `${vault.url}.evil.example` },
      { origin: `${vault.url}/` },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `https://localhost:${port}` },
      { origin: `http://localhost:${Number(port) + 1}` },
      { origin: `http://localhost:${port}.evil.example` },
      { origin: `http://evil.localhost:${port}` },
      { origin: `http://[::1]:${port}` },
      { origin: 'http://localhost' },
      { origin: 'http://127.0.0.1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin, cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { referer: `${vault.url}/` },
      { 'x-requested-with': 'XMLHttpRequest' },
    ]
    for (const operation of all) {
      if (operation.demand === undefined || operation.method === 'GET') continue
      for (const headers of foreign) {
        const { status, body } = await askFor(operation, { headers: { cookie, ...headers } })
        const told = [operation.id, JSON.stringify(headers), status, body.type]
        expect(told).toEqual([operation.id, JSON.stringify(headers), 403, 'cross-origin-refused'])
      }
      if (!takesBody(operation)) continue
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ]) {
        const { status, body } = await ask(operation.method, pathOf(operation), {
          headers: { cookie, origin: vault.url, 'content-type': type },
          body: '{"x":1}',
        })
        expect([operation.id, type, status, body.type]).toEqual([
          operation.id,
          type,
          415,
          'unsupported-media-type',
        ])
      }
    }
    expect((await ask('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(200)
    for (const operation of all.filter(({ caller }) => caller[0] === 'anyone')) {
      if (operation.method === 'GET' || operation.id === 'issueAgentToken') continue
      const headers = { origin: 'https://evil.example' }
      expect((await askFor(operation, { headers })).body.type).toBe('cross-origin-refused')
    }
  }, 120_000)

  it('is in a cookie that no script reads and no other site sends', async () => {
    verifies('S-42')
    const answer = await ask('POST', '/api/v1/session', {
      headers: json,
      body: JSON.stringify({ email: ownerEmail, password: ownerPassword }),
    })
    const [cookie, ...attributes] = answer.headers['set-cookie']?.[0]?.split('; ') ?? []
    expect(cookie).toMatch(/^sallyport=[A-Za-z0-9_-]{43}$/)
    expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Strict']))
    expect(attributes).not.toContain('Secure')
    expect(answer.text).not.toContain(cookie?.split('=')[1])
  })

  it('is another after each sign-in and change of password, and none after signing out', async () => {
    verifies('S-42')
    const email = 'renewed@example.com'
    await addMember(email, 'auditor')
    const isGood = async (cookie: string) =>
      (await ask('GET', '/api/v1/session', { headers: { cookie } })).status === 200
    const first = await signIn(email, passwordOf(email))
    const second = await signIn(email, passwordOf(email), first)
    expect(second).not.toBe(first)
    expect([await isGood(first), await isGood(second)]).toEqual([false, true])
    const elsewhere = await signIn(email, passwordOf(email))
    const changed = await ask('POST', '/api/v1/session/password', {
      headers: { ...json, cookie: second, origin: vault.url },
      body: JSON.stringify({ currentPassword: passwordOf(email), newPassword: 'another long one' }),
    })
    const third = changed.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
    expect([await isGood(second), await isGood(elsewhere), await isGood(third)]).toEqual([
      false,
      false,
      true,
    ])
    const out = await ask('DELETE', '/api/v1/session', {
      headers: { cookie: third, origin: vault.url },
    })
    expect(out.headers['set-cookie']?.[0]).toMatch(/^sallyport=;.*Max-Age=0/)
    expect(await isGood(third)).toBe(false)
  })

  it('ends after half an hour without use and after twelve hours in any case', async () => {
    verifies('S-42')
    const idle = await signIn(ownerEmail, ownerPassword)
    const isGood = async () =>
      (await ask('GET', '/api/v1/session', { headers: { cookie: idle } })).status === 200
    await admin`UPDATE sessions SET last_seen_at = now() - interval '29 minutes'`
    expect(await isGood()).toBe(true)
    await admin`UPDATE sessions SET last_seen_at = now() - interval '31 minutes'`
    expect(await isGood()).toBe(false)
    await admin`UPDATE sessions SET last_seen_at = now()`
    expect(await isGood()).toBe(true)
    const [row] = await admin<{ hours: number }[]>`
      SELECT max(extract(epoch FROM expires_at - created_at) / 3600)::float8 AS hours FROM sessions`
    expect(row?.hours).toBeLessThanOrEqual(12)
    await admin`UPDATE sessions SET expires_at = now() - interval '1 second'`
    expect(await isGood()).toBe(false)
  })

  it('is not to be guessed: the wait grows, for people that exist and that do not alike', async () => {
    verifies('S-42')
    const email = 'guessed@example.com'
    await addMember(email, 'auditor')
    const attempt = (address: string, password: string) =>
      ask('POST', '/api/v1/session', {
        headers: json,
        body: JSON.stringify({ email: address, password }),
      })
    const seen: Record<string, unknown>[][] = []
    for (const address of [email, 'nobody@example.com']) {
      const told: Record<string, unknown>[] = []
      for (let i = 0; i < 8; i += 1) told.push(withoutIds((await attempt(address, `no ${i}`)).body))
      seen.push(told.map(({ type, title, status }) => ({ type, title, status })))
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]?.at(0)).toMatchObject({ type: 'invalid-credentials', status: 401 })
    expect(seen[0]?.at(-1)).toMatchObject({ type: 'too-many-attempts', status: 429 })
    const right = await attempt(email, passwordOf(email))
    expect(right.status).toBe(429)
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
    expect((await attempt(ownerEmail, ownerPassword)).status).toBe(200)
    await admin`DELETE FROM sign_in_attempts`
  })
})

describe('an object of another workspace', () => {
  const second = 'wsp_00000000000000000000000002'
  const foreign: Record<string, string> = {}

  beforeAll(async () => {
    const { owner } = vault
    const agent = await vault.createAgentWithKey('theirs')
    foreign.agentId = agent.agentId
    foreign.connectionId = await vault.addConnection({ origins: ['http://127.0.0.1:9'] })
    foreign.policyId = await vault.addPolicy({
      agentId: foreign.agentId,
      connectionId: foreign.connectionId,
      approval: 'always',
    })
    const asked = await agent.client.call('execute', {
      connectionId: foreign.connectionId,
      method: 'GET',
      url: 'http://127.0.0.1:9/theirs',
    })
    foreign.approvalId = 'approvalRequestId' in asked ? asked.approvalRequestId : ''
    const wish = { actionTemplateId: 'gmail-read', reason: 'theirs' }
    foreign.capabilityRequestId = (await agent.client.call('requestCapability', wish)).id
    const { oauthApp } = await owner.call('createOAuthApp', {
      ...{ provider: 'theirs', clientId: 'client', clientSecret: 'their-client-secret' },
      authorizationEndpoint: 'http://127.0.0.1:9/auth',
      tokenEndpoint: 'http://127.0.0.1:9/token',
    })
    foreign.oauthAppId = oauthApp.id
    const origins = ['http://127.0.0.1:9']
    const begun = await owner.call('startConnection', { oauthAppId: oauthApp.id, origins })
    foreign.flowId = begun.flow.id
    foreign.ownerId = await addMember('theirs@example.com', 'owner')
    const cookie = await signIn('theirs@example.com', passwordOf('theirs@example.com'))
    await makeToken(cookie, ['agents:read'])
    const [token] = await admin<{ id: string }[]>`
      SELECT id FROM owner_tokens WHERE owner_id = ${foreign.ownerId}`
    foreign.tokenId = token?.id ?? ''
    const [session] = await admin<{ id: string }[]>`
      SELECT id FROM sessions WHERE owner_id = ${foreign.ownerId}`
    foreign.sessionId = session?.id ?? ''
    foreign.passkeyId = 'pky_00000000000000000000000001'
    await admin`INSERT INTO passkeys (id, owner_id, name, credential_id, public_key, counter, transports, backed_up, rp_id, created_at)
      VALUES (${foreign.passkeyId}, ${foreign.ownerId}, 'theirs', 'x', 'x', 0, '{}', false, 'localhost', now())`
    const invited = await ask('POST', '/api/v1/workspace/invitations', {
      headers: { ...json, origin: vault.url, cookie },
      body: JSON.stringify({ email: 'invited@example.com', role: 'auditor' }),
    })
    foreign.invitationId = (invited.body.invitation as { id: string }).id
    expect((await owner.call('getAgent', { agentId: foreign.agentId })).agent.name).toBe('theirs')
    // One workspace is all that the API makes: an insider makes the other.
    await admin`INSERT INTO workspaces (id, name) VALUES (${second}, 'other')`
    await admin`UPDATE agents SET workspace_id = ${second} WHERE id = ${foreign.agentId}`
    await admin`UPDATE connections SET workspace_id = ${second} WHERE id = ${foreign.connectionId}`
    await admin`UPDATE policies SET workspace_id = ${second} WHERE id = ${foreign.policyId}`
    await admin`UPDATE approvals SET workspace_id = ${second} WHERE id = ${foreign.approvalId}`
    await admin`UPDATE capability_requests SET workspace_id = ${second} WHERE id = ${foreign.capabilityRequestId}`
    await admin`UPDATE oauth_apps SET workspace_id = ${second} WHERE id = ${foreign.oauthAppId}`
    await admin`UPDATE connect_flows SET workspace_id = ${second} WHERE id = ${foreign.flowId}`
    await admin`UPDATE owners SET workspace_id = ${second} WHERE id = ${foreign.ownerId}`
    await admin`UPDATE invitations SET workspace_id = ${second} WHERE id = ${foreign.invitationId}`
    foreign.channelId = 'ntc_00000000000000000000000001'
    await admin`INSERT INTO notification_channels
      (id, workspace_id, owner_id, kind, label, events, detail, enabled, target, status, sealed, version, created_at)
      VALUES (${foreign.channelId}, ${second}, ${foreign.ownerId}, 'slack-app', 'theirs', '{}', 'full', true, 'x', 'active', 'x', 1, now())`
    foreign.alertId = 'alr_00000000000000000000000001'
    await admin`INSERT INTO alerts (id, workspace_id, agent_id, kind, sentence, last_at)
      VALUES (${foreign.alertId}, ${second}, ${foreign.agentId}, 'burst', 'theirs', now())`
    foreign.rememberedApprovalId = 'rem_00000000000000000000000001'
    await admin`INSERT INTO remembered_approvals
      (id, workspace_id, agent_id, connection_id, connection_version, policy_id, approval_id, scope, method, origin, path, digest,
       fingerprints, fields, fresh_sign_in, owners_needed, uses, created_by, created_by_email, expires_at)
      VALUES (${foreign.rememberedApprovalId}, ${second}, ${foreign.agentId}, ${foreign.connectionId}, 1, ${foreign.policyId},
        ${foreign.approvalId}, 'exact', 'GET', 'http://127.0.0.1:9', '/theirs', 'x', '{}', '{}', false, 1, 5, ${foreign.ownerId}, 'x',
        now() + interval '1 day')`
    foreign.toolsetId = 'tls_00000000000000000000000001'
    foreign.toolId = 'tol_00000000000000000000000001'
    foreign.name = `theirs.${'read'.padEnd(26, '_')}`
    await admin`INSERT INTO toolsets (id, workspace_id, name, format, connection_id, version)
      VALUES (${foreign.toolsetId}, ${second}, 'theirs', 'curl', ${foreign.connectionId}, 1)`
    const definition = {
      ...{ name: 'read', description: '', annotations: {}, key: 'GET /' },
      inputSchema: { type: 'object' },
      binding: {
        ...{ kind: 'http', method: 'GET', origin: 'http://127.0.0.1:9', path: [{ text: '/' }] },
        ...{ query: [], headers: [], cookies: [], credential: 'connection' },
      },
    }
    await admin`INSERT INTO tools (id, workspace_id, toolset_id, name, key, status, definition, digest)
      VALUES (${foreign.toolId}, ${second}, ${foreign.toolsetId}, ${foreign.name.slice(7)}, 'GET /', 'active',
        ${admin.json(definition)}, 'x')`
    foreign.serverId = 'ups_00000000000000000000000001'
    await admin`INSERT INTO mcp_servers (id, workspace_id, connection_id, toolset_id, name, transport, args, permission,
        connect_timeout_seconds, read_timeout_seconds, per_agent, env_names, header_names, variables, enabled, status, pins, refused, version)
      VALUES (${foreign.serverId}, ${second}, ${foreign.connectionId}, ${foreign.toolsetId}, 'theirs', 'sse', '[]', 'workspace',
        30, 30, false, '[]', '[]', '{}', false, 'disconnected', '[]', '[]', 1)`
    foreign.sourceId = 'src_00000000000000000000000001'
    await admin`INSERT INTO sql_sources (id, workspace_id, connection_id, toolset_id, dialect, host, port, database, tls, query,
        schema_tools, rows_max, timeout_seconds, bytes_max, version)
      VALUES (${foreign.sourceId}, ${second}, ${foreign.connectionId}, ${foreign.toolsetId}, 'postgres', '127.0.0.1', 9, 'theirs',
        'off', false, false, 1000, 30, 1048576, 1)`
    foreign.streamId = 'ast_00000000000000000000000001'
    await admin`INSERT INTO audit_streams
      (id, workspace_id, kind, label, sends, format, enabled, sealed, version, last_seq, last_checkpoint_seq)
      VALUES (${foreign.streamId}, ${second}, 'webhook', 'theirs', '{entries}', 'jsonl', false, 'x', 1, 0, 0)`
    await admin`INSERT INTO variables (id, workspace_id, name, sealed, version)
      VALUES ('var_00000000000000000000000001', ${second}, ${foreign.name}, 'x', 1)`
  })

  const bodies: Record<string, Record<string, unknown>> = {
    renameAgent: { name: 'mine now' },
    updateConnection: { label: 'mine now' },
    replacePolicy: { allow: [] },
    changeMemberRole: { role: 'auditor' },
    finishLinking: { code: 'AAAA-AAAA' },
    createConsumerToken: { name: 'mine' },
    setToolPermission: { agentId: 'agt_00000000000000000000000001', allowed: true },
    setToolsetPermission: { agentId: 'agt_00000000000000000000000001', allowed: true },
    tryTool: { arguments: {} },
    toggleMcpServer: { enabled: false },
    acceptMcpServerChanges: { expects: 'x' },
    updateSource: { title: 'mine now' },
    updateAuditStream: { version: 1, label: 'mine now' },
    putSourceTools: { tools: [] },
    replaceToolsetSource: { expects: 'x', version: 1, format: 'curl', document: 'curl http://a/' },
  }
  const queries: Record<string, string> = { exportToolset: '?format=higress' }
  /** Everything of an answer that could tell one from the other. */
  const told = ({ status, headers, body }: Answer, id: string) =>
    JSON.stringify([
      status,
      Object.keys(headers)
        .toSorted()
        .filter((name) => name !== 'date'),
      withoutIds(body),
    ]).replaceAll(id, 'ID')

  it('answers every operation like one that does not exist', async () => {
    verifies('S-09')
    const cookie = await signIn(ownerEmail, ownerPassword)
    const unchanged = await snapshot()
    // Metadata is the same for a toolset that there is and for one that there is not.
    const withIds = all.filter(
      ({ id, path }) => path.includes('{') && id !== 'getToolsetResourceMetadata',
    )
    expect(withIds.length).toBeGreaterThan(15)
    for (const operation of withIds) {
      const headers =
        operation.caller[0] === 'agent' ? bearer(agentToken) : { cookie, origin: vault.url }
      const asked = (ids: Record<string, string>) =>
        ask(
          operation.method,
          `${pathOf(operation, { version: '1', ...ids })}${queries[operation.id] ?? ''}`,
          {
            headers: { ...headers, ...(takesBody(operation) && json) },
            ...(takesBody(operation) && { body: JSON.stringify(bodies[operation.id] ?? {}) }),
          },
        )
      const [name = ''] = /(?<=\{)\w+/.exec(operation.path) ?? []
      const id = foreign[name] ?? ''
      const isId = expect.stringMatching(/^(?:\w{3}_|theirs\.)\w{26}$/)
      expect([operation.id, id]).toEqual([operation.id, isId])
      const none = `${id.slice(0, -4)}0000`
      const answer = told(await asked({ [name]: id }), id)
      expect([operation.id, answer]).toEqual([
        operation.id,
        told(await asked({ [name]: none }), none),
      ])
      // What is signed proves itself before anything is looked up: nobody learns which there are.
      expect(answer).toContain(operation.signedBy === undefined ? '[404,' : '[401,')
      for (const odd of ['%00', '%27%20OR%201', 'x'.repeat(500), '%F0%9F%98%80', '%2e', '%25']) {
        // A dot is no part of a path (RFC 3986 §5.2.4): what is left may be another operation's.
        const { pathname } = new URL(pathOf(operation, { [name]: odd }), vault.url)
        const isAnothers = all.some(
          ({ method, path }) => method === operation.method && path === pathname,
        )
        if (isAnothers) continue
        const { status } = await asked({ [name]: odd })
        expect([operation.id, odd, [400, 401, 404, 405].includes(status)]).toEqual([
          operation.id,
          odd,
          true,
        ])
      }
    }
    expect(await snapshot()).toEqual(unchanged)
  })

  it('is not named by any list, filter or new policy', async () => {
    verifies('S-09')
    const lists = [
      'agents',
      'connections',
      'policies',
      'capability-requests',
      'approvals',
      'tokens',
      'workspace/members',
      'audit?from=2999-01-01T00:00:00Z',
    ]
    const cookie = await signIn(ownerEmail, ownerPassword)
    for (const list of lists) {
      const { status, text } = await ask('GET', `/api/v1/${list}`, { headers: { cookie } })
      expect([list, status]).toEqual([list, 200])
      for (const id of Object.values(foreign)) expect(text).not.toContain(id)
    }
    const { agentId: theirs = '', connectionId: theirConnection = '' } = foreign
    expect(await vault.owner.call('listPolicies', { agentId: theirs })).toEqual({ policies: [] })
    const problemOf = (made: Promise<unknown>) => made.catch(({ type }) => type)
    const policy = { allow: [], agentId, connectionId }
    expect(await problemOf(vault.owner.call('createPolicy', { ...policy, agentId: theirs }))).toBe(
      'agent-not-found',
    )
    expect(
      await problemOf(
        vault.owner.call('createPolicy', { ...policy, connectionId: theirConnection }),
      ),
    ).toBe('connection-not-found')
    const request = { method: 'GET', url: 'http://127.0.0.1:9/' }
    const trial = { connectionId: theirConnection, draft: { allow: [] }, request }
    expect(await problemOf(vault.owner.call('tryPolicy', trial))).toBe('connection-not-found')
  })

  it('is told from one that does not exist by no input about tools', async () => {
    verifies('S-09')
    const { owner } = vault
    const { toolset: mine } = await owner.call('createToolset', {
      ...{ name: 'mine', format: 'curl', document: 'curl http://127.0.0.1:9/mine' },
      credential: { kind: 'none' },
    })
    const [toolsetId, toolId] = [mine.id, mine.tools[0]?.id ?? '']
    const own = mine.connection?.id ?? ''
    const few = await owner.call('createToolset', { name: 'few', assemble: [{ toolId }] })
    const made = await owner.call('createPolicy', { agentId, connectionId: own, allow: [] })
    const draft = { allow: [] }
    const document = { format: 'curl', document: 'curl http://127.0.0.1:9/x' } as const
    const request = { method: 'GET', url: 'http://127.0.0.1:9/mine' }
    const policy = { ...made.policy, policyId: made.policy.id }
    const asks = (ids: Record<string, string>): Record<string, () => Promise<unknown>> => {
      const [agent = '', tool = '', toolset = '', connectionId = ''] = [
        ...[ids.agentId, ids.toolId, ids.toolsetId, ids.connectionId],
      ]
      const grant = { toolsetId: toolset, allowed: true }
      return {
        assemble: () => owner.call('createToolset', { name: 'x', assemble: [{ toolId: tool }] }),
        onConnection: () => owner.call('createToolset', { name: 'x', ...document, connectionId }),
        move: () => owner.call('updateToolset', { toolsetId, connectionId }),
        assembleAnew: () =>
          owner.call('updateToolset', {
            ...{ toolsetId: few.toolset.id, assemble: [{ toolId: tool }] },
          }),
        permit: () => owner.call('setToolPermission', { toolId, agentId: agent, allowed: true }),
        permitAll: () =>
          owner.call('setToolsetPermission', { toolsetId, agentId: agent, allowed: true }),
        tryAs: () => owner.call('tryTool', { toolId, arguments: {}, asAgentId: agent }),
        preview: () => owner.call('previewToolset', { ...document, toolsetId: toolset }),
        list: () => owner.call('listToolsets', { connectionId }),
        usageOfToolset: () => owner.call('getToolUsage', { toolsetId: toolset }),
        usageOfTool: () => owner.call('getToolUsage', { toolId: tool }),
        usageOfAgent: () => owner.call('getToolUsage', { agentId: agent }),
        usageOfConnection: () => owner.call('getToolUsage', { connectionId }),
        grant: () => owner.call('replacePolicy', { ...policy, tools: [grant] }),
        grantTool: () =>
          owner.call('replacePolicy', {
            ...policy,
            tools: [{ ...grant, toolsetId, toolId: tool }],
          }),
        tryPolicy: () =>
          owner.call('tryPolicy', { connectionId: own, draft, request, toolId: tool }),
      }
    }
    const none = Object.fromEntries(
      Object.entries(foreign).map(([name, id]) => [name, `${id.slice(0, 4)}${'0'.repeat(26)}`]),
    )
    const toldOf = async (ask: () => Promise<unknown>, ids: Record<string, string>) => {
      const answer = await ask().catch((thrown: unknown) => {
        if (!(thrown instanceof Problem)) throw thrown
        const { type, detail, next, fields, status } = thrown
        return { type, detail, next, fields, status }
      })
      return Object.values(ids).reduce(
        (text, id) => text.replaceAll(id, 'ID'),
        JSON.stringify(withoutIds(answer as Record<string, unknown>)),
      )
    }
    const unchanged = await snapshot()
    const absent = asks(none)
    for (const [name, ask] of Object.entries(asks(foreign))) {
      const now = await toldOf(ask, foreign)
      expect([name, now]).toEqual([name, await toldOf(absent[name] ?? ask, none)])
    }
    expect(await snapshot()).toEqual(unchanged)
  })

  it('is out of an agent’s reach even where a policy joins them', async () => {
    verifies('S-09')
    await admin`
      INSERT INTO policies (id, workspace_id, agent_id, connection_id, document, version)
      SELECT 'pol_across', ${second}, ${agentId}, ${foreign.connectionId ?? ''}, document, 1 FROM policies WHERE id = ${policyId}`
    const call = (id: string) =>
      ask('POST', '/v1/vault/execute', {
        headers: { ...json, ...bearer(agentToken) },
        body: JSON.stringify({ connectionId: id, method: 'GET', url: 'http://127.0.0.1:9/' }),
      })
    const none = 'con_00000000000000000000000000'
    const id = foreign.connectionId ?? ''
    expect(told(await call(id), id)).toBe(told(await call(none), none))
    const mine = await ask('GET', '/v1/connections', { headers: bearer(agentToken) })
    expect(mine.text).not.toContain(id)
    const revoked = await ask('POST', `/v1/connections/${id}/revoke`, {
      headers: bearer(agentToken),
    })
    expect(revoked.status).toBe(404)
  })

  const snapshot = async () => [
    await admin`SELECT * FROM agents WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM connections WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM policies WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM capability_requests WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM owners WHERE workspace_id = ${second}`,
    await admin`SELECT id FROM owner_tokens WHERE owner_id = ${foreign.ownerId ?? ''}`,
    await admin`SELECT * FROM notification_channels WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM alerts WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM remembered_approvals WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM toolsets WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM tools WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM mcp_servers WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM sql_sources WHERE workspace_id = ${second}`,
    await admin`SELECT * FROM variables WHERE workspace_id = ${second}`,
  ]
})

describe('bodies', () => {
  it('are bounded, announced or not, and refused where they cannot be read', async () => {
    verifies('S-22')
    const headers = { ...json, ...bearer(vault.ownerToken) }
    const large = JSON.stringify({ name: 'x'.repeat(300 * 1024) })
    const length = String(Buffer.byteLength(large))
    for (const how of [{ 'content-length': length }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await ask('POST', '/api/v1/agents', {
        headers: { ...headers, ...how },
        body: large,
      })
      expect([answer.status, answer.body.type]).toEqual([413, 'body-too-large'])
    }
    for (const body of [
      '{',
      '[]',
      'null',
      '"x"',
      '7',
      '{"name":"a"}x',
      '{"name":"\u0000"}',
      '\uFEFF\uFEFF{}',
    ]) {
      const { status } = await ask('POST', '/api/v1/agents', { headers, body })
      expect([body, status]).toEqual([body, 400])
    }
    for (const body of [
      '{"name":"a","__proto__":{"admin":true}}',
      '{"name":"a","constructor":1}',
      '{"name":{"toString":1}}',
      '{"name":["a"]}',
      '{"name":"\\u202e\\u0007"}',
      '{"name":"   "}',
      `{"name":"${'a'.repeat(121)}"}`,
    ]) {
      const { status } = await ask('POST', '/api/v1/agents', { headers, body })
      expect([body, status]).toEqual([body, 400])
    }
  })
})

describe('the wire', () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(vault.url)
      const socket = connect(Number(port), hostname, () => socket.write(text))
      let answer = ''
      socket.setTimeout(3_000, () => socket.destroy())
      socket.on('data', (chunk) => {
        answer += String(chunk)
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
    })

  it('takes no request that two servers could read differently', async () => {
    const host = new URL(vault.url).host
    for (const [text, status] of [
      [
        `POST /v1/agents/token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        400,
      ],
      [
        `POST /v1/agents/token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}`,
        400,
      ],
      [`GET /healthz HTTP/1.1\r\nHost : ${host}\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['garbage\r\n\r\n', 400],
    ] as const) {
      expect(await raw(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    }
    expect((await ask('GET', '/healthz')).status).toBe(200)
  })

  it('answers HEAD without a body and lets no other site read anything', async () => {
    for (const [path, status] of [
      ['/healthz', 200],
      ['/api/v1/agents', 401],
      ['/v1/vault/execute', 405],
      ['/nothing.txt', 404],
    ] as const) {
      const head = await ask('HEAD', path)
      expect([path, head.status, head.text]).toEqual([path, status, ''])
    }
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    for (const path of ['/v1/vault/execute', '/api/v1/agents', '/healthz', '/nothing']) {
      const answer = await ask('OPTIONS', path, { headers })
      const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
      expect([path, [404, 405].includes(answer.status), cors]).toEqual([path, true, []])
    }
    const many = Array.from({ length: 40 }, () =>
      ask('HEAD', '/api/v1/audit/export', { headers: bearer(vault.ownerToken) }),
    )
    for (const answer of await Promise.all(many)) expect(answer.status).toBe(200)
    const after = await ask('GET', '/api/v1/agents', { headers: bearer(vault.ownerToken) })
    expect(after.status).toBe(200)
  })
})

describe('every answer', () => {
  it('carries the security headers and an id of its own', () => {
    verifies('S-42')
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([200, 201, 400, 401, 403, 404, 405, 413, 415, 429]),
    )
    for (const { asked, headers } of answers) {
      const told = { asked, ...headers }
      expect(told).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*/)
      const isPage = /^text\/html/.test(headers['content-type'] ?? '')
      expect(headers['cache-control']).toMatch(isPage ? /no-cache/ : /no-store/)
      expect(Object.keys(headers)).not.toContain('x-powered-by')
    }
    const ids = answers.map(({ headers }) => headers['x-request-id'])
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-z]{26}$/)
  })

  it('that is a problem says in one form what happened, what to do and who can', async () => {
    const connection = { label: 'x', origins: ['http://127.0.0.1:9'] }
    const credential = { kind: 'bearer', token: 'a secret of some length' }
    const headers = { ...json, ...bearer(vault.ownerToken) }
    for (const wrong of [
      { ...connection, credential: { kind: 'header', name: 'host', value: 'long enough' } },
      { ...connection, credential, requestHeaders: ['cookie'] },
      { ...connection, credential, label: 'a secret of some length' },
      { ...connection, credential, testUrl: 'http://127.0.0.1:9/../x' },
      { ...connection, credential, testUrl: 'https://elsewhere.example/' },
      { ...connection, credential, origins: ['https://10.0.0.1'] },
      { ...connection, credential, service: 'no-such-service' },
      { ...connection, credential: { ...credential, token: 'short' } },
    ]) {
      const answer = await ask('POST', '/api/v1/connections', {
        headers,
        body: JSON.stringify(wrong),
      })
      expect([JSON.stringify(wrong), [400, 403].includes(answer.status)]).toEqual([
        JSON.stringify(wrong),
        true,
      ])
    }
    const problems = answers.filter(
      ({ asked, status, text }) =>
        status >= 400 && text !== '' && !asked.endsWith('/v1/agents/token'),
    )
    expect(problems.length).toBeGreaterThan(500)
    for (const { asked, status, headers, body } of problems) {
      expect([asked, headers['content-type']]).toEqual([asked, 'application/problem+json'])
      const told = { asked, ...body }
      expect(told).toMatchObject({
        type: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/),
        title: expect.any(String),
        status,
        detail: expect.stringMatching(/\.$/),
        next: expect.stringMatching(/\.$/),
        error: `${body.detail} ${body.next}`,
        fixableBy: expect.stringMatching(/^(agent|owner|operator|wait)$/),
        requestId: headers['x-request-id'],
      })
      expect(Object.keys(problemKinds)).toContain(body.type)
    }
  })
})
