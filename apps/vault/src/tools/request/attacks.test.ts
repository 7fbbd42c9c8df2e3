import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  freezeCall,
  type HandWritten,
  stillWorld,
  toolOf,
} from '../../../../../test/fixtures/tool-calls.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { compileTool } from './compile-tool.ts'

/** What breaks out of places, alone and in the middle of anything. */
const sharp = fc.constantFrom(
  ...[
    '',
    '.',
    '..',
    '/',
    '//',
    '\\',
    '%',
    '%2e',
    '%2f',
    '%00',
    '%0d%0a',
    '\0',
    '\r\n',
    '\n',
    ';',
    '..;',
    '?',
    '#',
  ],
  ...[
    '&',
    '=',
    '+',
    ',',
    ' ',
    '"',
    "'",
    '@',
    ':',
    '[',
    ']',
    '{',
    '}',
    '{token}',
    '{{.args.a}}',
    '|',
    '<',
    '$',
  ],
  ...[
    'a',
    'ü',
    '😀',
    '\ud800',
    '\u2028',
    '\u0085',
    '__proto__',
    'constructor',
    '_method',
    'evil.example',
  ],
  ...[
    'http://evil.example/',
    '\r\nX-Evil: 1',
    '; sid=1',
    '--sallyport-',
    '\r\n--',
    'fixed',
    'token',
    '.json',
  ],
)
const text = fc.oneof(
  fc.array(sharp, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.webPath(),
)
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const value: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3 },
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(text, scalar, { maxKeys: 4 }),
  fc.dictionary(text, fc.array(scalar, { maxLength: 2 }), { maxKeys: 2 }),
)

/** What a call came to: the frozen request, or undefined where it was refused as one refuses. */
function tryCall(binding: HandWritten, args: Record<string, unknown>) {
  try {
    return freezeCall(toolOf({ origin: 'https://api.example.com', ...binding }), args, {
      allowEncodedSlash: true,
    })
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Problem)
    expect((thrown as Problem).status).toBe(400)
    return undefined
  }
}

const runs = { numRuns: 300 }

