import { describe, expect, it } from 'vitest'
import { emptyDraft } from './policy-draft.ts'
import { firstTry, readTypedRequest } from './tried-request.ts'

const typed = { method: 'POST', url: ' https://a.example/v1 ', query: '', body: '' }

describe('a request that is tried', () => {
  it('has nothing that was not typed', () => {
    expect(readTypedRequest(typed)).toEqual({ method: 'POST', url: 'https://a.example/v1' })
  })

  it('reads a name and a value from each line of the query, and keeps what stands in the value', () => {
    const { query } = readTypedRequest({ ...typed, query: 'q=a=b c\n\nflag\n to = x' })
    expect(query).toEqual({ q: 'a=b c', flag: '', to: ' x' })
  })

  it.each([
    ['{"a":[1]}', { a: [1] }],
    ['null', null],
    ['{"a":', '{"a":'],
    ['plain text', 'plain text'],
  ])('takes a body %s as JSON where it is JSON', (body, value) => {
    expect(readTypedRequest({ ...typed, body }).body).toEqual(value)
  })
})

describe('what is tried first', () => {
  it('is the first thing that the draft allows', () => {
    const draft = {
      ...emptyDraft(),
      allow: [{ origin: 'https://a.example', methods: ['PUT' as const], paths: ['/u/*/x/**'] }],
    }
    expect(firstTry(draft, [])).toMatchObject({ method: 'PUT', url: 'https://a.example/u/1/x/' })
  })

  it('is the address of the connection where nothing is allowed, or where a host is a pattern', () => {
    expect(firstTry(emptyDraft(), ['https://b.example']).url).toBe('https://b.example/')
    const allow = [{ origin: 'https://*.example', methods: ['GET' as const], paths: ['/a'] }]
    const url = firstTry({ ...emptyDraft(), allow }, ['https://b.example']).url
    expect(url).toBe('https://b.example/a')
  })
})
