import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { listen } from './listen.ts'

const answers = {
  serve: () => new Response('served'),
  refuse: () => new Response('stopping', { status: 503 }),
}

/** Holds the port of an address that nobody else has; undefined where the machine has no such address. */
function hold(host: string): Promise<{ port: number; release(): Promise<void> } | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(0, host, () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        release: () => new Promise((done) => server.close(() => done())),
      })
    })
  })
}

describe('the name localhost', () => {
  it('is the vault’s only where nobody else holds one of its two addresses', async () => {
    verifies('S-42')
    const other = await hold('::1')
    if (other === undefined) return
    const listener = await listen({
      ...answers,
      host: '127.0.0.1',
      port: other.port,
      takeLocalhost: true,
    })
    expect([listener.port, listener.ownsLocalhost]).toEqual([other.port, false])
    await listener.drain()
    await other.release()
  })

  it('leads to the vault at each address, until it has drained', async () => {
    const listener = await listen({ ...answers, host: '127.0.0.1', port: 0, takeLocalhost: true })
    const urls = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${listener.port}/`)
    const hasV6 = await hold('::1')
    await hasV6?.release()
    // Another program may by chance hold the port at the other address.
    if (listener.ownsLocalhost && hasV6) urls.push(`http://[::1]:${listener.port}/`)
    for (const url of urls) expect(await (await fetch(url)).text()).toBe('served')
    await listener.drain()
    for (const url of urls) await expect(fetch(url)).rejects.toThrow()
  })

  it('is left alone where it was not asked for, and where the vault is for other machines too', async () => {
    for (const options of [
      { host: '127.0.0.1', takeLocalhost: false },
      { host: '0.0.0.0', takeLocalhost: true },
    ]) {
      const listener = await listen({ ...answers, ...options, port: 0 })
      expect([options.host, listener.ownsLocalhost]).toEqual([options.host, false])
      await listener.drain()
    }
  })
})
