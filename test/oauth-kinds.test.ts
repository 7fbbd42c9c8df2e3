import type { CallOf, operations } from '@sallyport/contracts'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alice, bob } from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { oauthError, unavailable } from './fixtures/oauth-provider-faults.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { addPerson } from './fixtures/people.ts'
import { eventually } from './fixtures/scene.ts'
import { verifies } from './verifies.ts'

// The other ways to be connected: with a device code, as a client of one's own, as a service account, with a token that
// was got elsewhere.

type Credential = CallOf<typeof operations.createConnection>['credential']

let scene: OAuthScene

beforeAll(async () => {
  scene = await startOAuthScene()
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

async function keep(credential: Credential, more: { oauthAppId?: string } = {}) {
  const { connection } = await scene.vault.owner.call('createConnection', {
    label: `kind ${crypto.randomUUID()}`,
    origins: [scene.provider.apiOrigin],
    credential,
    ...more,
  })
  await scene.allow(connection.id)
  return connection
}
const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was refused',
    (error: unknown) => String(Object(error).type),
  )
const labels = async () =>
  (await scene.vault.owner.call('listConnections', { limit: 200 })).connections.length

describe('a device code', () => {
  const start = async (of = scene) => {
    const body = { oauthAppId: of.oauthAppId, origins: [of.provider.apiOrigin] }
    const { flow } = await of.vault.owner.call('startConnection', {
      ...body,
      scopes: ['openid', 'email', 'read'],
      method: 'device',
    })
    return flow
  }
  const look = async (flowId: string) =>
    (await scene.vault.owner.call('getConnectFlow', { flowId })).flow

  it('connects once its user has confirmed it', async () => {
    const flow = await start()
    expect(flow).toMatchObject({ method: 'device', status: 'waiting' })
    expect(flow.userCode).toEqual(expect.any(String))
    expect((await look(flow.id)).status).toBe('waiting')
    await scene.provider.approveDevice(String(flow.verificationUriComplete), { account: bob.sub })
    expect(await eventually(async () => (await look(flow.id)).status === 'connected', 30_000)).toBe(
      true,
    )
    const { connectionId = '' } = await look(flow.id)
    await scene.allow(connectionId)
    expect(await scene.call(connectionId)).toMatchObject({ status: 200, body: { account: 'bob' } })
    expect((await scene.get(connectionId)).token).toMatchObject({ renewable: true })
  })

  it('ends where its user says no', async () => {
    const flow = await start()
    await scene.provider
      .approveDevice(String(flow.verificationUriComplete), { deny: true })
      .catch(() => undefined)
    expect(await eventually(async () => (await look(flow.id)).status === 'failed', 30_000)).toBe(
      true,
    )
    expect((await look(flow.id)).problem?.type).toBe('authorization-refused')
  })

  it('is asked about no more often than the provider allows, however often one looks', async () => {
    scene.provider.behaviour.deviceIntervalSeconds = 5
    const flow = await start()
    const looks = Array.from({ length: 20 }, () => look(flow.id))
    await Promise.all(looks)
    const asked = () =>
      scene.provider.log.countTokens({ grantType: 'urn:ietf:params:oauth:grant-type:device_code' })
    expect(asked()).toBeLessThanOrEqual(1)
  })

  it('goes on after the provider asked to slow down, and after it was away', async () => {
    const flow = await start()
    scene.provider.faults.set('token', oauthError('slow_down'), 1)
    await eventually(async () => {
      await look(flow.id)
      return scene.provider.log.tokenRequests.length > 0
    }, 15_000)
    scene.provider.faults.set('token', unavailable, 1)
    expect((await look(flow.id)).status).toBe('waiting')
    await scene.provider.approveDevice(String(flow.verificationUriComplete))
    expect(await eventually(async () => (await look(flow.id)).status === 'connected', 45_000)).toBe(
      true,
    )
  }, 90_000)

  it('is nobody else’s to look at', async () => {
    verifies('S-09')
    const flow = await start()
    const other = await addPerson(scene.vault, 'owner')
    expect((await other.send('GET', `/api/v1/connections/flows/${flow.id}`)).status).toBe(404)
  })

  it('makes one connection, however many look when it is confirmed', async () => {
    verifies('S-31')
    const flow = await start()
    await look(flow.id)
    const before = await labels()
    await scene.provider.approveDevice(String(flow.verificationUriComplete))
    await eventually(async () => {
      const flows = await Promise.all(Array.from({ length: 8 }, () => look(flow.id)))
      return flows.some(({ status }) => status === 'connected')
    }, 30_000)
    expect(await labels()).toBe(before + 1)
  })
})

describe('client credentials', () => {
  const basics = () => ({
    kind: 'oauth2-client-credentials' as const,
    tokenEndpoint: scene.provider.endpoints.token,
    scopes: ['read'],
  })

  it.each(['client_secret_basic', 'client_secret_post'] as const)(
    'prove the client by %s, with a secret of any characters',
    async (authMethod) => {
      const clientSecret = `a:b+c d/%41&=~${crypto.randomUUID()}`
      const client = await scene.provider.clientFor({ authMethod, clientSecret })
      const connection = await keep({ ...basics(), ...client, clientAuthentication: authMethod })
      expect(await scene.call(connection.id)).toMatchObject({
        status: 200,
        body: { account: client.clientId, scopes: ['read'] },
      })
      const way = authMethod === 'client_secret_basic' ? 'basic' : 'post'
      expect(scene.provider.log.tokenRequests.at(-1)).toMatchObject({
        authMethod: way,
        status: 200,
      })
    },
  )

  it.each(['RS256', 'ES256'] as const)(
    'prove the client by a key (private_key_jwt, %s)',
    async (alg) => {
      const pair = await generateKeyPair(alg, { extractable: true })
      const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), alg, kid: 'key-1' }] }
      const { clientId } = await scene.provider.clientFor({ authMethod: 'private_key_jwt', jwks })
      const connection = await keep({
        ...basics(),
        clientId,
        clientAuthentication: 'private_key_jwt',
        privateKey: await exportPKCS8(pair.privateKey),
        keyId: 'key-1',
      })
      expect(await scene.call(connection.id)).toMatchObject({ body: { account: clientId } })
      expect(scene.provider.log.tokenRequests.at(-1)).toMatchObject({
        authMethod: 'private_key_jwt',
      })
    },
  )

  it('get a new token when the old one ends, once for many calls', async () => {
    verifies('S-32')
    const client = await scene.provider.clientFor()
    scene.provider.behaviour.accessTokenSeconds = 5
    const { id } = await keep({ ...basics(), ...client })
    scene.provider.behaviour.accessTokenSeconds = 3600
    scene.provider.log.clear()
    const calls = await Promise.all(Array.from({ length: 30 }, () => scene.call(id)))
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(scene.provider.log.countTokens({ grantType: 'client_credentials' })).toBe(1)
  })

  it('that are wrong are told at once and not kept', async () => {
    const client = await scene.provider.clientFor()
    const before = await labels()
    const wrong = keep({ ...basics(), ...client, clientSecret: 'not-the-secret-0123' })
    expect(await refusalOf(wrong)).toBe('provider-refused')
    scene.provider.faults.set('token', unavailable)
    expect(await refusalOf(keep({ ...basics(), ...client }))).toBe('provider-unavailable')
    expect(await labels()).toBe(before)
  })

  it('show neither secret nor key to anybody', async () => {
    verifies('S-38')
    const client = await scene.provider.clientFor()
    const connection = await keep({ ...basics(), ...client })
    const shown = JSON.stringify([connection, await scene.vault.owner.call('listAudit', {})])
    expect(shown).not.toContain(client.clientSecret)
    expect(scene.vault.output()).not.toContain(client.clientSecret)
  })
})

