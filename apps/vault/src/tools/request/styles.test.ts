import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type HandWritten,
  startToolEcho,
  type ToolEcho,
} from '../../../../../test/fixtures/tool-calls.ts'

// What is expected is written down by hand from OpenAPI 3.1.1 ("Style Examples", Appendix C) and RFC 6570 §3.2.

let echo: ToolEcho
beforeAll(async () => {
  echo = await startToolEcho()
})
afterAll(() => echo.close())

const values: Readonly<Record<string, unknown>> = {
  empty: '',
  string: 'blue',
  array: ['blue', 'black', 'brown'],
  object: { R: 100, G: 200, B: 150 },
}
type Row = readonly [style: string, explode: boolean, type: string, expected: string]

const pathRows: readonly Row[] = [
  ['matrix', false, 'empty', ';color'],
  ['matrix', false, 'string', ';color=blue'],
  ['matrix', false, 'array', ';color=blue,black,brown'],
  ['matrix', false, 'object', ';color=R,100,G,200,B,150'],
  ['matrix', true, 'empty', ';color'],
  ['matrix', true, 'string', ';color=blue'],
  ['matrix', true, 'array', ';color=blue;color=black;color=brown'],
  ['matrix', true, 'object', ';R=100;G=200;B=150'],
  ['label', false, 'string', '.blue'],
  ['label', false, 'array', '.blue,black,brown'],
  ['label', false, 'object', '.R,100,G,200,B,150'],
  ['label', true, 'string', '.blue'],
  ['label', true, 'array', '.blue.black.brown'],
  ['label', true, 'object', '.R=100.G=200.B=150'],
  ['simple', false, 'string', 'blue'],
  ['simple', false, 'array', 'blue,black,brown'],
  ['simple', false, 'object', 'R,100,G,200,B,150'],
  ['simple', true, 'string', 'blue'],
  ['simple', true, 'array', 'blue,black,brown'],
  ['simple', true, 'object', 'R=100,G=200,B=150'],
]

