import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { freezeRequest } from '../execute/freeze-request.ts'
import { compareFingerprints, takeFingerprints } from './fingerprints.ts'

const fingerprint = (parts: readonly string[]) =>
  createHmac('sha256', 'key of the tests').update(JSON.stringify(parts)).digest('base64url')
type Input = Partial<Parameters<typeof freezeRequest>[0]>
const take = (input: Input) => {
  const frozen = freezeRequest({ method: 'POST', url: 'https://api.example.com/v1', ...input })
  return { digest: frozen.digest, parts: takeFingerprints(frozen, fingerprint) }
}
const compare = (now: Input, before: Input) => compareFingerprints(take(now), take(before))

describe('fingerprints', () => {
  it('name each part of the query, the headers and a JSON or form body, and hold no value', () => {
    const { parts } = take({
      url: 'https://api.example.com/v1?q=secret-q&q=second&flag',
      headers: { accept: 'text/x-secret' },
      body: { to: [{ mail: 'secret-mail' }, 'b'], n: 1, empty: {}, none: null },
    })
    expect(Object.keys(parts).toSorted()).toEqual(
      [
        'body',
        'body.empty',
        'body.n',
        'body.none',
        'body.to[0].mail',
        'body.to[1]',
        'header.accept',
        'header.accept-encoding',
        'header.content-type',
        'header.user-agent',
        'query',
        'query.flag',
        'query.q',
        'query.q[1]',
      ].toSorted(),
    )
    expect(JSON.stringify(parts)).not.toContain('secret')
    const form = take({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=1&a=2&b=3',
    })
    expect(Object.keys(form.parts)).toEqual(
      expect.arrayContaining(['body.a', 'body.a[1]', 'body.b']),
    )
  })

  it('are bounded, whatever a body holds, and can be kept by the database', () => {
    const wide = { list: Array.from({ length: 5000 }, (_, at) => at) }
    expect(Object.keys(take({ body: wide }).parts).length).toBeLessThan(10)
    let deep: unknown = 'x'
    for (let at = 0; at < 4000; at += 1) deep = { a: deep }
    const depth = Object.keys(take({ body: JSON.stringify(deep), headers: json }).parts)
    expect(depth.length).toBeLessThan(10)
    const odd = { 'a\0b': 1, 'c\n\u202ed': 2, ['x'.repeat(5000)]: 3, __proto__: 4 }
    for (const name of Object.keys(take({ body: JSON.stringify(odd), headers: json }).parts)) {
      expect(name).not.toMatch(/\p{Cc}|\p{Surrogate}/u)
      expect(name.length).toBeLessThanOrEqual(200)
    }
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, name) => {
        const { parts } = take({ body: JSON.stringify({ [name]: value }), headers: json })
        expect(Object.keys(parts).length).toBeLessThanOrEqual(202)
        expect(JSON.stringify(parts)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
      }),
    )
  })
  const json = { 'content-type': 'application/json' }
})

describe('a comparison', () => {
  it('says same only of the same bytes', () => {
    expect(compare({ body: { a: 1 } }, { body: { a: 1 } })).toEqual({
      same: true,
      changed: [],
      added: [],
      removed: [],
    })
    const headers = { 'content-type': 'application/json' }
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const now = { body: JSON.stringify(one), headers }
        const before = { body: JSON.stringify(other), headers }
        const { same, changed, added, removed } = compare(now, before)
        expect(same).toBe(now.body === before.body)
        expect(changed.length + added.length + removed.length > 0).toBe(!same)
      }),
    )
  })

  it('names what is hidden from one parser and seen by another', () => {
    const headers = { 'content-type': 'application/json' }
    const twice = { headers, body: '{"to":"evil","to":"good"}' }
    expect(compare(twice, { headers, body: '{"to":"good"}' }).changed).toEqual(['body'])
    const url = (query: string) => ({ url: `https://api.example.com/v1?${query}` })
    expect(compare(url('a=1&b=2'), url('b=2&a=1')).changed).toEqual(['query'])
    expect(compare(url('a=1'), url('a=%31')).changed).toEqual(['query.a'])
    const order = (names: string[]) => ({
      headers: Object.fromEntries(names.map((name) => [name, 'x'])),
    })
    expect(compare(order(['accept', 'prefer']), order(['prefer', 'accept'])).changed).toEqual([
      'header',
    ])
  })

  it('lets no change hide behind another one that is named', () => {
    verifies('S-28')
    const headers = { 'content-type': 'application/json' }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const bytes = (text: string) => ({ $base64: Buffer.from(text, 'latin1').toString('base64') })
    const hidden: [Input, Input][] = [
      [
        { headers, body: '{"to":"evil","to":"good","n":2}' },
        { headers, body: '{"to":"good","n":1}' },
      ],
      [
        { headers, body: '{"to":"evil","to":"good","n":2}' },
        { headers, body: '{"to":"good","to":"good","n":1}' },
      ],
      [
        { headers, body: '{"id":10000000000000001,"n":2}' },
        { headers, body: '{"id":10000000000000000,"n":1}' },
      ],
      [
        { headers, body: '{"id":1e999,"n":2}' },
        { headers, body: '{"id":2e999,"n":1}' },
      ],
      [
        { headers, body: '{"a.to":"x","n":2}' },
        { headers, body: '{"a":{"to":"x"},"n":1}' },
      ],
      [
        { headers, body: '{"a[0]":"x","n":2}' },
        { headers, body: '{"a":["x"],"n":1}' },
      ],
      [
        { headers, body: '{"a":{"x":1},"a":{"y":2},"n":2}' },
        { headers, body: '{"a":{"x":1,"y":2},"n":1}' },
      ],
      [
        { headers, body: bytes('{"to":"\xfe","n":2}') },
        { headers, body: bytes('{"to":"\xff","n":1}') },
      ],
      [
        { headers: form, body: 'to=%fe&n=2' },
        { headers: form, body: 'to=%ff&n=1' },
      ],
      [
        { headers: form, body: '?to=x&n=2' },
        { headers: form, body: 'to=x&n=1' },
      ],
    ]
    for (const [now, before] of hidden) {
      const { changed, added, removed } = compare(now, before)
      const named = [...changed, ...added, ...removed].filter((name) => name !== 'body.n')
      expect([now.body, named.length > 0]).toEqual([now.body, true])
    }
    // Not by being one of too many either.
    const many = Array.from({ length: 250 }, (_, at) => `q${at}=`)
    const url = (query: string) => `https://api.example.com/v1?${query}`
    const last = compare(
      { url: url(`${many.join('&')}&z=evil`) },
      { url: url(`${many.join('&')}&z=good`) },
    )
    expect(last.changed).toEqual(['query'])
    const headed = (n: number, accept: string) => ({
      url: url([...many, `n=${n}`].join('&')),
      headers: { accept },
    })
    expect(compare(headed(2, 'evil'), headed(1, 'good')).changed.toSorted()).toEqual([
      'header.accept',
      'query',
    ])
  })

  it('names each leaf that differs, whatever else does', () => {
    const headers = { 'content-type': 'application/json' }
    const key = fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__')
    const tree = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(
        tree,
        fc.tuple(fc.integer(), fc.integer()),
        fc.string(),
        (rest, [one, other], said) => {
          fc.pre(one !== other)
          const bodyOf = (value: number, more: string) =>
            JSON.stringify({ ...rest, 'the one': value, more })
          const { changed } = compare(
            { headers, body: bodyOf(one, said) },
            { headers, body: bodyOf(other, '') },
          )
          expect(changed.includes('body.the one') || changed.includes('body')).toBe(true)
        },
      ),
    )
  })
})
