import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { threadCpuMs } from '../../../../../test/fixtures/thread-cpu.ts'
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
    const beganMs = threadCpuMs()
    const first = await (await app.request('/openapi.json')).text()
    const firstMs = threadCpuMs() - beganMs
    expect(JSON.parse(first)).toMatchObject({ info: { version: '1' } })
    const times = 20
    const beforeMs = threadCpuMs()
    for (let i = 0; i < times; i += 1) expect((await app.request('/openapi.json')).status).toBe(200)
    // The first makes it, which is nearly all that it costs.
    expect((threadCpuMs() - beforeMs) / times).toBeLessThan(firstMs / 4)
    expect(await (await app.request('/openapi.json')).text()).toBe(first)
  })
})
