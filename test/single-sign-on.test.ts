import type { JWTPayload } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { unavailable } from './fixtures/oauth-provider-faults.ts'
import { addPerson } from './fixtures/people.ts'
import { type SingleSignOnScene, startSingleSignOnScene } from './fixtures/single-sign-on-scene.ts'
import { ownerEmail, ownerPassword } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Signing in at the organisation's provider: who gets in as what, and who does not whatever they bring.

const groups = ['staff', 'leads']
const accounts: Account[] = [
  { sub: 'ann', email: 'ann@example.com', groups },
  { sub: 'ben', email: 'ben@example.com', groups: [] },
  { sub: 'cat', email: 'cat@elsewhere.example', groups },
  { sub: 'dot', email: 'dot@example.com.evil.example', groups },
  { sub: 'eve', email: ownerEmail, emailVerified: false, groups },
  { sub: 'owner', email: ownerEmail, groups: ['everybody'] },
  { sub: 'usurper', email: ownerEmail, groups },
  { sub: 'fay', email: 'fay@example.com', groups: [] },
  { sub: 'gus', email: 'gus@example.com', groups: ['other'] },
  { sub: 'hal', email: 'hal@example.com', groups: 'leads' as never },
  { sub: 'ida', email: 'ida@example.com', groups },
  { sub: 'joe', email: 'joe@example.com', groups },
]
let scene: SingleSignOnScene

