import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alice, bob } from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import {
  brokenJson,
  maintenancePage,
  oauthError,
  unavailable,
} from './fixtures/oauth-provider-faults.ts'
import { connectionOf, type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { addPerson, type Person, signIn } from './fixtures/people.ts'
import { verifies } from './verifies.ts'

// Connecting an account by authorization code, with a provider that is real, and with those who want it for themselves.

let scene: OAuthScene
let colleague: Person

beforeAll(async () => {
  scene = await startOAuthScene()
  colleague = await addPerson(scene.vault, 'owner')
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

const codeExchanges = () => scene.provider.log.countTokens({ grantType: 'authorization_code' })
const countConnections = async () =>
  (await scene.vault.owner.call('listConnections', { limit: 100 })).connections.length
const paramsOf = (url: string) => Object.fromEntries(new URL(url).searchParams)

/** What somebody gets who has nothing: neither an attempt nor a hint at one. */
async function nobodysAnswer(who: Pick<Person, 'send'>) {
  const path = '/api/v1/connections/callback?state=nobody-ever-sent-this&code=c'
  const { status, body } = await who.send('GET', path)
  return { status, body: comparable(body) }
}
const comparable = ({ requestId, auditId, ...rest }: Record<string, unknown>) => rest

describe('connecting an account', () => {
  it('asks with PKCE and an unguessable state, keeps what was asked and granted, and serves the agent', async () => {
    verifies('S-31')
    const begun = await scene.begin({ scopes: ['openid', 'email', 'read', 'write'] })
    const asked = paramsOf(begun.authorizationUrl)
    expect(begun.authorizationUrl.startsWith(`${scene.provider.endpoints.authorization}?`)).toBe(
      true,
    )
    expect(asked).toMatchObject({ response_type: 'code', code_challenge_method: 'S256' })
    expect(Buffer.from(asked.state ?? '', 'base64url').length).toBeGreaterThanOrEqual(16)
    expect(begun.flow).toMatchObject({ method: 'code', status: 'waiting' })

    const sentTo = await scene.provider.consent(begun.authorizationUrl, {
      account: alice.sub,
      scopes: ['read', 'email'],
    })
    const connection = connectionOf(await scene.finish(sentTo))
    expect(connection).toMatchObject({
      status: 'healthy',
      credential: { kind: 'oauth2' },
      token: { oauthAppId: scene.oauthAppId, account: alice.email, renewable: true },
    })
    expect(connection.requestedScopes).toEqual(expect.arrayContaining(['read', 'write']))
    expect(connection.grantedScopes).toContain('read')
    expect(connection.grantedScopes).not.toContain('write')

    const [exchange] = scene.provider.log.tokenRequests
    const verifier = exchange?.params.code_verifier ?? ''
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(asked.code_challenge)

    await scene.allow(connection.id)
    expect(await scene.call(connection.id)).toMatchObject({
      status: 200,
      body: { account: 'alice' },
    })
  })

  it('works with a provider of which only the endpoints are known', async () => {
    const other = await startOAuthScene({ vault: scene.vault, withoutIssuer: true })
    const connection = await other.connectForAgent({ account: bob.sub })
    expect(await other.call(connection.id)).toMatchObject({ status: 200, body: { account: 'bob' } })
    await other.stop()
  })

  it('never sends two attempts with the same state, challenge or nonce', async () => {
    verifies('S-31')
    const urls = await Promise.all([scene.begin(), scene.begin(), scene.begin()])
    for (const name of ['state', 'code_challenge', 'nonce']) {
      const values = urls.map(({ authorizationUrl }) => paramsOf(authorizationUrl)[name])
      expect(new Set(values).size, name).toBe(3)
    }
  })

  it('takes what was asked as granted where the provider does not say', async () => {
    scene.provider.behaviour.rewriteTokenAnswer = ({ scope, ...rest }) => rest
    const connection = await scene.connect({}, { scopes: ['openid', 'read', 'admin'] })
    expect(connection.grantedScopes).toEqual(expect.arrayContaining(['read', 'admin']))
  })

  it('says that the user said no, once, and connects nothing', async () => {
    const before = await countConnections()
    const begun = await scene.begin()
    const sentTo = await scene.provider.consent(begun.authorizationUrl, { deny: true })
    expect(await scene.finish(sentTo)).toMatchObject({
      status: 403,
      body: { type: expect.stringContaining('authorization-refused') },
    })
    const flow = await scene.vault.owner.call('getConnectFlow', { flowId: begun.flow.id })
    expect(flow.flow).toMatchObject({
      status: 'failed',
      problem: { type: 'authorization-refused' },
    })
    expect((await scene.finish(sentTo)).body.type).toContain('connect-flow-refused')
    expect(await countConnections()).toBe(before)
    expect(codeExchanges()).toBe(0)
  })

  it.each([
    ['a 503', unavailable, 'provider-unavailable'],
    ['a page', maintenancePage, 'provider-unavailable'],
    ['half an answer', brokenJson, 'provider-unavailable'],
    ['a reset', { kind: 'reset' } as const, 'provider-unavailable'],
    ['invalid_client', oauthError('invalid_client', 401), 'provider-refused'],
    ['invalid_grant', oauthError('invalid_grant'), 'provider-refused'],
  ])(
    'connects nothing where the token endpoint answers %s, and says so',
    async (...[, fault, problem]) => {
      const before = await countConnections()
      const { authorizationUrl } = await scene.begin()
      const sentTo = await scene.provider.consent(authorizationUrl)
      scene.provider.faults.set('token', fault)
      const { status, body } = await scene.finish(sentTo)
      expect(String(body.type)).toContain(problem)
      expect(status).toBeGreaterThanOrEqual(500)
      expect(await countConnections()).toBe(before)
    },
  )

  it('gives an attempt up', async () => {
    const begun = await scene.begin()
    await scene.vault.owner.call('cancelConnectFlow', { flowId: begun.flow.id })
    const sentTo = await scene.provider.consent(begun.authorizationUrl)
    expect((await scene.finish(sentTo)).body.type).toContain('connect-flow-refused')
    expect(codeExchanges()).toBe(0)
  })
})

describe('a callback', () => {
  it('is useless in any other session, and stays good for the one that began it', async () => {
    verifies('S-31')
    const { authorizationUrl } = await scene.begin()
    const stolen = await scene.provider.consent(authorizationUrl, { account: alice.sub })
    const again = await signIn(scene.vault)
    for (const thief of [again, colleague]) {
      const { status, body } = await scene.finish(stolen, thief)
      expect({ status, body: comparable(body) }).toEqual(await nobodysAnswer(thief))
      expect(body.type).toContain('connect-flow-refused')
    }
    expect(codeExchanges()).toBe(0)
    expect(connectionOf(await scene.finish(stolen)).status).toBe('healthy')
  })

  it('is useless without a session, whatever else is brought', async () => {
    verifies('S-31')
    const { authorizationUrl } = await scene.begin()
    const stolen = new URL(await scene.provider.consent(authorizationUrl))
    const url = `${scene.vault.url}${stolen.pathname}${stolen.search}`
    const withToken = { authorization: `Bearer ${scene.vault.ownerToken}` }
    for (const headers of [{}, withToken, { cookie: 'session=forged' }]) {
      const answer = await fetch(url, { headers })
      expect([401, 403]).toContain(answer.status)
    }
    expect(codeExchanges()).toBe(0)
    expect(connectionOf(await scene.finish(stolen.href)).status).toBe('healthy')
  })

  it('is useless after the session that began it has ended', async () => {
    verifies('S-31')
    const leaver = await signIn(scene.vault)
    const { authorizationUrl } = await scene.begin({}, leaver)
    const sentTo = await scene.provider.consent(authorizationUrl)
    await leaver.send('DELETE', '/api/v1/session')
    expect((await scene.finish(sentTo, leaver)).status).toBe(401)
    expect((await scene.finish(sentTo)).status).toBe(403)
    expect(codeExchanges()).toBe(0)
  })

  it('counts once, also when it comes ten times at once', async () => {
    verifies('S-31')
    const before = await countConnections()
    const { authorizationUrl } = await scene.begin()
    const sentTo = await scene.provider.consent(authorizationUrl)
    const answers = await Promise.all(Array.from({ length: 10 }, () => scene.finish(sentTo)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(9)
    expect((await scene.finish(sentTo)).status).toBe(403)
    expect(codeExchanges()).toBe(1)
    expect(await countConnections()).toBe(before + 1)
  })

  it.each(['https://evil.example', 'none'] as const)(
    'from another issuer than the recorded one is refused before the code goes anywhere: %s',
    async (iss) => {
      verifies('S-31')
      const { authorizationUrl } = await scene.begin()
      scene.provider.behaviour.iss = iss
      const sentTo = await scene.provider.consent(authorizationUrl)
      const { status, body } = await scene.finish(sentTo)
      expect({ status, body: comparable(body) }).toEqual(await nobodysAnswer(scene.person))
      expect(codeExchanges()).toBe(0)
    },
  )

  it('with the state of another attempt brings its code nowhere (PKCE)', async () => {
    verifies('S-31')
    const before = await countConnections()
    const mine = await scene.begin()
    const theirs = await scene.begin({}, colleague)
    const injected = new URL(
      await scene.provider.consent(theirs.authorizationUrl, { account: bob.sub }),
    )
    injected.searchParams.set('state', paramsOf(mine.authorizationUrl).state ?? '')
    expect((await scene.finish(injected.href)).body.type).toContain('provider-refused')
    expect(await countConnections()).toBe(before)
  })

  it.each([
    ['nothing', ''],
    ['a letter', 'x'],
    ['as much as there may be', 'x'.repeat(500)],
    ['an escape', '%00'],
    ['a path', '../..'],
    ['SQL', "' or 1=1 --"],
  ])('with a state that was never sent is refused: %s', async (_name, state) => {
    const query = new URLSearchParams({ state, code: 'c' })
    const answer = await scene.person.send('GET', `/api/v1/connections/callback?${query}`)
    expect([400, 403]).toContain(answer.status)
  })

  it('that names a parameter twice is refused, and burns nothing', async () => {
    verifies('S-31')
    const { authorizationUrl } = await scene.begin()
    const sentTo = await scene.provider.consent(authorizationUrl)
    for (const twice of ['state', 'code', 'iss']) {
      const url = `${sentTo}&${twice}=${encodeURIComponent('https://evil.example')}`
      expect([400, 403]).toContain((await scene.finish(url)).status)
    }
    expect(connectionOf(await scene.finish(sentTo)).status).toBe('healthy')
  })

  it('leads a browser that comes from the provider to the page that finishes, and shows the code to nobody', async () => {
    const { authorizationUrl } = await scene.begin()
    const sentTo = new URL(await scene.provider.consent(authorizationUrl))
    const answer = await fetch(`${scene.vault.url}${sentTo.pathname}${sentTo.search}`, {
      redirect: 'manual',
      headers: { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' },
    })
    expect(answer.status).toBe(303)
    const location = new URL(answer.headers.get('location') ?? '', scene.vault.url)
    expect(location.origin).toBe(scene.vault.url)
    expect(location.search).toBe(sentTo.search)
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('cache-control')).toContain('no-store')
    expect(codeExchanges()).toBe(0)
  })
})

describe('an attempt that a token began', () => {
  const start = () =>
    scene.vault.owner.call('startConnection', {
      oauthAppId: scene.oauthAppId,
      origins: [scene.provider.apiOrigin],
      scopes: ['openid', 'read'],
    })

  it('shows no authorization URL, and goes on in a session of the same person alone', async () => {
    verifies('S-31')
    const { authorizationUrl, flow } = await start()
    expect(authorizationUrl).toBeUndefined()
    expect(new URL(flow.continueUrl ?? '').pathname).toBe(`/connections/flows/${flow.id}`)
    const path = `/api/v1/connections/flows/${flow.id}/continue`
    expect((await colleague.send('POST', path, { body: {} })).status).toBe(404)
    const gone = await scene.person.send('POST', path, { body: {} })
    expect(gone.status).toBe(200)
    const sentTo = await scene.provider.consent(String(gone.body.authorizationUrl))
    expect((await scene.finish(sentTo, await signIn(scene.vault))).status).toBe(403)
    expect(connectionOf(await scene.finish(sentTo)).status).toBe('healthy')
  })

  it('is hidden from other people', async () => {
    verifies('S-09')
    const { flow } = await start()
    const path = `/api/v1/connections/flows/${flow.id}`
    expect((await colleague.send('GET', path)).status).toBe(404)
    expect((await colleague.send('DELETE', path)).status).toBe(404)
    expect((await scene.person.send('GET', path)).status).toBe(200)
  })
})

describe('connecting again', () => {
  it('keeps the connection, its policies and its account, and adds scopes', async () => {
    const connection = await scene.connectForAgent({ account: alice.sub })
    const answer = await scene.reconnect(
      connection.id,
      { account: alice.sub },
      { scopes: ['write'] },
    )
    const after = connectionOf(answer)
    expect(after.id).toBe(connection.id)
    expect(after.grantedScopes).toEqual(expect.arrayContaining(['read', 'write']))
    expect(await scene.call(connection.id, { path: '/api/scoped/write' })).toMatchObject({
      status: 200,
    })
  })

  it('with another account changes nothing and keeps no token of theirs', async () => {
    const connection = await scene.connectForAgent({ account: alice.sub })
    const { body } = await scene.reconnect(connection.id, { account: bob.sub })
    expect(body.type).toContain('different-account')
    expect(await scene.call(connection.id)).toMatchObject({
      status: 200,
      body: { account: 'alice' },
    })
    const bobs = scene.provider.log.tokenRequests.at(-1)?.answer
    await expect
      .poll(() => scene.provider.log.revocations.map(({ params }) => params.token))
      .toContain(bobs?.refresh_token)
  })

  it('is refused for a key, and for what was revoked', async () => {
    const keyId = await scene.vault.addConnection({ origins: ['https://api.example.com'] })
    const refusal = await scene.person.send('POST', `/api/v1/connections/${keyId}/reauth`, {
      body: {},
    })
    expect(refusal.body.type).toContain('not-an-oauth-connection')
    const connection = await scene.connect()
    const begun = await scene.person.send('POST', `/api/v1/connections/${connection.id}/reauth`, {
      body: {},
    })
    const sentTo = await scene.provider.consent(String(begun.body.authorizationUrl))
    await scene.vault.owner.call('revokeConnectionByOwner', { connectionId: connection.id })
    expect((await scene.finish(sentTo)).status).toBeGreaterThanOrEqual(400)
    expect((await scene.get(connection.id)).status).toBe('revoked')
  })
})
