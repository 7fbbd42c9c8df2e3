import { describe, expect, it } from 'vitest'
import { type FreezeOptions, freezeRequest } from '../execute/freeze-request.ts'
import { takeRequestApart } from './take-request-apart.ts'

const options: FreezeOptions = { extraHeaders: ['x-note'] }

const freeze = (input: {
  method?: string
  url?: string
  body?: unknown
  type?: string
  headers?: Record<string, string>
}) =>
  freezeRequest(
    {
      method: input.method ?? 'POST',
      url: input.url ?? 'https://api.example.com/v1/send',
      ...(input.body !== undefined && { body: input.body }),
      headers: { ...(input.type && { 'content-type': input.type }), ...input.headers },
    },
    options,
  )

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const namesOf = (input: Parameters<typeof freeze>[0]) =>
  takeRequestApart(freeze(input))?.fields.map(({ name, text }) => `${name} ${text}`)
const shapeOf = (input: Parameters<typeof freeze>[0]) => takeRequestApart(freeze(input))?.shape

describe('a request that is taken apart', () => {
  it('names every value of query and body, each by a name of its own', () => {
    const url = 'https://api.example.com/v1/send?q=a%20b&q=c&page=2'
    expect(
      namesOf({ url, type: json, body: '{"to":["a","b"],"n":1.0,"o":{"x":null,"e":[]}}' }),
    ).toEqual([
      'query.q q=a%20b',
      'query.q[1] q=c',
      'query.page page=2',
      'body.to[0] "a"',
      'body.to[1] "b"',
      'body.n 1.0',
      'body.o.x null',
      'body.o.e []',
    ])
    expect(namesOf({ type: form, body: 'to=a&to=b&text=hi' })).toEqual([
      'body.to to=a',
      'body.to[1] to=b',
      'body.text text=hi',
    ])
    expect(namesOf({ method: 'DELETE' })).toEqual([])
  })

  it('has another shape with a member more, less, of another kind, or in another place', () => {
    const base = { type: json, body: '{"to":["a"],"text":"hi"}' }
    const shape = shapeOf(base)
    expect(shape).toBeDefined()
    for (const body of ['{"text":"other","to":["b"]}', '{ "to" : ["a"] , "text" : "" }']) {
      expect(shapeOf({ ...base, body })).toBe(shape)
    }
    for (const body of [
      '{"to":["a","b"],"text":"hi"}',
      '{"to":[],"text":"hi"}',
      '{"to":"a","text":"hi"}',
      '{"to":["a"]}',
      '{"to":["a"],"text":"hi","bcc":"x"}',
      '{"to":["a"],"text":null}',
      '{"to":["a"],"text":{"x":"hi"}}',
      '{"to":{"0":"a"},"text":"hi"}',
      '{"to[0]":"a","text":"hi"}',
      '[{"to":["a"],"text":"hi"}]',
    ]) {
      expect(shapeOf({ ...base, body }), body).not.toBe(shape)
    }
    for (const other of [
      { ...base, method: 'PUT' },
      { ...base, url: 'https://api.example.com/v1/send/' },
      { ...base, url: 'https://api.example.com:8443/v1/send' },
      { ...base, url: 'https://api.example.com/v1/send?a=1' },
      { ...base, headers: { 'x-note': '1' } },
      { ...base, type: 'application/json; charset=utf-8' },
      { ...base, headers: { 'idempotency-key': 'k' } },
    ]) {
      expect(shapeOf(other), JSON.stringify(other)).not.toBe(shape)
    }
    const url = 'https://api.example.com/v1/send?a=1&b=2'
    expect(shapeOf({ ...base, url: url.replace('a=1', 'a=3') })).toBe(shapeOf({ ...base, url }))
    for (const query of ['b=2&a=1', 'a=1&b=2&b=3', 'a=1', 'A=1&b=2', 'a[]=1&b=2', '']) {
      const other = { ...base, url: url.replace('a=1&b=2', query) }
      expect(shapeOf(other), query).not.toBe(shapeOf({ ...base, url }))
    }
  })

  it('is not told apart where anything can be read in two ways', () => {
    for (const [type, body] of [
      [json, '{"to":"a","to":"b"}'],
      [json, '{"a":{"b":1},"a.b":2}'],
      [json, '{"a":[1],"a[0]":2}'],
      [json, `{"a":${'['.repeat(40)}1${']'.repeat(40)}}`],
      [
        json,
        JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`n${at}`, at]))),
      ],
      [json, `{"${'n'.repeat(300)}":1}`],
      [json, '{"a\u202eb":1}'],
      [json, '{"a":'],
      [json, '\ufeff{"to":"a"}'],
      [json, '{"to":"a","To":"b"}'],
      [json, '{"to":"a","\\u0074o":"b"}'],
      [json, '{"a":{"skip":1,"\u017fkip":2}}'],
      [json, '{"to":"half \\ud800"}'],
      ['application/json; charset=utf-7', '{"to":"a"}'],
      ['application/json; charset=utf-8; charset=utf-7', '{"to":"a"}'],
      ['application/json, text/plain', '{"to":"a"}'],
      [form, 'a=1&a=2&a[1]=3'],
      [form, 'a=%zz'],
      [form, 'a=1;to=b'],
      [form, 'to=1&TO=2'],
      [form, '_charset_=utf-7&to=1'],
      ['application/x-www-form-urlencoded; charset=utf-16', 'a=1'],
      ['text/plain', '{"to":"a"}'],
      ['multipart/form-data; boundary=x', '--x--'],
    ] as const) {
      expect(namesOf({ type, body }), `${type} ${body.slice(0, 40)}`).toBeUndefined()
    }
    for (const query of ['to=a;to=b', 'to=a&To=b', 'a=1&a=2&a[1]=3', 'a%E2%80%AEb=1']) {
      const url = `https://api.example.com/v1/send?${query}`
      expect(namesOf({ url, type: json, body: '{"n":1}' }), query).toBeUndefined()
    }
  })
})
