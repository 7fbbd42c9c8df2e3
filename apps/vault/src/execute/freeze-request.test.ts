import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  type FreezeOptions,
  freezeRequest,
  type RequestInput,
  stillFits,
} from './freeze-request.ts'

const freeze = (input: Partial<RequestInput>, options: FreezeOptions = {}) =>
  freezeRequest({ method: 'GET', url: 'https://api.example.com/v1', ...input }, options)

function refusal(input: Partial<RequestInput>, options: FreezeOptions = {}): string {
  try {
    return `accepted: ${freeze(input, options).url}`
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    expect(thrown.status).toBe(400)
    return thrown.type
  }
}

const host = 'https://api.example.com'
const badPaths = [
  '/a/../b',
  '/..',
  '/a/..',
  '/./a',
  '/a/.',
  '/%2e%2e/a',
  '/%2E./a',
  '/.%2e/',
  '/a/%2e',
  '/a/..;/b',
  '/a/..%3bx/b',
  '/a/.;x=1/b',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a%5Cb',
  '/a\\b',
  '/%25',
  '/a%252e',
  '/%2525',
  '/a%00',
  '/%00b',
  '/a%0d%0ab',
  '/a%09',
  '/a%1f',
  '/a%7f',
  '/a%c2%85',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a%u0041',
  '/%c0%ae',
  '/%c0%af',
  '/%e0%80%af',
  '/%f0%80%80%af',
  '/%ed%a0%80',
  '/%ff',
  '/%80',
  '/%c3',
  '/%f4%90%80%80',
  '//a',
  '/a//b',
  '/a//',
  '/;x/a',
  '/a b',
  '/a"b',
  '/a<b',
  '/a{b}',
  '/a`b',
  '/é',
  '/a\tb',
  '/a\nb',
  '/a^b|c'.replace('^', ' '),
]
const badUrls = [
  '',
  ' ',
  '/v1',
  'api.example.com/v1',
  '//api.example.com/v1',
  'https:/api.example.com/',
  'https:api.example.com',
  'https:\\\\api.example.com\\',
  'https:///api.example.com/',
  'HTTPS://api.example.com/',
  'ftp://api.example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:,a',
  'ws://api.example.com/',
  'https://',
  `${host}/#`,
  `${host}/#a`,
  `${host}#`,
  `${host}/a?b#`,
  `${host}/%23#x`,
  'https://user@api.example.com/',
  'https://user:pass@api.example.com/',
  'https://@api.example.com/',
  'https://:@api.example.com/',
  'https://api.example.com:443/',
  'https://api.example.com:443',
  'http://api.example.com:80/',
  'https://api.example.com:/',
  'https://api.example.com:0443/',
  'https://api.example.com:0/',
  'https://api.example.com:65536/',
  'https://api.example.com:8o/',
  'https://API.example.com/',
  'https://api.example.com./',
  'https://.example.com/',
  'https://api..example.com/',
  'https://*.example.com/',
  'https://a$b.example.com/',
  'https://-a.example.com/',
  'https://a-.example.com/',
  'https://bücher.example/',
  'https://api。example.com/',
  'https://ａpi.example.com/',
  'https://api%2eexample.com/',
  'https://%61pi.example.com/',
  'https://api.example.com%2f@evil.example/',
  'https://api.example.com\\@evil.example/',
  'https://evil.example\\.api.example.com/',
  'https://127.1/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://2130706433/',
  'https://127.0.0.1./',
  'https://1.2.3/',
  'https://[::ffff:127.0.0.1]/',
  'https://[0:0::1]/',
  'https://[::1%25eth0]/',
  'https://[::1/',
  'https://a b/',
  ' https://api.example.com/',
  'https://api.example.com/ ',
  'https://api.example.com/\n',
  '\thttps://api.example.com/',
  'https://ap\ni.example.com/',
  'https://api.example.com/\u0000',
  'https://api.example.com/\u200b',
  `${host}/?q=a b`,
  `${host}/?q="`,
  `${host}/?q='`,
  `${host}/?q=<`,
  `${host}/?q=é`,
  `${host}/${'a'.repeat(8192)}`,
]