describe('an argument stays in its place', () => {
  it('whatever it is: scheme, host, port, method and the count of segments are the definition’s', () => {
    verifies('S-11', 'S-12')
    const styles = fc.constantFrom('simple' as const, 'label' as const, 'matrix' as const)
    fc.assert(
      fc.property(value, styles, fc.boolean(), (a, style, explode) => {
        const frozen = tryCall(
          {
            path: [
              { text: '/v1/' },
              { argument: ['a'], style, explode },
              { text: '/x-' },
              { argument: ['a'], style, explode },
              { text: '.json' },
            ],
            query: [{ name: 'q', argument: ['a'], explode: false }],
          },
          { a },
        )
        if (frozen === undefined) return
        expect(frozen.method).toBe('GET')
        const url = new URL(frozen.url)
        expect(url.origin).toBe('https://api.example.com')
        expect(url.pathname).toBe(frozen.path)
        const segments = frozen.path.split('/')
        expect(segments.length).toBe(4)
        expect(segments[1]).toBe('v1')
        expect(segments[2]).not.toBe('')
        expect(segments[3]?.startsWith('x-')).toBe(true)
        expect(segments[3]?.endsWith('.json')).toBe(true)
        expect([...url.searchParams.keys()].every((name) => name === 'q')).toBe(true)
      }),
      runs,
    )
  })

  it('is the value that the upstream reads, if it is a text', () => {
    fc.assert(
      fc.property(text, (a) => {
        const frozen = tryCall(
          {
            path: [{ text: '/v1/' }, { argument: ['p'] }],
            query: [
              { name: 'q', argument: ['a'] },
              { name: 'fixed', value: 'x' },
            ],
          },
          { a, p: 'p' },
        )
        if (frozen === undefined) return
        expect([...new URL(frozen.url).searchParams]).toEqual([
          ['q', a],
          ['fixed', 'x'],
        ])
      }),
      runs,
    )
  })

  it('adds no name to a query but below its own, and no other than the definition’s where it is exploded', () => {
    const styles = fc.constantFrom('form', 'spaceDelimited', 'pipeDelimited', 'deepObject')
    fc.assert(
      fc.property(value, styles, fc.boolean(), (a, style, explode) => {
        const frozen = tryCall(
          {
            query: [
              { name: 'fixed', value: 'x' },
              { name: 'a', argument: ['a'], style: style as 'form', explode },
              { name: 'token', argument: ['none'] },
            ],
          },
          { a },
        )
        if (frozen === undefined) return
        const names = frozen.query.map(([name]) => name)
        expect(names.filter((name) => name === 'fixed').length).toBe(1)
        expect(names).not.toContain('token')
        const isObject = typeof a === 'object' && a !== null && !Array.isArray(a)
        if (isObject && explode && style !== 'deepObject') return
        expect(names.every((name) => /^(?:fixed$|a(?:\[|$))/.test(name))).toBe(true)
      }),
      runs,
    )
  })

  it('breaks no header and adds none', () => {
    verifies('S-18', 'S-19')
    fc.assert(
      fc.property(value, fc.boolean(), (a, explode) => {
        const frozen = tryCall(
          {
            headers: [
              { name: 'X-A', argument: ['a'], explode },
              { name: 'X-Template', template: '{{.args.a}}' },
            ],
          },
          { a },
        )
        if (frozen === undefined) return
        for (const [name, field] of frozen.headers) {
          expect(['x-a', 'x-template', 'accept', 'user-agent', 'accept-encoding']).toContain(name)
          expect(field).toMatch(/^[\x20-\x7e\xa0-\xff]*$/)
        }
      }),
      runs,
    )
  })

  it('ends no cookie and begins none', () => {
    fc.assert(
      fc.property(value, (a) => {
        const frozen = tryCall(
          {
            cookies: [
              { name: 'a', argument: ['a'] },
              { name: 'fixed', value: 'x' },
            ],
          },
          { a },
        )
        if (frozen === undefined) return
        const cookie = frozen.headers.find(([name]) => name === 'cookie')?.[1] ?? ''
        const names = cookie.split(';').map((part) => part.trim().split('=')[0])
        expect(names.filter((name) => name !== 'a')).toEqual(['fixed'])
        expect(cookie).toMatch(/^[\x20-\x7e]*$/)
      }),
      runs,
    )
  })

  it('exploded into cookies names none that the definition names', () => {
    const cookies = [
      { name: 'a', argument: ['a'], explode: true },
      { name: 'sid', value: 'x' },
    ]
    expect(tryCall({ cookies }, { a: { sid: 'y' } })).toBeUndefined()
    expect(tryCall({ cookies }, { a: { 'b; sid': 'y' } })).toBeUndefined()
    expect(tryCall({ cookies }, { a: { b: 'y; sid=z' } })?.headers).toContainEqual([
      'cookie',
      'b=y%3B%20sid%3Dz; sid=x',
    ])
  })

  it('stays one field of a form, however it is read', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const fields = [
          { name: 'a', argument: ['a'] },
          { name: 'fixed', value: 'x' },
          { name: 'b', argument: ['b'] },
        ]
        const frozen = tryCall({ method: 'POST', body: { kind: 'form', fields } }, { a, b })
        if (frozen?.body === undefined) return
        const read = new URLSearchParams(Buffer.from(frozen.body).toString('latin1'))
        expect([...read]).toEqual([
          ['a', a],
          ['fixed', 'x'],
          ['b', b],
        ])
      }),
      runs,
    )
  })

  it('stays one part of a multipart body, its file name and type included', async () => {
    const fields = [
      { name: 'a', argument: ['a'] },
      { name: 'fixed', value: 'x' },
      { name: 'file', argument: ['file'], file: true },
    ]
    await fc.assert(
      fc.asyncProperty(text, text, text, async (a, filename, contentType) => {
        const $base64 = Buffer.from(a).toString('base64')
        const file = { $base64, filename, contentType }
        const frozen = tryCall({ method: 'POST', body: { kind: 'multipart', fields } }, { a, file })
        if (frozen?.body === undefined) return
        const type = frozen.headers.find(([name]) => name === 'content-type')?.[1] ?? ''
        const bytes = Buffer.from(frozen.body)
        const read = await new Response(new Uint8Array(bytes), {
          headers: { 'content-type': type },
        }).formData()
        expect([...read.keys()]).toEqual(['a', 'fixed', 'file'])
        expect(read.get('a')).toBe(a)
        expect(await (read.get('file') as File).text()).toBe(a)
      }),
      { numRuns: 100 },
    )
  })

  it('cannot hold the boundary that ends it', () => {
    const fields = [{ name: 'a', argument: ['a'] }]
    const call = (a: string) =>
      tryCall({ method: 'POST', body: { kind: 'multipart', fields } }, { a })
    const first = Buffer.from(call('x')?.body ?? '').toString('latin1')
    const boundary = first.split('\r\n', 1)[0] ?? ''
    const second = Buffer.from(call(`\r\n${boundary}--\r\n`)?.body ?? '').toString('latin1')
    const used = second.split('\r\n', 1)[0] ?? ''
    expect(used).not.toBe(boundary)
    expect(second.split(used).length).toBe(3)
  })
})

