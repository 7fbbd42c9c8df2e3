import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../fixtures/database-proxy.ts'
import { defaultBehaviour } from '../fixtures/oauth-provider-behaviour.ts'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import { eventually } from '../fixtures/scene.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// Crashes and outages amid a renewal: between the provider's answer and the commit is where accounts are lost.

const dueAtOnceS = 5
const dayS = 24 * 3600

async function dueAccount({ provider, connectForAgent }: OAuthScene) {
  provider.behaviour.accessTokenSeconds = dueAtOnceS
  const connection = await connectForAgent()
  provider.behaviour.accessTokenSeconds = dayS
  provider.log.clear()
  return connection
}
const refreshes = ({ provider }: OAuthScene) =>
  provider.log.countTokens({ grantType: 'refresh_token' })
const works = async (scene: OAuthScene, id: string) => (await scene.call(id)).status === 200

describe('kill -9', () => {
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

  /** Ends the vault while the provider has done its work and has not answered yet. */
  async function killBetweenWorkAndAnswer(id: string) {
    scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const call = scene.call(id)
    await scene.provider.faults.whenHeld('token', 1)
    expect(scene.provider.log.tokenRequests.at(-1)).toMatchObject({ processed: true, status: 200 })
    await scene.vault.kill()
    scene.provider.faults.clear()
    await call
    await scene.vault.restart()
  }

  it.each([
    ['keeps refresh tokens', { rotation: false }],
    ['forgives a lost answer', { rotation: true, reuseGraceSeconds: 60 }],
  ])(
    'between the provider’s work and its answer loses no account where the provider %s',
    async (...[, behaviour]) => {
      verifies('S-32', 'S-43')
      Object.assign(scene.provider.behaviour, behaviour)
      const { id } = await dueAccount(scene)
      await killBetweenWorkAndAnswer(id)
      expect(await eventually(() => works(scene, id), 40_000)).toBe(true)
      expect((await scene.get(id)).status).toBe('healthy')
    },
    120_000,
  )

  it('there, where the provider takes a used refresh token for stolen, ends in one request to reconnect that says why', async () => {
    verifies('S-32', 'S-43')
    const { id } = await dueAccount(scene)
    await killBetweenWorkAndAnswer(id)
    const isOver = async () => (await scene.get(id)).status === 'needs_reauth'
    expect(
      await eventually(async () => {
        await scene.call(id)
        return isOver()
      }, 40_000),
    ).toBe(true)
    expect((await scene.get(id)).statusReason).toMatch(/interrupt/i)
    const asked = refreshes(scene)
    await scene.call(id)
    expect(refreshes(scene)).toBe(asked)
    expect((await scene.reconnect(id)).status).toBe(200)
    expect(await works(scene, id)).toBe(true)
  }, 120_000)

  it('before the provider has worked costs nothing', async () => {
    verifies('S-32', 'S-43')
    const { id } = await dueAccount(scene)
    scene.provider.faults.set('token', { kind: 'hold' }, 1)
    const call = scene.call(id)
    await scene.provider.faults.whenHeld('token', 1)
    await scene.vault.kill()
    await call
    await scene.vault.restart()
    expect(await eventually(() => works(scene, id), 40_000)).toBe(true)
  }, 120_000)

  it('at any moment amid renewals loses no account of a provider that forgives', async () => {
    verifies('S-32', 'S-43')
    scene.provider.behaviour.reuseGraceSeconds = 600
    const { id } = await dueAccount(scene)
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    for (let round = 0; round < 5; round += 1) {
      const calls = Array.from({ length: 10 }, () => scene.call(id))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150))
      await scene.vault.kill()
      await Promise.all(calls)
      await scene.vault.restart()
      expect(await eventually(() => works(scene, id), 40_000), `round ${round}`).toBe(true)
    }
    expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  }, 240_000)

  it('amid a callback leaves no half connection, and the callback is not taken again', async () => {
    verifies('S-31', 'S-43')
    const { authorizationUrl } = await scene.begin()
    const sentTo = await scene.provider.consent(authorizationUrl)
    scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const finishing = scene.finish(sentTo).catch(() => undefined)
    await scene.provider.faults.whenHeld('token', 1)
    const before = (await scene.vault.owner.call('listConnections', {})).connections.length
    await scene.vault.kill()
    scene.provider.faults.clear()
    await finishing
    await scene.vault.restart()
    expect((await scene.finish(sentTo)).body.type).toContain('connect-flow-refused')
    expect((await scene.vault.owner.call('listConnections', {})).connections.length).toBe(before)
    expect(scene.provider.log.countTokens({ grantType: 'authorization_code' })).toBe(1)
  }, 120_000)
})

describe('the database', () => {
  let database: TestDatabase
  let proxy: DatabaseProxy
  let vault: TestVault
  let scene: OAuthScene
  beforeAll(async () => {
    database = await startTestDatabase()
    proxy = await startDatabaseProxy(database.urls.app)
    vault = await startVault({
      env: {
        DATABASE_URL: proxy.url,
        DATABASE_MIGRATION_URL: database.urls.owner,
        SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
      },
    })
    scene = await startOAuthScene({ vault })
  })
  afterEach(() => {
    proxy.set({ kind: 'pass' })
    scene.provider.faults.clear()
    scene.provider.log.clear()
    Object.assign(scene.provider.behaviour, defaultBehaviour())
  })
  afterAll(async () => {
    await scene?.stop()
    await vault?.stop()
    await proxy?.close()
    await database?.stop()
  })

  it.each(['cut', 'blackhole'] as const)(
    'that is away (%s) when the provider answers costs no account: the new token is used once it is kept, and not before',
    async (kind) => {
      verifies('S-32', 'S-44')
      const { id } = await dueAccount(scene)
      scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
      const call = scene.call(id)
      await scene.provider.faults.whenHeld('token', 1)
      proxy.set({ kind })
      scene.provider.faults.clear()
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      expect(scene.provider.log.apiRequests, 'nothing is used that is not kept').toEqual([])
      proxy.set({ kind: 'pass' })
      if (kind === 'blackhole') proxy.cutNow()
      await call
      expect(await eventually(() => works(scene, id), 40_000)).toBe(true)
      expect(scene.provider.log.reused()).toEqual([])
      expect(refreshes(scene)).toBe(1)
      expect((await scene.get(id)).status).toBe('healthy')
    },
    120_000,
  )

  it('that is away when the provider answers, and a vault that is killed before it is back, cost no account where the provider forgives', async () => {
    verifies('S-32', 'S-43')
    scene.provider.behaviour.reuseGraceSeconds = 600
    const { id } = await dueAccount(scene)
    scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const call = scene.call(id)
    await scene.provider.faults.whenHeld('token', 1)
    proxy.set({ kind: 'cut' })
    scene.provider.faults.clear()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await vault.kill()
    await call
    proxy.set({ kind: 'pass' })
    await vault.restart()
    expect(await eventually(() => works(scene, id), 60_000)).toBe(true)
    expect((await scene.get(id)).status).toBe('healthy')
  }, 150_000)

  it('that is away before the provider is asked means that it is not asked', async () => {
    verifies('S-32', 'S-44')
    const { id } = await dueAccount(scene)
    proxy.set({ kind: 'cut' })
    const refused = await scene.call(id)
    expect(refused.status).toBeGreaterThanOrEqual(500)
    expect(refreshes(scene)).toBe(0)
    proxy.set({ kind: 'pass' })
    expect(await eventually(() => works(scene, id), 40_000)).toBe(true)
  }, 90_000)
})
