import type { NotificationDelivery } from '@sallyport/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from './fixtures/http-receiver.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { eventually } from './fixtures/scene.ts'
import { verifies } from './verifies.ts'

// Two replicas share the work of telling people: each message goes out once.

const asked = 18
const atOnceMax = 5

let replicas: Replicas
let receiver: HttpReceiver
let owner: Person

beforeAll(async () => {
  receiver = await startHttpReceiver()
  replicas = await startReplicas()
  owner = await signIn(replicas.first)
})
afterAll(async () => {
  await replicas?.stop()
  await receiver?.close()
})

it('tells each thing once in each channel, few at a time, whichever replica does it', async () => {
  verifies('S-43')
  const { first, second } = replicas
  const paths = ['/one', '/two']
  for (const path of paths) {
    await owner.send('POST', '/api/v1/notification-channels', {
      body: { target: { kind: 'webhook', url: `${receiver.origin}${path}` }, events: ['approval'] },
    })
  }
  const running = new Map<string, number>()
  let busiest = 0
  receiver.answer = ({ path }) => {
    running.set(path, (running.get(path) ?? 0) + 1)
    busiest = Math.max(busiest, running.get(path) ?? 0)
    setTimeout(() => running.set(path, (running.get(path) ?? 0) - 1), 150)
    return { status: 200, delayMs: 150 }
  }
  const agent = await first.createAgentWithKey('asker')
  const connectionId = await first.addConnection({ origins: [receiver.origin] })
  await first.addPolicy({ agentId: agent.agentId, connectionId, approval: 'always' })
  const clients = [agent.client, second.clientOf(agent)]
  await Promise.all(
    Array.from({ length: asked }, (_, index) =>
      clients[index % 2]?.call('execute', {
        ...{ connectionId, method: 'GET', url: `${receiver.origin}/asked/${index}` },
      }),
    ),
  )
  const all = async () =>
    (await owner.send('GET', '/api/v1/notification-deliveries?limit=200')).body
      .deliveries as NotificationDelivery[]
  await eventually(
    async () =>
      (await all()).filter(({ status }) => status === 'delivered').length === asked * paths.length,
    20_000,
  )
  expect((await all()).map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(
    Array.from({ length: asked * paths.length }, () => 'delivered 1'),
  )
  for (const path of paths) {
    const ids = receiver.at(path).map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(asked)
  }
  expect(busiest).toBeLessThanOrEqual(atOnceMax)
})
