import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLeak } from './fixtures/find-leak.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import {
  createWireAgent,
  forEachOf,
  type WireAgent,
  type WireAnswer,
} from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

/** Credentials of each kind whose characters are dear to one encoding or another. */
const credentials = {
  bearer: { kind: 'bearer', token: 'sk-Live_4/9+Q"z\\k <&>\'=~%u00e9x' },
  header: { kind: 'header', name: 'X-Api-Key', value: 'Tok.0123456789_ABC', prefix: 'key ' },
  query: { kind: 'query', name: 'api_key', value: 'a b&c=d/e+f%41#"?g' },
  basic: { kind: 'basic', username: 'someone', password: 'p@ss:w0rd/"x\\n' },
  path: { kind: 'path', placeholder: 'key', value: '123456:AAF_x-y.z~0' },
  digits: { kind: 'bearer', token: '1234567890123456' },
  encoded: { kind: 'bearer', token: 'c2VjcmV0LWtleS1iaW5hcnkh' },
  punctuated: { kind: 'bearer', token: '{"a":1,"b":[2]}' },
} as const
type Name = keyof typeof credentials
const names = Object.keys(credentials) as Name[]
const secretOf = (name: Name): string => {
  const credential = credentials[name]
  if ('token' in credential) return credential.token
  return 'password' in credential ? credential.password : credential.value
}
/** What must not come back: the secret, and what a basic credential is on the wire. */
const secretsOf = (name: Name): string[] => {
  const secret = secretOf(name)
  return name === 'basic' ? [secret, Buffer.from(`someone:${secret}`).toString('base64')] : [secret]
}

let vault: TestVault
let upstream: RawServer
let agent: WireAgent
const connections = {} as Record<Name, string>
/** What the upstream writes, by the number in the path: pieces with a pause between them. */
const scripts = new Map<string, readonly Buffer[]>()

