import { createSecretKey, randomBytes } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { encodeVersion, type SealContext } from './associated-data.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'

const parent = { id: encodeVersion(1), key: createSecretKey(randomBytes(32)) }
const seal = (context: SealContext, plaintext: Uint8Array) =>
  sealEnvelope({ parent, context, plaintext, nonce: randomBytes(12) })

const text = fc.string({ unit: 'binary', maxLength: 24 })
const origins = fc.uniqueArray(fc.webUrl({ validSchemes: ['https'] }), { maxLength: 5 })
const place = fc.record({
  table: text,
  column: text,
  workspaceId: text,
  rowId: text,
  rowVersion: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
})
const context: fc.Arbitrary<SealContext> = fc.oneof(
  place,
  fc.tuple(place, origins).map(([fields, list]) => ({ ...fields, origins: list })),
)
const plaintext = fc.uint8Array({ maxLength: 200 })

function refusal(open: () => unknown): Problem {
  try {
    open()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it opened')
}

function expectRefused(context: SealContext, sealed: Uint8Array): void {
  expect(refusal(() => openEnvelope(parent, context, sealed)).type).toBe('credential-unreadable')
}

describe('an envelope that does not belong', () => {
  it('does not open after any single bit of it has changed', () => {
    verifies('S-33')
    fc.assert(
      fc.property(context, plaintext, fc.nat(), (where, bytes, pick) => {
        const sealed = Uint8Array.from(seal(where, bytes))
        const bit = pick % (sealed.length * 8)
        sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expectRefused(where, sealed)
      }),
    )
  })

  it('does not open for every bit of one envelope, one after the other', () => {
    const where = { table: 't', column: 'c', workspaceId: 'w', rowId: 'r', rowVersion: 1 }
    const good = seal(where, Buffer.from('a secret'))
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Uint8Array.from(good)
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expectRefused(where, bad)
    }
  })

  it('does not open when it is cut short or has grown', () => {
    fc.assert(
      fc.property(context, plaintext, fc.nat(), (where, bytes, pick) => {
        const sealed = seal(where, bytes)
        expectRefused(where, sealed.subarray(0, pick % sealed.length))
        expectRefused(where, Buffer.concat([sealed, Buffer.from([0])]))
      }),
    )
  })

  it('does not open from bytes that nobody sealed', () => {
    fc.assert(
      fc.property(context, fc.uint8Array({ maxLength: 300 }), (where, bytes) => {
        expectRefused(where, bytes)
      }),
    )
  })

  it('does not open in another table, column, workspace, row or version', () => {
    verifies('S-33')
    fc.assert(
      fc.property(
        context,
        plaintext,
        fc.tuple(fc.constantFrom('table', 'column', 'workspaceId', 'rowId'), text),
        (where, bytes, [field, other]) => {
          fc.pre(where[field] !== other)
          const sealed = seal(where, bytes)
          expectRefused({ ...where, [field]: other }, sealed)
          expectRefused({ ...where, rowVersion: (where.rowVersion % 1000) + 1001 }, sealed)
        },
      ),
    )
  })

  it('does not open when two neighbouring fields share their text differently', () => {
    const where = { table: 'ab', column: 'c', workspaceId: 'w', rowId: 'r', rowVersion: 1 }
    expectRefused({ ...where, table: 'a', column: 'bc' }, seal(where, Buffer.from('x')))
    const one = { ...where, origins: ['https://a.example', 'https://b.example'] }
    const joined = { ...where, origins: ['https://a.examplehttps://b.example'] }
    expectRefused(joined, seal(one, Buffer.from('x')))
  })

  it('does not open for origins that were widened, narrowed, exchanged or left out', () => {
    verifies('S-33')
    fc.assert(
      fc.property(place, origins, plaintext, (fields, list, bytes) => {
        const where = { ...fields, origins: list }
        const sealed = seal(where, bytes)
        expectRefused(fields, sealed)
        expectRefused({ ...where, origins: [...list, 'https://attacker.example'] }, sealed)
        if (list.length > 0) expectRefused({ ...where, origins: list.slice(1) }, sealed)
        if (list.length > 0) {
          expectRefused(
            { ...where, origins: ['https://attacker.example', ...list.slice(1)] },
            sealed,
          )
        }
        expectRefused(where, seal(fields, bytes))
      }),
    )
  })

  it('does not open with another key, under the same key id or another', () => {
    fc.assert(
      fc.property(context, plaintext, (where, bytes) => {
        const sealed = seal(where, bytes)
        const other = createSecretKey(randomBytes(32))
        expect(() => openEnvelope({ id: parent.id, key: other }, where, sealed)).toThrow(Problem)
        expect(() =>
          openEnvelope({ id: encodeVersion(2), key: parent.key }, where, sealed),
        ).toThrow(Problem)
      }),
    )
  })

  it('fails in the same words whatever is wrong, and never tells the text', () => {
    const where = { table: 't', column: 'c', workspaceId: 'w', rowId: 'r', rowVersion: 1 }
    const sealed = seal(where, Buffer.from('correct horse'))
    const problems = [
      refusal(() => openEnvelope(parent, { ...where, rowId: 'q' }, sealed)),
      refusal(() => openEnvelope(parent, { ...where, rowVersion: 2 }, sealed)),
      refusal(() => openEnvelope(parent, where, sealed.subarray(1))),
      refusal(() => openEnvelope(parent, where, new Uint8Array())),
      refusal(() => openEnvelope({ ...parent, id: encodeVersion(7) }, where, sealed)),
    ]
    const told = problems.map(({ type, detail, next, fields, extra }) =>
      JSON.stringify({ type, detail, next, fields, extra }),
    )
    expect(new Set(told).size).toBe(1)
    expect(told.join()).not.toContain('horse')
  })

  it('is not made for a context that two rows could share', () => {
    const where = { table: 't', column: 'c', workspaceId: 'w', rowId: 'r', rowVersion: 1 }
    expect(() => seal({ ...where, rowId: '\ud800' }, Buffer.from('x'))).toThrow(RangeError)
    for (const rowVersion of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => seal({ ...where, rowVersion }, Buffer.from('x'))).toThrow(RangeError)
      expectRefused({ ...where, rowVersion }, seal(where, Buffer.from('x')))
    }
  })
})

