import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, forEachOf, type WireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

const secret = 'header-secret-0123456789'
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

let vault: TestVault
let upstream: RawServer
let agent: WireAgent
/** What the upstream answers, besides a body of two bytes. */
let answer: { status: string; headers: readonly string[] }
const plain = { status: '200 OK', headers: ['content-type: text/plain'] }
let bearer: string
let keyed: string

beforeAll(async () => {
  answer = plain
  upstream = await startRawServer({
    answer(socket, { method }) {
      const head = [`HTTP/1.1 ${answer.status}`, ...answer.headers, 'content-length: 2', '', '']
      socket.write(Buffer.from(head.join('\r\n') + (method === 'HEAD' ? '' : 'ok'), 'latin1'))
    },
  })
  vault = await startVault()
  const enrolled = await vault.createAgentWithKey('tester')
  agent = await createWireAgent(vault, enrolled)
  const add = async (credential: object, extra: object = {}) => {
    const connectionId = await vault.addConnection({
      origins: [upstream.origin],
      credential: credential as never,
      requestHeaders: ['X-Extra', 'x_under', 'x-api-version'],
      responseHeaders: ['X-Result', 'x-secret-note'],
      ...extra,
    })
    const allow = [{ origin: upstream.origin, methods: [...methods], paths: ['/**'] }]
    await vault.addPolicy({ agentId: enrolled.agentId, connectionId, allow })
    return connectionId
  }
  bearer = await add({ kind: 'bearer', token: secret })
  keyed = await add(
    { kind: 'header', name: 'X-Api-Key', value: secret },
    { requestHeaders: ['X-Extra', 'X-Api-Key', 'x_api_key', 'x.api.key', 'authorization-note'] },
  )
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

/** Sends and answers what arrived, names in lower case. */
async function arrives(input: object, connectionId = bearer) {
  const before = upstream.requests.length
  const url = `${upstream.origin}/x`
  const sent = await agent.execute({ connectionId, method: 'GET', url, ...input })
  expect(sent.status, JSON.stringify(sent.body)).toBe(200)
  const [request] = upstream.requests.slice(before)
  const headers = (request?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])
  return { request, sent, headers: headers as [string, string][] }
}

const valuesOf = (headers: readonly [string, string][], name: string) =>
  headers.filter(([one]) => one === name).map(([, value]) => value)

async function expectRefused(inputs: readonly (object | string)[]): Promise<void> {
  const before = upstream.connectionCount() + upstream.requests.length
  const wrong: string[] = []
  await forEachOf(inputs, async (input) => {
    const url = `${upstream.origin}/x`
    const whole =
      typeof input === 'string' ? input : { connectionId: bearer, method: 'GET', url, ...input }
    const { status, body } = await agent.execute(whole)
    if (status < 400 || status > 499 || typeof body.auditId !== 'string') {
      wrong.push(`${JSON.stringify(input).slice(0, 200)} -> ${status} ${JSON.stringify(body)}`)
    }
  })
  expect(wrong).toEqual([])
  expect(upstream.connectionCount() + upstream.requests.length).toBe(before)
}

/** Never an agent's to send: credentials, framing, hops, whom it comes from, and another method than the one decided on. */
const forbidden =
  `authorization proxy-authorization proxy-authenticate proxy-connection proxy-anything cookie cookie2
set-cookie set-cookie2 www-authenticate authentication-info host connection keep-alive te trailer transfer-encoding
upgrade content-length content-encoding expect http2-settings via max-forwards alt-used accept-encoding forwarded
x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-server x-forwarded x-real-ip
x-client-ip client-ip true-client-ip x-cluster-client-ip fastly-client-ip cf-connecting-ip cf-ray x-original-url
x-rewrite-url x-original-host x-original-method x-host x-proxy-user x-http-method x-http-method-override x-method
x-method-override sec-fetch-site sec-websocket-key sec-anything x-envoy-original-path x-sallyport-agent origin
referer date from user content-md5 x-csrf-token x-amz-date x-goog-user-project x-api-key api-key x-auth-token
private-token dpop signature`.split(/\s+/)
const spellings = [
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
  (name: string) => name.replaceAll('-', '_'),
  (name: string) => name.replaceAll('-', '_').toUpperCase(),
  (name: string) => name.replaceAll('-', '.'),
]

describe('headers of an agent', () => {
  it('arrive only if they are on the allowlist or the connection’s own, however they are spelt', async () => {
    verifies('S-18')
    const passing = {
      Accept: 'application/json',
      'accept-language': 'de',
      'Content-Type': 'application/json',
      'If-None-Match': '"a"',
      'if-modified-since': 'Sat, 21 Nov 2026 00:00:00 GMT',
      Prefer: 'return=minimal',
      RANGE: 'bytes=0-9',
      'Idempotency-Key': 'k-1',
      'User-Agent': 'someone/1',
      'X-EXTRA': 'extra é',
      X_Under: 'under',
      'x-api-version': '3',
    }
    const own = ['host', 'connection', 'content-length', 'accept-encoding', 'authorization']
    const expected = new Set([...own, ...Object.keys(passing).map((name) => name.toLowerCase())])
    const names = spellings.flatMap((spell) => forbidden.map(spell))
    for (let at = 0; at < names.length; at += 40) {
      const headers: Record<string, string> = { ...passing }
      for (const name of names.slice(at, at + 40)) headers[name] = 'MINE'
      const arrived = await arrives({ method: 'POST', body: { a: 1 }, headers })
      expect(arrived.headers.filter(([name]) => !expected.has(name))).toEqual([])
      expect(JSON.stringify(arrived.headers)).not.toContain('MINE')
      for (const [name, value] of Object.entries(passing)) {
        expect(valuesOf(arrived.headers, name.toLowerCase())).toEqual([value])
      }
      expect(valuesOf(arrived.headers, 'authorization')).toEqual([`Bearer ${secret}`])
      expect(valuesOf(arrived.headers, 'accept-encoding')).toEqual(['identity'])
      expect(valuesOf(arrived.headers, 'content-length')).toEqual(['7'])
      expect(valuesOf(arrived.headers, 'transfer-encoding')).toEqual([])
      expect(arrived.request?.method).toBe('POST')
    }
  })

  it('never take the place of the injected one, which appears once, even where the owner listed the name', async () => {
    verifies('S-18')
    for (const spell of spellings) {
      const headers = { [spell('x-api-key')]: 'MINE', 'X-Extra': 'yes', authorization: 'MINE' }
      const { headers: arrived } = await arrives({ headers }, keyed)
      const alike = arrived.filter(([name]) => name.replaceAll(/[_.]/g, '-') === 'x-api-key')
      expect(alike).toEqual([['x-api-key', secret]])
      expect(valuesOf(arrived, 'x-extra')).toEqual(['yes'])
      expect(valuesOf(arrived, 'authorization')).toEqual([])
    }
  })

  it('cannot be opened to what frames, routes or overrides by the list of a connection', async () => {
    verifies('S-18')
    // What is harmless or a service's own may be listed; these never.
    const never = forbidden.slice(0, forbidden.indexOf('origin'))
    const names = spellings.slice(0, 5).flatMap((spell) => never.map(spell))
    const listed: string[] = []
    const base = { label: 'x', origins: [upstream.origin] }
    await forEachOf(names, async (name) => {
      const credential = { kind: 'bearer' as const, token: secret }
      await vault.owner
        .call('createConnection', { ...base, credential, requestHeaders: [name] })
        .then(
          () => listed.push(name),
          ({ status }) => expect(status).toBe(400),
        )
    })
    for (let at = 0; at < listed.length; at += 20) {
      const part = [...new Set(listed.slice(at, at + 20))]
      const connectionId = await vault.addConnection({
        origins: [upstream.origin],
        requestHeaders: part,
      })
      await vault.addPolicy({ agentId: agent.agentId, connectionId })
      const headers = Object.fromEntries(part.map((name) => [name, 'MINE']))
      const { headers: arrived } = await arrives({ headers }, connectionId)
      expect(JSON.stringify(arrived)).not.toContain('MINE')
    }
  })

  it('are refused where a byte of them could end a line or is none of Latin-1', async () => {
    verifies('S-19')
    const controls = [...Array.from({ length: 32 }, (_, at) => at), 0x7f, ...range(0x80, 0x9f)]
    const characters = [...controls.map((code) => String.fromCharCode(code))]
    characters.push(
      '\u0100',
      '\u2028',
      '\u010d',
      '\u010a',
      '\u0d0a',
      '😀',
      '\ud83d',
      '\udc00',
      '\ufffd',
    )
    characters.push('\r\nX-Injected: yes', '\nX-Injected: yes', '\r\n\r\nGET /evil HTTP/1.1\r\n')
    const values = characters.flatMap((character) =>
      [`a${character}b`, `${character}b`, `a${character}`].flatMap((value) => [
        { headers: { 'x-extra': value } },
        { headers: { 'user-agent': value } },
        { headers: { 'x-dropped-anyway': value } },
      ]),
    )
    const badNames = [
      '',
      ' ',
      'a b',
      'a:',
      ':a',
      'a\r\nb',
      'a\tb',
      'a\0',
      'é',
      'x-extra ',
      ' x-extra',
      'a(b',
      'a/b',
      'a"b',
      'a{b',
      'a,b',
      'ſ-extra',
      'x-extra:'.repeat(30),
    ]
    await expectRefused([
      ...values,
      ...badNames.map((name) => ({ headers: { [name]: 'v' } })),
      { headers: { 'X-Extra': '1', 'x-extra': '2' } },
      { headers: { ACCEPT: '1', accept: '2' } },
      { headers: { 'x-extra': 'x'.repeat(9000) } },
      { headers: { 'x-extra': 5 } },
      { headers: { 'x-extra': ['a', 'b'] } },
      { headers: { 'x-extra': null } },
      { headers: ['x-extra', 'a'] },
      { headers: 'x-extra: a' },
      { headers: Object.fromEntries(range(0, 70).map((at) => [`x-${at}`, ''])) },
    ])
  })

  it('cannot be smuggled through the content type of a body', async () => {
    verifies('S-19')
    const types = [
      'text/plain\r\nX-Injected: yes',
      'a\nb',
      'é',
      'a\0b',
      '\u2028',
      'a'.repeat(300),
      7,
      null,
      {},
    ]
    await expectRefused(
      types.map((contentType) => ({ method: 'POST', body: { $base64: 'aGk=', contentType } })),
    )
    const bodies = [
      { body: { a: 1 }, headers: { 'content-type': 'text/plain' } },
      { body: { $base64: 'not base64!' } },
      { body: { $base64: 'aGk=', other: 1 } },
      { body: '\ud800' },
      { body: { $base64: 'aGk=', contentType: 'a/b' }, headers: { 'content-type': 'c/d' } },
      { body: { a: { b: 1 } }, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ]
    await expectRefused(bodies.map((one) => ({ method: 'POST', ...one })))
    await expectRefused(['GET', 'HEAD'].map((method) => ({ method, body: 'x' })))
  })
})

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

describe('methods', () => {
  it('are the six that are sent, as they are written, and nothing else', async () => {
    verifies('S-19')
    for (const method of methods) {
      const { request } = await arrives({ method })
      expect(request?.line).toBe(`${method} /x HTTP/1.1`)
    }
    const others = [
      'get',
      'Get',
      'CONNECT',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'PURGE',
      '',
      ' ',
      'GET ',
      ' GET',
    ]
    others.push(
      'GET\t',
      'GET\n',
      'GET\r\nHost: evil',
      'GET /evil HTTP/1.1\r\nX: y\r\n\r\nGET',
      'G\0ET',
      'GÉT',
    )
    others.push(
      'ＧＥＴ',
      'GET\u2028',
      'GET,POST',
      '*',
      'PRI',
      '__proto__',
      'constructor',
      'x'.repeat(40),
    )
    await expectRefused([
      ...others.map((method) => ({ method })),
      { method: 5 },
      { method: null },
      { method: ['GET'] },
      { method: { toString: 'GET' } },
    ])
  })
})

describe('headers of an upstream', () => {
  const get = (connectionId = bearer) =>
    agent.execute({ connectionId, method: 'GET', url: `${upstream.origin}/x` })

  it('reach the agent only if they are on the allowlist or the connection’s own; cookies never', async () => {
    verifies('S-18', 'S-20')
    const passing = [
      'content-type',
      'content-disposition',
      'etag',
      'last-modified',
      'retry-after',
      'link',
    ]
    passing.push(
      'location',
      'ratelimit',
      'ratelimit-limit',
      'ratelimit-policy',
      'x-ratelimit-remaining',
      'x-result',
    )
    const dropped = [
      'set-cookie',
      'Set-Cookie2',
      'www-authenticate',
      'proxy-authenticate',
      'server',
      'date',
    ]
    dropped.push(
      'authorization',
      'cookie',
      'authentication-info',
      'strict-transport-security',
      'alt-svc',
    )
    dropped.push(
      'access-control-allow-origin',
      'x-powered-by',
      'x-anything',
      'clear-site-data',
      'keep-alive',
    )
    answer = {
      status: '200 OK',
      headers: [...passing, ...dropped].map((name) => `${name.toUpperCase()}: text/plain-${name}`),
    }
    const { body, headers } = await get()
    expect(Object.keys(body.headers as object).sort()).toEqual(passing.toSorted())
    expect((body.headers as Record<string, string>).etag).toBe('text/plain-etag')
    // Nor do they become headers of the vault's own answer.
    for (const name of [...dropped, 'location', 'etag', 'x-result', 'link']) {
      if (name !== 'date' && name !== 'keep-alive') expect(headers.get(name), name).toBeNull()
    }
    expect(headers.get('content-type')).toBe('application/json')
    answer = plain
  })

  it('cannot be opened to cookies and challenges by the list of a connection', async () => {
    verifies('S-18')
    const names = [
      'set-cookie',
      'Set-Cookie',
      'set-cookie2',
      'www-authenticate',
      'authorization',
      'proxy-authenticate',
    ]
    answer = { status: '200 OK', headers: names.slice(1).map((name) => `${name}: MINE`) }
    for (const name of names) {
      const origins = [upstream.origin]
      const made = await vault.addConnection({ origins, responseHeaders: [name] }).catch(() => null)
      if (made === null) continue
      await vault.addPolicy({ agentId: agent.agentId, connectionId: made })
      expect((await get(made)).everything.includes('MINE'), name).toBe(false)
    }
    answer = plain
  })

  it('are bounded in number and size', async () => {
    verifies('S-22')
    answer = {
      status: '200 OK',
      headers: range(1, 120).map((at) => `x-ratelimit-${at}: ${'v'.repeat(200)}`),
    }
    const { body } = await get()
    expect(Object.keys(body.headers as object).length).toBeLessThanOrEqual(64)
    answer = plain
  })

  it('name a redirect and are not followed; what they say is scrubbed', async () => {
    verifies('S-15', 'S-20')
    for (const code of [300, 301, 302, 303, 305, 307, 308]) {
      for (const to of [
        `${upstream.origin}/followed`,
        '/followed',
        'http://169.254.169.254/latest/meta-data/',
        `https://user:${secret}@elsewhere.example/?t=${secret}#${secret}`,
      ]) {
        answer = { status: `${code} Redirect`, headers: [`location: ${to}`] }
        const before = upstream.requests.length
        const { status, body, everything } = await get()
        expect(status).toBe(200)
        expect(body.status).toBe(code)
        expect(upstream.requests.length).toBe(before + 1)
        expect(everything.includes(secret)).toBe(false)
        const { location } = body.headers as { location?: string }
        expect(location).toBe(to.replaceAll(secret, '[redacted]'))
      }
    }
    answer = plain
  })
})
