import { describe, expect, it } from 'vitest'
import type { Compared } from './compare.ts'
import { type ReadBody, readBody } from './read-body.ts'
import { compileBodyCondition, testBody } from './test-condition.ts'

const bodyOf = (text: string, type: string): ReadBody =>
  readBody({ headers: [['content-type', type]], body: new TextEncoder().encode(text) })
const json = (value: unknown) => bodyOf(JSON.stringify(value), 'application/json')
const form = (text: string) => bodyOf(text, 'application/x-www-form-urlencoded')
const ask = (path: string, op: Compared['op'], value?: Compared['value']) =>
  compileBodyCondition({ path, op, value })

describe('a condition on a body', () => {
  it('holds where any value that its path leads to fits', () => {
    const body = json({ to: [{ email: 'a@own.example' }, { email: 'x@evil.example' }], n: 7 })
    expect(testBody(ask('to[].email', 'ends_with', '@evil.example'), body)).toBe('yes')
    expect(testBody(ask('to[0].email', 'ends_with', '@evil.example'), body)).toBe('no')
    expect(testBody(ask('to[].email', 'not_ends_with', ['@own.example']), body)).toBe('yes')
    expect(
      testBody(ask('to[].email', 'not_ends_with', ['@own.example', '@evil.example']), body),
    ).toBe('no')
    expect(testBody(ask('to[].email', 'matches', '^x@'), body)).toBe('yes')
    expect(testBody(ask('to', 'count_gt', 1), body)).toBe('yes')
    expect(testBody(ask('to[]', 'count_gt', 2), body)).toBe('no')
    expect(testBody(ask('n', 'in', [6, 7]), body)).toBe('yes')
    expect(testBody(ask('n', 'gt', 7), body)).toBe('no')
  })

  it('says no of what is not there, but for exists: false', () => {
    for (const body of [json({ b: 1 }), bodyOf('', 'application/json')]) {
      for (const op of [
        'eq',
        'neq',
        'contains',
        'not_contains',
        'matches',
        'not_matches',
      ] as const) {
        expect(testBody(ask('a', op, 'x'), body), op).toBe('no')
      }
      expect(testBody(ask('a', 'exists'), body)).toBe('no')
      expect(testBody(ask('a', 'exists', false), body)).toBe('yes')
    }
    expect(testBody(ask('a', 'exists'), json({ a: null }))).toBe('yes')
  })

  it('is unclear about what only some readers would find there', () => {
    const unclear: [ReturnType<typeof ask>, ReadBody][] = [
      [ask('to', 'eq', 'x'), json({ To: 'x' })],
      [ask('to', 'eq', 'x'), json({ to: 'y', TO: 'x' })],
      [ask('to', 'eq', 'x'), json({ to: ['y', 'x'] })],
      [ask('to', 'eq', 'x'), json({ to: { id: 'x' } })],
      [ask('to.id', 'eq', 'x'), json({ to: [{ id: 'x' }] })],
      [ask('to[]', 'eq', 'x'), json({ to: { 0: 'x' } })],
      [ask('to[0]', 'eq', 'x'), json({ to: 'x' })],
      [ask('n', 'gt', 5), json({ n: '7' })],
      [ask('n', 'gt', 5), json({ n: '0x10' })],
      [ask('n', 'eq', 5), json({ n: '5' })],
      [ask('n', 'eq', '5'), json({ n: 5 })],
      [ask('public', 'eq', true), json({ public: 'True' })],
      [ask('public', 'eq', true), json({ public: 1 })],
      [ask('kind', 'eq', 'ſecret'), json({ ſind: 'x', KIND: 'ſecret' })],
      [ask('raw.@mime.to[]', 'eq', 'x'), json({ raw: '!!' })],
      [ask('a', 'eq', 'x'), form('a[]=x')],
      [ask('a', 'eq', 'x'), form('A=x')],
      [ask('card.number', 'eq', '4'), form('card[number]=4')],
      [ask('a', 'eq', 'x'), form('a=x&a=y')],
    ]
    for (const [condition, body] of unclear) {
      expect(testBody(condition, body), JSON.stringify(condition)).toBe('unclear')
    }
  })

  it('takes a number that doubles cannot hold for no other', () => {
    const body = bodyOf('{"id":9007199254740993,"big":1e400}', 'application/json')
    expect(testBody(ask('id', 'eq', 9007199254740992), body)).toBe('unclear')
    expect(testBody(ask('id', 'eq', 5), body)).toBe('no')
    expect(testBody(ask('id', 'gt', 5), body)).toBe('yes')
    expect(testBody(ask('big', 'gt', 5), body)).toBe('yes')
    const plain = bodyOf('{"a":1.50,"b":150e-2,"c":0.1}', 'application/json')
    expect(testBody(ask('a', 'eq', 1.5), plain)).toBe('yes')
    expect(testBody(ask('b', 'eq', 1.5), plain)).toBe('yes')
    expect(testBody(ask('c', 'eq', 0.1), plain)).toBe('yes')
  })

  it('compares the decimals of a form as numbers, and any of the fields of a name', () => {
    expect(testBody(ask('n', 'gt', 5), form('n=7'))).toBe('yes')
    expect(testBody(ask('n', 'gt', 5), form('n=+7'))).toBe('unclear')
    expect(testBody(ask('n', 'gt', 5), form('n=7e0'))).toBe('unclear')
    expect(testBody(ask('a', 'eq', 'x'), form('a=x&a=x'))).toBe('yes')
    expect(testBody(ask('a[]', 'eq', 'x'), form('a=y&a=x'))).toBe('yes')
    expect(testBody(ask('["card[number]"]', 'eq', '4'), form('card[number]=4'))).toBe('yes')
    expect(testBody(ask('a b', 'exists'), form('a+b=1'))).toBe('unclear')
    expect(testBody(ask('["a b"]', 'exists'), form('a+b=1'))).toBe('yes')
    expect(testBody(ask('a', 'count_gt', 1), form('a=1&a=2'))).toBe('yes')
  })

  it('tells case apart unless it is told not to', () => {
    const body = json({ to: 'x@EVIL.example' })
    expect(testBody(ask('to', 'ends_with', '@evil.example'), body)).toBe('no')
    for (const [op, value] of [
      ['ends_with', '@evil.example'],
      ['matches', 'evil'],
    ] as const) {
      const folding = compileBodyCondition({ path: 'to', op, value, ignoreCase: true })
      expect(testBody(folding, body), op).toBe('yes')
    }
  })

  it('reads a file no further than its name, its type and its size', () => {
    const body = bodyOf(
      '--b\r\nContent-Disposition: form-data; name="f"; filename="a.exe"\r\n\r\nMZ\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    )
    expect(testBody(ask('f.filename', 'ends_with', '.exe'), body)).toBe('yes')
    expect(testBody(ask('f.bytes', 'gt', 2), body)).toBe('no')
    expect(testBody(ask('f', 'contains', 'MZ'), body)).toBe('unclear')
  })

  it('leads through own members alone', () => {
    const body = bodyOf('{"__proto__":{"a":1},"constructor":2}', 'application/json')
    expect(testBody(ask('["__proto__"].a', 'eq', 1), body)).toBe('yes')
    expect(testBody(ask('__proto__.a', 'eq', 1), body)).toBe('yes')
    expect(testBody(ask('toString', 'exists'), body)).toBe('no')
    expect(testBody(ask('__proto__', 'exists'), json({}))).toBe('no')
  })
})
