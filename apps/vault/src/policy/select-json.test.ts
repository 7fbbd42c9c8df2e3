import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { beginFields, readFieldPath } from './field-tree.ts'
import { type RedactText, redactJson } from './redact-json.ts'
import { jsonDepthMax, selectJson } from './select-json.ts'
import { atOnce } from './sensitive/turns.ts'

const select = (text: string, { keep, drop }: { keep?: string[]; drop?: string[] }) =>
  atOnce(
    selectJson(text, {
      keeps: keep === undefined ? [] : [beginFields(keep)],
      drop: drop === undefined ? [] : beginFields(drop),
    }),
  )

describe('keep', () => {
  it.each([
    ['{"id":1,"secret":2}', ['id'], '{"id":1}'],
    ['{"secret":2,"id":1}', ['id'], '{"id":1}'],
    ['{"a":1,"b":2,"c":3,"d":4}', ['b', 'd'], '{"b":2,"d":4}'],
    ['{"a":{"b":{"c":1,"x":2},"x":3}}', ['a.b.c'], '{"a":{"b":{"c":1}}}'],
    ['{"a":{"b":{"c":1,"x":2},"x":3}}', ['a.b'], '{"a":{"b":{"c":1,"x":2}}}'],
    [
      '{"items":[{"subject":1,"x":2},{"x":3},{"subject":4}]}',
      ['items[].subject'],
      '{"items":[{"subject":1},{},{"subject":4}]}',
    ],
    ['[{"id":1,"x":2},{"id":3}]', ['[].id'], '[{"id":1},{"id":3}]'],
    ['[{"id":1},{"id":2},{"id":3}]', ['[1].id'], '[{"id":2}]'],
    ['[[1,2],[3,4]]', ['[][0]'], '[[1],[3]]'],
    ['{"a":[{"b":1,"c":2},{"b":3,"c":4}]}', ['a[].b', 'a[1].c'], '{"a":[{"b":1},{"b":3,"c":4}]}'],
    ['{"x y":1,"z":2}', ['["x y"]'], '{"x y":1}'],
    ['{"a\\u0062":1,"b":2}', ['ab'], '{"a\\u0062":1}'],
    ['{"__proto__":1,"constructor":2}', ['__proto__'], '{"__proto__":1}'],
    ['{"a":"{\\"b\\":1}"}', ['a.b'], '{}'],
    ['{"a":null,"b":[],"c":{}}', ['a.x', 'b.x', 'c.x'], '{"b":[],"c":{}}'],
    ['{"a":[1,"x",{"b":2}]}', ['a[].b'], '{"a":[{"b":2}]}'],
    ['{"a":1}', ['b'], '{}'],
    ['[1,2]', ['a'], '[]'],
    ['"text"', ['a'], 'null'],
    ['12', ['a'], 'null'],
    [' { "a" : 1 , "b" : 2 } ', ['b'], ' { "b" : 2 } '],
  ])('leaves of %s with %j only %s', (text, keep, left) => {
    verifies('S-21')
    const kept = select(text, { keep })
    expect(kept).toBe(left)
  })

  it('of several rules leaves what all of them keep', () => {
    const keeps = [beginFields(['a', 'b']), beginFields(['b', 'c']), beginFields(['b.x'])]
    expect(atOnce(selectJson('{"a":1,"b":{"x":1,"y":2},"c":3}', { keeps, drop: [] }))).toBe(
      '{"b":{"x":1}}',
    )
  })
})

