import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { maintenancePage, unavailable } from './fixtures/oauth-provider-faults.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { verifies } from './verifies.ts'

// Revoking an account's connection: here at once, whatever the provider does, and there as far as it can be told.

let scene: OAuthScene

beforeAll(async () => {
  scene = await startOAuthScene()
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
})
afterAll(() => scene?.stop())

const revoke = (connectionId: string, of = scene) =>
  of.vault.owner.call('revokeConnectionByOwner', { connectionId })
const issued = (of = scene) => of.provider.log.tokenRequests.at(-1)?.answer ?? {}
const worksAtProvider = async (accessToken: unknown) => {
  const headers = { authorization: `Bearer ${accessToken}` }
  return (await fetch(`${scene.provider.apiOrigin}/api/me`, { headers })).status === 200
}

describe('revoking a connection', () => {
  it('ends its grant at the provider too (RFC 7009)', async () => {
    verifies('S-10')
    const { id } = await scene.connectForAgent()
    const { access_token, refresh_token } = issued()
    expect(await worksAtProvider(access_token)).toBe(true)
    const { connection, atProvider } = await revoke(id)
    expect(connection.status).toBe('revoked')
    expect(atProvider?.outcome).toBe('revoked')
    expect(scene.provider.log.revocations).toMatchObject([
      { clientId: scene.client.clientId, params: { token: refresh_token }, status: 200 },
    ])
    expect(await worksAtProvider(access_token)).toBe(false)
    expect((await scene.call(id)).problem).toBe('connection-revoked')
  })

  it('by the agent does the same', async () => {
    const { id } = await scene.connectForAgent()
    const { access_token } = issued()
    await scene.agent.client.call('revokeConnection', { connectionId: id })
    await expect.poll(() => worksAtProvider(access_token), { timeout: 15_000 }).toBe(false)
  })

  it.each([
    ['fails', unavailable],
    ['answers a page', { ...maintenancePage, status: 500 }],
    ['resets', { kind: 'reset' } as const],
    ['hangs', { kind: 'hold' } as const],
    ['never ends its answer', { kind: 'endless' } as const],
  ])(
    'is done here in bounded time though the provider %s, and says what is left to do there',
    async (...[, fault]) => {
      verifies('S-10')
      const { id } = await scene.connectForAgent()
      scene.provider.faults.set('revocation', fault)
      const startedMs = performance.now()
      const revoking = revoke(id)
      await expect
        .poll(async () => (await scene.call(id)).problem, { timeout: 5_000 })
        .toBe('connection-revoked')
      const { connection, atProvider } = await revoking
      expect(performance.now() - startedMs).toBeLessThan(30_000)
      expect(connection.status).toBe('revoked')
      expect(atProvider).toMatchObject({ outcome: 'failed', message: expect.any(String) })
    },
  )

  it('says where there is no way to tell the provider', async () => {
    const plain = await startOAuthScene({ vault: scene.vault, withoutRevocation: true })
    const { id } = await plain.connectForAgent()
    expect((await revoke(id, plain)).atProvider?.outcome).toBe('not-offered')
    expect(plain.provider.log.revocations).toEqual([])
    await plain.stop()
  })

  it('tells the provider once, however often it is asked', async () => {
    const { id } = await scene.connectForAgent()
    await Promise.all([revoke(id), revoke(id), revoke(id)])
    await revoke(id)
    expect(scene.provider.log.revocations).toHaveLength(1)
  })

  it('leaves the other connections of the same account alone', async () => {
    const mine = await scene.connectForAgent()
    const other = await scene.connectForAgent()
    await revoke(mine.id)
    expect((await scene.call(other.id)).status).toBe(200)
  })

  it('while its token is being renewed ends with the renewal: no new token is kept or used', async () => {
    verifies('S-10', 'S-32')
    scene.provider.behaviour.accessTokenSeconds = 5
    const { id } = await scene.connectForAgent()
    scene.provider.behaviour.accessTokenSeconds = 3600
    scene.provider.log.clear()
    scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const call = scene.call(id)
    await scene.provider.faults.whenHeld('token', 1)
    const revoking = revoke(id)
    await expect.poll(async () => (await scene.get(id)).status).toBe('revoked')
    scene.provider.faults.clear()
    await revoking
    expect((await call).status).toBeGreaterThanOrEqual(400)
    expect(scene.provider.log.apiRequests).toEqual([])
    const { access_token } = issued()
    await expect.poll(() => worksAtProvider(access_token), { timeout: 15_000 }).toBe(false)
  })
})
