import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { readBody } from './read-body.ts'

const kindOf = (text: string | Uint8Array, type?: string, ...more: [string, string][]) =>
  readBody({
    headers: [...(type === undefined ? [] : [['content-type', type] as const]), ...more],
    body: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  }).kind
const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

describe('readBody', () => {
  it('reads JSON of any such type, in UTF-8, and calls no bytes no body', () => {
    for (const type of [
      json,
      'Application/JSON; charset=UTF-8',
      'application/json ; charset="utf-8"',
      'application/merge-patch+json',
      'application/vnd.api+json;profile="x"',
      'text/json',
    ]) {
      expect(kindOf('{"a":[1,{"b":null}]}', type), type).toBe('json')
    }
    expect(kindOf('', json)).toBe('none')
    expect(readBody({ headers: [] }).kind).toBe('none')
  })

  it('does not read JSON that two readers could take for two things', () => {
    verifies('S-14')
    const bad = [
      '{"a":1,"a":2}',
      '{"b":{"a":1,"\\u0061":2}}',
      '{"__proto__":1,"__proto__":2}',
      '\ufeff{"a":1}',
      '{"a":1}x',
      '{"a":1,}',
      "{'a':1}",
      '{"a":01}',
      '{"a":NaN}',
      '{"a":"\\ud800"}',
      '{"a":"\\x41"}',
      '{"a":"\u0001"}',
      '{"a":1}\0',
      '{/**/"a":1}',
      ' ',
      '"a',
      '[1,]',
      '['.repeat(65) + ']'.repeat(65),
    ]
    for (const text of bad) expect(kindOf(text, json), text).toBe('unreadable')
    expect(kindOf('['.repeat(64) + ']'.repeat(64), json)).toBe('json')
  })

  it('does not read what the headers say is something else, or say in two ways', () => {
    const text = '{"a":1}'
    for (const type of [
      undefined,
      '',
      'json',
      'application/xml',
      'application/octet-stream',
      'application/x-ndjson',
      'application/json, text/plain',
      'application/json; charset=utf-16',
      'application/json; charset=utf-7',
      'application/json; charset=utf-8; charset=utf-16',
      'application/json; charset="utf\\-8"',
      'application/json;',
      'application/json; charset',
    ]) {
      expect(kindOf(text, type), type ?? 'none').toBe('unreadable')
    }
    expect(kindOf(text, 'text/plain')).toBe('text')
    expect(kindOf(text, json, ['content-encoding', 'gzip'])).toBe('unreadable')
    expect(kindOf(Uint8Array.of(0x22, 0xc0, 0x80, 0x22), json)).toBe('unreadable')
    expect(kindOf(new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), json)).toBe('unreadable')
  })

  it('reads up to 1 MiB', () => {
    const text = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`
    expect(kindOf(text(1024 * 1024), json)).toBe('json')
    expect(kindOf(text(1024 * 1024 + 1), json)).toBe('unreadable')
    expect(kindOf(`[${'1,'.repeat(100_000)}1]`, json)).toBe('unreadable')
  })

  it('reads forms as browsers write them', () => {
    for (const text of ['a=1&b=2', 'a', 'a=1&&b', 'a=%C3%A9+x', 'a=é', '=', 'a%5Bb%5D=1&a[c]=2']) {
      expect(kindOf(text, form), text).toBe('form')
    }
    for (const text of [
      'a=1;b=2',
      'a=%',
      'a=%zz',
      'a=%C3',
      'a=%C0%80',
      'a=1\n',
      'a%00=1',
      'a=%00',
    ]) {
      expect(kindOf(text, form), text).toBe('unreadable')
    }
    expect(kindOf('_charset_=utf-7&a=1', form)).toBe('unreadable')
    expect(kindOf('\ufeffa=1', form)).toBe('unreadable')
  })

  it('does not read as a form or as mail what its receiver may take for JSON or XML', () => {
    verifies('S-14')
    const texts = ['{"to":"x"}', '["a"]', '"a"', '{"a":1}&a=2', '<a>1</a>', '[a]=1']
    for (const text of [...texts, ...texts.map((one) => ` ${one}`)]) {
      expect(kindOf(text, form), text).toBe('unreadable')
      expect(kindOf(`${text}: x\r\nTo: a@b.example\r\n\r\n`, 'message/rfc822'), text).toBe(
        'unreadable',
      )
    }
    for (const text of ['%7B%22a%22%3A1%7D', 'a={"b":1}', 'a[0]=1', "'a'=1"]) {
      expect(kindOf(text, form), text).toBe('form')
    }
  })

  it('reads multipart forms that are put together in the usual way, and no other', () => {
    const type = 'multipart/form-data; boundary=XyZ'
    const part = (head: string, value = 'v') => `--XyZ\r\n${head}\r\n\r\n${value}\r\n`
    const named = 'Content-Disposition: form-data; name="a"'
    const good = [
      `${part(named)}--XyZ--\r\n`,
      `${part(named, '')}--XyZ--`,
      `${part(`${named}; filename="x.txt"\r\nContent-Type: text/plain`)}--XyZ--\r\n`,
      `${part(`${named}\r\nContent-Type: application/json`, '{"b":1}')}--XyZ--\r\n`,
      `${part('content-disposition: form-data; name="é"')}--XyZ--\r\n`,
    ]
    for (const text of good) expect(kindOf(text, type), text).toBe('multipart')
    const bad = [
      `preamble\r\n${part(named)}--XyZ--\r\n`,
      `${part(named)}--XyZ--\r\nepilogue`,
      `${part(named)}`,
      `${part(named)}--XyZ \r\n${part(named)}--XyZ--\r\n`,
      `${part(named, 'a --XyZ b')}--XyZ--\r\n`,
      `${part(named, 'a\n--XyZ\nb')}--XyZ--\r\n`,
      `${part('Content-Disposition: form-data; name="a"; name="b"')}--XyZ--\r\n`,
      `${part('Content-Disposition: form-data; name=a')}--XyZ--\r\n`,
      `${part('Content-Disposition: form-data; name="a%22b"')}--XyZ--\r\n`,
      `${part('Content-Disposition: form-data; name="a\\"b"')}--XyZ--\r\n`,
      `${part(`${named}; filename*=utf-8''x`)}--XyZ--\r\n`,
      `${part(`${named}\r\nContent-Transfer-Encoding: base64`)}--XyZ--\r\n`,
      `${part(`${named}\r\nContent-Type: text/plain; charset=utf-16`)}--XyZ--\r\n`,
      `${part(`${named}\r\n folded`)}--XyZ--\r\n`,
      `${part(`${named}\r\nContent-Type: application/json`, '{"b":1,"b":2}')}--XyZ--\r\n`,
      `${part(`${named}\r\n${named}`)}--XyZ--\r\n`,
      part(named).replaceAll('\r\n', '\n'),
      '--XyZ--\r\n',
    ]
    for (const text of bad) expect(kindOf(text, type), text).toBe('unreadable')
    for (const boundary of [
      '',
      '; boundary=',
      '; boundary="a b"',
      `; boundary=${'x'.repeat(71)}`,
    ]) {
      expect(kindOf(good[0] ?? '', `multipart/form-data${boundary}`), boundary).toBe('unreadable')
    }
    expect(kindOf(good[0] ?? '', 'multipart/mixed; boundary=XyZ')).toBe('unreadable')
  })
})