beforeAll(async () => {
  upstream = await startRawServer({
    async answer(socket, { target }) {
      const script = scripts.get(/(\d+)(?:\?|$)/.exec(target)?.[1] ?? '') ?? []
      socket.setNoDelay(true)
      for (const [at, piece] of script.entries()) {
        if (at > 0) await new Promise((resolve) => setTimeout(resolve, 4))
        if (socket.destroyed) return
        socket.write(piece)
      }
    },
  })
  vault = await startVault()
  const enrolled = await vault.createAgentWithKey('tester')
  agent = await createWireAgent(vault, enrolled)
  for (const name of names) {
    const connectionId = await vault.addConnection({
      origins: [upstream.origin],
      credential: credentials[name],
      responseHeaders: ['x-result'],
    })
    await vault.addPolicy({ agentId: enrolled.agentId, connectionId })
    connections[name] = connectionId
  }
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

interface Scripted {
  readonly body: Buffer | string
  readonly type?: string
  readonly status?: string
  readonly headers?: readonly string[]
  /** Where the body is cut into chunks. */
  readonly cuts?: readonly number[]
}

let scripted = 0
async function answered(name: Name, scriptedAnswer: Scripted): Promise<WireAnswer> {
  scripted += 1
  const { type = 'text/plain', status = '200 OK', headers = [], cuts } = scriptedAnswer
  const body = Buffer.from(scriptedAnswer.body as Buffer)
  const framing =
    cuts === undefined ? `content-length: ${body.length}` : 'transfer-encoding: chunked'
  const lines = [`HTTP/1.1 ${status}`, `content-type: ${type}`, ...headers, framing, '', '']
  const head = Buffer.from(lines.join('\r\n'), 'latin1')
  scripts.set(
    `${scripted}`,
    cuts === undefined ? [Buffer.concat([head, body])] : [head, ...chunk(body, cuts)],
  )
  const path = name === 'path' ? `/bot{key}/${scripted}` : `/${scripted}`
  return agent.execute({
    connectionId: connections[name],
    method: 'GET',
    url: upstream.origin + path,
  })
}

function chunk(body: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [...new Set([0, ...cuts, body.length])]
    .filter((at) => at <= body.length)
    .sort((a, b) => a - b)
  const pieces = edges.slice(1).map((to, at) => body.subarray(edges[at], to))
  return [
    ...pieces.map((piece) =>
      Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    ),
    Buffer.from('0\r\n\r\n'),
  ]
}

/** No byte of the answer holds a secret, in whatever encoding; nor do its parts once a client has parsed them. */
function expectClean(name: Name, answer: WireAnswer, what: string): void {
  const texts = [
    answer.everything,
    ...partsOf(answer.body).map((text) => Buffer.from(text, 'utf8')),
  ]
  for (const secret of secretsOf(name)) {
    for (const text of texts) {
      const found = findLeak(text, secret)
      if (found !== undefined)
        throw new Error(
          `${what}: ${name} leaked (${found}): ${text.toString('latin1').slice(0, 600)}`,
        )
    }
  }
}

/** Every string of an answer, keys and unpacked base64 among them. */
function partsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(partsOf)
  if (typeof value !== 'object' || value === null) return []
  const { $base64: packed } = value as { $base64?: unknown }
  const unpacked =
    typeof packed === 'string' ? [Buffer.from(packed, 'base64').toString('latin1')] : []
  return [...unpacked, ...Object.entries(value).flatMap(([key, one]) => [key, ...partsOf(one)])]
}

const each = (text: string, write: (character: string, code: number) => string) =>
  [...text].map((character) => write(character, character.charCodeAt(0))).join('')
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
const base64url = (text: string) => Buffer.from(text, 'latin1').toString('base64url')

const encodings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  'json twice': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'json, slashes escaped': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'json, all escaped': (text) => each(text, (_, code) => `\\u${hex(code, 4)}`),
  'json, every other escaped': (text) =>
    [...text]
      .map((c, at) =>
        at % 2 === 0
          ? `\\u${hex(c.charCodeAt(0), 4).toUpperCase()}`
          : JSON.stringify(c).slice(1, -1),
      )
      .join(''),
  percent: encodeURIComponent,
  'percent, lower case': (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (one) => one.toLowerCase()),
  'percent, all': (text) => each(text, (_, code) => `%${hex(code, 2)}`),
  'percent, all upper case': (text) => each(text, (_, code) => `%${hex(code, 2).toUpperCase()}`),
  'percent, twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent, some': (text) =>
    [...text]
      .map((c, at) => (at % 3 === 0 ? `%${hex(c.charCodeAt(0), 2)}` : encodeURIComponent(c)))
      .join(''),
  form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex, upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hex with colons': (text) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(':'),
  base64,
  'base64, one before': (text) => base64(`x${text}`),
  'base64, two before': (text) => base64(`xy${text}z`),
  'base64, in a sentence': (text) => base64(`the key is ${text} and that is that`),
  base64url,
  'base64url, one before': (text) => base64url(`\u00ff${text}\u00ff`),
  'base64url, two before': (text) => base64url(`xy${text}`),
  'base64 unpadded': (text) => base64(text).replace(/=+$/, ''),
  'base64 in lines': (text) => (base64(`header: ${text}`).match(/.{1,20}/g) ?? []).join('\r\n'),
  'base64 in json': (text) => JSON.stringify({ a: base64(text) }).replaceAll('/', '\\/'),
  'html entities': (text) => each(text, (_, code) => `&#${code};`),
  'html entities, hex': (text) => each(text, (_, code) => `&#x${hex(code, 2)};`),
}

/** Places of a body: content type and how the text is put there. */
const places: Readonly<Record<string, { type: string; put: (text: string) => string | Buffer }>> = {
  'plain text': { type: 'text/plain', put: (text) => `before ${text} after` },
  'text alone': { type: 'text/plain', put: (text) => text },
  'no type': { type: '', put: (text) => text },
  html: { type: 'text/html; charset=utf-8', put: (text) => `<p>${text}</p>` },
  'a value of JSON': { type: 'application/json', put: (text) => JSON.stringify({ a: [text] }) },
  'a key of JSON': {
    type: 'application/problem+json',
    put: (text) => JSON.stringify({ [text]: { [text]: 1 } }),
  },
  'the inside of a JSON string': { type: 'application/json', put: (text) => `{"a":"${text}"}` },
  'JSON that is none': { type: 'application/json', put: (text) => `{"a": ${text}` },
  'lines of JSON': {
    type: 'application/x-ndjson',
    put: (text) => `${JSON.stringify({ a: text })}\n`.repeat(2),
  },
  events: { type: 'text/event-stream', put: (text) => `data: ${text}\n\n` },
  binary: {
    type: 'application/octet-stream',
    put: (text) =>
      Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from(text), Buffer.from([255, 0])]),
  },
  'an image that is none': { type: 'image/png', put: (text) => text },
  'text said to be binary': { type: 'application/pdf', put: (text) => `%PDF ${text}` },
  'binary said to be JSON': {
    type: 'application/json',
    put: (text) => Buffer.concat([Buffer.from([255]), Buffer.from(text)]),
  },
  'a form': { type: 'application/x-www-form-urlencoded', put: (text) => `a=${text}&b=c` },
}

