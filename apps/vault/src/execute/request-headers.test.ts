import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  filterRequestHeaders,
  parseRequestHeaders,
  refuseCredentialCookies,
} from './request-headers.ts'

const filter = (headers: Record<string, string>, extras: string[] = [], injected: string[] = []) =>
  filterRequestHeaders(parseRequestHeaders(headers), { extras, injected })

const neverPassed = [
  'Authorization',
  'Cookie',
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Upgrade',
  'Via',
  'Expect',
  'Proxy-Authorization',
  'Proxy-Connection',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-IP',
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X-Original-URL',
  'X-Rewrite-URL',
  'Accept-Encoding',
  'Content-Encoding',
  'X_Forwarded_For',
  'x_http_method_override',
  'Content_Length',
  'X.Forwarded.For',
  'cOOkie',
  'Set-Cookie',
  'HTTP2-Settings',
  'Sec-Fetch-Site',
  'Traceparent',
  'TraceState',
  'baggage',
]

describe('request headers', () => {
  it('never passes credentials, framing, forwarding or method overrides, even as a connection’s extras', () => {
    verifies('S-18')
    for (const name of neverPassed) {
      expect(filter({ [name]: 'x' }, neverPassed), name).toEqual({
        passed: [],
        dropped: [name.toLowerCase()],
      })
    }
  })

  it('passes the allowlist and the extras, and drops the rest by name', () => {
    verifies('S-18')
    const headers = {
      Accept: 'a',
      'If-None-Match': '"e"',
      'Idempotency-Key': 'k',
      'X-Custom': '1',
      'X-Other': '2',
    }
    expect(filter(headers, ['x-custom'])).toEqual({
      passed: [
        ['accept', 'a'],
        ['if-none-match', '"e"'],
        ['idempotency-key', 'k'],
        ['x-custom', '1'],
      ],
      dropped: ['x-other'],
    })
  })

  it('leaves the names that the credential takes to it, in any spelling', () => {
    verifies('S-18')
    expect(
      filter({ 'X-Api-Key': 'mine', x_api_key: 'mine' }, ['x-api-key', 'x_api_key'], ['X-API-Key'])
        .passed,
    ).toEqual([])
  })

  it('refuses names that are no token, and values with controls or beyond Latin-1', () => {
    verifies('S-19')
    const refused = (headers: Record<string, string>) => {
      expect(() => parseRequestHeaders(headers)).toThrow(
        expect.objectContaining({ type: 'invalid-header', status: 400 }),
      )
    }
    for (const name of [
      '',
      ' ',
      'a b',
      'a:',
      'é',
      'a\r',
      'a\n',
      'a\0',
      'a(b)',
      'a"',
      'a/b',
      '[a]',
      'x'.repeat(101),
    ])
      refused({ [name]: 'v' })
    for (let code = 0; code < 0x20; code++) refused({ accept: `a${String.fromCharCode(code)}b` })
    for (const value of [
      '\x7f',
      '\x80',
      '\x9f',
      '\u0100',
      '\u2028',
      '\ud83d\ude00',
      '\ud800',
      '\uff0d',
      'a\r\nb: c',
      '\u560d\u560a',
      'x'.repeat(8193),
    ]) {
      refused({ accept: value })
      refused({ authorization: value })
    }
    refused({ Accept: 'a', accept: 'b' })
    refused(Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`x-${at}`, 'v'])))
    refused({ 'x-a': 'v'.repeat(8000), 'x-b': 'v'.repeat(8000), 'x-c': 'v'.repeat(8000) })
    expect(parseRequestHeaders({ accept: ' é\xff ' })).toEqual([['accept', 'é\xff']])
  })

  it('lets through no byte that could begin another header, whatever is given', () => {
    verifies('S-19')
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'binary', maxLength: 12 }),
          fc.string({ unit: 'binary', maxLength: 12 }),
          { maxKeys: 4 },
        ),
        (headers) => {
          try {
            for (const [name, value] of parseRequestHeaders(headers)) {
              expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/)
              expect(Buffer.from(value, 'latin1').toString('latin1')).toBe(value)
              expect(value).not.toMatch(/\p{Cc}/u)
            }
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Problem)
          }
        },
      ),
    )
  })
})

describe('a tool’s own cookies', () => {
  const refuses = (cookie: string) => {
    try {
      refuseCredentialCookies([['cookie', cookie]], ['sid'])
      return false
    } catch (thrown) {
      expect(thrown).toMatchObject({ type: 'invalid-header' })
      return true
    }
  }

  it('never hold the one of the credential, however it is written', () => {
    verifies('S-18')
    for (const cookie of [
      ...['sid=x', 'a=b; sid=x', 'a=b;sid=x', 'SID=x', ' sid =x', '"sid"=x', 'a=b, sid=x', 'sid'],
      ...['lang="a; sid=x"', 'a=;sid='],
    ]) {
      expect([cookie, refuses(cookie)]).toEqual([cookie, true])
    }
    expect(refuses('sid2=x; xsid=y; a=sid')).toBe(false)
    expect(() => refuseCredentialCookies([['cookie', 'sid=x']])).not.toThrow()
  })
})