const queryRows: readonly Row[] = [
  ['form', false, 'empty', 'color='],
  ['form', false, 'string', 'color=blue'],
  ['form', false, 'array', 'color=blue,black,brown'],
  ['form', false, 'object', 'color=R,100,G,200,B,150'],
  ['form', true, 'empty', 'color='],
  ['form', true, 'string', 'color=blue'],
  ['form', true, 'array', 'color=blue&color=black&color=brown'],
  ['form', true, 'object', 'R=100&G=200&B=150'],
  ['spaceDelimited', false, 'array', 'color=blue%20black%20brown'],
  ['spaceDelimited', false, 'object', 'color=R%20100%20G%20200%20B%20150'],
  ['spaceDelimited', true, 'array', 'color=blue&color=black&color=brown'],
  ['pipeDelimited', false, 'array', 'color=blue%7Cblack%7Cbrown'],
  ['pipeDelimited', false, 'object', 'color=R%7C100%7CG%7C200%7CB%7C150'],
  ['pipeDelimited', true, 'array', 'color=blue&color=black&color=brown'],
  ['deepObject', true, 'object', 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150'],
]

const cookieRows: readonly Row[] = [
  ['form', false, 'empty', 'color='],
  ['form', false, 'string', 'color=blue'],
  ['form', false, 'array', 'color=blue,black,brown'],
  ['form', false, 'object', 'color=R,100,G,200,B,150'],
  // Appendix D: an ampersand separates no cookies, so that an exploded value is written as several of them.
  ['form', true, 'array', 'color=blue; color=black; color=brown'],
  ['form', true, 'object', 'R=100; G=200; B=150'],
]

const targetOf = async (binding: HandWritten, args: Record<string, unknown>) =>
  (await echo.call(binding, args)).target

describe('a parameter arrives as OpenAPI writes it', () => {
  it.each(pathRows)('in a path: %s, explode %s, %s', async (...row) => {
    const [style, explode, type, expected] = row
    const piece = { argument: ['color'], style: style as 'simple', explode }
    const args = { color: values[type] }
    const start = style === 'simple' ? '/v1/' : '/v1/x'
    expect(await targetOf({ path: [{ text: start }, piece, { text: '/end' }] }, args)).toBe(
      `${start}${expected}/end`,
    )
    // A whole segment that begins with a dot or a semicolon is a segment too.
    if (type !== 'empty') {
      expect(await targetOf({ path: [{ text: '/v1/' }, piece] }, args)).toBe(`/v1/${expected}`)
    }
  })

  it.each(queryRows)('in a query: %s, explode %s, %s', async (...row) => {
    const [style, explode, type, expected] = row
    const query = [{ name: 'color', argument: ['color'], style: style as 'form', explode }]
    expect(await targetOf({ query }, { color: values[type] })).toBe(`/x?${expected}`)
  })

  it.each([
    [false, 'empty', ''],
    [false, 'string', 'blue'],
    [false, 'array', 'blue,black,brown'],
    [false, 'object', 'R,100,G,200,B,150'],
    [true, 'array', 'blue,black,brown'],
    [true, 'object', 'R=100,G=200,B=150'],
  ])('in a header: simple, explode %s, %s', async (explode, type, expected) => {
    const headers = [{ name: 'X-Color', argument: ['color'], explode }]
    const { headers: arrived } = await echo.call({ headers }, { color: values[type] })
    expect(arrived.filter(([name]) => name === 'x-color')).toEqual([['x-color', expected]])
  })

  it.each(cookieRows)('in a cookie: %s, explode %s, %s', async (...row) => {
    const [, explode, type, expected] = row
    const cookies = [{ name: 'color', argument: ['color'], explode }]
    const { headers: arrived } = await echo.call({ cookies }, { color: values[type] })
    expect(arrived.filter(([name]) => name === 'cookie')).toEqual([['cookie', expected]])
  })
})

describe('what a parameter holds is encoded for its place', () => {
  it.each([
    // RFC 6570 §3.2.2
    ['Hello World!', 'Hello%20World%21'],
    ['me.too-~_', 'me.too-~_'],
    ['a,b;c=d', 'a%2Cb%3Bc%3Dd'],
    ['ü€😀', '%C3%BC%E2%82%AC%F0%9F%98%80'],
    ["*'()", '%2A%27%28%29'],
    ['#[]@:?&+$', '%23%5B%5D%40%3A%3F%26%2B%24'],
    ['a/b', 'a%2Fb'],
  ])('%s in a path and in a query', async (value, expected) => {
    const path = [{ text: '/v1/' }, { argument: ['v'] }]
    expect(await targetOf({ path }, { v: value })).toBe(`/v1/${expected}`)
    expect(await targetOf({ query: [{ name: 'v', argument: ['v'] }] }, { v: value })).toBe(
      `/x?v=${expected}`,
    )
  })

  it.each([
    // RFC 6570 §3.2.3, but for the characters that begin another parameter and the apostrophe of WHATWG
    ['/foo/bar', '/foo/bar'],
    ['Hello World!', 'Hello%20World!'],
    ['50%', '50%25'],
    ['50%20', '50%20'],
    [":/?@!$()*,[]'", ':/?@!$()*,[]%27'],
    ['a&b=c+d#e;f', 'a%26b%3Dc%2Bd%23e%3Bf'],
  ])('%s in a query with allowReserved', async (value, expected) => {
    const query = [{ name: 'v', argument: ['v'], allowReserved: true }]
    expect(await targetOf({ query }, { v: value })).toBe(`/x?v=${expected}`)
  })

  it('delimiters of a list stay, those within its items do not', async () => {
    const list = { v: ['a,b', 'c d', 'e|f'] }
    const styles = ['form', 'spaceDelimited', 'pipeDelimited'] as const
    const targets = []
    for (const style of styles) {
      targets.push(await targetOf({ query: [{ name: 'v', argument: ['v'], style }] }, list))
    }
    expect(targets).toEqual([
      '/x?v=a%2Cb,c%20d,e%7Cf',
      '/x?v=a%2Cb%20c%20d%20e%7Cf',
      '/x?v=a%2Cb%7Cc%20d%7Ce%7Cf',
    ])
  })

  it('names are encoded like values', async () => {
    const query = [
      { name: 'filter[a b]', argument: ['v'] },
      { name: '$top', value: '5' },
    ]
    expect(await targetOf({ query }, { v: true })).toBe('/x?filter%5Ba%20b%5D=true&%24top=5')
  })

  it('values of content are JSON', async () => {
    const filter = { a: [1, null, 'ü'], b: {} }
    const contentType = 'application/json' as const
    const received = await echo.call(
      {
        query: [{ name: 'f', argument: ['f'], contentType }],
        headers: [{ name: 'X-F', argument: ['g'], contentType }],
        cookies: [{ name: 'f', argument: ['g'], contentType }],
      },
      { f: filter, g: { a: [1, 'x'] } },
    )
    expect(received.target).toBe(
      '/x?f=%7B%22a%22%3A%5B1%2Cnull%2C%22%C3%BC%22%5D%2C%22b%22%3A%7B%7D%7D',
    )
    expect(received.headers).toContainEqual(['x-f', '{"a":[1,"x"]}'])
    expect(received.headers).toContainEqual(['cookie', 'f=%7B%22a%22%3A%5B1%2C%22x%22%5D%7D'])
  })
})

describe('what is not there leaves its place out', () => {
  const query = [
    { name: 'a', argument: ['a'], explode: true },
    { name: 'b', argument: ['b'] },
    { name: 'c', argument: ['c', 'd'] },
  ]

  it.each([
    ['nothing', {}, '/x'],
    ['null', { a: null, b: null, c: null }, '/x'],
    ['an empty list and an empty object', { a: [], b: {} }, '/x'],
    ['null within', { a: [null, 1], b: { x: null, y: 2 } }, '/x?a=1&b=y,2'],
    ['a member', { c: { d: 0 } }, '/x?c=0'],
    ['false and zero are there', { a: false, b: 0 }, '/x?a=false&b=0'],
  ])('%s', async (_, args, expected) => {
    expect(await targetOf({ query }, args)).toBe(expected)
  })

  it('an empty value is a bare name where that is allowed', async () => {
    const bare = [{ name: 'a', argument: ['a'], allowEmptyValue: true }]
    expect(await targetOf({ query: bare }, { a: '' })).toBe('/x?a')
    expect(await targetOf({ query: bare }, { a: '1' })).toBe('/x?a=1')
  })

  it('headers and cookies without a value are not sent', async () => {
    const { headers } = await echo.call(
      { headers: [{ name: 'X-A', argument: ['a'] }], cookies: [{ name: 'a', argument: ['a'] }] },
      {},
    )
    expect(headers.map(([name]) => name)).not.toContain('x-a')
    expect(headers.map(([name]) => name)).not.toContain('cookie')
  })
})

describe('deepObject', () => {
  it('nests objects and lists as vendors do', async () => {
    const query = [{ name: 'a', argument: ['a'], style: 'deepObject' as const, explode: true }]
    const a = { created: { gte: 1, lt: 2 }, tags: ['x', { y: 'z' }], none: null, no: [] }
    const target = await targetOf({ query }, { a })
    expect(decodeURIComponent(target)).toBe(
      '/x?a[created][gte]=1&a[created][lt]=2&a[tags][0]=x&a[tags][1][y]=z',
    )
    expect(target).not.toMatch(/[[\]]/)
  })

  it('writes a list by its indices', async () => {
    const query = [{ name: 'expand', argument: ['e'], style: 'deepObject' as const }]
    expect(await targetOf({ query }, { e: ['a', 'b'] })).toBe('/x?expand%5B0%5D=a&expand%5B1%5D=b')
  })
})
