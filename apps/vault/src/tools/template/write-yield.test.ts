import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTemplate } from './parse-template.ts'
import { type EscapeFor, TemplateFault, type TemplateScope } from './template.ts'

const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
const render = (text: string, place: EscapeFor, scope: TemplateScope): string =>
  parseTemplate(text).render(scope, place, world)

/** Any text that is Unicode; what stands at borders comes up often. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    '..',
    '/',
    '?a=b',
    '#',
    '%2f',
    '"',
    '\\',
    '\\"',
    '","a":"',
    '\r\nX: y',
    '; a=b',
    'é',
    '\u0000',
    '{{.x}}',
    'null',
  ),
)
const runs = { numRuns: 300 }

/** How JSON is built, without its texts and numbers. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return 'value'
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]))
}

describe('what a template yields', () => {
  it('stays within its segment of a path', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const path = render('/a/{{.x}}/b', 'path', { x: text })
        expect(path).toMatch(/^\/a\/[A-Za-z0-9\-._~%]*\/b$/)
        expect(decodeURIComponent(path.slice(3, -2))).toBe(text)
      }),
      runs,
    )
  })

  it('stays within its parameter of a query or a form', () => {
    fc.assert(
      fc.property(
        texts,
        texts,
        fc.constantFrom('query' as const, 'form' as const),
        (one, other, place) => {
          const query = render('a={{.one}}&b={{.other}}!&c=1', place, { one, other })
          const url = new URL(`https://example.com/?${query}`)
          expect([...url.searchParams]).toEqual([
            ['a', one],
            ['b', `${other}!`],
            ['c', '1'],
          ])
          expect(url.hash).toBe('')
        },
      ),
      runs,
    )
  })

  it('stays within its header, or is refused', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const isPlain = /^[\x20-\x7e\xa0-\xff]*$/.test(text)
        if (isPlain) expect(render('v={{.x}}', 'header', { x: text })).toBe(`v=${text}`)
        else expect(() => render('v={{.x}}', 'header', { x: text })).toThrow(TemplateFault)
      }),
      runs,
    )
  })

  it('stays within its cookie', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const cookie = render('{{.x}}', 'cookie', { x: text })
        expect(cookie).toMatch(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/)
        expect(decodeURIComponent(cookie)).toBe(text)
      }),
      runs,
    )
  })

  it('stays within its text of JSON, and outside of texts is one value', () => {
    const template =
      '{"text": "a {{.x}} b", "{{.x}}k": 1, "value": {{.x}}, "json": {{toJson .x}}, "quoted": {{quote .x}},' +
      ' "nested": {"list": [{{range $i, $v := .list}}{{if $i}}, {{end}}{"v": {{$v}}}{{end}}]}, "none": {{.none}}}'
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null))),
        (x, list) => {
          const parsed = JSON.parse(render(template, 'json', { x, list }))
          expect(parsed).toEqual({
            ...{ text: `a ${x} b`, [`${x}k`]: 1, value: x, json: x, quoted: x, none: null },
            nested: { list: list.map((v) => ({ v })) },
          })
        },
      ),
      runs,
    )
  })

  it('makes JSON of the same shape whatever kind of value it is', () => {
    const template = '{"a": {{.x}}, "b": [{{.x}}, "{{.x}}"], "c": {"d": {{.x | default 1}}}}'
    fc.assert(
      fc.property(fc.jsonValue(), (x) => {
        const parsed = JSON.parse(render(template, 'json', { x }))
        const { a, b, c } = parsed
        expect(a).toEqual(x === undefined ? null : JSON.parse(JSON.stringify(x)))
        expect(b[0]).toEqual(a)
        expect(typeof b[1]).toBe('string')
        expect(shapeOf({ ...parsed, a: 0, b: b.map(() => 0), c: { d: 0 } })).toEqual({
          a: 'value',
          b: ['value', 'value'],
          c: { d: 'value' },
        })
        expect(Object.keys(c)).toEqual(['d'])
      }),
      runs,
    )
  })

  it('is never JSON that the template did not mean', () => {
    for (const [template, x] of [
      ['{"a": 1{{.x}}}', 2.5],
      ['{"a": {{.x}}', 1],
      ['{"a": "\\{{.x}}"}', 'n'],
      ['{"a": "\\u00{{.x}}"}', '41'],
      ['{{.x}}: 1', 'a'],
    ] as const) {
      const made = (() => {
        try {
          return JSON.parse(render(template, 'json', { x }))
        } catch (thrown) {
          if (!(thrown instanceof TemplateFault)) throw thrown
          return 'refused'
        }
      })()
      expect([template, made]).toEqual([
        template,
        template.startsWith('{"a": 1') ? { a: 12.5 } : 'refused',
      ])
    }
  })

  it('is not escaped twice for a URL, and still escaped for it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(render('{{.x | urlquery}}', 'query', { x: text })).toBe(
          render('{{.x}}', 'query', { x: text }),
        )
        expect(render('{{.x | urlquery}}', 'path', { x: text })).toBe(
          render('{{.x}}', 'path', { x: text }),
        )
      }),
      runs,
    )
  })

  it('is refused where half a character would have to be written', () => {
    for (const place of ['path', 'query', 'form', 'cookie', 'header'] as const) {
      expect(() => render('{{.x}}', place, { x: 'a\ud800' })).toThrow(TemplateFault)
    }
    expect(JSON.parse(render('"{{.x}}"', 'json', { x: 'a\ud800' }))).toBe('a\ud800')
  })

  it('stands as it is in text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(render('[{{.x}}]', 'text', { x: text })).toBe(`[${text}]`)
      }),
      runs,
    )
  })
})
