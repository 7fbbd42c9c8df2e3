import { Buffer } from 'node:buffer'
import { generateKeyPairSync } from 'node:crypto'
import { createCatalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { person } from '../../../../../test/fixtures/connect-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { faultOfPrivateKey } from '../../credentials/signing-key.ts'
import type { OAuthFetch } from '../oauth/token-endpoint.ts'
import type { OAuthAppStore, StoredOAuthApp } from './oauth-app-store.ts'
import { createOAuthApps } from './oauth-apps.ts'
import type { OAuthAppEvent } from './oauth-apps-needs.ts'
import { createOAuthClients } from './oauth-clients.ts'
import { readMetadata } from './read-metadata.ts'

const nowMs = Date.parse('2026-11-21T10:00:00Z')
const owner = person('own_1', 'session', { authenticatedAtMs: nowMs })
const stranger = person('own_9', 'session', { workspaceId: 'wsp_2', authenticatedAtMs: nowMs })
const clientSecret = 'a-client-secret-of-acme'
const endpoints = {
  authorizationEndpoint: 'https://acme.example/auth',
  tokenEndpoint: 'https://acme.example/token',
}
const { privateKey } = generateKeyPairSync('ec', {
  ...{ namedCurve: 'P-256' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** The room with a store in memory; `metadata` is what servers say of themselves, by URL. */
function setUp(metadata: Readonly<Record<string, object | number>> = {}) {
  const rows = new Map<string, StoredOAuthApp>()
  const users = new Map<string, number>()
  const events: OAuthAppEvent[] = []
  const asked: string[] = []
  const fetch: OAuthFetch = async (url) => {
    asked.push(url)
    const found = metadata[url] ?? 404
    return typeof found === 'number' ? new Response('', { status: found }) : Response.json(found)
  }
  const mayUseOrigin = (origin: string): true | string =>
    /forbidden|^http:\/\/(?!plain)/.test(origin) ? 'Not there.' : true
  const catalog = createCatalog()
  const store = inMemory(rows, users)
  const keyring = {
    seal: async (context: object, plaintext: Uint8Array) =>
      new Uint8Array(Buffer.from(`${JSON.stringify(context)}\n${Buffer.from(plaintext)}`)),
    async open(context: object, sealed: Uint8Array) {
      const [mark, text = ''] = Buffer.from(sealed).toString('utf8').split('\n')
      if (mark !== JSON.stringify(context)) throw new Problem('credential-unreadable')
      return new Uint8Array(Buffer.from(text))
    },
  }
  let made = 0
  const apps = createOAuthApps({
    ...{ store, keyring, catalog, mayUseOrigin, faultOfPrivateKey },
    audit: { record: async (event) => events.push(event) },
    readMetadata: (given) => readMetadata({ fetch, mayUseOrigin }, given),
    onChanged: () => {},
    newId: (kind) => `${kind}_${++made}`,
    pagesUrl: () => 'https://vault.example',
    now: () => nowMs,
  })
  return {
    apps,
    rows,
    users,
    events,
    asked,
    clients: createOAuthClients({ store, keyring, catalog }),
  }
}
type Room = ReturnType<typeof setUp>

function inMemory(rows: Map<string, StoredOAuthApp>, users: Map<string, number>): OAuthAppStore {
  const find = (workspaceId: string, id: string) => {
    const row = rows.get(id)
    return row?.workspaceId === workspaceId
      ? { ...row, connections: users.get(id) ?? 0 }
      : undefined
  }
  const ofProvider = (workspaceId: string, provider: string) =>
    [...rows.values()].find((row) => row.workspaceId === workspaceId && row.provider === provider)
  return {
    async insert(row) {
      if (ofProvider(row.workspaceId, row.provider) !== undefined) return false
      rows.set(row.id, row)
      return true
    },
    find: async (workspaceId, id) => find(workspaceId, id),
    findByProvider: async (workspaceId, provider) => ofProvider(workspaceId, provider),
    list: async (workspaceId) =>
      [...rows.keys()].flatMap((id) => find(workspaceId, id) ?? []).toReversed(),
    listProviders: async () => [...rows.values()].map(({ provider }) => provider),
    async update(at, changes) {
      const row = find(at.workspaceId, at.id)
      if (at.onlyUnused && (row?.connections ?? 0) > 0) return 'in-use'
      if (row?.version !== at.version) return 'changed'
      rows.set(at.id, { ...row, ...changes })
      return { ...row, ...changes }
    },
    async delete({ workspaceId, id }) {
      const row = find(workspaceId, id)
      if (row === undefined) return 'not-found'
      if (row.connections > 0) return 'in-use'
      rows.delete(id)
      return 'deleted'
    },
  }
}

const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Problem) return error
  throw new Error(`no problem: ${error}`)
}
const fieldsOf = async (work: Promise<unknown>) =>
  (await problemOf(work)).fields?.map(({ field }) => field)

const acme = { provider: 'acme', clientId: 'client', clientSecret, ...endpoints }
const made = async (room: Room, over: object = {}) =>
  (await room.apps.create(owner, { ...acme, ...over })).oauthApp

describe('an OAuth app for a provider of the catalog', () => {
  it('leads where the catalog says, and shows of its secret the last four characters', async () => {
    const room = setUp()
    const { oauthApp } = await room.apps.create(owner, {
      ...{ provider: 'google', clientId: 'client', clientSecret },
    })
    expect(oauthApp).toMatchObject({
      ...{ name: 'Google', clientAuthentication: 'client_secret_post', secretHint: '••••acme' },
      connections: 0,
    })
    expect(oauthApp.tokenEndpoint).toBeUndefined()
    expect(await room.clients.get('wsp_1', oauthApp.id)).toMatchObject({
      ...{ tokenEndpoint: 'https://oauth2.googleapis.com/token', clientSecret, pkce: true },
      authorizationParameters: { access_type: 'offline' },
    })
    expect(room.asked).toEqual([])
  })

  it.each(['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'revocationEndpoint'])(
    'takes no other %s: a secret for Google goes to Google',
    async (field) => {
      verifies('S-33')
      const room = setUp()
      const input = { provider: 'google', clientId: 'c', clientSecret }
      const wrong = room.apps.create(owner, { ...input, [field]: 'https://evil.example/x' })
      expect(await fieldsOf(wrong)).toEqual([field])
      const { oauthApp } = await room.apps.create(owner, input)
      const change = { oauthAppId: oauthApp.id, [field]: 'https://evil.example/x' }
      expect(await fieldsOf(room.apps.update(owner, change))).toEqual([field])
    },
  )

  it('takes the parameters that the catalog leaves open, and no others', async () => {
    const room = setUp()
    const microsoft = { provider: 'microsoft', clientId: 'client', clientSecret }
    const create = (parameters?: Record<string, string>) =>
      room.apps.create(owner, { ...microsoft, ...(parameters && { parameters }) })
    expect(await fieldsOf(create({ host: 'x' }))).toEqual(['parameters.host'])
    for (const tenant of ['..', '.']) {
      expect(await fieldsOf(create({ tenant })), tenant).toEqual(['parameters.tenant'])
    }
    const { oauthApp } = await create({ tenant: 'contoso.onmicrosoft.com' })
    expect((await room.clients.get('wsp_1', oauthApp.id)).tokenEndpoint).toBe(
      'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token',
    )
    expect((await room.clients.get('wsp_1', oauthApp.id)).tokenEndpoint).not.toContain('{')
  })

  it('needs a parameter that has no usual value', async () => {
    const room = setUp()
    const zendesk = { provider: 'zendesk', clientId: 'client', clientSecret }
    expect(await fieldsOf(room.apps.create(owner, zendesk))).toEqual(['parameters.subdomain'])
    for (const subdomain of ['evil.example', 'a..b', '-']) {
      const made = room.apps.create(owner, { ...zendesk, parameters: { subdomain } })
      const host = await made.then(
        async ({ oauthApp }) => {
          const { tokenEndpoint } = await room.clients.get('wsp_1', oauthApp.id)
          await room.apps.delete(owner, { oauthAppId: oauthApp.id })
          return new URL(tokenEndpoint).host
        },
        () => 'refused',
      )
      expect(host === 'refused' || host.endsWith('.zendesk.com'), subdomain).toBe(true)
    }
  })
})

describe('an OAuth app for a provider of the owner’s own', () => {
  const issuer = 'https://login.acme.example'
  const document = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['openid', 'offline_access', 'read'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  }
  const wellKnown = `${issuer}/.well-known/openid-configuration`
  const byIssuer = { provider: 'acme', clientId: 'client', clientSecret, issuer }

  it('reads what its metadata say, once, and keeps that', async () => {
    const room = setUp({ [wellKnown]: document })
    const { oauthApp } = await room.apps.create(owner, byIssuer)
    expect(oauthApp).toMatchObject({
      ...{ issuer, tokenEndpoint: `${issuer}/token`, revocationEndpoint: `${issuer}/revoke` },
      clientAuthentication: 'client_secret_post',
    })
    const client = await room.clients.get('wsp_1', oauthApp.id)
    expect(client).toMatchObject({
      ...{ sendsIssuer: true, baseScopes: ['openid', 'offline_access'] },
      ...{ idTokenAlgorithms: ['ES256'], asksConsent: true },
    })
    await room.apps.update(owner, { oauthAppId: oauthApp.id, name: 'Acme', clientSecret })
    expect(room.asked).toEqual([wellKnown])
    await room.apps.update(owner, { oauthAppId: oauthApp.id, issuer })
    expect(room.asked).toHaveLength(2)
  })

  it('reads the metadata of a server that knows OAuth alone (RFC 8414)', async () => {
    const room = setUp({ [`${issuer}/.well-known/oauth-authorization-server`]: document })
    expect((await room.apps.create(owner, byIssuer)).oauthApp.issuer).toBe(issuer)
  })

  it('lets what the owner gives win over the metadata', async () => {
    const room = setUp({ [wellKnown]: document })
    const tokenEndpoint = 'https://tokens.acme.example/token'
    const { oauthApp } = await room.apps.create(owner, { ...byIssuer, tokenEndpoint })
    expect(oauthApp).toMatchObject({ tokenEndpoint, authorizationEndpoint: `${issuer}/auth` })
  })

  it.each([
    ['of another issuer', { ...document, issuer: 'https://evil.example' }, 'provider-refused'],
    ['without endpoints', { issuer }, 'provider-refused'],
    ['of an issuer with a NUL', { ...document, issuer: `${issuer}/\u0000` }, 'provider-refused'],
    ['of an issuer with a space', { ...document, issuer: ` ${issuer}` }, 'provider-refused'],
    ['that are none', 404, 'provider-refused'],
    ['that fail', 503, 'provider-unavailable'],
    [
      'that lead where nothing may',
      { ...document, token_endpoint: 'https://forbidden.example/t' },
      'origin-not-allowed',
    ],
    [
      'with a token endpoint over http',
      { ...document, token_endpoint: 'http://acme.example/t' },
      'origin-not-allowed',
    ],
    [
      'with a script for an endpoint',
      { ...document, authorization_endpoint: 'javascript:alert(1)' },
      'provider-refused',
    ],
    [
      'with a list for an endpoint',
      { ...document, token_endpoint: ['https://a.example'] },
      'provider-refused',
    ],
  ])('is refused with metadata %s', async (_name, found, type) => {
    verifies('S-17')
    const room = setUp({ [wellKnown]: found })
    expect((await problemOf(room.apps.create(owner, byIssuer))).type).toBe(type)
    expect(room.rows.size).toBe(0)
  })

  it.each([`${issuer}/.well-known/openid-configuration`, `${issuer}?tenant=a`])(
    'is refused with what is no issuer: %s',
    async (wrong) => {
      verifies('S-31')
      const room = setUp({ [wellKnown]: document, [wrong]: document })
      const made = room.apps.create(owner, { ...byIssuer, issuer: wrong })
      expect(await fieldsOf(made)).toEqual(['issuer'])
      expect(room.asked).toEqual([])
    },
  )

  it('is refused where its issuer differs by tenant, and is not said', async () => {
    const microsoft = 'https://login.microsoftonline.com/common/v2.0'
    const room = setUp({
      [`${microsoft}/.well-known/openid-configuration`]: {
        ...document,
        issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      },
    })
    const made = room.apps.create(owner, { ...byIssuer, issuer: microsoft })
    expect((await problemOf(made)).type).toBe('provider-refused')
  })

  it('is possible without an issuer, by its endpoints', async () => {
    const room = setUp()
    const app = await made(room)
    expect(app).toMatchObject({ ...endpoints, clientAuthentication: 'client_secret_basic' })
    expect(room.asked).toEqual([])
  })

  it.each([
    ['no place', { tokenEndpoint: undefined }, ['tokenEndpoint']],
    [
      'no place at all',
      { tokenEndpoint: undefined, authorizationEndpoint: undefined },
      ['authorizationEndpoint'],
    ],
    ['parameters', { parameters: { tenant: 'x' } }, ['parameters']],
    [
      'no secret for one',
      { clientSecret: undefined, clientAuthentication: 'client_secret_post' },
      ['clientSecret'],
    ],
    ['a secret for none', { clientAuthentication: 'none' }, ['clientSecret']],
    ['a key and a secret', { privateKey }, ['clientSecret']],
    [
      'no key',
      { clientAuthentication: 'private_key_jwt', clientSecret: undefined },
      ['privateKey'],
    ],
    ['no key but a text', { privateKey: 'x'.repeat(60), clientSecret: undefined }, ['privateKey']],
    ['a key id alone', { keyId: 'k1' }, ['keyId']],
    ['the secret in its name', { name: clientSecret }, ['name']],
    [
      'the secret in an endpoint',
      { tokenEndpoint: `https://a.example/?s=${clientSecret}` },
      ['tokenEndpoint'],
    ],
  ])('is refused with %s', async (_name, over, fields) => {
    const room = setUp()
    expect(await fieldsOf(made(room, over))).toEqual(fields)
    expect(room.rows.size).toBe(0)
  })

  it.each(['https://forbidden.example/t', 'http://acme.example/t'])(
    'is refused at an origin that the operator excludes: %s',
    async (tokenEndpoint) => {
      verifies('S-17')
      expect((await problemOf(made(setUp(), { tokenEndpoint }))).type).toBe('origin-not-allowed')
    },
  )

  it('proves itself as is said, else as what is given fits', async () => {
    const authentications = [
      [{}, 'client_secret_basic'],
      [{ clientAuthentication: 'client_secret_post' }, 'client_secret_post'],
      [{ clientSecret: undefined }, 'none'],
      [{ clientSecret: undefined, privateKey, keyId: 'k1' }, 'private_key_jwt'],
    ] as const
    for (const [over, expected] of authentications) {
      expect((await made(setUp(), over)).clientAuthentication).toBe(expected)
    }
  })
})

describe('an OAuth app', () => {
  it('is one for each provider', async () => {
    const room = setUp()
    await made(room)
    expect((await problemOf(made(room))).type).toBe('oauth-app-exists')
    expect((await room.apps.create(stranger, acme)).oauthApp.provider).toBe('acme')
  })

  it('of another workspace is like one that does not exist', async () => {
    verifies('S-09')
    const room = setUp()
    const { id: oauthAppId } = await made(room)
    const nobodys = (await problemOf(room.apps.get(owner, { oauthAppId: 'oap_none' }))).detail
    for (const work of [
      room.apps.get(stranger, { oauthAppId }),
      room.apps.update(stranger, { oauthAppId, name: 'mine' }),
      room.apps.delete(stranger, { oauthAppId }),
    ]) {
      expect(await problemOf(work)).toMatchObject({ type: 'oauth-app-not-found', detail: nobodys })
    }
    expect((await room.apps.list(stranger, { limit: 10 })).oauthApps).toEqual([])
    expect((await problemOf(room.clients.get('wsp_2', oauthAppId))).type).toBe('oauth-app-missing')
    expect(await room.clients.findByProvider('wsp_2', 'acme')).toBeUndefined()
  })

  it('lists with the redirect URI that is to be registered', async () => {
    const room = setUp()
    await made(room)
    expect(await room.apps.list(owner, { limit: 10 })).toMatchObject({
      ...{ redirectUri: 'https://vault.example/api/v1/connections/callback' },
      oauthApps: [{ provider: 'acme' }],
    })
  })

  it('takes a new secret while it is used, and leads nowhere else then', async () => {
    const room = setUp()
    const { id: oauthAppId } = await made(room)
    room.users.set(oauthAppId, 1)
    const newSecret = 'another-secret-of-acme'
    await room.apps.update(owner, { oauthAppId, clientSecret: newSecret, name: 'New' })
    expect(await room.clients.get('wsp_1', oauthAppId)).toMatchObject({ clientSecret: newSecret })
    for (const change of [
      { clientId: 'other' },
      { tokenEndpoint: 'https://evil.example/token' },
      { authorizationEndpoint: 'https://evil.example/auth' },
      { revocationEndpoint: 'https://evil.example/revoke' },
      { deviceAuthorizationEndpoint: 'https://evil.example/device' },
    ]) {
      const refused = room.apps.update(owner, { oauthAppId, clientSecret: newSecret, ...change })
      expect((await problemOf(refused)).type).toBe('oauth-app-in-use')
    }
    expect((await problemOf(room.apps.delete(owner, { oauthAppId }))).type).toBe('oauth-app-in-use')
  })

  it('sends a secret that was entered for one place to no other', async () => {
    verifies('S-33')
    const room = setUp()
    const { id: oauthAppId } = await made(room)
    const tokenEndpoint = 'https://evil.example/token'
    expect(await fieldsOf(room.apps.update(owner, { oauthAppId, tokenEndpoint }))).toEqual([
      'clientSecret',
    ])
    const { oauthApp } = await room.apps.update(owner, { oauthAppId, tokenEndpoint, clientSecret })
    expect(oauthApp.tokenEndpoint).toBe(tokenEndpoint)
  })

  it('signs with a key for no other place than the one that it was entered for', async () => {
    verifies('S-33')
    const room = setUp()
    const { id: oauthAppId } = await made(room, { clientSecret: undefined, privateKey })
    const change = { oauthAppId, tokenEndpoint: 'https://evil.example/token' }
    expect(await fieldsOf(room.apps.update(owner, change))).toEqual(['privateKey'])
    await room.apps.update(owner, { ...change, privateKey })
  })

  it('leads where it was sealed to, whatever somebody writes in its row', async () => {
    verifies('S-33')
    const room = setUp()
    const { id } = await made(room)
    const other = await made(room, { provider: 'other', clientSecret: 'the-secret-of-another' })
    const row = room.rows.get(id)
    const otherRow = room.rows.get(other.id)
    if (row === undefined || otherRow === undefined) throw new Error('not there')
    room.rows.set(id, {
      ...row,
      ...{ tokenEndpoint: 'https://evil.example/t', clientId: 'evil' },
      ...{ clientAuthentication: 'none', parameters: { tenant: 'evil' } },
    })
    expect(await room.clients.get('wsp_1', id)).toMatchObject({
      ...endpoints,
      ...{ provider: 'acme', clientId: 'client', authentication: 'client_secret_basic' },
    })
    // An app is found for a service by its provider.
    room.rows.set(id, { ...row, provider: 'google' })
    const found = room.clients.findByProvider('wsp_1', 'google')
    expect((await problemOf(found)).type).toBe('credential-unreadable')
    room.rows.set(id, { ...row, sealed: otherRow.sealed })
    expect((await problemOf(room.clients.get('wsp_1', id))).type).toBe('credential-unreadable')
    const problem = await problemOf(room.apps.update(owner, { oauthAppId: id, name: 'x' }))
    expect(problem.type).toBe('credential-unreadable')
    expect(room.events.at(-1)).toMatchObject({ auditId: problem.auditId, outcome: 'failed' })
  })

  it('demands a fresh sign-in of a session for anything but a name', async () => {
    const room = setUp()
    const { id: oauthAppId } = await made(room)
    const stale = person('own_1', 'session', { authenticatedAtMs: nowMs - 6 * 60_000 })
    const change = { oauthAppId, clientSecret: 'another-secret-of-acme' }
    expect((await problemOf(room.apps.update(stale, change))).type).toBe('fresh-sign-in-required')
    await room.apps.update(stale, { oauthAppId, name: 'Acme' })
    await room.apps.update(person('own_1'), change)
  })

  it('is recorded with what was done, and without its secret', async () => {
    verifies('S-38')
    const room = setUp()
    const { id: oauthAppId } = await made(room)
    await room.apps.update(owner, { oauthAppId, clientSecret, name: 'Acme' })
    await room.apps.delete(owner, { oauthAppId })
    expect(room.events.map(({ operation }) => operation)).toEqual([
      'createOAuthApp',
      'updateOAuthApp',
      'deleteOAuthApp',
    ])
    expect(room.events[1]?.detail).toMatchObject({ oauthAppId, changed: ['name', 'clientSecret'] })
    expect(JSON.stringify(room.events)).not.toContain(clientSecret)
    expect(room.rows.size).toBe(0)
  })
})