describe('an exploded object', () => {
  const query = [
    { name: 'fixed', value: 'x' },
    { name: 'filter', argument: ['f'], style: 'deepObject' as const },
    { name: 'a', argument: ['a'], explode: true },
    { name: 'b', argument: ['b'], explode: true },
  ]

  it.each([
    { a: { fixed: 1 } },
    // An exploded parameter that was not given has its name all the same.
    { a: { b: 1 } },
    { b: { a: 1 } },
    { a: { FIXED: 1 } },
    { a: { 'fixed[]': 1 } },
    { a: { 'filter[x]': 1 } },
    { a: { ' filter': 1 } },
    { a: { x: 1 }, b: { x: 2 } },
    { a: { 'x\n': 1 } },
    { a: { '': 1 } },
    { a: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`n${at}`, at])) },
    // What freezing refuses in every query.
    { a: { _method: 'DELETE' } },
  ])('gives no name that is taken, or cannot be one: %o', (args) => {
    expect(tryCall({ query }, args)).toBeUndefined()
  })

  it('gives others', () => {
    expect(tryCall({ query }, { a: { x: 1, 'y z': '&', a: 2 } })?.url).toMatch(
      /\?fixed=x&x=1&y%20z=%26&a=2$/,
    )
  })
})

describe('the members of a form that no field names', () => {
  const rest = { argument: ['body'] }
  const fields = [{ name: 'a', argument: ['body', 'a'] }]

  it.each(['_method', '_METHOD', 'x-http-method-override', 'a[b]', 'x\n', 'x'.repeat(201), ''])(
    'are refused where they change the method or another field: %j',
    (name) => {
      for (const kind of ['form', 'multipart'] as const) {
        const body = { kind, fields, rest }
        expect(tryCall({ method: 'POST', body }, { body: { [name]: 'x' } })).toBeUndefined()
        expect(tryCall({ method: 'POST', body }, { body: { b: 'x' } })).toBeDefined()
      }
    },
  )
})

describe('what is refused', () => {
  const path = [{ text: '/v1/' }, { argument: ['id'] }, { text: '/end' }]

  it.each([
    ...['', '.', '..', '/', 'a/', '/a', 'a/../b', './a', 'a//b', '..;', '..;x', ';', ';x'],
    ...['%', '%2e%2e', '%2F', 'a\\b', 'a\0', 'a\n', '\u0085', '\ud800'],
    ...[[], {}, null, [''], [[]], ['..'], { a: '..%2f' }, { '%': 1 }],
  ])('in a path: %j', (id) => {
    verifies('S-11')
    try {
      const frozen = freezeCall(toolOf({ path }), { id }, { allowEncodedSlash: true })
      // A list is not the segment by itself: what it holds is not read as dots.
      expect(Array.isArray(id)).toBe(true)
      expect(new URL(frozen.url).pathname.split('/').length).toBe(4)
    } catch (thrown) {
      expect(thrown).toMatchObject({ type: 'invalid-arguments' })
      expect((thrown as Problem).fields?.[0]?.field).toMatch(/^arguments/)
    }
  })

  it('an encoded slash, unless the connection takes it', () => {
    const tool = toolOf({ path })
    expect(() => freezeCall(tool, { id: 'a/b' })).toThrow(/slash/)
    expect(freezeCall(tool, { id: 'a/b' }, { allowEncodedSlash: true }).path).toBe('/v1/a%2Fb/end')
  })

  it('too long a URL, too many pairs, too large a header', () => {
    const long = 'x'.repeat(8200)
    const many = Array.from({ length: 1001 }, () => 'x')
    const query = [{ name: 'q', argument: ['q'], explode: true }]
    expect(() => freezeCall(toolOf({ query }), { q: long })).toThrow(/8192/)
    expect(() => freezeCall(toolOf({ query }), { q: many })).toThrow(/1000/)
    const headers = [{ name: 'X-Q', argument: ['q'] }]
    expect(() => freezeCall(toolOf({ headers }), { q: long })).toThrow(/too long/)
  })

  it('a header that no agent may send is not sent by a tool', () => {
    verifies('S-18')
    const names = [
      'Authorization',
      'Cookie',
      'Host',
      'Content-Length',
      'X-Forwarded-For',
      'Connection',
    ]
    const headers = names.map((name) => ({ name, argument: ['v'] }))
    const built = compileTool(toolOf({ headers })).build({ v: 'x' }, stillWorld)
    expect(built.ownHeaders).toEqual([])
    expect(Object.keys(built.headers ?? {})).toEqual([])
  })
})