describe('freezing a URL', () => {
  it('refuses every path that two programs could read differently', () => {
    verifies('S-11')
    for (const path of badPaths) {
      expect(refusal({ url: host + path }), path).toBe('invalid-url')
      expect(refusal({ url: `${host}/v1${path}` }), path).toBe('invalid-url')
      expect(refusal({ url: `${host}${path}?a=b` }), path).toBe('invalid-url')
    }
  })

  it('refuses every URL that is not its own canonical form', () => {
    verifies('S-11', 'S-12')
    for (const url of badUrls) expect(refusal({ url }), url).toBe('invalid-url')
  })

  it('sends what it takes, byte for byte', () => {
    verifies('S-11', 'S-14')
    const urls = [
      `${host}/`,
      `${host}/v1/`,
      `${host}/a%20b/%C3%A9`,
      `${host}/a@b:c;d=e,f+g!h$i&j'k(l)*m~n`,
      `${host}/..a/a..b/...`,
      `${host}/a;b`,
      `${host}/?`,
      `${host}/?a`,
      `${host}/?a=%2F..%2F&b=%25`,
      'https://api.example.com:8443/x',
      'http://127.0.0.1:9/x',
      'https://[::1]:9/x',
      'https://xn--bcher-kva.example/',
      'https://a_b.example/',
      `${host}/a?x={y}|`,
      `${host}/%3F%23`,
    ]
    for (const url of urls) expect(freeze({ url }).url).toBe(url)
  })

  it('forgives only a missing slash after the host', () => {
    expect(freeze({ url: host })).toMatchObject({ url: `${host}/`, path: '/' })
    expect(freeze({ url: `${host}?a=1` })).toMatchObject({ url: `${host}/?a=1`, path: '/' })
  })

  it('takes an encoded slash where the connection does, and still no dots or gaps around it', () => {
    verifies('S-11')
    const slash = { allowEncodedSlash: true }
    expect(freeze({ url: `${host}/p/a%2Fb` }, slash).path).toBe('/p/a%2Fb')
    for (const path of [
      '/a%2F..%2Fb',
      '/a%2f%2e%2e/b',
      '/..%2Fa',
      '/a%2F%2Fb',
      '/a/%2Fb',
      '/a%2F/b',
      '/a%252Fb',
      '/a%5cb',
    ]) {
      expect(refusal({ url: host + path }, slash), path).toBe('invalid-url')
    }
  })

  it('leaves a URL that WHATWG, decoding and splitting all read alike, or refuses', () => {
    verifies('S-11', 'S-12')
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '.',
        '..',
        '%2e',
        '%2E',
        '%2f',
        '%5c',
        '\\',
        '%25',
        '%00',
        '%c0%ae',
        '@',
        ':',
        '?',
        '#',
        ';',
        '%',
        'a',
        'é',
        ' ',
        '\t',
        '[',
        ']',
        '*',
        '{',
        '}',
        '443',
        '0x7f',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 2 }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(
          'https://',
          'https://a.example',
          'https://a.example/',
          'http://a.example/b',
        ),
        fc.array(piece, { maxLength: 8 }),
        (start, pieces) => {
          const url = start + pieces.join('')
          if (refusal({ url }).startsWith('invalid')) return
          const frozen = freeze({ url })
          const parsed = new URL(frozen.url)
          expect(parsed.href).toBe(frozen.url)
          expect([parsed.origin, parsed.host, parsed.pathname]).toEqual([
            frozen.origin,
            frozen.host,
            frozen.path,
          ])
          expect(parsed.username + parsed.password + parsed.hash).toBe('')
          expect(
            frozen.url === url ||
              frozen.url.replace('/', '') === url.replace('/', '') ||
              frozen.url.length === url.length + 1,
          ).toBe(true)
          const segments = decodeURIComponent(frozen.path).split('/').slice(1)
          expect(segments.every((segment) => segment !== '.' && segment !== '..')).toBe(true)
          expect(segments.slice(0, -1).every((segment) => segment !== '')).toBe(true)
          expect(/[\\%\p{Cc}]/u.test(decodeURIComponent(frozen.path))).toBe(false)
        },
      ),
      { numRuns: 4_000 },
    )
  })
})

