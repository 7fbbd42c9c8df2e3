import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import type { MountContext } from '../mount.ts'
import { createResponder } from '../respond.ts'
import type { Rooms } from '../rooms.ts'
import { systemRoutes } from './system.ts'

describe('the description of the interface', () => {
  it('costs whoever serves it next to nothing, since anybody may ask for it', async () => {
    verifies('S-44')
    const routes = systemRoutes({ publicUrl: () => 'https://vault.example', version: '1' } as Rooms)
    const route = routes.find(({ operation }) => operation.id === 'getOpenApi')
    const context = {
      respond: createResponder(false),
      bodies: { open: () => ({ release: () => {} }) },
      requestId: () => 'req_1',
      clientAddress: () => '127.0.0.1',
      auth: { cookies: { read: () => undefined }, flowCookies: { read: () => undefined } },
    } as unknown as MountContext
    const app = new Hono().get('/openapi.json', (c) => route?.serve(c, context) ?? c.notFound())
    const first = await (await app.request('/openapi.json')).text()
    expect(JSON.parse(first)).toMatchObject({ info: { version: '1' } })
    const times = 20
    const before = process.cpuUsage()
    for (let i = 0; i < times; i += 1) expect((await app.request('/openapi.json')).status).toBe(200)
    const { user, system } = process.cpuUsage(before)
    // Made anew each time it took 160 ms of a processor.
    expect((user + system) / 1000 / times).toBeLessThan(60)
    expect(await (await app.request('/openapi.json')).text()).toBe(first)
  })
})
