import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoUpstream } from './fixtures/echo-upstream.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

let vault: TestVault
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let agent: TestAgent
let connectionId: string
const secret = 'upstream-secret-0123456789'

beforeAll(async () => {
  upstream = await startEchoUpstream()
  vault = await startVault()
  agent = await vault.createAgentWithKey('tester')
  connectionId = await vault.addConnection({
    origins: [upstream.origin],
    credential: { kind: 'bearer', token: secret },
  })
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

describe('execute', () => {
  it('answers a connection without a policy like one that does not exist', async () => {
    verifies('S-09')
    const call = (id: string) =>
      agent.client
        .call('execute', { connectionId: id, method: 'GET', url: `${upstream.origin}/x` })
        .then(
          () => 'sent',
          ({ type, detail, next }) => ({ type, detail, next }),
        )
    const without = await call(connectionId)
    expect(without).toMatchObject({ type: 'connection-not-found' })
    expect(without).toEqual(await call('con_00000000000000000000000000'))
  })

  it('sends what the policy allows, with the credential that the agent never sees', async () => {
    await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const answer = await agent.client.call('execute', {
      connectionId,
      method: 'GET',
      url: `${upstream.origin}/hello`,
      query: { a: 'b c' },
    })
    expect(answer).toMatchObject({ status: 200, body: { ok: true, path: '/hello' } })
    const [request] = upstream.requests.slice(-1)
    expect(JSON.stringify(request)).toContain(`Bearer ${secret}`)
    expect(JSON.stringify(answer)).not.toContain(secret)
  })
})
