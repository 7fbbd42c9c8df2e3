import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type HandWritten,
  startToolEcho,
  type ToolEcho,
} from '../../../../../test/fixtures/tool-calls.ts'

let echo: ToolEcho
beforeAll(async () => {
  echo = await startToolEcho()
})
afterAll(() => echo.close())

type Body = NonNullable<HandWritten['body']>

async function bodyOf(body: Body, args: Record<string, unknown>, more: HandWritten = {}) {
  const received = await echo.call({ method: 'POST', body, ...more }, args)
  const type = received.headers.filter(([name]) => name === 'content-type')
  expect(type.length).toBeLessThanOrEqual(1)
  return {
    type: type[0]?.[1],
    text: received.body.toString('utf8'),
    bytes: received.body,
    received,
  }
}

const form = (fields: Extract<Body, { kind: 'form' }>['fields'], rest?: string[]): Body => ({
  kind: 'form',
  fields,
  ...(rest && { rest: { argument: rest } }),
})

describe('a JSON body', () => {
  it('is one argument as it was given', async () => {
    const body = JSON.parse('{"b":1,"a":[null,true,"ü\\n"],"__proto__":{"x":1},"constructor":"c"}')
    const { type, text } = await bodyOf({ kind: 'json', from: { argument: ['body'] } }, { body })
    expect(type).toBe('application/json')
    expect(text).toBe('{"b":1,"a":[null,true,"ü\\n"],"__proto__":{"x":1},"constructor":"c"}')
  })

  it('may be any JSON value, and has the type that the tool says', async () => {
    const from = { argument: ['body'] }
    const contentType = 'application/merge-patch+json'
    for (const body of ['text', 5, false, [], {}]) {
      const { type, text } = await bodyOf({ kind: 'json', from, contentType }, { body })
      expect([type, text]).toEqual([contentType, JSON.stringify(body)])
    }
  })

  it('is put together of arguments and constants', async () => {
    const members = [
      { name: 'model', value: 'small' },
      { name: 'stream', value: false },
      { name: 'prompt', argument: ['p'] },
      { name: 'none', argument: ['gone'] },
      { name: 'cleared', argument: ['n'] },
      { name: 'deep', argument: ['o', 'x'] },
    ]
    const args = { p: 'hi "you"', n: null, o: { x: [1] } }
    const { text } = await bodyOf({ kind: 'json', from: { members } }, args)
    expect(text).toBe(
      '{"model":"small","stream":false,"prompt":"hi \\"you\\"","cleared":null,"deep":[1]}',
    )
  })

  it('is not sent where nothing was given for it', async () => {
    const { type, bytes, received } = await bodyOf(
      { kind: 'json', from: { argument: ['body'] } },
      {},
    )
    expect(type).toBeUndefined()
    expect(bytes.length).toBe(0)
    expect(received.headers.map(([name]) => name)).not.toContain('transfer-encoding')
  })
})

describe('a form', () => {
  it('is written as WHATWG does', async () => {
    const fields = [
      { name: 'plain', argument: ['a'] },
      { name: 'fixed', value: 'x y' },
      { name: 'list', argument: ['l'] },
      { name: 'none', argument: ['gone'] },
    ]
    const { type, text } = await bodyOf(form(fields), { a: "ü &=+%~*-._!'()\n", l: [1, 'two'] })
    expect(type).toBe('application/x-www-form-urlencoded')
    expect(text).toBe('plain=%C3%BC+%26%3D%2B%25%7E*-._%21%27%28%29%0A&fixed=x+y&list=1&list=two')
  })

  it.each([
    [{ style: 'form', explode: false }, 'c=blue,black', 'c=R,1,G,2'],
    [{ style: 'form', explode: true }, 'c=blue&c=black', 'R=1&G=2'],
    [{ style: 'spaceDelimited', explode: false }, 'c=blue%20black', 'c=R%201%20G%202'],
    [{ style: 'pipeDelimited', explode: false }, 'c=blue%7Cblack', 'c=R%7C1%7CG%7C2'],
    [
      { style: 'deepObject', explode: true },
      'c%5B0%5D=blue&c%5B1%5D=black',
      'c%5BR%5D=1&c%5BG%5D=2',
    ],
  ])('writes lists and objects by style: %o', async (how, list, object) => {
    const fields = [{ name: 'c', argument: ['c'], ...how } as { name: string; argument: string[] }]
    expect((await bodyOf(form(fields), { c: ['blue', 'black'] })).text).toBe(list)
    expect((await bodyOf(form(fields), { c: { R: 1, G: 2 } })).text).toBe(object)
  })

  it('nests as vendors do', async () => {
    const fields = [
      { name: 'items', argument: ['body', 'items'], style: 'deepObject' as const },
      { name: 'metadata', argument: ['body', 'metadata'], style: 'deepObject' as const },
      { name: 'amount', argument: ['body', 'amount'] },
    ]
    const items = [{ price: 'p_1', quantity: 2 }, { price: 'p_2' }]
    const args = { body: { amount: 5, items, metadata: { 'order id': 'a&b' } } }
    expect((await bodyOf(form(fields), args)).text).toBe(
      'items%5B0%5D%5Bprice%5D=p_1&items%5B0%5D%5Bquantity%5D=2&items%5B1%5D%5Bprice%5D=p_2' +
        '&metadata%5Border+id%5D=a%26b&amount=5',
    )
  })

  it('writes an object as JSON where the tool says so, and in what no field names', async () => {
    const fields = [
      { name: 'address', argument: ['body', 'address'], contentType: 'application/json' },
    ]
    const args = {
      body: { other: { x: 1 }, address: { street: '1 A St.' }, tags: ['a', 'b'], n: 1 },
    }
    expect((await bodyOf(form(fields, ['body']), args)).text).toBe(
      'address=%7B%22street%22%3A%221+A+St.%22%7D&other=%7B%22x%22%3A1%7D&tags=a&tags=b&n=1',
    )
  })
})