describe('an envelope that belongs', () => {
  it('opens to the bytes that were sealed', () => {
    fc.assert(
      fc.property(context, plaintext, (where, bytes) => {
        expect(Buffer.from(openEnvelope(parent, where, seal(where, bytes)))).toEqual(
          Buffer.from(bytes),
        )
      }),
    )
  })

  it('opens whatever the order of its origins, and however often one is named', () => {
    fc.assert(
      fc.property(
        fc.tuple(place, origins).chain(([fields, list]) =>
          fc.record({
            fields: fc.constant(fields),
            list: fc.constant(list),
            shuffled: fc.shuffledSubarray(list, { minLength: list.length }),
          }),
        ),
        plaintext,
        ({ fields, list, shuffled }, bytes) => {
          const sealed = seal({ ...fields, origins: list }, bytes)
          const again = { ...fields, origins: [...shuffled, ...shuffled.slice(0, 1)] }
          expect(Buffer.from(openEnvelope(parent, again, sealed))).toEqual(Buffer.from(bytes))
        },
      ),
    )
  })

  it('never looks the same twice and shows nothing of what it holds', () => {
    const where = { table: 't', column: 'c', workspaceId: 'w', rowId: 'r', rowVersion: 1 }
    const secret = Buffer.from('correct horse battery staple')
    const [one, two] = [seal(where, secret), seal(where, secret)]
    expect(Buffer.compare(one, two)).not.toBe(0)
    expect(Buffer.from(one).includes(secret.subarray(0, 8))).toBe(false)
    expect(one.length).toBe(secret.length + 37)
  })
})