describe('drop', () => {
  it.each([
    ['{"id":1,"secret":2}', ['secret'], '{"id":1}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'c'], '{"b":2}'],
    ['{"a":1}', ['a'], '{}'],
    ['[{"a":1,"b":2},{"b":3}]', ['[].a'], '[{"b":2},{"b":3}]'],
    ['[1,2,3]', ['[0]', '[2]'], '[2]'],
    ['{"a":{"b":1}}', ['a.b.c'], '{"a":{"b":1}}'],
    ['{"a":{"b":1,"c":2}}', ['a.b', 'a'], '{}'],
    ['{"a":[[1,{"x":1,"y":2}]]}', ['a[][].x'], '{"a":[[1,{"y":2}]]}'],
    ['"text"', ['a'], '"text"'],
  ])('leaves of %s without %j %s', (text, drop, left) => {
    verifies('S-21')
    expect(select(text, { drop })).toBe(left)
  })

  it('goes with keep whatever their order, and counts elements as they came', () => {
    const keep = ['items[0].a', 'items[1]']
    expect(select('{"items":[{"a":1,"b":2},{"a":3,"b":4}]}', { keep, drop: ['items[1].a'] })).toBe(
      '{"items":[{"a":1},{"b":4}]}',
    )
  })
})

describe('what is no JSON text', () => {
  const bad = [
    '',
    ' ',
    '{',
    '{"a":1',
    '{"a":1}}',
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    "{'a':1}",
    '{"a" 1}',
    '{a:1}',
    '01',
    '1.',
    '.5',
    '+1',
    'NaN',
    'tru',
    '"a',
    '"\u0001"',
    '"\\x"',
    '"\\u12"',
    '{"a":1} x',
    '[1]\n[2]',
    '\ufeff{}',
    '{"a":\u00a01}',
    '//\n{}',
    '-',
  ]
  it.each(bad)('is refused: %j', (text) => {
    verifies('S-21')
    for (const selection of [{}, { keep: ['a'] }, { drop: ['a'] }, { drop: ['b'] }]) {
      expect(() => select(text, selection)).toThrow(SyntaxError)
    }
  })

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"b":1,"b":1}}]',
    '{"__proto__":1,"__proto__":2}',
  ])('since a member stands twice: %s', (text) => {
    verifies('S-21')
    // In what is taken out as well: two readers could see two different texts.
    for (const selection of [{}, { keep: ['z'] }, { drop: ['a', '[0].x'] }]) {
      expect(() => select(text, selection)).toThrow(/twice/)
    }
  })

  it('or is nested too deeply, in what is taken out too', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(select(deep(jsonDepthMax), { drop: ['a'] })).toBe(deep(jsonDepthMax))
    for (const selection of [{}, { keep: ['a'] }]) {
      expect(() => select(deep(jsonDepthMax + 1), selection)).toThrow(/deep/)
      expect(() => select(deep(2_000_000), selection)).toThrow(/deep/)
      expect(() => select('{"a":'.repeat(500_000), selection)).toThrow(SyntaxError)
    }
  })

  it('is told from JSON exactly as JSON.parse tells it', () => {
    const almost = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', ',', '}', '\\', '0', 'e', '\u0000', ' ', ':', '-'),
      )
      .map(([json, at, character]) => {
        const place = at % (json.length + 1)
        return json.slice(0, place) + character + json.slice(place + 1)
      })
    fc.assert(
      fc.property(almost, (text) => {
        const fault = faultOf(() => select(text, {}))
        // A member that stands twice is found before what comes after it.
        if (fault?.includes('twice') === true) return
        expect(fault === undefined).toBe(faultOf(() => JSON.parse(text)) === undefined)
      }),
      { numRuns: 3000 },
    )
  })
})

function faultOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError) return error.message
    throw error
  }
}

const names = fc.constantFrom('a', 'b', 'c', 'x y', '__proto__')
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1.5, 'text', true, null, ''),
    fc.array(tie('any'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(names, tie('any')), { maxLength: 4, selector: ([name]) => name })
      .map((members) => Object.fromEntries(members)),
  ),
})).any
const step = fc.oneof(
  names.map((name) => (name === 'x y' ? '["x y"]' : name)),
  fc.constantFrom('[]', '[0]', '[1]'),
)
const path = fc
  .array(step, { minLength: 1, maxLength: 4 })
  .map((steps) => steps.join('.').replaceAll('.[', '['))
const paths = fc.array(path, { minLength: 1, maxLength: 4 })
const layout = fc.constantFrom(undefined, 1, '\t')

/** Every leaf with where it stood: names and numbers. Empty objects and lists are none. */
function leavesOf(of: unknown, at: readonly (string | number)[] = []): [string, unknown][] {
  if (typeof of !== 'object' || of === null) return [[JSON.stringify(at), of]]
  const members = Array.isArray(of) ? [...of.entries()] : Object.entries(of)
  return members.flatMap(([key, member]) => leavesOf(member, [...at, key]))
}

/** Whether a path leads to the leaf or to what holds it, told step by step. */
function covers(written: string, leaf: string): boolean {
  const at = JSON.parse(leaf) as (string | number)[]
  const steps = readFieldPath(written)
  return (
    steps.length <= at.length &&
    steps.every((one, index) =>
      typeof one === 'symbol' ? typeof at[index] === 'number' : one === at[index],
    )
  )
}