describe('merging the query', () => {
  it('refuses a name that stands both in the URL and in query, however it is encoded', () => {
    verifies('S-14')
    const both: [string, string][] = [
      ['a=1', 'a'],
      ['%61=1', 'a'],
      ['a+b=1', 'a b'],
      ['a%20b', 'a b'],
      ['a%2Bb=1', 'a+b'],
      ['x=1&%61%62', 'ab'],
      ['a', 'a'],
    ]
    for (const [own, name] of both) {
      expect(refusal({ url: `${host}/?${own}`, query: { [name]: 'x' } }), own).toBe('invalid-query')
    }
  })

  it('refuses malformed escapes, NUL and half characters', () => {
    verifies('S-14')
    for (const query of ['a=%', 'a=%f', 'a=%zz', '%ff=1', 'a=%c0%ae', 'a=%00', '%00=a', '%0a=a']) {
      expect(refusal({ url: `${host}/?${query}` }), query).toBe('invalid-query')
    }
    for (const query of [
      { '': 'a' },
      { 'a\0': 'a' },
      { a: '\0' },
      { a: '\ud800' },
      { '\udc00': 'a' },
    ]) {
      expect(refusal({ query })).toBe('invalid-query')
    }
    expect(refusal({ query: { a: 'x'.repeat(9000) } })).toBe('invalid-query')
  })

  it('keeps the order, and shows every occurrence decoded', () => {
    verifies('S-14')
    const frozen = freeze({
      url: `${host}/s?b=1&a=2&b=%33+x`,
      query: { z: 'é &=#/+', n: 5, t: true },
    })
    expect(frozen.url).toBe(`${host}/s?b=1&a=2&b=%33+x&z=%C3%A9%20%26%3D%23%2F%2B&n=5&t=true`)
    expect(frozen.query).toEqual([
      ['b', '1'],
      ['a', '2'],
      ['b', '3 x'],
      ['z', 'é &=#/+'],
      ['n', '5'],
      ['t', 'true'],
    ])
  })

  it('makes one URL that every parser cuts as it was decided on', () => {
    verifies('S-14')
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((one) => !/\p{Cc}|\p{Cs}/u.test(one))
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 5 }), (query) => {
        const frozen = freeze({ query })
        const parsed = new URL(frozen.url)
        expect(parsed.href).toBe(frozen.url)
        expect([...parsed.searchParams]).toEqual(frozen.query)
        expect(frozen.query).toEqual(Object.entries(query))
      }),
    )
  })

  it('refuses a query that asks for another method than the one that is decided on', () => {
    verifies('S-14', 'S-18')
    for (const query of [
      ...['$httpMethod=DELETE', '%24httpHeaders=X-HTTP-Method-Override%3ADELETE', '_method=delete'],
      ...['_HttpMethod=PATCH', 'x-http-method-override=DELETE', 'a=b;_method=delete', '+_method=x'],
    ]) {
      expect(refusal({ url: `${host}/?${query}` }), query).toBe('invalid-query')
    }
    expect(refusal({ query: { _Method: 'DELETE' } })).toBe('invalid-query')
    expect(freeze({ query: { method: 'x', payment_method: 'y', $top: 1 } }).url).toContain(
      'method=x',
    )
  })

  it('refuses a query in which the agent gives the credential’s parameter', () => {
    verifies('S-18')
    const slot = { queryNames: ['api_key'] }
    for (const url of [
      '?api_key=x',
      '?a=1&api_key',
      '?%61pi_key=x',
      '?api%5Fkey=x',
      '?API_KEY=x',
      '?a=1;api_key=2',
      '?+api_key=2',
    ]) {
      expect(refusal({ url: `${host}/${url}` }, { slot }), url).toBe('invalid-query')
    }
    expect(refusal({ query: { api_key: 'x' } }, { slot })).toBe('invalid-query')
    expect(refusal({ query: { Api_Key: 'x' } }, { slot })).toBe('invalid-query')
    expect(freeze({ query: { api_key2: 'x' } }, { slot }).url).toContain('api_key2=x')
  })
})

