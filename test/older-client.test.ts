import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoUpstream } from './fixtures/echo-upstream.ts'
import { createOlderClient } from './fixtures/older-client.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'

let vault: TestVault
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let older: ReturnType<typeof createOlderClient>
let connectionId: string

beforeAll(async () => {
  ;[vault, upstream] = await Promise.all([startVault(), startEchoUpstream()])
  const { agentId, privateKey } = await vault.createAgentWithKey('older')
  connectionId = await vault.addConnection({ origins: [upstream.origin] })
  await vault.addPolicy({ agentId, connectionId })
  older = createOlderClient({ baseUrl: vault.url, agentId, privateJwk: privateKey })
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

describe('the older client, unchanged,', () => {
  it('signs in and has its request sent', async () => {
    const url = `${upstream.origin}/older`
    expect(
      await older.execute({ connectionId, method: 'GET', url, query: { a: '1' } }),
    ).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { ok: true, path: '/older', query: { a: '1' } },
      auditId: expect.stringMatching(/^aud_/),
    })
  })

  it('shows its model one sentence with what happened and what to do', async () => {
    const url = `${upstream.origin}/older`
    const failure: unknown = await older
      .execute({ connectionId, method: 'POST', url, body: {} })
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ statusCode: 403 })
    expect(String(failure)).not.toContain('{')
    expect(String(failure).length).toBeGreaterThan(40)
  })

  it('reads every list', async () => {
    expect((await older.listConnections()).connections).toEqual([
      expect.objectContaining({ id: connectionId, grantedScopes: [], status: 'healthy' }),
    ])
    expect(await older.listServices()).toHaveProperty('services')
    expect(await older.getMyCapabilities()).toHaveProperty('availableActions')
    expect(await older.listApprovals()).toEqual({ approvals: [] })
  })

  it('asks for a capability once', async () => {
    const { services } = (await older.listServices()) as {
      services: { actions: { id: string }[] }[]
    }
    const id = services[0]?.actions[0]?.id ?? ''
    expect(await older.requestCapability(id, 'For a test.')).toMatchObject({ actionTemplateId: id })
    await expect(older.requestCapability(id, 'Again.')).rejects.toMatchObject({ statusCode: 409 })
  })

  it('revokes without a body', async () => {
    expect(await older.revoke(connectionId)).toEqual({
      revoked: true,
      connectionId,
      auditId: expect.stringMatching(/^aud_/),
    })
  })
})
