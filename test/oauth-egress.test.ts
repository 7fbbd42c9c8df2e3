import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { type Fault, unavailable } from './fixtures/oauth-provider-faults.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Where talking to providers may lead: nowhere that the operator did not list, whoever names the place.

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
let bystander: RawServer

beforeAll(async () => {
  bystander = await startRawServer({ answer: (socket) => void socket.write(ok) })
})
afterAll(() => bystander?.close())

const typeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was refused',
    (error: unknown) => String(Object(error).type),
  )
const refusals =
  /^(origin-not-allowed|address-refused|invalid-url|invalid-input|provider-unavailable|provider-refused)$/

describe('a vault whose operator listed no address', () => {
  let vault: TestVault
  let person: Person
  beforeAll(async () => {
    vault = await startVault({ env: { SALLYPORT_EGRESS_ALLOW_CIDRS: '' } })
    person = await signIn(vault)
  })
  afterAll(() => vault?.stop())

  const places = (): string[] => [
    bystander.origin,
    `https://127.0.0.1:${bystander.port}`,
    `https://localhost:${bystander.port}`,
    `https://[::1]:${bystander.port}`,
    `https://[::ffff:127.0.0.1]:${bystander.port}`,
    `https://2130706433:${bystander.port}`,
    'https://169.254.169.254',
    'https://10.0.0.1',
  ]

  it('asks none for an OAuth app, a client or a sign-in', async () => {
    verifies('S-17')
    for (const [index, place] of places().entries()) {
      const client = { clientId: 'client', clientSecret: 'a-client-secret-0123' }
      const types = [
        await typeOf(
          vault.owner.call('createOAuthApp', { provider: `p-${index}`, ...client, issuer: place }),
        ),
        await typeOf(
          vault.owner.call('createOAuthApp', {
            provider: `q-${index}`,
            ...client,
            authorizationEndpoint: `${place}/auth`,
            tokenEndpoint: `${place}/token`,
          }),
        ),
        await typeOf(
          vault.owner.call('createConnection', {
            label: `c ${index}`,
            origins: ['https://api.example.com'],
            credential: {
              kind: 'oauth2-client-credentials',
              tokenEndpoint: `${place}/token`,
              ...client,
            },
          }),
        ),
      ]
      for (const type of types) expect(type, place).toMatch(refusals)
      const body = { issuer: place, label: 'x', ...client }
      const put = await person.send('PUT', '/api/v1/workspace/single-sign-on', { body })
      expect(put.status, place).toBeGreaterThanOrEqual(400)
    }
    expect(bystander.connectionCount()).toBe(0)
  })
})

describe('a provider that wants to lead the vault elsewhere', () => {
  let scene: OAuthScene
  beforeAll(async () => {
    scene = await startOAuthScene()
  })
  afterEach(() => {
    scene.provider.faults.clear()
    scene.provider.log.clear()
    bystander.requests.length = 0
    Object.assign(scene.provider.behaviour, defaultBehaviour())
  })
  afterAll(() => scene?.stop())

  const to = (path: string, status = 307): Fault => ({
    kind: 'answer',
    status,
    headers: { location: `${bystander.origin}${path}` },
  })
  const addApp = async (name: string) => {
    const client = await scene.provider.clientFor()
    return scene.vault.owner.call('createOAuthApp', {
      provider: name,
      ...client,
      issuer: scene.provider.issuer,
    })
  }

  it('by a redirect of its metadata is not followed', async () => {
    verifies('S-17')
    scene.provider.faults.set('discovery', to('/.well-known/openid-configuration'))
    expect(await typeOf(addApp('led-by-metadata'))).toMatch(refusals)
    expect(bystander.requests).toEqual([])
  })

  it.each([301, 302, 307, 308])(
    'by a %i of its token endpoint gets no secret sent there',
    async (status) => {
      verifies('S-17')
      const { authorizationUrl } = await scene.begin()
      const sentTo = await scene.provider.consent(authorizationUrl)
      scene.provider.faults.set('token', to('/token', status))
      expect((await scene.finish(sentTo)).status).toBeGreaterThanOrEqual(500)
      expect(bystander.requests).toEqual([])
    },
  )

  it.each([
    'http://169.254.169.254/token',
    'http://10.0.0.1/token',
    'https://[::1]:1/token',
    'file:///etc/passwd',
  ])('by metadata that names %s is refused', async (place) => {
    verifies('S-17')
    scene.provider.behaviour.rewriteDiscovery = (document) => ({
      ...document,
      authorization_endpoint: place,
      token_endpoint: place,
      jwks_uri: place,
    })
    expect(await typeOf(addApp(`named-${crypto.randomUUID()}`))).toMatch(
      /^(origin-not-allowed|provider-refused)$/,
    )
  })

  it('by metadata of another issuer is refused (RFC 8414 §3.3)', async () => {
    verifies('S-31')
    scene.provider.behaviour.rewriteDiscovery = (document) => ({
      ...document,
      issuer: bystander.origin,
    })
    expect(await typeOf(addApp('another-issuer'))).toMatch(/^provider-(refused|unavailable)$/)
  })

  it.each([
    ['never end', { kind: 'endless' } as const],
    ['are no JSON', { kind: 'answer', status: 200, body: '<html>' } as const],
    ['are 20 MB', { kind: 'answer', status: 200, body: ' '.repeat(20_000_000) } as const],
    ['are away', unavailable],
  ])('by metadata that %s is given up in bounded time', async (...[name, fault]) => {
    verifies('S-22')
    scene.provider.faults.set('discovery', fault)
    const startedMs = performance.now()
    expect(await typeOf(addApp(`bounded-${name.replaceAll(' ', '-').toLowerCase()}`))).toMatch(
      /^provider-/,
    )
    expect(performance.now() - startedMs).toBeLessThan(30_000)
  })
})
