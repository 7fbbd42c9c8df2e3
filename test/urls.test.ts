import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import {
  createWireAgent,
  forEachOf,
  type WireAgent,
  type WireAnswer,
} from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

const secret = 'sk-live.0123456789~ABCdef'
const basic = Buffer.from(`someone:${secret}`).toString('base64')

/** Each kind of credential: how it is kept, where a path has to hold its mark, and what it does to a request. */
const kinds = {
  bearer: {
    credential: { kind: 'bearer', token: secret },
    at: (path: string) => path,
    header: ['authorization', `Bearer ${secret}`],
  },
  header: {
    credential: { kind: 'header', name: 'X-Api-Key', value: secret, prefix: 'key=' },
    at: (path: string) => path,
    header: ['x-api-key', `key=${secret}`],
  },
  basic: {
    credential: { kind: 'basic', username: 'someone', password: secret },
    at: (path: string) => path,
    header: ['authorization', `Basic ${basic}`],
  },
  query: {
    credential: { kind: 'query', name: 'api_key', value: secret },
    at: (path: string) => path,
    header: undefined,
  },
  path: {
    credential: { kind: 'path', placeholder: 'key', value: secret },
    at: (path: string) => `/bot{key}${path}`,
    header: undefined,
  },
} as const
type Kind = keyof typeof kinds
const kindNames = Object.keys(kinds) as Kind[]

let vault: TestVault
let upstream: EchoUpstream
let agent: WireAgent
const connections = {} as Record<Kind | 'slashes', string>