beforeAll(async () => {
  scene = await startSingleSignOnScene(accounts)
})
beforeEach(async () => {
  expect((await scene.configure()).status).toBe(200)
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

const roleOf = ({ body }: Awaited<ReturnType<SingleSignOnScene['signIn']>>) =>
  Object(Object(body.session).owner).role
const refused = (type: string, status = 403) => ({
  status,
  body: { type: expect.stringContaining(type) },
})
const byPassword = (email: string, password: string) =>
  scene.browser().ask('POST', '/api/v1/session', { email, password })

describe('single sign-on', () => {
  it('signs a person in with the role that is given to everybody, and says so', async () => {
    verifies('S-42')
    const browser = scene.browser()
    const answer = await scene.signIn({ account: 'ann' }, browser)
    expect(answer.status).toBe(200)
    expect(roleOf(answer)).toBe('auditor')
    const { body } = await browser.ask('GET', '/api/v1/session')
    expect(body).toMatchObject({ owner: { email: 'ann@example.com' } })
    const sessions = await browser.ask('GET', '/api/v1/sessions')
    expect(sessions.body.sessions).toMatchObject([{ current: true, method: 'oidc' }])
  })

  it('asks with PKCE, state and nonce, and keeps the attempt in a cookie that scripts cannot read', async () => {
    verifies('S-31', 'S-42')
    const begun = await scene.browser().ask('POST', '/api/v1/session/oidc', {})
    const asked = Object.fromEntries(new URL(String(begun.body.authorizationUrl)).searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: scene.redirectUri,
      state: expect.stringMatching(/^.{22,}$/),
      nonce: expect.stringMatching(/^.{22,}$/),
    })
    const cookie = begun.headers.getSetCookie()[0] ?? ''
    expect(cookie).toMatch(/HttpOnly/i)
    expect(cookie).toMatch(/SameSite=Strict/i)
  })

  it('gives the furthest reaching role of the groups, at each sign-in anew', async () => {
    const roleMapping = [
      { group: 'staff', role: 'approver' as const },
      { group: 'leads', role: 'admin' as const },
    ]
    await scene.configure({ roleMapping })
    expect(roleOf(await scene.signIn({ account: 'ida' }))).toBe('admin')
    await scene.configure({ roleMapping: roleMapping.slice(0, 1) })
    expect(roleOf(await scene.signIn({ account: 'ida' }))).toBe('approver')
  })

  it('reads one group that is not in a list as one group', async () => {
    await scene.configure({ allowedGroups: ['leads'] })
    expect((await scene.signIn({ account: 'hal' })).status).toBe(200)
    await scene.configure({ allowedGroups: ['lead', 'eads', 'l'] })
    expect(await scene.signIn({ account: 'hal' })).toMatchObject(refused('sign-in-refused'))
  })

  it('can be told everywhere in which way one signs in, and is quiet where it is off', async () => {
    const methods = () => scene.browser().ask('GET', '/api/v1/session/methods')
    expect((await methods()).body).toEqual({ singleSignOn: { label: 'Acme', required: false } })
    await scene.owner.send('DELETE', '/api/v1/workspace/single-sign-on')
    expect((await methods()).body).toEqual({})
    const begun = await scene.browser().ask('POST', '/api/v1/session/oidc', {})
    expect(begun).toMatchObject(refused('single-sign-on-not-found', 404))
  })
})

describe('who may not sign in', () => {
  it.each([
    ['of another domain', 'cat', { allowedDomains: ['example.com'] }],
    ['of a domain that only begins alike', 'dot', { allowedDomains: ['example.com'] }],
    ['outside of the allowed groups', 'gus', { allowedGroups: ['staff'] }],
    ['without any group where one is needed', 'ben', { allowedGroups: ['staff'] }],
    ['nobody invited and no group gives a role', 'fay', { defaultRole: null }],
  ])('people %s', async (...[, account, settings]) => {
    await scene.configure(settings)
    expect(await scene.signIn({ account })).toMatchObject(refused('sign-in-refused'))
    const { members } = (await scene.owner.send('GET', '/api/v1/workspace/members')).body as {
      members: { email: string }[]
    }
    expect(members.map(({ email }) => email)).not.toContain(
      accounts.find(({ sub }) => sub === account)?.email,
    )
  })

  it('somebody who claims the owner’s address without proof', async () => {
    verifies('S-42')
    expect(await scene.signIn({ account: 'eve' })).toMatchObject(refused('sign-in-refused'))
  })

  it('somebody else who later has the address of a person that is known', async () => {
    verifies('S-42')
    expect((await scene.signIn({ account: 'owner' })).status).toBe(200)
    expect(await scene.signIn({ account: 'usurper' })).toMatchObject(refused('sign-in-refused'))
  })

  it('people whose group is gone, from their next sign-in on', async () => {
    await scene.configure({ allowedGroups: ['staff'] })
    expect((await scene.signIn({ account: 'joe' })).status).toBe(200)
    await scene.configure({ allowedGroups: ['other'] })
    expect(await scene.signIn({ account: 'joe' })).toMatchObject(refused('sign-in-refused'))
  })

  it('those who said no at the provider', async () => {
    expect(await scene.signIn({ account: 'ann', deny: true })).toMatchObject(
      refused('authorization-refused'),
    )
  })
})

describe('an invitation', () => {
  it('is accepted by whoever proves its address, with its role', async () => {
    await scene.configure({ defaultRole: null })
    const email = 'fay@example.com'
    const body = { email, role: 'approver' }
    expect((await scene.owner.send('POST', '/api/v1/workspace/invitations', { body })).status).toBe(
      201,
    )
    expect(roleOf(await scene.signIn({ account: 'fay' }))).toBe('approver')
    expect(roleOf(await scene.signIn({ account: 'fay' }))).toBe('approver')
  })
})

describe('the way back', () => {
  it('is useless in another browser, and good once in its own', async () => {
    verifies('S-31', 'S-42')
    const browser = scene.browser()
    const stolen = await scene.begin(browser, { account: 'ann' })
    const thief = scene.browser()
    expect(await scene.finish(thief, stolen)).toMatchObject(refused('connect-flow-refused'))
    await scene.begin(thief, { account: 'ben' })
    expect(await scene.finish(thief, stolen)).toMatchObject(refused('connect-flow-refused'))
    expect((await thief.ask('GET', '/api/v1/session')).status).toBe(401)
    expect((await scene.finish(browser, stolen)).status).toBe(200)
    expect(await scene.finish(browser, stolen)).toMatchObject(refused('connect-flow-refused'))
    expect(scene.provider.log.countTokens({ grantType: 'authorization_code' })).toBe(1)
  })

  it.each(['https://evil.example', 'none'] as const)(
    'from another issuer is refused before the code goes anywhere: %s',
    async (iss) => {
      verifies('S-31')
      scene.provider.behaviour.iss = iss
      expect(await scene.signIn({ account: 'ann' })).toMatchObject(refused('connect-flow-refused'))
      expect(scene.provider.log.countTokens()).toBe(0)
    },
  )

  it('leads the browser to the page that finishes it', async () => {
    const sentTo = new URL(await scene.begin(scene.browser(), { account: 'ann' }))
    const get = (accept: string) =>
      fetch(`${scene.vault.url}${sentTo.pathname}${sentTo.search}`, {
        redirect: 'manual',
        headers: { accept },
      })
    const { status, headers } = await get('text/html,application/xhtml+xml;q=0.9,*/*;q=0.8')
    expect(status).toBe(303)
    expect(headers.get('location')).toBe(`/sign-in/callback${sentTo.search}`)
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect((await get('application/json')).status).toBe(405)
  })

  it('with a code of somebody else’s attempt signs nobody in', async () => {
    verifies('S-31', 'S-42')
    const [mine, theirs] = [scene.browser(), scene.browser()]
    const own = new URL(await scene.begin(mine, { account: 'ben' }))
    const others = new URL(await scene.begin(theirs, { account: 'ann' }))
    own.searchParams.set('code', others.searchParams.get('code') ?? '')
    expect((await scene.finish(mine, own.href)).status).toBeGreaterThanOrEqual(400)
    expect((await mine.ask('GET', '/api/v1/session')).status).toBe(401)
  })
})

describe('an id token', () => {
  const nowS = () => Math.floor(Date.now() / 1000)
  const tampered: [string, (claims: JWTPayload) => JWTPayload][] = [
    ['of another attempt', (claims) => ({ ...claims, nonce: 'another-nonce' })],
    ['without the nonce', ({ nonce, ...claims }) => claims],
    ['for another client', (claims) => ({ ...claims, aud: 'somebody-else' })],
    ['from another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['that has ended', (claims) => ({ ...claims, exp: nowS() - 3600, iat: nowS() - 7200 })],
    ['without a subject', ({ sub, ...claims }) => claims],
    ['whose address is not a text', (claims) => ({ ...claims, email: [ownerEmail] })],
  ]
  /** Everything stays as it was but for what `change` makes of the claims; signed with the provider's own key. */
  async function answerWith(change: (claims: JWTPayload) => JWTPayload) {
    const browser = scene.browser()
    const begun = await browser.ask('POST', '/api/v1/session/oidc', {})
    const asked = new URL(String(begun.body.authorizationUrl)).searchParams
    const claims = {
      iss: scene.provider.issuer,
      aud: asked.get('client_id') ?? '',
      nonce: asked.get('nonce'),
      sub: 'ann',
      email: 'ann@example.com',
      email_verified: true,
      groups,
      iat: nowS(),
      exp: nowS() + 300,
      auth_time: nowS(),
    }
    const idToken = await scene.provider.signIdToken(change(claims))
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, id_token: idToken })
    const sentTo = await scene.provider.consent(String(begun.body.authorizationUrl), {
      account: 'ann',
    })
    return scene.finish(browser, sentTo)
  }

  it('that is as it should be signs in', async () => {
    expect((await answerWith((claims) => claims)).status).toBe(200)
  })

  it.each(tampered)('%s signs nobody in', async (_name, change) => {
    verifies('S-31', 'S-42')
    const { status, headers } = await answerWith(change)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(headers.getSetCookie().filter((line) => /session=[^;]{8}/.test(line))).toEqual([])
  })

  it.each([
    ['that nobody signed', (token: string) => `${token.split('.').slice(0, 2).join('.')}.`],
    ['whose signature was changed', (token: string) => `${token.slice(0, -8)}AAAAAAAA`],
    [
      'that names no algorithm',
      (token: string) =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`,
    ],
    ['that is missing', () => undefined],
    ['that is no token', () => 'token'],
  ])('%s signs nobody in', async (_name, change) => {
    verifies('S-31', 'S-42')
    scene.provider.behaviour.rewriteTokenAnswer = ({ id_token, ...answer }) => ({
      ...answer,
      id_token: change(String(id_token)),
    })
    expect((await scene.signIn({ account: 'ann' })).status).toBeGreaterThanOrEqual(400)
  })
})

describe('the local owner', () => {
  it('can sign in with the password while the provider is away', async () => {
    for (const endpoint of ['discovery', 'token', 'jwks'] as const) {
      scene.provider.faults.set(endpoint, unavailable)
    }
    expect((await byPassword(ownerEmail, ownerPassword)).status).toBe(200)
  })

  it('can where single sign-on is required, and nobody else can', async () => {
    verifies('S-42')
    const admin = await addPerson(scene.vault, 'admin')
    expect((await byPassword(admin.email, admin.password)).status).toBe(200)
    await scene.configure({ required: true })
    expect((await byPassword(admin.email, admin.password)).status).toBeGreaterThanOrEqual(400)
    expect((await byPassword(ownerEmail, ownerPassword)).status).toBe(200)
  })

  it('stays an owner though a group would make less of them: somebody has to be', async () => {
    await scene.configure({ roleMapping: [{ group: 'everybody', role: 'auditor' }] })
    expect(roleOf(await scene.signIn({ account: 'owner' }))).toBe('owner')
    const { body } = await scene.owner.send('GET', '/api/v1/session')
    expect(body).toMatchObject({ owner: { role: 'owner' } })
  })
})

describe('proving again who one is', () => {
  const prove = async (browser = scene.browser()) => {
    const { body } = await browser.ask('POST', '/api/v1/session/reauthenticate/oidc', {})
    return String(body.authorizationUrl)
  }

  it('asks the provider to ask, and takes no old answer', async () => {
    verifies('S-42')
    const browser = scene.browser()
    await scene.signIn({ account: 'ann' }, browser)
    const url = await prove(browser)
    const asked = new URL(url).searchParams
    expect(asked.get('prompt')).toBe('login')
    const authTime = Math.floor(Date.now() / 1000) - 3600
    const old = await scene.provider.consent(url, { account: 'ann', authTime })
    expect((await scene.finish(browser, old)).status).toBeGreaterThanOrEqual(400)
    const fresh = await scene.provider.consent(await prove(browser), { account: 'ann' })
    expect((await scene.finish(browser, fresh)).status).toBe(200)
  })

  it('as somebody else proves nothing', async () => {
    verifies('S-42')
    const browser = scene.browser()
    await scene.signIn({ account: 'ann' }, browser)
    const sentTo = await scene.provider.consent(await prove(browser), { account: 'joe' })
    expect((await scene.finish(browser, sentTo)).status).toBeGreaterThanOrEqual(400)
    const { body } = await browser.ask('GET', '/api/v1/session')
    expect(body).toMatchObject({ owner: { email: 'ann@example.com' } })
  })
})

describe('the settings', () => {
  it('are refused where the provider is not who it is said to be, or does not answer', async () => {
    scene.provider.behaviour.rewriteDiscovery = (document) => ({
      ...document,
      issuer: 'https://evil.example',
    })
    expect((await scene.configure()).status).toBeGreaterThanOrEqual(400)
    scene.provider.behaviour.rewriteDiscovery = undefined
    scene.provider.faults.set('discovery', unavailable)
    expect(await scene.configure()).toMatchObject(refused('provider-unavailable', 503))
  })

  it('are set by an owner in a session alone, and never show the secret', async () => {
    verifies('S-08', 'S-38')
    const admin = await addPerson(scene.vault, 'admin')
    const settings = { issuer: scene.provider.issuer, clientId: 'x', label: 'Mine' }
    const path = '/api/v1/workspace/single-sign-on'
    expect((await admin.send('PUT', path, { body: settings })).status).toBe(403)
    expect((await admin.send('DELETE', path)).status).toBe(403)
    const byToken = await fetch(`${scene.vault.url}${path}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${scene.vault.ownerToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(settings),
    })
    expect([401, 403]).toContain(byToken.status)
    const { body } = await scene.owner.send('GET', path)
    expect(JSON.stringify(body)).not.toContain('client-secret-')
  })

  it('that are deleted end the sessions that came by them', async () => {
    verifies('S-42')
    const browser = scene.browser()
    await scene.signIn({ account: 'ann' }, browser)
    await scene.owner.send('DELETE', '/api/v1/workspace/single-sign-on')
    expect((await browser.ask('GET', '/api/v1/session')).status).toBe(401)
  })
})
