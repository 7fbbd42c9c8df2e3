import { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import { startEchoUpstream } from '../../../../test/fixtures/echo-upstream.ts'
import { startRawServer } from '../../../../test/fixtures/raw-server.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createEgress, type OutgoingRequest, type UpstreamAnswer } from './egress.ts'
import { createEgressFetch, type EgressFetchOptions } from './fetch.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error.type
  throw new Error(`Expected a problem, got ${String(error)}`)
}

async function* bodyOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

/** A fetch over a way out that answers as it is told, and remembers what it was asked. */
function over(answer: Partial<UpstreamAnswer> & { readonly body: UpstreamAnswer['body'] }) {
  const sent: OutgoingRequest[] = []
  const fetch = createEgressFetch({
    poolKey: 'oauth',
    responseBytesMax: 100,
    send: async (request) => {
      sent.push(request)
      return { status: 200, headers: [], ...answer }
    },
  })
  return { fetch, sent }
}

/** A fetch over the real way out. */
function real(options: { allowCidrs?: string[]; deadlineMs?: number } = {}) {
  const { allowCidrs = ['127.0.0.0/8'], deadlineMs = 5_000 } = options
  const egress = createEgress({ allowCidrs, denyCidrs: [], now: Date.now })
  closers.push(egress.close)
  return createEgressFetch({ send: egress.send, poolKey: 'oauth', deadlineMs })
}

describe('fetch for libraries', () => {
  it('connects to no address that the operator did not list', async () => {
    verifies('S-17')
    const server = await startEchoUpstream()
    closers.push(server.close)
    const fetch = real({ allowCidrs: ['127.77.0.0/16'] })
    expect(await problemOf(fetch(`${server.origin}/token`, { method: 'POST' }))).toBe(
      'address-refused',
    )
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    'file:///etc/passwd',
    'data:text/plain,x',
    'not a url',
    'https://user:secret@idp.example/token',
    'https://idp.example/token#part',
    'ftp://idp.example/',
    '',
  ])('opens no %s', async (url) => {
    verifies('S-17')
    expect(await problemOf(real()(url))).toBe('invalid-url')
  })

  it.each([
    { headers: { host: 'elsewhere.example' } },
    { headers: { 'transfer-encoding': 'chunked' } },
    { headers: { 'x-a': 'b\r\nx-c: d' } },
    { headers: { 'x-\u0000': 'b' } },
    { method: 'CONNECT' },
    { method: 'POST', body: new ReadableStream() },
    { method: 'POST', body: { toString: () => 'grant_type=x' } },
    { method: 'GET', body: 'x' },
  ] satisfies EgressFetchOptions[])('sends nothing for %o', async (options) => {
    verifies('S-19')
    const server = await startEchoUpstream()
    closers.push(server.close)
    expect(await problemOf(real()(`${server.origin}/`, options))).toMatch(/^invalid-/)
    expect(server.requests).toHaveLength(0)
  })

  it('answers a redirect as it came and follows none', async () => {
    verifies('S-15')
    const { fetch, sent } = over({
      status: 302,
      headers: [['location', 'https://elsewhere.example/']],
      body: bodyOf(),
    })
    const answer = await fetch('https://idp.example/token', { redirect: 'follow' })
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe('https://elsewhere.example/')
    expect(sent).toHaveLength(1)
  })

  it('cuts off an answer at its bound', async () => {
    verifies('S-22')
    const { fetch } = over({ body: bodyOf('x'.repeat(60), 'x'.repeat(60)) })
    expect(await problemOf(fetch('https://idp.example/'))).toBe('response-too-large')
  })

  it('waits no longer than its deadline or the signal says, for the body too', async () => {
    verifies('S-22')
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{'
    const server = await startRawServer({ answer: (socket) => void socket.write(head) })
    closers.push(server.close)
    const impatient = real({ deadlineMs: 50 })
    expect(await problemOf(impatient(`${server.origin}/`))).toBe('upstream-timeout')
    const signal = AbortSignal.timeout(50)
    expect(await problemOf(real()(`${server.origin}/`, { signal }))).toBe('upstream-timeout')
    expect(await problemOf(real()(`${server.origin}/`, { signal: AbortSignal.abort() }))).toBe(
      'request-stopped',
    )
  })

  it('hands on what broke off under the body as the problem that it is', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"acc')
      throw new Problem('upstream-invalid-response')
    }
    const { fetch } = over({ body: broken() })
    expect(await problemOf(fetch('https://idp.example/'))).toBe('upstream-invalid-response')
  })

  it.each([
    ['text', 'a=1&b=%20', undefined],
    [
      'a form',
      new URLSearchParams({ a: '1', b: ' ' }),
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['bytes', new Uint8Array([97, 61, 49]), undefined],
    ['a buffer', new Uint8Array([97, 61, 49]).buffer, undefined],
  ])('sends %s whole, once', async (_, body, contentType) => {
    const { fetch, sent } = over({ body: bodyOf('ok') })
    await fetch(new URL('https://idp.example/token'), { method: 'POST', body })
    expect(sent).toHaveLength(1)
    const bytes = sent[0]?.body ?? new Uint8Array()
    expect(Buffer.from(bytes).toString()).toMatch(/^a=1(&b=(%20|\+))?$/)
    const headers = new Map(sent[0]?.headers)
    expect(headers.get('content-type')).toBe(contentType)
    expect(headers.get('accept-encoding')).toBe('identity')
  })

  it('answers what a Response holds: status, headers and body', async () => {
    const { fetch } = over({
      status: 201,
      headers: [
        ['content-type', 'application/json'],
        ['x-twice', 'a'],
        ['x-twice', 'b'],
      ],
      body: bodyOf('{"a":', '1}'),
    })
    const answer = await fetch('https://idp.example/')
    expect(answer).toBeInstanceOf(Response)
    expect([answer.status, answer.headers.get('x-twice')]).toEqual([201, 'a, b'])
    expect(await answer.json()).toEqual({ a: 1 })
  })

  it.each([204, 205, 304])('answers a %d without a body', async (status) => {
    const { fetch } = over({ status, body: bodyOf() })
    const answer = await fetch('https://idp.example/')
    expect([answer.status, await answer.text()]).toEqual([status, ''])
  })

  it('refuses a status that HTTP does not have', async () => {
    const { fetch } = over({ status: 999, body: bodyOf() })
    expect(await problemOf(fetch('https://idp.example/'))).toBe('upstream-invalid-response')
  })
})