beforeAll(async () => {
  upstream = await startEchoUpstream()
  vault = await startVault()
  const enrolled = await vault.createAgentWithKey('tester')
  agent = await createWireAgent(vault, enrolled)
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
  const add = async (name: Kind | 'slashes', extra: object) => {
    const origins = [upstream.origin]
    const connectionId = await vault.addConnection({ origins, ...extra })
    const allow = [{ origin: upstream.origin, methods: [...methods], paths: ['/**'] }]
    await vault.addPolicy({ agentId: enrolled.agentId, connectionId, allow })
    connections[name] = connectionId
  }
  for (const kind of kindNames) await add(kind, { credential: kinds[kind].credential })
  await add('slashes', { allowEncodedSlash: true })
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

const get = (kind: Kind | 'slashes', url: string, more: object = {}) =>
  agent.execute({ connectionId: connections[kind], method: 'GET', url, ...more })

/** What nothing may be sent for: a 4xx that says why, with the id of an audit entry that says the same. */
async function expectAllRefused(
  calls: readonly { readonly what: string; readonly send: () => Promise<WireAnswer> }[],
): Promise<void> {
  const before = { sent: upstream.requests.length, opened: upstream.connectionCount() }
  const wrong: string[] = []
  const ids = new Map<string, string>()
  await forEachOf(calls, async ({ what, send }) => {
    const { status, body } = await send()
    const { auditId, error } = body
    if (status < 400 || status > 499 || typeof error !== 'string' || error === '') {
      wrong.push(
        `${JSON.stringify(what.slice(0, 200))} -> ${status} ${JSON.stringify(body).slice(0, 200)}`,
      )
    } else if (typeof auditId !== 'string') wrong.push(`${what.slice(0, 200)} has no auditId`)
    else ids.set(auditId, what)
  })
  expect(wrong).toEqual([])
  expect(upstream.requests.length).toBe(before.sent)
  expect(upstream.connectionCount()).toBe(before.opened)
  const audited = await auditedIds(ids.size)
  expect([...ids].filter(([id]) => !audited.has(id)).map(([, what]) => what)).toEqual([])
}

async function auditedIds(count: number): Promise<Set<string>> {
  const found = new Set<string>()
  let cursor: string | undefined
  while (found.size < count + 50) {
    const page = await vault.owner.call('listAudit', {
      limit: 200,
      decision: 'deny',
      ...(cursor !== undefined && { cursor }),
    })
    for (const { id, outcome } of page.entries) if (outcome === 'refused') found.add(id)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return found
}

/** Every way to write a hex escape's case. */
const cases = (text: string) => [
  ...new Set([
    text.toLowerCase(),
    text.toUpperCase(),
    text.replace(/[a-f]/i, (digit) => digit.toUpperCase()),
  ]),
]
const hex = (code: number) => `%${code.toString(16).padStart(2, '0')}`
const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f]

/** Text that no path may hold, wherever it stands. */
const forbiddenAnywhere = [
  ...['%2f', '%5c', '%25', '%252f', '%25252e', '%255c'].flatMap(cases),
  ...controls.flatMap((code) => cases(hex(code))),
  ...Array.from({ length: 32 }, (_, at) => `%c2${hex(0x80 + at)}`).flatMap(cases),
  ...['%c0%af', '%c0%ae', '%c1%9c', '%e0%80%af', '%e0%9f%bf', '%f0%80%80%af'].flatMap(cases),
  ...['%f8%80%80%80%af', '%fc%80%80%80%80%af', '%fe', '%ff', '%80', '%bf'].flatMap(cases),
  ...['%c3', '%c3%28', '%e2%82', '%f0%9f%98', '%ed%a0%80', '%f4%90%80%80'].flatMap(cases),
  ...['%', '%2', '%zz', '%u002f', '%2%66', '%g0', '%0g', '%-1', '% 41'],
  ...['\\', '\\\\', '/\\', '#', '#fragment', '?x#', '//', '///', ' ', '\t', '\n', '\r', '\0'],
  ...[
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u00ad',
    'é',
    '\u2024',
    '\u2028',
    '\u202e',
    '\uff0f',
    '\uff0e',
  ],
  ...['\ud800', '😀', '"', '<', '>', '`', '{', '}', '{key}', '{{key}}'],
]
/** Text that may be no segment by itself. */
const forbiddenSegments = [
  ...['.', '..', '%2e', '%2e%2e', '.%2e', '%2e.'].flatMap(cases),
  ...['..;', '..;x', '.;', ';', ';x=1', '%2e%2e;a', '..%3b', '%2e%3bx', '%3b'].flatMap(cases),
]

describe('a URL that two programs could read differently', () => {
  it('is refused before any connection, for every kind of credential, and audited', async () => {
    verifies('S-11', 'S-36')
    // The neighbours are no hex digits, which would complete an escape.
    const places = ['/X', '/X/z', '/z/X', '/z/X/z', '/zX', '/Xz', '/zXz/z']
    const rest = ['/X', '/z/X/z', '/z/X?q=1']
    const put = (text: string, place: string) => place.replace('X', () => text)
    const paths = [
      ...forbiddenAnywhere.flatMap((text, at) =>
        [0, 1, 2].map((turn) => put(text, places[(at + 3 * turn) % places.length] ?? '/X')),
      ),
      ...forbiddenSegments.flatMap((text) => rest.map((place) => put(text, place))),
    ]
    const calls = paths.map((path, at) => {
      const kind = kindNames[at % kindNames.length] ?? 'bearer'
      const url = `${upstream.origin}${kinds[kind].at(path)}`
      return { what: `${kind} ${url}`, send: () => get(kind, url) }
    })
    expect(calls.length).toBeGreaterThan(600)
    await expectAllRefused(calls)
  })

  it('is refused in its fragment, empty ones too, and where the query or the end holds what is stripped', async () => {
    verifies('S-11')
    const tails = ['#', '#/', '/#', '/a#', '/a#b', '/a?b#', '/a?b#c', '/a?#', '/a?b=%', '/a?b=%zz']
    tails.push('/a?b=%c0%af', '/a?%00=1', '/a?a=%00', '/a?b= c', '/a?b\t=c', '/a?b=c\n', '/a\r\n')
    tails.push("/a?b='", '/a?b="', '/a?b=<', '/a?b=é', '/a ', '/a\u0000', ' /a', '/a?x=%u0041')
    await expectAllRefused(
      tails.map((tail) => {
        const url = upstream.origin + tail
        return { what: url, send: () => get('bearer', url) }
      }),
    )
  })

  it('is refused where its scheme, host or port needs repair or is another', async () => {
    verifies('S-12')
    const { port } = upstream
    const hosts = ['127.1', '127.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '0177.0.0.1']
    hosts.push(
      '017700000001',
      '127.0.0.1.',
      '127.0.0.01',
      '00127.0.0.1',
      '127.0.0.1..',
      '.127.0.0.1',
    )
    hosts.push(
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[0:0:0:0:0:0:0:1]',
      '[::127.0.0.1]',
    )
    hosts.push('[::1%25lo]', '[::1%lo]', '１２７.0.0.1', '127。0。0。1', '127．0.0.1', '①27.0.0.1')
    hosts.push(
      'localhost',
      'LOCALHOST',
      'Localhost',
      'localhost.',
      'loc%61lhost',
      '127%2e0%2e0%2e1',
    )
    hosts.push('xn--nxasmq6b', 'bücher.example', 'xn--bcher-kva.example', 'faß.de', 'a..b', '-a.b')
    hosts.push(
      'user@127.0.0.1',
      'user:pw@127.0.0.1',
      '@127.0.0.1',
      ':@127.0.0.1',
      '127.0.0.1@evil.example',
    )
    hosts.push(
      '127.0.0.1\\@evil.example',
      '127.0.0.1\t',
      '127.\n0.0.1',
      '\u00ad127.0.0.1',
      '127.0.0.1 ',
    )
    hosts.push(
      '*',
      '127.0.0.*',
      '{key}',
      '',
      'a_b',
      'a$b',
      '127.0.0.1,evil.example',
      '0',
      '0.0.0.0',
    )
    const ports = [`:0${port}`, `:+${port}`, `:${port} `, ':', ':0', ':65536', ':-1', `:${port}.`]
    const whole = [
      `HTTP://127.0.0.1:${port}/`,
      `Http://127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}/`,
    ]
    whole.push(`http:/127.0.0.1:${port}/`, `http:127.0.0.1:${port}/`, `http:\\\\127.0.0.1:${port}/`)
    whole.push(`http:///127.0.0.1:${port}/`, `http:////127.0.0.1:${port}/`, `//127.0.0.1:${port}/`)
    whole.push(
      `127.0.0.1:${port}/`,
      '/a',
      'a',
      '',
      ' ',
      '?',
      '#',
      'http',
      'http:',
      'http://',
      'https://',
    )
    whole.push(
      ` http://127.0.0.1:${port}/`,
      `\thttp://127.0.0.1:${port}/`,
      `ht\ntp://127.0.0.1:${port}/`,
    )
    whole.push(`\u0000http://127.0.0.1:${port}/`, `\ufeffhttp://127.0.0.1:${port}/`)
    whole.push(`ws://127.0.0.1:${port}/`, `ftp://127.0.0.1:${port}/`, `gopher://127.0.0.1:${port}/`)
    whole.push('file:///etc/passwd', 'data:text/plain,x', 'javascript:alert(1)', 'about:blank')
    whole.push(`blob:http://127.0.0.1:${port}/x`, `http+unix://127.0.0.1:${port}/`, 'unix:/x')
    whole.push(
      'http://127.0.0.1:80/',
      'https://127.0.0.1:443/',
      'http://127.0.0.1/',
      'https://127.0.0.1/',
    )
    whole.push(
      `http://evil.example#@127.0.0.1:${port}/`,
      `http://evil.example/http://127.0.0.1:${port}/`,
    )
    whole.push(`http://127.0.0.1:${port}@evil.example/`, `http://evil.example:${port}/`)
    const urls = [
      ...hosts.map((host) => `http://${host}:${port}/a`),
      ...ports.map((text) => `http://127.0.0.1${text}/a`),
      ...whole,
    ]
    await expectAllRefused(urls.map((url) => ({ what: url, send: () => get('bearer', url) })))
  })

  it('is refused quickly, whatever its size', async () => {
    verifies('S-11', 'S-22')
    const { origin } = upstream
    const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`n${at}`, at]))
    const calls: [string, () => Promise<WireAnswer>][] = [
      ['8193 bytes', () => get('bearer', `${origin}/${'a'.repeat(8193 - origin.length)}`)],
      ['64 KiB', () => get('bearer', `${origin}/${'a'.repeat(65_000)}`)],
      ['10 MB', () => get('bearer', `${origin}/${'a/'.repeat(5_000_000)}`)],
      ['many escapes', () => get('bearer', `${origin}/${'%2f'.repeat(2700)}`)],
      ['many segments', () => get('bearer', `${origin}/${'../'.repeat(2700)}`)],
      ['many parameters', () => get('bearer', `${origin}/a`, { query: many })],
      [
        'a long parameter',
        () => get('bearer', `${origin}/a`, { query: { a: 'x'.repeat(8_000_000) } }),
      ],
      [
        'a long name',
        () => get('bearer', `${origin}/a`, { query: { ['x'.repeat(8_000_000)]: '' } }),
      ],
      [
        'many names in the URL',
        () => get('bearer', `${origin}/?${'a&'.repeat(4000)}`, { query: { a: 1 } }),
      ],
      ['13 MB', () => get('bearer', `${origin}/a`, { body: 'x'.repeat(13_000_000) })],
      ['many headers', () => get('bearer', `${origin}/a`, { headers: many })],
      ['a long method', () => get('bearer', `${origin}/a`, { method: 'G'.repeat(1_000_000) })],
    ]
    for (const [what, send] of calls) {
      const startedMs = performance.now()
      await expectAllRefused([{ what, send }])
      expect(performance.now() - startedMs, what).toBeLessThan(10_000)
    }
  })
})

