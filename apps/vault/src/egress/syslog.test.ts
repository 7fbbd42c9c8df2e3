import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createAddressRules } from './address-rules.ts'
import { createSyslogTransport } from './syslog.ts'

describe('a syslog server that talks', () => {
  let written = 0
  const endless = createServer((socket) => {
    const talk = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) written += 65_536
    }
    socket.on('drain', talk).on('error', () => undefined)
    talk()
  })
  beforeAll(() => new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve)))
  afterAll(() => endless.close())

  it('is hung up on soon, and took nothing', async () => {
    verifies('S-22')
    const { port } = endless.address() as AddressInfo
    const sockets = new Set<Socket>()
    const transport = createSyslogTransport({
      rules: createAddressRules({ allowCidrs: ['127.0.0.0/8'], denyCidrs: [] }),
      connect: async () => connect({ host: '127.0.0.1', port, allowHalfOpen: true }),
      ...{ extraCa: [], isClosed: () => false, sockets },
    })
    const server = { host: '127.0.0.1', port, tls: false }
    const sent = transport.send(server, Buffer.from('9 <110>1 - -'), AbortSignal.timeout(20_000))
    await expect(sent).rejects.toMatchObject({ type: 'upstream-invalid-response' })
    // Whatever the kernels held between them.
    expect(written).toBeLessThan(16 * 1024 * 1024)
    expect(sockets.size).toBe(0)
  })
})