describe('a credential in the path', () => {
  const slot = { placeholder: 'token' }
  it('goes where the marker stands, which the policy sees', () => {
    const frozen = freeze({ url: `${host}/bot{token}/getMe`, query: { a: 1 } }, { slot })
    expect(frozen).toMatchObject({
      path: '/bot{token}/getMe',
      url: `${host}/bot{token}/getMe?a=1`,
      host: 'api.example.com',
    })
  })

  it('is refused without a marker, with two, or with one elsewhere than in the path', () => {
    verifies('S-11')
    const urls = [
      '/getMe',
      '/{token}/{token}',
      '/a?x={token}',
      '/{token}?x={token}',
      '/{other}',
      '/{token}/{other}',
      '/%{token}',
      '/%2{token}',
      '/a/../{token}',
      '//{token}',
      '/%7Btoken%7D',
      '/{TOKEN}',
      '/{{token}}',
    ]
    for (const path of urls)
      expect(refusal({ url: host + path }, { slot }), path).toBe('invalid-url')
    expect(refusal({ url: 'https://{token}.example.com/' }, { slot })).toBe('invalid-url')
    expect(refusal({ url: `${host}/bot{token}/getMe` })).toBe('invalid-url')
  })
})

describe('methods, headers and bodies', () => {
  it('sends six methods and no other', () => {
    verifies('S-19')
    for (const method of [
      'get',
      'Get',
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'HEAD ',
      ' GET',
      'GET\r\nX: y',
      'PÖST',
      '',
      'PROPFIND',
      '__proto__',
      'GET\0',
    ]) {
      expect(refusal({ method }), method).toBe('invalid-method')
    }
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      expect(freeze({ method }).method).toBe(method)
  })

  it('fills in what is missing, and asks for no compression', () => {
    verifies('S-18')
    const frozen = freeze({
      method: 'POST',
      headers: { Accept: 'text/plain', 'Accept-Encoding': 'br', Authorization: 'Bearer x' },
      body: { a: 1 },
    })
    expect(frozen.headers).toEqual([
      ['accept', 'text/plain'],
      ['content-type', 'application/json'],
      ['user-agent', 'Sallyport'],
      ['accept-encoding', 'identity'],
    ])
    expect(frozen.droppedHeaders).toEqual(['accept-encoding', 'authorization'])
  })

  it('writes a body once, by its kind', () => {
    const body = (value: unknown, type?: string) => {
      const frozen = freeze({
        method: 'POST',
        body: value,
        ...(type !== undefined && { headers: { 'Content-Type': type } }),
      })
      return [
        Buffer.from(frozen.body ?? []).toString(),
        frozen.headers.find(([name]) => name === 'content-type')?.[1],
      ]
    }
    expect(body({ a: [1, 'é'] })).toEqual(['{"a":[1,"é"]}', 'application/json'])
    expect(body([1], 'application/vnd.x+json; v=1')).toEqual(['[1]', 'application/vnd.x+json; v=1'])
    expect(body(false)).toEqual(['false', 'application/json'])
    expect(body('{ "a":1 }', 'application/json')).toEqual(['{ "a":1 }', 'application/json'])
    expect(body('hé')).toEqual(['hé', 'text/plain; charset=utf-8'])
    expect(body({ $base64: 'AAH/' })[1]).toBe('application/octet-stream')
    expect(body({ $base64: 'aGk=', contentType: 'image/png' })).toEqual(['hi', 'image/png'])
    expect(body({ a: 'x y', b: [1, true] }, 'application/x-www-form-urlencoded')).toEqual([
      'a=x+y&b=1&b=true',
      'application/x-www-form-urlencoded',
    ])
    expect(freeze({ method: 'POST', body: null }).body).toBeUndefined()
  })

  it('refuses a body that cannot be what it is said to be', () => {
    const post = (body: unknown, headers: Record<string, string> = {}) =>
      refusal({ method: 'POST', body, headers })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(post({ a: 1 }, { 'content-type': 'text/xml' })).toBe('invalid-input')
    expect(post({ a: { b: 1 } }, form)).toBe('invalid-input')
    expect(post([1], form)).toBe('invalid-input')
    expect(post('\ud800')).toBe('invalid-input')
    expect(post({ $base64: 'a' })).toBe('invalid-input')
    expect(post({ $base64: 'aGk' })).toBe('invalid-input')
    expect(post({ $base64: 5 })).toBe('invalid-input')
    expect(post({ $base64: 'aGk=', contentType: 'a\r\nb: c' })).toBe('invalid-input')
    expect(post({ $base64: 'aGk=', x: 1 })).toBe('invalid-input')
    expect(post({ $base64: 'aGk=', contentType: 'a/b' }, { 'content-type': 'c/d' })).toBe(
      'invalid-input',
    )
    expect(post(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toBe('invalid-input')
    for (const method of ['GET', 'HEAD'])
      expect(refusal({ method, body: 'x' })).toBe('invalid-input')
  })
})

describe('the frozen request', () => {
  it('cannot be changed, and shares nothing with the input', () => {
    verifies('S-14')
    const input = {
      method: 'POST',
      url: `${host}/a`,
      query: { q: '1' },
      headers: { accept: 'a' },
      body: { a: 1 },
    }
    const frozen = freezeRequest(input)
    const before = JSON.stringify([frozen, frozen.body])
    input.body.a = 2
    input.query.q = '2'
    input.headers.accept = 'b'
    expect(JSON.stringify([frozen, frozen.body])).toBe(before)
    for (const part of [
      frozen,
      frozen.query,
      frozen.query[0],
      frozen.headers,
      frozen.headers[0],
      frozen.droppedHeaders,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('has a digest that differs where anything that is sent differs, and is the same for the same', () => {
    const base: RequestInput = {
      method: 'POST',
      url: `${host}/a?b=c`,
      headers: { accept: 'x', 'if-match': 'y' },
      body: 'body',
    }
    const others: Partial<RequestInput>[] = [
      {},
      { method: 'PUT' },
      { url: `${host}/a?b=cc` },
      { url: `${host}/ab?=c` },
      { headers: { accept: 'xi', 'if-match': 'y' } },
      { headers: { accept: 'x', 'if-match': '' } },
      { headers: { accept: 'x' } },
      { body: 'bodY' },
      { body: '' },
      { body: null },
      { body: { $base64: 'Ym9keQ==', contentType: 'a/b' } },
    ]
    const digests = others.map((other) => freezeRequest({ ...base, ...other }).digest)
    expect(new Set(digests).size).toBe(others.length)
    expect(freezeRequest(base).digest).toBe(digests[0])
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('a request that was frozen before', () => {
  it('still fits the connection that it was frozen for, whatever it holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 })
    const slots = [
      {},
      { headerNames: ['authorization'] },
      { headerNames: ['user-agent', 'x-key'] },
      { queryNames: ['key'] },
      { placeholder: 'token' },
    ]
    fc.assert(
      fc.property(
        fc.record({ path: text, query: fc.dictionary(text, text), value: text }),
        fc.constantFrom('', '?', '?a=b', '?a=%20&b', '?x=+'),
        fc.tuple(fc.constantFrom(...slots), fc.boolean()),
        ({ path, query, value }, search, [slot, hasBody]) => {
          const options = { extraHeaders: ['X-Own'], slot }
          const marked = slot.placeholder === undefined ? '' : '/{token}'
          const url = `${host}${marked}/${encodeURIComponent(path.replaceAll(/\p{Surrogate}/gu, ''))}${search}`
          const headers = { 'x-own': value, accept: value, 'content-type': 'text/plain' }
          const body = hasBody ? { body: 'text', method: 'POST' } : {}
          let frozen: ReturnType<typeof freeze>
          try {
            frozen = freeze({ url, query, headers, ...body }, options)
          } catch (thrown) {
            if (thrown instanceof Problem) return
            throw thrown
          }
          expect(stillFits(frozen, options)).toBe(true)
        },
      ),
    )
  })

  it('fits no more once a header, an escape or the place of the credential is another', () => {
    verifies('S-27')
    const options = { extraHeaders: ['x-own'], allowEncodedSlash: true }
    const frozen = freeze({ url: `${host}/a%2Fb?key=1`, headers: { 'x-own': '1' } }, options)
    expect(stillFits(frozen, options)).toBe(true)
    for (const change of [
      { extraHeaders: [] },
      { allowEncodedSlash: false },
      { slot: { queryNames: ['key'] } },
      { slot: { placeholder: 'token' } },
    ]) {
      expect(stillFits(frozen, { ...options, ...change })).toBe(false)
    }
  })
})