describe('a multipart body', () => {
  const fields = [
    { name: 'note', argument: ['body', 'note'] },
    { name: 'meta', argument: ['body', 'meta'] },
    { name: 'file', argument: ['body', 'file'], file: true, contentType: 'image/png, image/jpeg' },
    { name: 'tags', argument: ['body', 'tags'] },
    { name: 'fixed', value: 'f' },
  ]
  const multipart: Body = { kind: 'multipart', fields }
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x00, 0xff])
  const file = {
    $base64: png.toString('base64'),
    contentType: 'image/png',
    filename: 'a "b"\u00fc.png',
  }
  const full = { body: { note: 'häl\nlo', meta: { a: [1] }, file, tags: ['x', 'y'] } }

  it('has its parts in order, byte by byte', async () => {
    const { type, bytes } = await bodyOf(multipart, full)
    const boundary = /^multipart\/form-data; boundary=([A-Za-z0-9-]{1,70})$/.exec(type ?? '')?.[1]
    const parts = [
      'Content-Disposition: form-data; name="note"\r\n\r\nhäl\nlo',
      'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":[1]}',
      'Content-Disposition: form-data; name="file"; filename="a %22b%22ü.png"\r\nContent-Type: image/png\r\n\r\n\0FILE\0',
      'Content-Disposition: form-data; name="tags"\r\n\r\nx',
      'Content-Disposition: form-data; name="tags"\r\n\r\ny',
      'Content-Disposition: form-data; name="fixed"\r\n\r\nf',
    ]
    const text = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
    const [before = '', after = ''] = text.split('\0FILE\0')
    const expected = Buffer.concat([Buffer.from(before), png, Buffer.from(after)])
    expect(bytes.toString('latin1')).toBe(expected.toString('latin1'))
  })

  it('is read back by another program', async () => {
    const { type, bytes } = await bodyOf(multipart, full)
    const read = await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': type ?? '' },
    }).formData()
    expect(read.get('note')).toBe('häl\nlo')
    expect(read.getAll('tags')).toEqual(['x', 'y'])
    const arrived = read.get('file') as File
    expect([arrived.type, arrived.size]).toEqual(['image/png', png.length])
  })

  it('has equal bytes in equal calls and another boundary in others', async () => {
    const first = await bodyOf(multipart, full)
    expect((await bodyOf(multipart, full)).bytes.equals(first.bytes)).toBe(true)
    const other = await bodyOf(multipart, { body: { ...full.body, note: 'x' } })
    expect(other.type).not.toBe(first.type)
  })

  it('takes text as a file, lists of files, and fields that no part names', async () => {
    const body: Body = {
      kind: 'multipart',
      fields: [{ name: 'f', argument: ['b', 'f'], file: true }],
      rest: { argument: ['b'] },
    }
    const { text } = await bodyOf(body, { b: { f: ['one', { $base64: 'dHdv' }], other: true } })
    expect(text.replaceAll(/sallyport-[0-9a-f]+/g, 'B')).toBe(
      [
        '--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\none',
        '--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\ntwo',
        '--B\r\nContent-Disposition: form-data; name="other"\r\n\r\ntrue',
        '--B--\r\n',
      ].join('\r\n'),
    )
  })

  it('of another kind names no form fields', async () => {
    const related = {
      kind: 'multipart',
      contentType: 'multipart/related',
      fields: [
        { name: 'meta', argument: ['m'], contentType: 'application/json' },
        { name: 'media', argument: ['f'], file: true, contentType: 'image/*' },
      ],
    } as const
    const { type, text } = await bodyOf(
      {
        ...related,
        fields: [...related.fields].map((field) => ({ ...field, argument: [...field.argument] })),
      },
      { m: { a: 1 }, f: { $base64: 'YQ==', contentType: 'image/gif' } },
    )
    expect(type).toMatch(/^multipart\/related; boundary=/)
    expect(text.replaceAll(/sallyport-[0-9a-f]+/g, 'B')).toBe(
      '--B\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n--B\r\nContent-Type: image/gif\r\n\r\na\r\n--B--\r\n',
    )
  })
})

