import type { ToolBinding } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { bindingRows } from './binding-words.ts'

const binding = (more: object): ToolBinding => ({
  kind: 'http',
  method: 'POST',
  origin: 'https://api.example.com',
  path: [{ text: '/v1/' }, { argument: ['id'], style: 'simple', explode: false }],
  query: [],
  headers: [],
  cookies: [],
  credential: 'connection',
  ...more,
})

describe('where the arguments of a tool go', () => {
  it('is said of each place of the request', () => {
    const rows = bindingRows(
      binding({
        query: [
          { name: 'q', argument: ['search'], style: 'form', explode: false },
          { name: 'v', value: '2' },
          { name: 't', template: '{{.args.day}}' },
        ],
        headers: [{ name: 'x-trace', argument: ['trace'], explode: false }],
        body: { kind: 'json', contentType: 'application/json', from: { argument: ['body'] } },
      }),
    )
    expect(rows).toEqual([
      ['Path', 'id', 'id'],
      ['Query', 'q', 'search'],
      ['Query', 'v', '= 2'],
      ['Query', 't', 'template'],
      ['Header', 'x-trace', 'trace'],
      ['Body', 'application/json', 'body'],
    ])
  })

  it('names the fields of forms and of JSON that is put together', () => {
    const form = {
      kind: 'form',
      fields: [{ name: 'a', argument: ['body', 'a'], style: 'form', explode: true }],
      rest: { argument: ['body'] },
    }
    expect(bindingRows(binding({ path: [{ text: '/' }], body: form }))).toEqual([
      ['Form field', 'a', 'body.a'],
      ['Form field', 'all others', 'body'],
    ])
    const members = [
      { name: 'a', argument: ['x'] },
      { name: 'b', value: true },
    ]
    const json = { kind: 'json', contentType: 'application/json', from: { members } }
    expect(bindingRows(binding({ path: [{ text: '/' }], body: json }))).toEqual([
      ['Body', 'a', 'x'],
      ['Body', 'b', '= true'],
    ])
  })
})
