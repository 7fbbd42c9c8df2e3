import type { HttpBinding, JsonSchema } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { type Answer, createAnswerShaper } from './shape-answer.ts'

const world = {
  now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
  randomBytes: (size: number) => new Uint8Array(size),
}

function shaped(
  response: HttpBinding['response'],
  answer: Partial<Answer>,
  outputSchema?: JsonSchema,
): unknown {
  const binding = {
    kind: 'http',
    method: 'GET',
    origin: 'https://api.example.com',
    response,
  } as HttpBinding
  const shape = createAnswerShaper({ binding, ...(outputSchema !== undefined && { outputSchema }) })
  return shape?.({ status: 200, headers: {}, body: undefined, ...answer }, world)
}

describe('the answer of a tool', () => {
  it('stays as it is where the tool has no response template', () => {
    const binding = {
      kind: 'http',
      method: 'GET',
      origin: 'https://api.example.com',
    } as HttpBinding
    expect(createAnswerShaper({ binding })).toBeUndefined()
    expect(createAnswerShaper({ binding: { ...binding, response: {} } })).toBeUndefined()
  })

  it('becomes what the template yields over the parsed body', () => {
    const body = { geocodes: [{ city: 'Bern' }, { city: 'Basel' }] }
    const template =
      '# {{len .geocodes}} places{{range $i, $g := .geocodes}}\n{{add $i 1}}. {{$g.city}}{{end}}'
    expect(shaped({ body: template }, { body })).toBe('# 2 places\n1. Bern\n2. Basel')
  })

  it('can be a list or a text', () => {
    expect(shaped({ body: '{{range .}}{{.}};{{end}}' }, { body: [1, 'b'] })).toBe('1;b;')
    expect(shaped({ body: 'It says: {{.}}' }, { body: 'pong' })).toBe('It says: pong')
    expect(shaped({ body: 'done{{.id}}' }, { body: null, status: 204 })).toBe('done')
  })

  it('stands between what goes before and after it, as text', () => {
    const response = { prepend: 'Fields: a is b.\n', append: '\nThat is all.' }
    expect(shaped(response, { body: { a: 1 } })).toBe('Fields: a is b.\n{"a":1}\nThat is all.')
    expect(shaped(response, { body: 'plain' })).toBe('Fields: a is b.\nplain\nThat is all.')
  })

  it('is JSON where the tool documents its output and the template yields JSON', () => {
    const response = { body: '{"name": {{toJson .user.name}}}' }
    const answer = { body: { user: { name: 'a "b"' } } }
    expect(shaped(response, answer, { type: 'object' })).toEqual({ name: 'a "b"' })
    expect(shaped(response, answer)).toBe('{"name": "a \\"b\\""}')
    expect(shaped({ body: 'no JSON' }, answer, { type: 'object' })).toBe('no JSON')
  })

  it('of an error is what the error template yields, which sees the status and the headers', () => {
    const error =
      '{{gjson "_headers.\\\\:status"}} {{.error.message}} ({{gjson "_headers.x-request-id"}})'
    const answer = {
      status: 404,
      body: { error: { message: 'gone' } },
      headers: { 'x-request-id': 'r1' },
    }
    expect(shaped({ error, body: 'never' }, answer)).toBe('404 gone (r1)')
    expect(shaped({ body: 'never', prepend: 'x' }, answer)).toBe(answer.body)
    expect(shaped({ error: '{{.nothing}}' }, answer)).toBe(answer.body)
    expect(shaped({ error: '{{.body}}' }, { status: 502, body: 'bad gateway' })).toBe('bad gateway')
  })

  it('that is bytes is never put into a template', () => {
    const body = { $base64: 'AAEC', contentType: 'image/png' }
    expect(shaped({ body: 'x{{.}}', prepend: 'y' }, { body })).toBe(body)
  })

  it('comes with a note where the template cannot be applied', () => {
    const text = shaped({ body: '{{index .list 5}}' }, { body: { list: [1] } })
    expect(text).toContain('could not be applied: Line 1, column 3')
    expect(text).toContain('\n\n{"list":[1]}')
  })

  it('comes with a note where the template would never end', () => {
    const body = { list: Array.from({ length: 2000 }, (_, at) => at) }
    const text = shaped({ body: '{{range .list}}{{range $.list}}{{.}}{{end}}{{end}}' }, { body })
    expect(text).toContain('could not be applied')
  })

  it('shows no member of a prototype', () => {
    const body = JSON.parse('{"a": {"__proto__": {"x": "own"}}}')
    const template = '{{.constructor.name}}{{.a.toString}}{{.a.__proto__.x}}'
    expect(shaped({ body: template }, { body })).toBe('own')
  })
})