describe('the query', () => {
  it('is refused where a name stands in the URL and in the map, however either is written', async () => {
    verifies('S-14')
    const pairs: [string, string][] = [
      ['a', 'a'],
      ['%61', 'a'],
      ['a%62c', 'abc'],
      ['a+b', 'a b'],
      ['a%20b', 'a b'],
      ['a+b', 'a+b'],
      ['a%2Bb', 'a b'],
      ['a%2bb', 'a+b'],
      ['%c3%a9', 'é'],
      ['%C3%A9', 'é'],
      ['constructor', 'constructor'],
      ['%5f_proto__', '__proto__'],
      ['x=1&b=2&%62', 'b'],
    ]
    const calls = pairs.flatMap(([inUrl, inMap]) =>
      ['', '=', '=1'].map((rest) => ({
        what: `${inUrl}${rest} with ${inMap}`,
        send: () =>
          agent.execute(
            `{"connectionId":"${connections.bearer}","method":"GET","url":"${upstream.origin}/a?${inUrl}${rest}","query":{${JSON.stringify(inMap)}:"v"}}`,
          ),
      })),
    )
    await expectAllRefused(calls)
  })

  it('never lets an agent give the credential’s own parameter', async () => {
    verifies('S-14', 'S-18')
    const names = [
      'api_key',
      'API_KEY',
      'Api_Key',
      'api%5Fkey',
      'api%5fkey',
      '%61pi_key',
      '+api_key',
    ]
    names.push('api_key+', '%20api_key', 'api_key%20', 'x;api_key', 'a=1;api_key', 'a=1%3Bapi_key')
    names.push('%41%50%49%5F%4B%45%59', 'a&api_key', 'a&&api_key', '&api_key')
    const inUrl = names.flatMap((name) =>
      ['', '=', '=mine', '=a&b=c'].map((rest) => `${upstream.origin}/a?${name}${rest}`),
    )
    const maps: object[] = ['api_key', 'API_KEY', ' api_key', 'api_key ', 'x;api_key'].map(
      (name) => ({
        [name]: 'mine',
      }),
    )
    maps.push({ a: '1;api_key=mine' }, { b: 1, api_key: true }, { 'api_key;a': 'b' })
    await expectAllRefused([
      ...inUrl.map((url) => ({ what: url, send: () => get('query', url) })),
      ...maps.map((query) => ({
        what: JSON.stringify(query),
        send: () => get('query', `${upstream.origin}/a`, { query }),
      })),
    ])
  })

  it('sends or refuses names that mean something to JavaScript, and drops none', async () => {
    verifies('S-14')
    for (const name of [
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      'length',
      '0',
    ]) {
      const text = `{"connectionId":"${connections.bearer}","method":"GET","dryRun":true,"url":"${upstream.origin}/a","query":{"${name}":"v","z":"1"}}`
      const { status, body } = await agent.execute(text)
      const { url } = (body.wouldSend ?? {}) as { url?: string }
      if (status === 200) expect(url).toBe(`${upstream.origin}/a?${name}=v&z=1`)
      else expect(status).toBe(400)
    }
  })
})

