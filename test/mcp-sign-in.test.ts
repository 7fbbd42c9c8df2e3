import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOAuthProvider, type OAuthProvider } from './fixtures/oauth-provider.ts'
import type { Choices } from './fixtures/oauth-provider-walk.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { type GuardedServer, startGuardedServer } from './fixtures/upstreams/guarded-server.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Signing in to upstream MCP servers: a built vault, a real authorization server, and a server of the SDK that wants its tokens.

let vault: TestVault
let person: Person
let agent: TestAgent
let provider: OAuthProvider
let server: GuardedServer
const stops: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  ;[vault, provider] = await Promise.all([
    startVault({}),
    createOAuthProvider({
      ...{ takesRegistrations: true, knowsResources: true },
      behaviour: { issueRefreshTokens: 'always' },
    }),
  ])
  server = await startGuardedServer(provider)
  person = await signIn(vault)
  agent = await vault.createAgentWithKey('signed in')
})
afterAll(async () => {
  await vault?.stop()
  await server?.stop()
  await provider?.close()
  for (const stop of stops) await stop()
})

const nameOf = (what: string) => `${what} ${randomBytes(4).toString('hex')}`

const add = async (what: string, url = server.url) =>
  (await vault.owner.call('createMcpServer', { name: nameOf(what), transport: 'http', url })).server

const read = async (serverId: string) =>
  (await vault.owner.call('getMcpServer', { serverId })).server

async function until<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await look()
    if (isThere(found)) return found
    await sleep(100)
  }
  throw new Error(`it never came to that: ${JSON.stringify(await look())}`)
}

type Json = Record<string, unknown>

const begin = async (serverId: string, body: Json = {}) =>
  person.send('POST', `/api/v1/mcp/servers/${serverId}/sign-in`, { body })

async function finish(authorizationUrl: unknown, choices?: Choices) {
  const sentTo = new URL(await provider.consent(String(authorizationUrl), choices))
  return person.send('GET', `${sentTo.pathname}${sentTo.search}`)
}

/** From the beginning to a grant. */
async function signInTo(serverId: string, body: Json = {}, choices?: Choices) {
  const begun = await begin(serverId, body)
  expect(begun, JSON.stringify(begun.body)).toMatchObject({ status: 201 })
  const finished = await finish(begun.body.authorizationUrl, choices)
  expect(finished, JSON.stringify(finished.body)).toMatchObject({ status: 200 })
  return { begun, server: await read(serverId) }
}

const call = async (toolset: string, text: string) => {
  const name = `${toolset}.echo`
  return agent.client.call('callMyTool', { name, arguments: { text } })
}

const grant = (toolsetId: string) =>
  vault.owner.call('setToolsetPermission', {
    ...{ toolsetId, agentId: agent.agentId, allowed: true, approval: 'never' },
  })

/** A server of one’s own on loopback, and what it was asked. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { path: string; authorization: string | undefined }[] = []
  const made: Server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization })
    answer(request, response)
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  const address = made.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  stops.push(async () => {
    made.closeAllConnections()
    made.close()
  })
  return { origin, asked }
}

const sendJson = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** A server whose metadata, and whose authorization server’s, are as they are told to be. */
async function hostile(of: {
  resource?: (origin: string) => Json
  issuer?: (origin: string) => Json
  challenge?: (origin: string) => string
}) {
  const made = await listen((request, response) => {
    const { origin } = made
    if (request.url === '/.well-known/oauth-protected-resource/mcp') {
      const own = { resource: `${origin}/mcp`, authorization_servers: [origin] }
      sendJson(response, { ...own, ...of.resource?.(origin) })
    } else if (request.url === '/.well-known/oauth-authorization-server') {
      sendJson(response, { ...honest(origin), ...of.issuer?.(origin) })
    } else if (request.url === '/register') {
      sendJson(response, { client_id: 'registered' }, 201)
    } else {
      const challenge = of.challenge?.(origin) ?? 'Bearer'
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    }
  })
  return { ...made, server: await add('hostile', `${made.origin}/mcp`) }
}