describe('a credential that comes back', () => {
  it('is taken out of every kind of body, in every encoding, for every kind of credential', async () => {
    verifies('S-20')
    const calls = names.flatMap((name) =>
      Object.entries(encodings).flatMap(([encoding, encode], at) =>
        // Every encoding in three places, and the places in turn.
        [0, 5, 10].map((shift) => {
          const all = Object.entries(places)
          const [place, { type, put }] =
            all[(at + shift) % all.length] ?? (all[0] as (typeof all)[0])
          return { name, what: `${encoding} in ${place}`, type, put, encode }
        }),
      ),
    )
    await forEachOf(calls, async ({ name, what, type, put, encode }) => {
      for (const secret of secretsOf(name)) {
        const answer = await answered(name, { type, body: put(encode(secret)) as string })
        if (answer.status !== 200) expect(answer.body, what).toHaveProperty('auditId')
        expectClean(name, answer, what)
      }
    })
  })

  it('is taken out wherever the chunks are cut', async () => {
    verifies('S-20')
    for (const encoding of [
      'raw',
      'json, all escaped',
      'percent, all',
      'hex',
      'base64, one before',
      'base64url, two before',
    ]) {
      const name: Name = encoding === 'raw' ? 'bearer' : 'header'
      const text = `ab ${(encodings[encoding] as (text: string) => string)(secretOf(name))} cd`
      const positions = Array.from({ length: text.length }, (_, at) => at)
      const step = Math.max(1, Math.floor(positions.length / 24))
      await forEachOf(
        positions.filter((at) => at % step === 0),
        async (at) => {
          const answer = await answered(name, { body: text, cuts: [at, at + 1, at + 2] })
          expect(answer.status).toBe(200)
          expectClean(name, answer, `${encoding} cut at ${at}`)
          if (encoding === 'raw') expect(answer.body.body).toBe('ab [redacted] cd')
        },
      )
    }
    const text = `ab ${secretOf('header')} cd`
    const bytes = await answered('header', {
      body: text,
      cuts: Array.from({ length: text.length }, (_, at) => at),
    })
    expect(bytes.body.body).toBe('ab [redacted] cd')
  })

  it('is taken out of what was compressed', async () => {
    verifies('S-20', 'S-22')
    const coders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }
    for (const [coding, encode] of Object.entries(coders)) {
      for (const name of names) {
        const plain = `${'x'.repeat(70_000)}${secretOf(name)}${'y'.repeat(70_000)}${base64url(`z${secretOf(name)}`)}`
        const headers = [`content-encoding: ${coding}`]
        const answer = await answered(name, { body: encode(plain), headers, cuts: [1, 10, 50] })
        expect(answer.status).toBe(200)
        expectClean(name, answer, coding)
      }
    }
  })

  it('is taken out of headers, their names, the status text, errors and redirects', async () => {
    verifies('S-15', 'S-20')
    const fits = (text: string) => /^[\x20-\x7e]*$/.test(text)
    const headerNames = [
      'etag',
      'location',
      'link',
      'content-disposition',
      'retry-after',
      'x-result',
      'x-ratelimit-note',
    ]
    const calls = names.flatMap((name) =>
      Object.entries(encodings).map(([encoding, encode]) => ({ name, encoding, encode })),
    )
    await forEachOf(calls, async ({ name, encoding, encode }) => {
      for (const secret of secretsOf(name)) {
        const text = encode(secret)
        if (!fits(text)) continue
        const token = secret.replaceAll(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '')
        const headers = [
          ...headerNames.map((one) => `${one}: https://x.example/?${text}`),
          `x-ratelimit-${text.replaceAll(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '')}: 1`,
          ...(token === secret ? [`x-ratelimit-${token}: 1`, `ratelimit-a${token}b: 1`] : []),
        ]
        const status = ['200', '302', '404', '500'][text.length % 4]
        const answer = await answered(name, {
          body: text,
          headers,
          status: `${status} ${text}`,
          type: `text/plain; x="${text}"`,
        })
        expectClean(name, answer, `${encoding} in headers`)
        // Names of headers are told in lower case, and so would be a secret that stands in one.
        for (const lower of [secret.toLowerCase()]) {
          expect(answer.everything.toString('latin1').includes(lower), `${name} ${encoding}`).toBe(
            false,
          )
        }
      }
    })
  })

  it('is taken out where only parsing or packing would bring it to light', async () => {
    verifies('S-20')
    const cases: [Name, Scripted][] = [
      ['digits', { type: 'application/json', body: '{"n":1.234567890123456e15}' }],
      ['digits', { type: 'application/json', body: '{"n":1234567890123456.0}' }],
      ['digits', { type: 'application/json', body: '[12345678901234560E-1]' }],
      ['digits', { type: 'application/json', body: '{"n":1234567890123456}' }],
      [
        'encoded',
        { type: 'application/octet-stream', body: Buffer.from(secretOf('encoded'), 'base64') },
      ],
      [
        'encoded',
        {
          type: 'image/png',
          body: Buffer.concat([
            Buffer.from([255, 0, 1]),
            Buffer.from(secretOf('encoded'), 'base64'),
          ]),
        },
      ],
      ['punctuated', { type: 'application/json', body: '{ "a" : 1 , "b" : [ 2 ] }' }],
      ['punctuated', { type: 'application/json', body: '{"x":{"b":[2],"a":0,"a":1,"b":[2]}}' }],
      ['punctuated', { type: 'application/json', body: '[{"\\u0061": 1.0, "b":[2e0]}]' }],
      ['basic', { type: 'text/plain', body: 'p@ss:w0rd/"x\n' }],
      ['basic', { type: 'application/json', body: JSON.stringify({ a: 'p@ss:w0rd/"x\n' }) }],
      ['header', { type: 'application/json', body: '"\\u0054ok.0\\u00312345\\u0036789_ABC"' }],
      [
        'header',
        { type: 'text/plain; charset=utf-16le', body: Buffer.from(secretOf('header'), 'utf16le') },
      ],
      ['header', { type: 'text/plain', body: Buffer.from(secretOf('header'), 'utf16le').swap16() }],
    ]
    for (const [name, script] of cases) {
      const answer = await answered(name, script)
      expect(answer.body, String(script.body)).toHaveProperty('auditId')
      expect(answer.status).toBeLessThan(503)
      expectClean(name, answer, String(script.body))
    }
  })

  it('is counted in the audit entry, which does not hold it', async () => {
    verifies('S-20', 'S-38')
    const secret = secretOf('header')
    const { body } = await answered('header', {
      body: `${secret} ${base64(secret)} ok`,
      headers: [`etag: ${secret}`],
    })
    await expect
      .poll(async () => {
        const { entries } = await vault.owner.call('listAudit', { limit: 20 })
        return entries.find(({ id }) => id === body.auditId)?.redactions
      })
      .toBe(3)
    const clean = await answered('header', { body: 'nothing to see' })
    await expect
      .poll(async () => {
        const { entries } = await vault.owner.call('listAudit', { limit: 20 })
        return entries.find(({ id }) => id === clean.body.auditId)?.outcome
      })
      .toBe('sent')
    const { entries } = await vault.owner.call('listAudit', { limit: 200 })
    for (const name of names) {
      for (const one of secretsOf(name)) expect(JSON.stringify(entries)).not.toContain(one)
    }
    expect(entries.find(({ id }) => id === clean.body.auditId)?.redactions ?? 0).toBe(0)
    for (const name of names) expect(vault.output()).not.toContain(secretOf(name))
  })
})