interface WouldSend {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Tries it dry, then sends it, and compares what came out at the other end with what was promised. */
async function expectSentAsPromised(kind: Kind | 'slashes', input: object): Promise<boolean> {
  const call = { connectionId: connections[kind], ...input }
  const before = upstream.requests.length
  const dry = await agent.execute({ ...call, dryRun: true })
  expect(upstream.requests.length).toBe(before)
  if (dry.status !== 200) {
    expect(dry.status, JSON.stringify(call)).toBeGreaterThanOrEqual(400)
    expect(dry.status, JSON.stringify(call)).toBeLessThan(500)
    expect((await agent.execute(call)).body.type).toBe(dry.body.type)
    expect(upstream.requests.length).toBe(before)
    return false
  }
  const promised = dry.body.wouldSend as WouldSend
  expect(JSON.stringify(dry.body)).not.toContain(secret)
  expect(dry.body.decision, JSON.stringify(call)).toBe('allow')
  const { status } = await agent.execute(call)
  expect(status, JSON.stringify(call)).toBe(200)
  const [request, another] = upstream.requests.slice(before)
  expect(another).toBeUndefined()
  const { target, headers } = withCredential(kind, promised)
  expect(request?.line).toBe(`${promised.method} ${target} HTTP/1.1`)
  const own = new Set(['host', 'connection', 'content-length'])
  const sent = (request?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])
  const wire = sent.filter(([name = '']) => !own.has(name))
  expect(wire.toSorted()).toEqual(headers.toSorted())
  expect(sent.filter(([name]) => name === 'host')).toEqual([
    ['host', new URL(upstream.origin).host],
  ])
  return true
}

