import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultBehaviour } from '../fixtures/oauth-provider-behaviour.ts'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import { eventually } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// A vault that is told to stop amid a renewal: the answer of the provider may be the only place where the new refresh token is.

/** Longer than requests under way are waited for, and not so long that the provider counts as one that does not answer. */
const heldMs = 9_500

describe('a vault that stops amid a renewal', () => {
  let scene: OAuthScene
  beforeAll(async () => {
    scene = await startOAuthScene()
  })
  afterEach(() => {
    scene.provider.faults.clear()
    Object.assign(scene.provider.behaviour, defaultBehaviour())
  })
  afterAll(() => scene?.stop())

  it('waits for the answer of a provider that rotates, keeps it, and goes on with it after its next start', async () => {
    verifies('S-32', 'S-43')
    const { provider, vault } = scene
    provider.behaviour.accessTokenSeconds = 5
    const { id } = await scene.connectForAgent()
    provider.behaviour.accessTokenSeconds = 3600
    provider.log.clear()
    provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const call = scene.call(id)
    await provider.faults.whenHeld('token', 1)
    const stopped = vault.terminate()
    await new Promise((resolve) => setTimeout(resolve, heldMs))
    provider.faults.clear()
    expect(await stopped).toBe(0)
    await call
    await vault.restart()
    expect(await eventually(async () => (await scene.call(id)).status === 200, 20_000)).toBe(true)
    expect(provider.log.countTokens({ grantType: 'refresh_token' })).toBe(1)
    expect(provider.log.reused()).toEqual([])
    expect((await scene.get(id)).status).toBe('healthy')
  }, 90_000)

  it('waits no longer than it should for a provider that never answers', async () => {
    verifies('S-43')
    const { provider, vault } = scene
    provider.behaviour.accessTokenSeconds = 5
    const { id } = await scene.connectForAgent()
    provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const call = scene.call(id)
    await provider.faults.whenHeld('token', 1)
    const startedMs = performance.now()
    expect(await vault.terminate()).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    provider.faults.clear()
    await call
    await vault.restart()
  }, 90_000)
})