describe('an answer without the credential', () => {
  it('arrives unchanged, as JSON, text or bytes', async () => {
    const json = fc.jsonValue({ maxDepth: 4 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), json, async (name, value) => {
        const text = JSON.stringify(value)
        const { body } = await answered(name, { type: 'application/json', body: text })
        expect(JSON.stringify(body.body)).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
        async (name, text) => {
          const { body } = await answered(name, { body: text })
          expect(body.body).toBe(Buffer.from(text, 'utf8').toString('utf8'))
        },
      ),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        async (name, bytes) => {
          const type = 'application/octet-stream'
          const { body } = await answered(name, { type, body: Buffer.from(bytes) })
          expect(body.body).toEqual({
            $base64: Buffer.from(bytes).toString('base64'),
            contentType: type,
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('arrives unchanged where it nearly holds the credential', async () => {
    const secret = secretOf('header')
    const near = [
      secret.slice(1),
      secret.slice(0, -1),
      secret.replace('.', ','),
      secret.toLowerCase(),
    ]
    near.push(
      secret.replace('5', '5 '),
      base64(secret.slice(3, 9)),
      `${secret.slice(0, 9)}\n${secret.slice(9)}`,
    )
    for (const text of near) {
      expect((await answered('header', { body: text })).body.body).toBe(text)
    }
  })
})