describe('whatever the text and the paths', () => {
  it('what is kept is what a path covers, and what is dropped is what one covers', () => {
    verifies('S-21')
    fc.assert(
      fc.property(value, paths, layout, (of, some, indent) => {
        const text = JSON.stringify(of, null, indent)
        // Elements that go make others move up: leaves are compared by their values, in order.
        const leaves = leavesOf(of)
        const kept = leaves.filter(([leaf]) => some.some((one) => covers(one, leaf)))
        const left = leaves.filter(([leaf]) => !some.some((one) => covers(one, leaf)))
        const values = (all: [string, unknown][]) => all.map(([, leaf]) => leaf)
        const afterKeep = leavesOf(JSON.parse(select(text, { keep: some })))
        const isScalar = typeof of !== 'object' || of === null
        expect(values(afterKeep)).toEqual(isScalar ? [null] : values(kept))
        expect(values(leavesOf(JSON.parse(select(text, { drop: some }))))).toEqual(values(left))
      }),
      { numRuns: 5000 },
    )
  })

  it('how it is laid out and in which order its members stand changes nothing', () => {
    fc.assert(
      fc.property(value, paths, layout, (of, some, indent) => {
        const turned = JSON.stringify(turn(of), null, indent)
        const plain = JSON.parse(select(JSON.stringify(of), { keep: some }))
        expect(JSON.parse(select(turned, { keep: some }))).toEqual(plain)
      }),
    )
  })

  it('what stays is written as it was', () => {
    const text = '{"n":12345678901234567890.10,"e":1E+2,"s":"\\u00e9\\/é","big":[1e400],"x":0}'
    expect(select(text, { drop: ['x'] })).toBe(text.replace(',"x":0', ''))
    expect(select(text, { drop: ['y'] })).toBe(text)
  })
})

function turn(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(turn)
  if (typeof of !== 'object' || of === null) return of
  return Object.fromEntries(
    Object.entries(of)
      .map(([name, member]) => [name, turn(member)] as const)
      .reverse(),
  )
}

describe('redacting JSON', () => {
  // biome-ignore lint/correctness/useYield: there is nothing to pause for
  const digits: RedactText = function* (text, beside) {
    const found = text.match(/\d{4}/g)?.length ?? 0
    const isBeside = beside === 'pin' && /^\d+$/.test(text)
    if (isBeside) return { text: '[pin]', count: 1 }
    return { text: text.replaceAll(/\d{4}/g, '[four]'), count: found }
  }
  const redact = (text: string) => atOnce(redactJson(text, digits))

  it.each([
    ['{"a":"x 1234 y"}', '{"a":"x [four] y"}', 1],
    ['{"a":1234}', '{"a":"[four]"}', 1],
    ['{"a":1.234e3}', '{"a":"[four]"}', 1],
    ['{"a":-1234.50}', '{"a":"-[four].50"}', 1],
    ['{"a":123,"pin":123}', '{"a":123,"pin":"[pin]"}', 1],
    ['{"pin":[1,[2]],"a":[3]}', '{"pin":["[pin]",["[pin]"]],"a":[3]}', 2],
    ['{"pin":{"a":1},"b":2}', '{"pin":{"a":1},"b":2}', 0],
    ['{"1234":1,"5678":2,"[four] 2":3}', '{"[four]":1,"[four] 2":2,"[four] 2 2":3}', 2],
    ['"\\u0031234"', '"[four]"', 1],
    ['["\\"1234\\\\"]', '["\\"[four]\\\\"]', 1],
    ['[true,null,{},[],"",{"a":[]}]', '[true,null,{},[],"",{"a":[]}]', 0],
    [' [ 1 , "1234" ] ', ' [ 1 , "[four]" ] ', 1],
  ])('makes of %s %s', (text, left, count) => {
    verifies('S-21')
    expect(redact(text)).toEqual({ text: left, count })
  })

  it('finds every string, name and number, and changes nothing else', () => {
    verifies('S-21')
    const part = fc.constantFrom('1234', 'a', '"', '\\', 'é', '12', '\n')
    const string = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''))
    const of = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        string,
        fc.integer(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(string, tie('any'), { maxKeys: 3 }),
      ),
    })).any
    fc.assert(
      fc.property(of, layout, (whole, indent) => {
        const text = JSON.stringify(whole, null, indent)
        const { text: left, count } = redact(text)
        expect(JSON.stringify(JSON.parse(left))).not.toMatch(/\d{4}/)
        if (count === 0) expect(left).toBe(text)
        expect(shapeOf(JSON.parse(left))).toEqual(shapeOf(whole))
      }),
      { numRuns: 2000 },
    )
  })
})

function shapeOf(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(shapeOf)
  if (typeof of !== 'object' || of === null) return 0
  return Object.values(of).map(shapeOf)
}