const honest = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
})

const asked = ({ asked: list }: { asked: { path: string }[] }, path: string) =>
  list.filter((one) => one.path === path).length

describe('what a server says of how it is signed in to', () => {
  it('is refused where it would have tokens made for somebody else, or by somebody else', async () => {
    verifies('S-31')
    const cases: [string, Parameters<typeof hostile>[0], RegExp][] = [
      ['another resource', { resource: () => ({ resource: server.url }) }, /another resource/],
      ['no resource', { resource: () => ({ resource: undefined }) }, /another resource/],
      ['another issuer', { issuer: () => ({ issuer: provider.issuer }) }, /another issuer/],
      ['no issuer', { issuer: () => ({ issuer: undefined }) }, /another issuer/],
      ['no S256', { issuer: () => ({ code_challenge_methods_supported: ['plain'] }) }, /PKCE/],
      ['no PKCE', { issuer: () => ({ code_challenge_methods_supported: undefined }) }, /PKCE/],
    ]
    for (const [what, of, sentence] of cases) {
      const made = await hostile(of)
      const { status, body } = await begin(made.server.id)
      expect(body, what).toMatchObject({ type: expect.stringMatching(/provider-refused$/) })
      expect(String(body.error), what).toMatch(sentence)
      expect([status, asked(made, '/register'), asked(made, '/token')], what).toEqual([502, 0, 0])
    }
  })

  it('leads nowhere where the operator’s rules do not lead', async () => {
    verifies('S-17')
    const forbidden = 'http://10.1.2.3:9'
    const cases: [string, Parameters<typeof hostile>[0]][] = [
      ['registration', { issuer: () => ({ registration_endpoint: `${forbidden}/register` }) }],
      ['token endpoint', { issuer: () => ({ token_endpoint: `${forbidden}/token` }) }],
      ['authorization', { issuer: () => ({ authorization_endpoint: `${forbidden}/auth` }) }],
      ['revocation', { issuer: () => ({ revocation_endpoint: `${forbidden}/revoke` }) }],
      ['issuer', { resource: () => ({ authorization_servers: [forbidden] }) }],
      ['metadata', { challenge: () => `Bearer resource_metadata="${forbidden}/x"` }],
    ]
    for (const [what, of] of cases) {
      const made = await hostile(of)
      const { body } = await begin(made.server.id)
      expect(body, what).toMatchObject({ type: expect.stringMatching(/origin-not-allowed$/) })
      expect(asked(made, '/register'), what).toBe(0)
    }
  })

  it('is not looked for where a redirect leads, nor read without an end', async () => {
    verifies('S-22')
    const elsewhere = await listen((_request, response) => sendJson(response, {}))
    const redirecting = await listen((_request, response) =>
      response.writeHead(302, { location: `${elsewhere.origin}/x` }).end(),
    )
    const one = await add('redirecting', `${redirecting.origin}/mcp`)
    const answer = await begin(one.id)
    expect(String(answer.body.error)).toMatch(/no metadata.*redirected/)
    expect(elsewhere.asked).toEqual([])

    let written = 0
    const endless = await listen((request, response) => {
      if (!request.url?.startsWith('/.well-known/')) return void response.writeHead(401).end()
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => {
        written += 65_536
        response.write('x'.repeat(65_536))
      }, 1)
      response.on('close', () => clearInterval(timer))
    })
    const two = await add('endless', `${endless.origin}/mcp`)
    const startedMs = performance.now()
    const refused = await begin(two.id)
    expect(refused.body).toMatchObject({ type: expect.stringMatching(/provider-unavailable$/) })
    expect(performance.now() - startedMs).toBeLessThan(9_000)
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  it('is found out for nobody else’s server, and by nobody who may not change servers', async () => {
    verifies('S-09')
    const missing = await begin('ups_01k8v3t5m9r2c4x6z8b0d1f3h5')
    expect(missing).toMatchObject({ status: 404 })
    const one = await add('of the owner')
    const path = `${vault.url}/api/v1/mcp/servers/${one.id}/sign-in`
    const token = await person.newToken(['tools:write'])
    const asking = (bearer: string) =>
      fetch(path, {
        ...{ method: 'POST', body: '{}' },
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      })
    expect((await asking(token)).status).toBe(403)
    expect((await asking('spt_nothing')).status).toBe(401)
    expect((await fetch(path, { method: 'POST' })).status).toBe(401)
  })
})

describe('a server that wants a sign-in', () => {
  it('is found out about, signed in to, used, renewed, revoked, and signed in to again', async () => {
    verifies('S-31', 'S-32')
    const added = await add('whole way')
    expect(added).toMatchObject({ status: 'error', auth: { kind: 'none', state: 'required' } })
    expect(added.lastError).toMatch(/wants a sign-in \(401\)\. An owner signs in/)
    const { found } = await vault.owner.call('discoverMcpSignIn', { serverId: added.id })
    expect(found).toMatchObject({
      ...{ resource: server.url, issuer: provider.issuer, client: 'registration' },
      scopes: ['read'],
    })

    const { begun, server: connected } = await signInTo(added.id)
    const url = new URL(String(begun.body.authorizationUrl))
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ resource: server.url, code_challenge_method: 'S256', response_type: 'code' },
    })
    expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    const exchange = provider.log.tokenRequests.at(-1)
    expect(exchange?.params).toMatchObject({ resource: server.url })
    expect(connected).toMatchObject({
      ...{ status: 'connected', toolCount: 7 },
      auth: {
        kind: 'authorization_code',
        state: 'signed_in',
        scopes: expect.arrayContaining(['read']),
      },
    })
    await grant(connected.toolsetId)
    const answer = await call(connected.toolset, 'hello')
    expect(JSON.stringify(answer)).toContain('hello')

    // Its token ends there: the refusal is answered by one renewal, for the same resource.
    const before = provider.log.countTokens({ grantType: 'refresh_token' })
    const old = [...server.tokens].at(-1)
    await provider.endToken(String(old))
    expect(JSON.stringify(await call(connected.toolset, 'again'))).toContain('again')
    expect(provider.log.countTokens({ grantType: 'refresh_token' })).toBe(before + 1)
    expect(provider.log.tokenRequests.at(-1)?.params).toMatchObject({ resource: server.url })

    // The grant is taken back: the server says what its owner has to do.
    provider.revokeGrants()
    await expect(call(connected.toolset, 'gone')).rejects.toBeInstanceOf(Problem)
    const ended = await until(
      () => read(added.id),
      ({ status, auth }) => status === 'error' && auth.state === 'ended',
    )
    expect(ended.lastError).toMatch(/401.*An owner signs in to the server again/)

    // The same client, the same connection, and the tools and grants of before.
    const again = await signInTo(added.id)
    expect(again.begun.body.found).toMatchObject({ client: 'kept' })
    expect(again.server).toMatchObject({ status: 'connected', auth: { state: 'signed_in' } })
    expect(again.server.auth.connectionId).toBe(connected.auth.connectionId)
    expect(JSON.stringify(await call(connected.toolset, 'back'))).toContain('back')
  })

  it('is left alone once its authorization server has taken the grant back, until an owner signs in again', async () => {
    verifies('S-32')
    const added = await add('taken back')
    const { begun, server: connected } = await signInTo(added.id)
    const { searchParams } = new URL(String(begun.body.authorizationUrl))
    const clientId = String(searchParams.get('client_id'))
    await grant(connected.toolsetId)
    provider.revokeGrants({ clientId })
    const refused = await call(connected.toolset, 'x').catch((error: unknown) => error)
    expect(refused).toMatchObject({ type: 'upstream-sign-in-required' })
    const ended = await until(
      () => read(added.id),
      ({ status }) => status === 'error',
    )
    expect(ended.auth).toMatchObject({
      state: 'ended',
      message: expect.stringMatching(/invalid_grant/),
    })
    expect(ended.lastError).toMatch(/sign-in.*ended.*An owner signs in to the server again/)
    const { connection } = await vault.owner.call('getConnection', {
      connectionId: String(connected.auth.connectionId),
    })
    expect(connection.status).toBe('needs_reauth')
    // Nobody asks for another token meanwhile, neither by itself nor for a call.
    const asked = provider.log.countTokens({ clientId })
    await expect(call(connected.toolset, 'x')).rejects.toBeInstanceOf(Problem)
    await vault.owner.call('refreshMcpServer', { serverId: added.id })
    expect(provider.log.countTokens({ clientId })).toBe(asked)
    const { server: again } = await signInTo(added.id)
    expect(again).toMatchObject({ status: 'connected', auth: { state: 'signed_in' } })
  })

  it('names the scopes that it wants, and is signed in to with them', async () => {
    const added = await add('scopes')
    const { server: connected } = await signInTo(added.id)
    await grant(connected.toolsetId)
    server.scopeOfTools = 'write'
    try {
      const refused = await call(connected.toolset, 'x').catch((error: unknown) => error)
      expect(refused).toMatchObject({ type: 'upstream-sign-in-required' })
      expect(String(refused)).toMatch(/wants write/)
      const wanting = await until(
        () => read(added.id),
        ({ auth }) => auth.state === 'scopes_needed',
      )
      expect(wanting).toMatchObject({ status: 'connected', auth: { neededScopes: ['write'] } })
      const { server: after } = await signInTo(added.id)
      expect(after.auth).toMatchObject({
        state: 'signed_in',
        scopes: expect.arrayContaining(['read', 'write']),
      })
      expect(JSON.stringify(await call(connected.toolset, 'now'))).toContain('now')
    } finally {
      server.scopeOfTools = undefined
    }
  })

  it('gives its token to its own origin alone, whatever becomes of its address', async () => {
    const other = await listen((_request, response) => response.writeHead(404).end())
    const added = await add('moved')
    const { server: connected } = await signInTo(added.id)
    expect(connected.status).toBe('connected')
    const moved = await vault.owner.call('updateMcpServer', {
      ...{ serverId: added.id, url: `${other.origin}/mcp` },
    })
    expect(moved.server.lastError).toMatch(/for another address than the server has now/)
    await vault.owner.call('testMcpServer', { serverId: added.id })
    await vault.owner.call('testMcpServerDraft', { serverId: added.id, url: `${other.origin}/x` })
    expect(other.asked.map(({ authorization }) => authorization).filter(Boolean)).toEqual([])
    const connectionId = String(connected.auth.connectionId)
    const refused = await agent.client
      .call('execute', { connectionId, method: 'GET', url: `${other.origin}/` })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Problem)
    const variable = { name: 'STOLEN', connectionId }
    await expect(vault.owner.call('putVariable', variable)).rejects.toMatchObject({
      type: 'invalid-input',
    })
    const { oauthApps } = await vault.owner.call('listOAuthApps', {})
    const app = oauthApps.find(({ provider: name }) => name === `mcp-${connected.toolset}`)
    await expect(
      vault.owner.call('startConnection', {
        ...{ oauthAppId: String(app?.id), origins: [other.origin] },
      }),
    ).rejects.toMatchObject({ type: 'invalid-input' })
    expect(other.asked.map(({ authorization }) => authorization).filter(Boolean)).toEqual([])
  })

  it('tells nobody its token, though the server says it again', async () => {
    verifies('S-20')
    const added = await add('echoing')
    const { server: connected } = await signInTo(added.id)
    await grant(connected.toolsetId)
    const token = String([...server.tokens].at(-1))
    const answer = JSON.stringify(await call(connected.toolset, `it is ${token}`))
    expect(answer).toContain('[redacted]')
    expect(answer).not.toContain(token)
  })

  it('is left with its tokens, which are taken back, when it is signed out of or deleted', async () => {
    verifies('S-10')
    const added = await add('left')
    const { server: connected } = await signInTo(added.id)
    provider.log.clear()
    const { server: out } = await vault.owner.call('signOutOfMcpServer', { serverId: added.id })
    expect(out).toMatchObject({ status: 'error', auth: { kind: 'none', state: 'required' } })
    expect(provider.log.revocations).toHaveLength(1)
    const { connection } = await vault.owner.call('getConnection', {
      connectionId: String(connected.auth.connectionId),
    })
    expect(connection.status).toBe('revoked')
    const appsOf = async () =>
      (await vault.owner.call('listOAuthApps', {})).oauthApps.filter(
        ({ provider: name }) => name === `mcp-${connected.toolset}`,
      )
    expect(await appsOf()).toEqual([])

    const { server: again } = await signInTo(added.id)
    const token = String([...server.tokens].at(-1))
    await vault.owner.call('deleteMcpServer', { serverId: added.id })
    expect(provider.log.revocations).toHaveLength(2)
    expect(await provider.findToken(token)).toBeUndefined()
    const gone = await vault.owner.call('getConnection', {
      connectionId: String(again.auth.connectionId),
    })
    expect(gone.connection.status).toBe('revoked')
    expect(await appsOf()).toEqual([])
  })

  it('is signed in to by an owner’s own client, and says where to register one where it has to be', async () => {
    const { redirectUri } = await vault.owner.call('listOAuthApps', {})
    const closed = await createOAuthProvider({ knowsResources: true })
    stops.push(() => closed.close())
    const guarded = await startGuardedServer(closed, 'new-streamable')
    stops.push(() => guarded.stop())
    const added = await add('by hand', guarded.url)
    const told = await begin(added.id)
    expect(told.body).toMatchObject({ type: expect.stringMatching(/oauth-app-missing$/) })
    expect(String(told.body.error)).toContain(redirectUri)
    const client = await closed.clientFor({ redirectUris: [redirectUri] })
    const begun = await begin(added.id, { ...client })
    const sentTo = new URL(await closed.consent(String(begun.body.authorizationUrl)))
    await person.send('GET', `${sentTo.pathname}${sentTo.search}`)
    expect(await read(added.id)).toMatchObject({
      ...{ status: 'connected', auth: { kind: 'authorization_code', state: 'signed_in' } },
    })

    // The same client for itself: no person is asked, and it takes the place of the grant before.
    const itself = await begin(added.id, { ...client, method: 'client_credentials' })
    expect(itself.body.server).toMatchObject({
      ...{ status: 'connected', auth: { kind: 'client_credentials', state: 'signed_in' } },
    })
    expect(closed.log.tokenRequests.at(-1)?.params).toMatchObject({
      ...{ grant_type: 'client_credentials', resource: guarded.url },
    })
    expect(closed.log.revocations).toHaveLength(1)
  })

  it('keeps what an attempt of a token begins for the session of the same person', async () => {
    const added = await add('by a token')
    const begun = await vault.owner.call('signInToMcpServer', { serverId: added.id })
    expect(begun.authorizationUrl).toBeUndefined()
    expect(begun.flow?.continueUrl).toContain('/connections/flows/')
    expect(begun.flow?.origins).toEqual([`mcp://${added.id}`])
  })
})

it('says who it is to authorization servers that read it', async () => {
  const response = await fetch(`${vault.url}/oauth/mcp-client.json`)
  expect(response.status).toBe(200)
  const { redirectUri } = await vault.owner.call('listOAuthApps', {})
  expect(await response.json()).toMatchObject({
    client_id: new URL('/oauth/mcp-client.json', redirectUri).href,
    ...{ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
  })
})