describe('a raw body', () => {
  const raw = (contentType: string): Body => ({ kind: 'raw', contentType, argument: ['body'] })

  it('is text as it stands', async () => {
    const { type, text } = await bodyOf(raw('text/csv'), { body: 'a,b\n1,ü\n' })
    expect([type, text]).toEqual(['text/csv', 'a,b\n1,ü\n'])
  })

  it('is the bytes that base64 spells, of a type that the tool takes', async () => {
    const png = { $base64: 'iVBOR/8=', contentType: 'image/png' }
    const { type, bytes } = await bodyOf(raw('image/*'), { body: png })
    expect(type).toBe('image/png')
    expect(bytes.toString('base64')).toBe('iVBOR/8=')
    const plain = await bodyOf(raw('application/octet-stream'), { body: { $base64: 'AAE=' } })
    expect(plain.type).toBe('application/octet-stream')
    const any = await bodyOf(raw('*/*'), { body: { $base64: 'AAE=' } })
    expect(any.type).toBe('application/octet-stream')
  })

  it.each([
    { $base64: 'not base64' },
    { $base64: 'AAE' },
    { $base64: 'AAE=', contentType: 'text/html' },
    { $base64: 'AAE=', contentType: 'image/png\r\nX-A: 1' },
    { $base64: 'AAE=', other: 1 },
    { $base64: 'AAE=', contentType: 5 },
    ['a'],
  ])('is nothing else: %o', async (body) => {
    await expect(bodyOf(raw('image/png'), { body })).rejects.toMatchObject({
      type: 'invalid-arguments',
    })
  })
})

describe('templates', () => {
  it('fill path, query, headers, cookies and bodies, escaped for their places', async () => {
    const { received, text } = await bodyOf(
      {
        kind: 'template',
        contentType: 'application/json',
        template: '{"q":"{{.args.q}}","n":{{.args.n}}}',
        escape: 'json',
      },
      { q: 'a"/b', n: 5, none: '' },
      {
        path: [{ text: '/v/' }, { template: '{{.args.q}}' }],
        query: [
          { name: 'q', template: '{{.args.q}}' },
          { name: 'gone', template: '{{.args.none}}', optional: true },
        ],
        headers: [{ name: 'X-Q', template: 'q={{.args.q}} {{.config.unit}}' }],
        cookies: [{ name: 'q', template: '{{.args.n}}' }],
        config: { unit: 'm' },
      },
    )
    expect(received.target).toBe('/v/a%22%2Fb?q=a%22%2Fb')
    expect(JSON.parse(text)).toEqual({ q: 'a"/b', n: 5 })
    expect(received.headers).toContainEqual(['x-q', 'q=a"/b m'])
    expect(received.headers).toContainEqual(['cookie', 'q=5'])
  })
})

describe('headers', () => {
  it('are those of the definition, of the body and of every request, and no others', async () => {
    const { received } = await bodyOf(
      { kind: 'json', from: { argument: ['b'] } },
      { b: 1, v: '2024-01-01' },
      {
        headers: [
          { name: 'X-Version', argument: ['v'] },
          { name: 'Accept', value: 'application/vnd.example+json' },
          { name: 'Authorization', value: 'Bearer x' },
          { name: 'Host', value: 'evil.example' },
          { name: 'X-HTTP-Method-Override', argument: ['v'] },
        ],
      },
    )
    const names = received.headers.map(([name]) => name.toLowerCase())
    expect(names.toSorted()).toEqual([
      ...['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host'],
      ...['user-agent', 'x-version'],
    ])
    expect(received.headers).toContainEqual(['accept', 'application/vnd.example+json'])
    expect(received.headers.find(([name]) => /host/i.test(name))?.[1]).toMatch(/^127/)
  })

  it('a content type that the definition gives goes before that of the body', async () => {
    const { type } = await bodyOf(
      { kind: 'json', from: { argument: ['b'] } },
      { b: 1 },
      { headers: [{ name: 'Content-Type', value: 'application/vnd.api+json' }] },
    )
    expect(type).toBe('application/vnd.api+json')
  })
})