describe('a service account', () => {
  const from = (
    account: Awaited<ReturnType<OAuthScene['provider']['serviceAccounts']['create']>>,
  ) => ({
    kind: 'jwt-service-account' as const,
    tokenEndpoint: scene.provider.endpoints.token,
    issuer: account.email,
    privateKey: account.privateKeyPem,
    keyId: account.privateKeyId,
    scopes: ['read', 'write'],
  })

  it('gets tokens for what it signs, and for whom it may act', async () => {
    const account = await scene.provider.serviceAccounts.create({ mayActFor: [alice.email] })
    const own = await keep(from(account))
    expect(await scene.call(own.id)).toMatchObject({
      status: 200,
      body: { account: account.email, scopes: ['read', 'write'] },
    })
    const delegated = await keep({ ...from(account), subject: alice.email })
    expect(await scene.call(delegated.id)).toMatchObject({ body: { account: alice.email } })
  })

  it('that is refused is told at once and not kept', async () => {
    const account = await scene.provider.serviceAccounts.create()
    const before = await labels()
    expect(await refusalOf(keep({ ...from(account), subject: bob.email }))).toBe('provider-refused')
    expect(await labels()).toBe(before)
  })

  it('signs again when its token ends', async () => {
    const account = await scene.provider.serviceAccounts.create()
    scene.provider.behaviour.accessTokenSeconds = 5
    const { id } = await keep(from(account))
    scene.provider.log.clear()
    scene.provider.behaviour.accessTokenSeconds = 3600
    expect(await scene.call(id)).toMatchObject({ status: 200 })
    expect(scene.provider.log.tokenRequests).toHaveLength(1)
  })
})

describe('a refresh token that was got elsewhere', () => {
  const got = async () => {
    const begun = await scene.connect({ account: bob.sub })
    const refreshToken = String(scene.provider.log.tokenRequests.at(-1)?.answer?.refresh_token)
    scene.provider.log.clear()
    return { refreshToken, begun }
  }

  it('is tried at once, kept with what came of it, and renewed', async () => {
    const { refreshToken } = await got()
    const { oauthAppId } = scene
    const connection = await keep({ kind: 'oauth2', refreshToken }, { oauthAppId })
    expect(scene.provider.log.countTokens({ grantType: 'refresh_token', status: 200 })).toBe(1)
    expect(connection).toMatchObject({ status: 'healthy', token: { renewable: true } })
    expect(await scene.call(connection.id)).toMatchObject({ status: 200, body: { account: 'bob' } })
    expect(scene.provider.log.reused()).toEqual([])
  })

  it('that is no good is told at once and not kept', async () => {
    const before = await labels()
    const credential = { kind: 'oauth2' as const, refreshToken: 'nobody-gave-this-0123456789' }
    expect(await refusalOf(keep(credential, { oauthAppId: scene.oauthAppId }))).toBe(
      'provider-refused',
    )
    expect(await labels()).toBe(before)
  })
})
