import { spawn, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createTcpServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { signIn } from './fixtures/people.ts'
import { makeCertificates } from './fixtures/tls.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, forEachOf, type WireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

/** Set in the run of this very file that happens in a network namespace of its own. */
const isInside = process.env.SALLYPORT_TEST_NAMESPACE === 'inside'
const credential = { kind: 'bearer' as const, token: 'egress-secret-0123456789' }

/** Addresses of every kind that is not public, as a URL writes them. */
const literals =
  `127.0.0.1 127.0.0.2 127.255.255.254 0.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255
192.168.0.1 169.254.169.254 169.254.170.2 100.64.0.1 100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 192.88.99.1 [::] [::1] [::7f00:1]
[::ffff:7f00:1] [::ffff:a9fe:a9fe] [::ffff:0:7f00:1] [64:ff9b::7f00:1] [64:ff9b:1::a00:1] [64:ff9b::a9fe:a9fe]
[2002:7f00:1::] [2002:a00:1::1] [2001::1] [2001:db8::1] [2001:10::1] [fc00::1] [fd00:ec2::254] [fd12:3456::1] [fe80::1]
[fec0::1] [ff02::1] [100::1] [5f00::1] [3fff::1] [4000::1]`.split(/\s+/)
/** Public ones too: an origin is a name unless the operator listed a range. */
const publicLiterals = ['93.184.216.34', '1.1.1.1', '8.8.8.8', '[2606:4700:4700::1111]']
const localNames = ['localhost', 'a.localhost', 'metadata.localhost', 'x.y.localhost']

async function startCounter(): Promise<{ server: Server; port: number; count: () => number }> {
  let connections = 0
  const server = createTcpServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { server, port, count: () => connections }
}

describe.skipIf(isInside)('without ranges of the operator’s', () => {
  let vault: TestVault
  let agent: WireAgent
  let counter: Awaited<ReturnType<typeof startCounter>>

  beforeAll(async () => {
    counter = await startCounter()
    vault = await startVault({ env: { SALLYPORT_EGRESS_ALLOW_CIDRS: '' } })
    agent = await createWireAgent(vault, await vault.createAgentWithKey('tester'))
  })
  afterAll(async () => {
    await vault?.stop()
    counter?.server.close()
  })

  it('no address, no plain http and no local name can be saved as an origin, made or changed', async () => {
    verifies('S-17')
    const good = await vault.addConnection({ origins: ['https://api.example.com'] })
    const { port } = counter
    const hosts = [...literals, ...publicLiterals]
    const origins = [
      ...hosts.flatMap((host) => [
        `https://${host}`,
        `https://${host}:${port}`,
        `http://${host}:${port}`,
      ]),
      ...localNames.flatMap((name) => [
        `https://${name}`,
        `https://${name}:${port}`,
        `http://${name}`,
      ]),
      'http://api.example.com',
      'http://api.example.com:8080',
      'http://intranet',
    ]
    const saved: string[] = []
    const call = vault.owner.call
    await forEachOf(origins, async (origin) => {
      for (const attempt of [
        () => call('createConnection', { label: 'x', origins: [origin], credential }),
        () =>
          call('createConnection', {
            label: 'x',
            origins: ['https://a.example', origin],
            credential,
          }),
        () => call('updateConnection', { connectionId: good, origins: [origin] }),
      ]) {
        await attempt().then(
          () => saved.push(origin),
          ({ type, status }) => {
            expect(type, origin).toBe('origin-not-allowed')
            expect(status).toBe(403)
          },
        )
      }
    })
    expect([...new Set(saved)]).toEqual([])
    expect(counter.count()).toBe(0)
  })

  it('odd spellings of addresses and names are no origins at all', async () => {
    verifies('S-12', 'S-17')
    const hosts = [
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.0.1.',
      'LOCALHOST',
      'localhost.',
      'ａ.example',
    ]
    hosts.push(
      '[0:0:0:0:0:0:0:1]',
      '[::ffff:127.0.0.1]',
      '[::1%25lo]',
      'user@a.example',
      'a.example/',
      'a.example?',
      'a.example#',
    )
    hosts.push(
      'a.example:443',
      'a.example:0',
      'a b.example',
      'a..example',
      '*.example',
      'a.example.',
      '%6cocalhost',
      '①.example',
    )
    for (const host of hosts) {
      for (const scheme of ['https', 'http', 'HTTPS', 'ftp', 'wss', 'file']) {
        const origin = `${scheme}://${host}`
        await expect(
          vault.owner.call('createConnection', { label: 'x', origins: [origin], credential }),
          origin,
        ).rejects.toSatisfy(({ status }) => status === 400 || status === 403)
      }
    }
  })

  it('a name that leads to this machine or a private net is not reached, by no feature', async () => {
    verifies('S-16', 'S-17')
    // What the resolver of this machine says of itself: loopback or a private address, from /etc/hosts.
    const own = readFileSync('/etc/hosts', 'utf8')
      .split('\n')
      .flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
      .concat(hostname())
      .map((name) => name.toLowerCase())
      .filter((name) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && !/(^|\.)\d+$/.test(name))
    const names = [...new Set(own)].filter((name) => !/(^|\.)localhost$/.test(name))
    for (const name of names) {
      const origin = `https://${name}:${counter.port}`
      const made = await vault.addConnection({ origins: [origin] }).catch(() => undefined)
      if (made === undefined) continue
      await vault.addPolicy({ agentId: agent.agentId, connectionId: made })
      const url = `${origin}/x`
      const { status, body } = await agent.execute({ connectionId: made, method: 'GET', url })
      expect(['address-refused', 'upstream-unreachable'], name).toContain(body.type)
      expect(status).toBe(body.status)
      expect(JSON.stringify(body)).not.toMatch(/127\.|10\.|172\.|192\.168|::1|fe80/)
      const tested = await vault.owner.call('testConnection', { connectionId: made, url })
      expect(tested.success).toBe(false)
      expect(tested.message).not.toMatch(/127\.|10\.|172\.|192\.168|::1|fe80/)
    }
    expect(counter.count()).toBe(0)
  })

  it('the test of a connection keeps to its origins', async () => {
    verifies('S-17')
    const connectionId = await vault.addConnection({ origins: ['https://api.example.com'] })
    for (const host of [...literals, ...localNames]) {
      for (const scheme of ['https', 'http']) {
        const url = `${scheme}://${host}:${counter.port}/`
        await expect(
          vault.owner.call('testConnection', { connectionId, url }),
          url,
        ).rejects.toSatisfy(({ status }) => status === 400 || status === 403)
        await expect(
          vault.owner.call('updateConnection', { connectionId, testUrl: url }),
          url,
        ).rejects.toSatisfy(({ status }) => status === 400 || status === 403)
      }
    }
    expect(counter.count()).toBe(0)
  })
})

describe.skipIf(isInside)('with a range of the operator’s', () => {
  let vault: TestVault
  let agent: WireAgent
  let plain: EchoUpstream
  let secure: EchoUpstream
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-ca-'))

  beforeAll(async () => {
    const { ca, cert, key } = makeCertificates({ names: ['127.0.0.1'] })
    writeFileSync(join(directory, 'ca.pem'), ca)
    plain = await startEchoUpstream()
    secure = await startEchoUpstream({ tls: { cert, key } })
    vault = await startVault({
      env: {
        SALLYPORT_EGRESS_ALLOW_CIDRS: '127.0.0.0/29, fd00::/64',
        SALLYPORT_EGRESS_DENY_CIDRS: '127.0.0.2/32',
        NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem'),
      },
    })
    agent = await createWireAgent(vault, await vault.createAgentWithKey('tester'))
  })
  afterAll(async () => {
    await vault?.stop()
    await plain?.close()
    await secure?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('http and addresses work inside it, and nowhere else', async () => {
    verifies('S-16', 'S-17')
    for (const upstream of [plain, secure]) {
      const connectionId = await vault.addConnection({ origins: [upstream.origin] })
      await vault.addPolicy({ agentId: agent.agentId, connectionId })
      const url = `${upstream.origin}/x`
      const { status, body } = await agent.execute({ connectionId, method: 'GET', url })
      expect(status, JSON.stringify(body)).toBe(200)
      expect((await vault.owner.call('testConnection', { connectionId, url })).success).toBe(true)
    }
    const outside = [
      ...literals.filter((one) => one !== '127.0.0.1'),
      ...publicLiterals,
      '127.0.0.8',
    ]
    for (const host of outside) {
      for (const scheme of ['https', 'http']) {
        await expect(
          vault.addConnection({ origins: [`${scheme}://${host}:${plain.port}`] }),
          host,
        ).rejects.toMatchObject({ type: 'origin-not-allowed' })
      }
    }
  })

  it('a certificate that does not verify ends the call', async () => {
    verifies('S-16')
    const { cert, key } = makeCertificates({ names: ['127.0.0.1'] })
    const { cert: other, key: otherKey } = makeCertificates({ names: ['other.example'] })
    for (const tls of [
      { cert, key },
      { cert: other, key: otherKey },
    ]) {
      const upstream = await startEchoUpstream({ tls })
      const connectionId = await vault.addConnection({ origins: [upstream.origin] })
      await vault.addPolicy({ agentId: agent.agentId, connectionId })
      const url = `${upstream.origin}/x`
      const { body } = await agent.execute({ connectionId, method: 'GET', url })
      expect(body.type).toBe('upstream-unreachable')
      expect(body.error).toMatch(/TLS/)
      expect(upstream.requests.length).toBe(0)
      await upstream.close()
    }
  })
})

/** What makes a network of our own here, or nothing where namespaces are not to be had. */
const namespaceFlags = [['-nm'], ['-cnm', '--keep-caps'], ['-rnm']].find(
  (flags) =>
    spawnSync('unshare', [
      ...flags,
      'sh',
      '-c',
      'ip link set lo up && mount --bind /etc/hosts /etc/hosts',
    ]).status === 0,
)

describe.skipIf(isInside || namespaceFlags === undefined)('in a network of its own', () => {
  it('holds for names: mixed answers, mapped addresses, names that change', async () => {
    verifies('S-16', 'S-17')
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-net-'))
    writeFileSync(
      join(directory, 'resolv.conf'),
      'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
    )
    writeFileSync(join(directory, 'hosts'), '127.0.0.1 localhost\n10.0.0.5 byhosts.example\n')
    const root = fileURLToPath(new URL('..', import.meta.url))
    const script = [
      'ip link set lo up',
      'ip addr add 93.184.216.34/32 dev lo',
      'ip addr add 10.0.0.5/32 dev lo',
      'ip addr add 169.254.169.254/32 dev lo',
      'ip -6 addr add 2606:2800:220:1::1/128 dev lo || true',
      `mount --bind ${directory}/resolv.conf "$(readlink -f /etc/resolv.conf)"`,
      `mount --bind ${directory}/hosts /etc/hosts`,
      'exec "$0" "$@"',
    ].join(' && ')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const child = spawn(
      'unshare',
      [
        ...(namespaceFlags ?? []),
        'sh',
        '-c',
        script,
        process.execPath,
        vitest,
        'run',
        'test/egress.test.ts',
      ],
      { cwd: root, env: { ...process.env, SALLYPORT_TEST_NAMESPACE: 'inside' } },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    rmSync(directory, { recursive: true, force: true })
    expect(code, output).toBe(0)
    expect(output).toMatch(/\d+ passed/)
  }, 180_000)
})

/** Addresses by name and kind of question; a function is asked each time. */
type Zone = Readonly<
  Record<string, { a?: readonly string[] | (() => readonly string[]); aaaa?: readonly string[] }>
>

async function startDns(zone: Zone): Promise<{ socket: Socket; asked: Map<string, number> }> {
  const asked = new Map<string, number>()
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    let at = 12
    const labels: string[] = []
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.subarray(at + 1, at + 1 + length).toString('latin1'))
      at += 1 + length
    }
    const type = message.readUInt16BE(at + 1)
    const question = message.subarray(12, at + 5)
    const name = labels.join('.').toLowerCase()
    const found = zone[name]
    if (type === 1) asked.set(name, (asked.get(name) ?? 0) + 1)
    const a = typeof found?.a === 'function' ? (type === 1 ? found.a() : []) : (found?.a ?? [])
    const addresses =
      type === 1 ? a.map(ipv4Bytes) : type === 28 ? (found?.aaaa ?? []).map(ipv6Bytes) : []
    const header = Buffer.from(message.subarray(0, 12))
    header.writeUInt16BE(found === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    const records = addresses.map((bytes) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]), bytes]),
    )
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(53, '127.0.0.1', resolve))
  return { socket, asked }
}

