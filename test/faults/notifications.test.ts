import type { NotificationDelivery } from '@sallyport/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from '../fixtures/http-receiver.ts'
import { type Person, signIn } from '../fixtures/people.ts'
import { eventually } from '../fixtures/scene.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// A vault that ends while it tells people: nobody is left untold, and nobody's answer is waited for.

const heldMs = 20_000

let vault: TestVault
let receiver: HttpReceiver
let owner: Person
let agent: TestAgent
let connectionId: string
let channelId: string

beforeAll(async () => {
  receiver = await startHttpReceiver()
  vault = await startVault()
  owner = await signIn(vault)
  agent = await vault.createAgentWithKey('asker')
  connectionId = await vault.addConnection({ origins: [receiver.origin] })
  await vault.addPolicy({ agentId: agent.agentId, connectionId, approval: 'always' })
  const made = await owner.send('POST', '/api/v1/notification-channels', {
    body: { target: { kind: 'webhook', url: `${receiver.origin}/hook` }, events: ['approval'] },
  })
  channelId = (made.body.channel as { id: string }).id
})
afterAll(async () => {
  await vault?.stop()
  await receiver?.close()
})

const hold = () => {
  receiver.answer = () => ({ status: 200, delayMs: heldMs })
}
const let200 = () => {
  receiver.answer = () => ({ status: 200 })
}
const ask = (path: string) =>
  agent.client.call('execute', { connectionId, method: 'GET', url: `${receiver.origin}${path}` })

async function deliveries(): Promise<NotificationDelivery[]> {
  const path = `/api/v1/notification-deliveries?channelId=${channelId}`
  return (await owner.send('GET', path)).body.deliveries as NotificationDelivery[]
}

it('that is killed amid telling tells it again after its start, under the same id', async () => {
  verifies('S-43')
  hold()
  await ask('/one')
  expect(await eventually(() => receiver.at('/hook').length === 1, 10_000)).toBe(true)
  await vault.kill()
  let200()
  await vault.restart()
  owner = await signIn(vault)
  expect(
    await eventually(async () => (await deliveries())[0]?.status === 'delivered', 15_000),
  ).toBe(true)
  const ids = receiver.at('/hook').map(({ headers }) => headers['webhook-id'])
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
  expect(await deliveries()).toMatchObject([{ status: 'delivered', attempts: 2 }])
})

it('that is told to stop waits for nobody who does not answer, and goes on after its start', async () => {
  verifies('S-43', 'S-44')
  receiver.requests.splice(0)
  hold()
  await ask('/two')
  expect(await eventually(() => receiver.at('/hook').length === 1, 10_000)).toBe(true)
  // What is slow to take a message holds up nothing else.
  const startedMs = performance.now()
  await owner.send('GET', '/api/v1/notification-channels')
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  const stoppingMs = performance.now()
  expect(await vault.terminate()).toBe(0)
  expect(performance.now() - stoppingMs).toBeLessThan(8_000)
  let200()
  await vault.restart()
  owner = await signIn(vault)
  expect(
    await eventually(async () => (await deliveries())[0]?.status === 'delivered', 20_000),
  ).toBe(true)
})