function withCredential(kind: Kind | 'slashes', { url, headers }: WouldSend) {
  const sent = Object.entries(headers)
  let target = url.slice(upstream.origin.length)
  if (kind === 'slashes')
    return { target, headers: [...sent, ['authorization', 'Bearer upstream-secret-0123456789']] }
  if (kind === 'query')
    target += `${target.includes('?') ? '&' : '?'}api_key=${encodeURIComponent(secret)}`
  if (kind === 'path') target = target.replace('{key}', () => secret)
  const { header } = kinds[kind]
  return { target, headers: header === undefined ? sent : [...sent, [...header]] }
}

describe('what is accepted', () => {
  it('arrives byte for byte as the dry run says, with the credential added, for every kind', async () => {
    verifies('S-14', 'S-18')
    const paths = [
      '/',
      '/a',
      '/a/',
      '/a.b',
      '/...',
      '/a..b',
      '/a%20b',
      '/a%2eb',
      '/%e2%82%ac',
      '/%E2%82%AC',
    ]
    paths.push(
      '/a;b=c',
      "/a!$&'()*+,;=:@-._~",
      '/%23',
      '/%3f',
      '/%3F%26',
      '/a?',
      '/a?b',
      '/a?b=',
      '/a?=c',
    )
    paths.push(
      '/a?b=c&b=d',
      '/a?b=%2F%2f',
      '/a?b=?/:@',
      '/a?&',
      '/a?&&a=1&',
      '/a?b=c+d%20e',
      '/%7Ba%7D',
    )
    paths.push('/a?a[]=1&a[b]=2', '/a?%5B%5D=1', '/a?b={x}', '/[a]|^', '/a?x=%25', '/a?x=%0a%0d')
    let sent = 0
    for (const kind of kindNames) {
      for (const path of paths) {
        const url = upstream.origin + kinds[kind].at(path)
        if (await expectSentAsPromised(kind, { method: 'GET', url })) sent += 1
        if (
          await expectSentAsPromised(kind, {
            method: 'DELETE',
            url,
            query: { 'q 1': "é'&=%", n: 1.5, t: true },
          })
        )
          sent += 1
      }
    }
    expect(sent).toBeGreaterThan(kindNames.length * paths.length)
  })

  it('holds for random URLs, queries and headers', async () => {
    verifies('S-11', 'S-14')
    const piece = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('a', 'B', '0', '-', '.', '_', '~', '@', ':', '!', ','),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '%20',
          '%41',
          '%e2%82%ac',
          '%2e',
          ';',
          '=',
          '&',
          '+',
          '?',
          '/',
          '..',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '%2f',
          '%5c',
          '%25',
          '%00',
          '%',
          '\\',
          '#',
          '{',
          '|',
          '^',
          '"',
          'é',
        ),
      },
    )
    const text = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''))
    const map = fc.dictionary(
      fc.string({ maxLength: 6 }),
      fc.oneof(fc.string({ maxLength: 8 }), fc.double(), fc.boolean()),
      { maxKeys: 3 },
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kindNames), text, map, async (kind, path, query) => {
        const url = upstream.origin + kinds[kind].at(`/${path}`)
        await expectSentAsPromised(kind, { method: 'GET', url, query })
      }),
      { numRuns: 150 },
    )
  })

  it('may hold an encoded slash where the owner allowed it, and dot segments around it still not', async () => {
    verifies('S-11', 'S-13')
    const { origin } = upstream
    expect(await expectSentAsPromised('slashes', { method: 'GET', url: `${origin}/a%2Fb/c` })).toBe(
      true,
    )
    expect(await expectSentAsPromised('slashes', { method: 'GET', url: `${origin}/a%2fb` })).toBe(
      true,
    )
    expect(await expectSentAsPromised('bearer', { method: 'GET', url: `${origin}/a%2fb` })).toBe(
      false,
    )
    const bad = [
      '/a%2F..',
      '/..%2Fa',
      '/a%2F%2e%2e%2fb',
      '/a%2f%2Fb',
      '/%2Fa',
      '/a%2F/b',
      '/a%252Fb',
      '/a%2F..;x',
      '/a%5Cb',
    ]
    await expectAllRefused(
      bad.map((path) => ({ what: path, send: () => get('slashes', origin + path) })),
    )
  })
})

