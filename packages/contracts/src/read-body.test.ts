import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'

const read = (body: string | Uint8Array, contentType?: string, contentEncoding?: string) =>
  readBody({ contentType, contentEncoding, base64: Buffer.from(body).toString('base64') })

describe('reading a body', () => {
  it('believes the content type, and says when the body does not keep to it', () => {
    expect(read('{"a":1}', 'application/json; charset=utf-8').readable.kind).toBe('json')
    expect(read('{"a":1}', 'application/vnd.api+json').readable.kind).toBe('json')
    expect(read('{"a":1}', 'text/plain').readable.kind).toBe('text')
    expect(read('{"a":1}').readable.kind).toBe('json')
    const broken = read('{"a":', 'application/json')
    expect(broken.readable.kind).toBe('text')
    expect(broken.warnings).toHaveLength(1)
  })

  it('warns where two receivers could read the same JSON differently', () => {
    expect(read('{"to":"a","to":"b"}', 'application/json').warnings.join()).toContain('twice')
  })

  it('decodes a form, a question mark at its start included', () => {
    expect(read('?to=a%40b&x=1+2&to=c', 'application/x-www-form-urlencoded').readable).toEqual({
      kind: 'form',
      pairs: [
        { name: '?to', value: 'a@b' },
        { name: 'x', value: '1 2' },
        { name: 'to', value: 'c' },
      ],
    })
  })

  it('lists a bounded number of fields', () => {
    const { readable, warnings } = read('a&'.repeat(50_000), 'application/x-www-form-urlencoded')
    expect(readable.kind === 'form' && readable.pairs.length).toBe(5_000)
    expect(warnings).toHaveLength(1)
  })

  it.each<[string, { body: Uint8Array | string; type: string; encoding?: string }]>([
    ['bytes that are no UTF-8', { body: Uint8Array.from([0xff, 0xfe]), type: 'text/plain' }],
    ['another character set', { body: '+ADw-script+AD4-', type: 'text/html; charset="utf-7"' }],
    ['an encoding on top', { body: 'x', type: 'application/json', encoding: 'gzip' }],
    ['data', { body: '\x00\x01\x02\x03', type: 'application/octet-stream' }],
  ])('shows only the bytes of %s', (_, { body, type, encoding }) => {
    const { readable, bytes } = read(body, type, encoding)
    expect(readable.kind).toBe('bytes')
    expect(Buffer.from(bytes)).toEqual(Buffer.from(body))
  })

  it('says why, where the headers promise something that could be read', () => {
    expect(read(Uint8Array.from([0xff]), 'application/json').warnings).toHaveLength(1)
    expect(read(Uint8Array.from([0xff]), 'image/png').warnings).toEqual([])
  })

  it('keeps a byte order mark, so that it is seen', () => {
    expect(read('\ufeffhello', 'text/plain').text).toBe('\ufeffhello')
  })
})
