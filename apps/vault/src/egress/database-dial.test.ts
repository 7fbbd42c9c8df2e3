import { createServer } from 'node:net'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createEgress } from './egress.ts'

const open = (allowCidrs: readonly string[], addresses: readonly string[] = ['127.0.0.1']) =>
  createEgress({
    ...{ allowCidrs, denyCidrs: [], now: Date.now },
    resolve: async () => addresses.map((address) => ({ address })),
  })
const never = new AbortController().signal

describe('the way to databases', () => {
  it('is open to names over TLS, and to all else in the operator’s ranges alone', () => {
    verifies('S-17')
    const may = (allowCidrs: string[], host: string, isTls: boolean) =>
      open(allowCidrs).databases.mayDial({ host, isTls }) === true
    expect(may([], 'db.example.com', true)).toBe(true)
    for (const [host, isTls] of [
      ...([
        ['db.example.com', false],
        ['127.0.0.1', true],
        ['10.1.2.3', true],
        ['::1', true],
      ] as const),
      ...([
        ['localhost', true],
        ['a.localhost', true],
        ['8.8.8.8', true],
        ['not a name', true],
        ['', true],
      ] as const),
      // Addresses in other words, those of clouds, and what is no host of a network.
      ...([
        ['2130706433', true],
        ['0x7f000001', true],
        ['127.1', true],
        ['::ffff:127.0.0.1', true],
        ['169.254.169.254', true],
        ['fe80::1%eth0', true],
        ['localhost.', true],
        ['/var/run/postgresql', true],
      ] as const),
    ] as const) {
      expect(may([], host, isTls), host).toBe(false)
    }
    expect(may(['10.0.0.0/8'], '10.1.2.3', false)).toBe(true)
    expect(may(['10.0.0.0/8'], '11.1.2.3', false)).toBe(false)
    expect(may(['10.0.0.0/8'], 'localhost', false)).toBe(false)
    expect(may(['127.0.0.0/8'], 'localhost', false)).toBe(true)
  })

  it('is not taken where one address of the name is not allowed', async () => {
    verifies('S-16', 'S-17')
    const host = { host: 'db.example.com', port: 5432, isTls: true }
    for (const addresses of [
      ['127.0.0.1'],
      ['93.184.216.34', '10.0.0.1'],
      ['169.254.169.254'],
      ['::ffff:10.0.0.1'],
    ]) {
      const refused = open([], addresses).databases.dial(host, never)
      await expect(refused, addresses.join()).rejects.toMatchObject({ type: 'address-refused' })
    }
    // Public, and yet in the clear: the operator has to have listed it.
    const clear = open(['10.0.0.0/8'], ['93.184.216.34']).databases.dial(
      { ...host, isTls: false },
      never,
    )
    await expect(clear).rejects.toMatchObject({ type: 'address-refused' })
  })

  it('ends with its signal and with the room', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const egress = open(['127.0.0.0/8'])
    const host = { host: 'db.example.com', port, isTls: false }
    const stop = new AbortController()
    const first = await egress.databases.dial(host, stop.signal)
    const second = await egress.databases.dial(host, never)
    const closed = [first, second].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    )
    stop.abort()
    await closed[0]
    expect(second.destroyed).toBe(false)
    await egress.close()
    await closed[1]
    const late = await egress.databases.dial(host, never).catch((error: unknown) => error)
    expect(late instanceof Problem && late.type).toBe('request-stopped')
    server.close()
  })
})