const ipv4Bytes = (text: string) => Buffer.from(text.split('.').map(Number))
function ipv6Bytes(text: string): Buffer {
  const [left = '', right] = text.split('::')
  const groups = (part: string) =>
    (part === '' ? [] : part.split(':')).map((one) => Number.parseInt(one, 16))
  const before = groups(left)
  const after = right === undefined ? [] : groups(right)
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((one) => [one >> 8, one & 255]))
}

function namesInANetworkOfItsOwn(): void {
  let vault: TestVault
  let agent: WireAgent
  let dns: Awaited<ReturnType<typeof startDns>>
  let server: ReturnType<typeof createTlsServer>
  /** The address of this end, for every connection that was opened. */
  const reached: string[] = []
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-ca-'))
  const port = 8443
  const good = '93.184.216.34'
  let turns = 0
  const zone: Zone = {
    'public.example': { a: [good] },
    'mixed.example': { a: [good, '10.0.0.5'] },
    'mixed-loopback.example': { a: ['127.0.0.1', good] },
    'mixed-v6.example': { a: [good], aaaa: ['::1'] },
    'mixed-ula.example': { a: [good], aaaa: ['fd00::1'] },
    'private.example': { a: ['10.0.0.5'] },
    'loopback.example': { a: ['127.0.0.1'] },
    'metadata.example': { a: ['169.254.169.254'] },
    'azure.example': { a: ['168.63.129.16'] },
    'zero.example': { a: ['0.0.0.0'] },
    'shared.example': { a: ['100.100.100.200'] },
    'mapped.example': { aaaa: ['::ffff:7f00:1'] },
    'mapped-private.example': { aaaa: ['::ffff:a00:5'] },
    'nat64.example': { aaaa: ['64:ff9b::7f00:1'] },
    'sixtofour.example': { aaaa: ['2002:7f00:1::1'] },
    'unspecified.example': { aaaa: ['::'] },
    'rebinding.example': { a: () => (turns++ % 2 === 0 ? [good] : ['127.0.0.1']) },
    'growing.example': { a: () => (turns++ % 2 === 0 ? [good] : [good, '169.254.169.254']) },
    'many.example': { a: [...Array<string>(12).fill(good), '10.0.0.5'] },
  }

  beforeAll(async () => {
    const names = [...Object.keys(zone), 'byhosts.example']
    const { ca, cert, key } = makeCertificates({ names })
    writeFileSync(join(directory, 'ca.pem'), ca)
    dns = await startDns(zone)
    server = createTlsServer({ cert, key }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'),
      )
    })
    server.on('connection', (socket) => reached.push(socket.localAddress ?? ''))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(port, '::', resolve))
    vault = await startVault({
      env: { SALLYPORT_EGRESS_ALLOW_CIDRS: '', NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') },
    })
    agent = await createWireAgent(vault, await vault.createAgentWithKey('tester'))
  })
  afterAll(async () => {
    await vault?.stop()
    server?.close()
    dns?.socket.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function connect(name: string) {
    const origin = `https://${name}:${port}`
    const connectionId = await vault.addConnection({ origins: [origin] })
    await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const url = `${origin}/x`
    return {
      send: () => agent.execute({ connectionId, method: 'GET', url }),
      test: () => vault.owner.call('testConnection', { connectionId, url }),
    }
  }
  const isGood = (address: string) => address.replace('::ffff:', '') === good

  it('reach a public address, asked for once and dialled as it was checked', async () => {
    verifies('S-16')
    const { send, test } = await connect('public.example')
    const { status, body } = await send()
    expect(status, JSON.stringify(body)).toBe(200)
    expect(reached.length).toBe(1)
    expect(reached.every(isGood)).toBe(true)
    expect(dns.asked.get('public.example')).toBe(1)
    expect((await test()).success).toBe(true)
  })

  it('are refused if any answer is not public, whatever stands beside it, by every feature', async () => {
    verifies('S-16', 'S-17')
    reached.length = 0
    const changing = new Set(['public.example', 'rebinding.example', 'growing.example'])
    const names = [...Object.keys(zone).filter((name) => !changing.has(name)), 'byhosts.example']
    for (const name of names) {
      const { send, test } = await connect(name)
      const { body } = await send()
      expect(
        ['address-refused', 'upstream-unreachable'],
        `${name} ${JSON.stringify(body)}`,
      ).toContain(body.type)
      expect((await test()).success, name).toBe(false)
      expect(JSON.stringify(body)).not.toMatch(/\d+\.\d+\.\d+\.\d+|::/)
    }
    expect(reached).toEqual([])
  })

  it('lead no other feature inside: webhooks, streams of the log, upstream servers, providers, databases', async () => {
    verifies('S-16', 'S-17')
    const { owner } = vault
    const person = await signIn(vault)
    const tried = (call: Promise<unknown>) =>
      call.then(
        (answer) => JSON.stringify(answer),
        (problem) => String(problem),
      )
    const post = (path: string, body: object = {}) => person.send('POST', path, { body })
    const webhooks = [
      ['/api/v1/notification-channels', 'channel', { events: ['approval'] }],
      ['/api/v1/audit/streams', 'stream', {}],
    ] as const
    const everything = async (name: string) => {
      const place = `https://${name}:${port}`
      const client = { clientId: 'client', clientSecret: 'a-client-secret-0123' }
      const said = [
        await tried(
          owner.call('testMcpServerDraft', {
            ...{ transport: 'http', url: `${place}/mcp`, connectTimeoutSeconds: 5 },
          }),
        ),
        await tried(
          owner.call('createOAuthApp', {
            provider: name.replace('.', '-'),
            ...client,
            issuer: place,
          }),
        ),
        await tried(
          owner.call('createSource', {
            ...{ name: name.replace('.', '-'), dialect: 'postgres', host: name, port },
            ...{ database: 'x', user: 'x', password: 'a-password-0123' },
          }),
        ),
      ]
      for (const [path, member, more] of webhooks) {
        const { status, body } = await post(path, {
          ...more,
          target: { kind: 'webhook', url: `${place}/in` },
        })
        expect([200, 201, 403], JSON.stringify(body)).toContain(status)
        const made = body[member] as { id: string } | undefined
        if (made !== undefined) said.push(await tried(post(`${path}/${made.id}/test`)))
      }
      return said.join('\n')
    }
    reached.length = 0
    for (const name of ['mixed.example', 'private.example', 'metadata.example', 'nat64.example']) {
      expect(await everything(name)).not.toMatch(/10\.0\.0\.5|169\.254|64:ff9b/)
    }
    expect(reached).toEqual([])
    // Where nothing stands in the way, each of them does go there.
    await everything('public.example')
    expect(reached.length).toBeGreaterThanOrEqual(5)
    expect(reached.filter((address) => !isGood(address))).toEqual([])
  })

  it('that change their answers never lead inside', async () => {
    verifies('S-16')
    reached.length = 0
    for (const name of ['rebinding.example', 'growing.example']) {
      const { send } = await connect(name)
      const types = new Set<unknown>()
      for (let at = 0; at < 12; at++) {
        const { status, body } = await send()
        types.add(status === 200 ? 'sent' : body.type)
      }
      expect(types).toEqual(new Set(['sent', 'address-refused']))
    }
    expect(reached.length).toBeGreaterThan(0)
    expect(reached.filter((address) => !isGood(address))).toEqual([])
  })
}

// Elsewhere it is no test that was skipped, but none.
if (isInside) describe('names, in a network of its own', namesInANetworkOfItsOwn)