describe('patterns', () => {
  /** What a dry run decides under a policy with one pattern. */
  async function decided(
    policyId: string,
    entry: { origin: string; path: string },
    urls: readonly string[],
  ) {
    const allow = [{ origin: entry.origin, methods: ['GET' as const], paths: [entry.path] }]
    await vault.owner.call('replacePolicy', { policyId, approval: 'never', allow })
    const { policy } = await vault.owner.call('getPolicy', { policyId })
    const allowed: string[] = []
    for (const url of urls) {
      const { status, body } = await agent.execute({
        connectionId: policy.connectionId,
        method: 'GET',
        url,
        dryRun: true,
      })
      expect(status, url).toBe(200)
      if (body.decision === 'allow') allowed.push(url)
    }
    return allowed
  }

  it('of paths give only * a meaning, are anchored at both ends and bound to segments', async () => {
    verifies('S-13')
    const { origin } = upstream
    const connectionId = await vault.addConnection({ origins: [origin], allowEncodedSlash: true })
    const policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const table: [string, string[], string[]][] = [
      [
        '/v1/*',
        ['/v1/a', '/v1/a.b', '/v1/%20'],
        ['/v1', '/v1/', '/v1/a/b', '/v1/a/', '/v1x', '/x/v1/a', '/V1/a', '/v1/a%2Fb'],
      ],
      [
        '/v1/**',
        ['/v1/', '/v1/a', '/v1/a/b/c', '/v1/a%2Fb'],
        ['/v1', '/v1x', '/v10/a', '/x/v1/a', '/v1%2Fa'],
      ],
      ['/**', ['/', '/a', '/a/b'], []],
      ['/*', ['/a', '/a.b'], ['/', '/a/', '/a/b']],
      ['/a.c', ['/a.c', '/a%2Ec'], ['/abc', '/a.cd', '/xa.c', '/a%2Fc']],
      ['/(a|b)', ['/(a|b)'], ['/a', '/b']],
      ['/[ab]+', ['/[ab]+'], ['/a', '/ab', '/[ab]']],
      ['/a$', ['/a$'], ['/a']],
      ['/a*c', ['/ac', '/abc', '/abbc'], ['/a', '/ab', '/a/c', '/abcd', '/xabc', '/a%2Fc']],
      ['/*/b', ['/a/b'], ['//b', '/b', '/a/c/b', '/a/bb'].filter((path) => !path.startsWith('//'))],
      ['/a/*/c/**', ['/a/b/c/', '/a/b/c/d/e'], ['/a/b/c', '/a/b/x/c/d', '/a/c/d']],
      ['/a%2Fb', ['/a%2Fb', '/a%2fb'], ['/a/b']],
      [
        '/repos/*/*/issues',
        ['/repos/o/r/issues'],
        ['/repos/o/issues', '/repos/o/r/x/issues', '/repos/o/r/issues/1'],
      ],
      ['/~*', ['/~', '/~a'], ['/a~']],
    ]
    for (const [path, fits, others] of table) {
      const urls = [...fits, ...others].map((one) => origin + one)
      expect(await decided(policyId, { origin, path }, urls), path).toEqual(
        fits.map((one) => origin + one),
      )
    }
  })

  it('of hosts are bound to labels, and scheme and port are exact', async () => {
    verifies('S-12', 'S-13')
    const origins = [
      'http://a.example.test',
      'http://a.b.example.test',
      'http://example.test',
      'https://a.example.test',
    ]
    origins.push(
      'http://a.example.test:8080',
      'http://axexample.test',
      'http://a.example.test.evil.test',
    )
    const connectionId = await vault.addConnection({ origins })
    const policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const urls = origins.map((origin) => `${origin}/x`)
    const fits = (origin: string) => decided(policyId, { origin, path: '/**' }, urls)
    expect(await fits('http://*.example.test')).toEqual(['http://a.example.test/x'])
    expect(await fits('http://a.*.test')).toEqual(['http://a.example.test/x'])
    expect(await fits('http://*.*.example.test')).toEqual(['http://a.b.example.test/x'])
    expect(await fits('http://a.example.test:8080')).toEqual(['http://a.example.test:8080/x'])
    expect(await fits('https://*.example.test')).toEqual(['https://a.example.test/x'])
    expect(await fits('http://a*example.test')).toEqual(['http://axexample.test/x'])
  })

  it('take linear time', async () => {
    verifies('S-13')
    const { origin } = upstream
    const connectionId = await vault.addConnection({ origins: [origin] })
    const policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const path = `/${'*a'.repeat(400)}*b`
    const urls = [`${origin}/${'a'.repeat(8000)}`, `${origin}/${'a'.repeat(7000)}b`]
    const startedMs = performance.now()
    expect(await decided(policyId, { origin, path }, urls)).toEqual([urls[1]])
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})
