import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  type FrozenRequest,
  freezeRequest,
  restoreFrozenRequest,
  writeFrozenRequest,
} from './freeze-request.ts'

const freeze = (input: Partial<Parameters<typeof freezeRequest>[0]> = {}, placeholder?: string) =>
  freezeRequest(
    { method: 'POST', url: 'https://api.example.com/v1/notes?a=1', body: 'x', ...input },
    { allowEncodedSlash: true, extraHeaders: ['x-note'], slot: { placeholder } },
  )
const restore = ({ digest }: FrozenRequest, bytes: Uint8Array) =>
  restoreFrozenRequest(bytes, digest)

describe('a frozen request that was written down', () => {
  it('is the same request again, whatever it holds', () => {
    verifies('S-24')
    const body = fc.oneof(
      fc.constant(undefined),
      fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text)),
      fc.jsonValue(),
      fc.uint8Array().map((bytes) => ({ $base64: Buffer.from(bytes).toString('base64') })),
    )
    const word = fc.stringMatching(/^[\x21-\x7e]{0,12}$/)
    fc.assert(
      fc.property(body, word, fc.dictionary(word, word), (given, note, query) => {
        let frozen: FrozenRequest
        try {
          frozen = freeze({ body: given, query, headers: { 'x-note': note } })
        } catch {
          return // What cannot be frozen is never written.
        }
        const bytes = writeFrozenRequest(frozen)
        expect(restore(frozen, bytes)).toEqual(frozen)
      }),
    )
    const marked = freeze({ url: 'https://api.example.com:8443/bot{key}/a%2Fb?' }, 'key')
    expect(restore(marked, writeFrozenRequest(marked))).toEqual(marked)
  })

  it('cannot be changed, and is not what stands behind it', () => {
    const bytes = writeFrozenRequest(freeze())
    const frozen = restore(freeze(), bytes)
    bytes.fill(0)
    expect(Buffer.from(frozen.body ?? []).toString()).toBe('x')
    for (const part of [frozen, frozen.headers, frozen.headers[0], frozen.query]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('is refused as soon as one byte of it is another', () => {
    verifies('S-24')
    const frozen = freeze({ headers: { 'x-note': 'n' }, query: { b: '2' } })
    const bytes = writeFrozenRequest(frozen)
    const isDropped = Buffer.from(bytes).indexOf('droppedHeaders')
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [1, 32, 128]) {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ flip
        try {
          // What names dropped headers is not sent, and names alone can be harmed without being noticed.
          expect([at, restore(frozen, changed)]).toEqual([at, frozen])
        } catch (thrown) {
          if (Math.abs(at - isDropped) < 20) continue
          expect(thrown).toBeInstanceOf(Error)
        }
      }
    }
  })

  it('is refused where a part says something else than the URL, or another digest is meant', () => {
    verifies('S-24')
    const frozen = freeze()
    const text = Buffer.from(writeFrozenRequest(frozen)).toString('utf8')
    const [line = '', body] = text.split('\n')
    const forge = (change: object) =>
      Buffer.from(`${JSON.stringify({ ...JSON.parse(line), ...change })}\n${body}`)
    const forged: object[] = [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { path: '/v1/notes?a=1' },
      { path: '/v1' },
      { query: [] },
      { query: [['a', '2']] },
      { method: 'TRACE' },
      { url: 'https://evil.example/v1/notes?a=1' },
      { headers: [] },
      { hasBody: false },
      { digest: '0'.repeat(64) },
      { v: 2 },
    ]
    for (const change of forged) {
      const bytes = forge(change)
      expect(() => restore(frozen, bytes), JSON.stringify(change)).toThrow('not the one')
    }
    expect(() => restoreFrozenRequest(forge({}), freeze({ body: 'y' }).digest)).toThrow(
      'not the one',
    )
    for (const bytes of ['', '{}', '\n', 'null\n', '[]\n', `${line}`]) {
      expect(() => restore(frozen, Buffer.from(bytes))).toThrow()
    }
  })
})
