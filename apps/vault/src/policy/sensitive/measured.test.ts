import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type SensitiveKind, sensitiveKinds } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { cleanCorpus } from '../../../../../test/corpus/clean.ts'
import { manners } from '../../../../../test/corpus/manners.ts'
import { measureClean, measureManner, measurePlanted } from '../../../../../test/corpus/measure.ts'
import { plantedOf, plantedPasswords } from '../../../../../test/corpus/planted.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { compileSensitive } from './compile-sensitive.ts'

// What is found of values planted in a corpus of our own, and what is found in one where nothing is. Both are made anew from
// their seeds, the same each time; `npm run bench -- redaction` measures ten times as much. What the documentation allows is
// read from its table, so that neither it nor the finder becomes worse without the other.

const document = readFileSync(
  fileURLToPath(new URL('../../../../../docs/redaction.md', import.meta.url)),
  'utf8',
)

interface Allowed {
  /** Of a hundred. */
  readonly missed: number
  /** In a million characters. */
  readonly strays: number
}

/** The row of a kind: `| `kind` | what | measured | measured | may miss | may find wrongly |`. */
function allowedFor(kind: SensitiveKind): Allowed {
  const row = document.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`)) ?? ''
  const [strays = Number.NaN, missed = Number.NaN] = row
    .split('|')
    .slice(1, -1)
    .toReversed()
    .map((cell) => Number.parseFloat(cell))
  return { missed, strays }
}

const clean = cleanCorpus({ chars: 400_000, seed: 2026 })

describe('compileSensitive, measured', () => {
  it.each(sensitiveKinds)(
    'finds as much of %s as is documented, and none with a wrong check',
    (kind) => {
      verifies('S-21')
      const finder = compileSensitive([kind])
      const { right, found, taken } = measurePlanted(finder, { kind, count: 100, seed: 2026 })
      expect(right).toBe(100)
      expect(right - found).toBeLessThanOrEqual(allowedFor(kind).missed)
      expect(taken).toBe(0)
    },
  )

  it.each(sensitiveKinds)('finds no more %s where there is none than is documented', (kind) => {
    const strays = measureClean(compileSensitive([kind]), clean)
    expect(strays).toBeLessThanOrEqual((allowedFor(kind).strays * clean.text.length) / 1e6)
  })

  it.each(Object.entries(manners))(
    'finds as much as is documented of what is written otherwise: %s',
    (name, manner) => {
      const tallies = sensitiveKinds.map((kind) =>
        measureManner(compileSensitive([kind]), manner, { kind, count: 24, seed: 2026 }),
      )
      const sum = (of: 'right' | 'found') => tallies.reduce((all, tally) => all + tally[of], 0)
      const row = document.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? ''
      const least = Number.parseFloat(row.split('|').at(-2) ?? '')
      expect((100 * sum('found')) / sum('right')).toBeGreaterThanOrEqual(least)
    },
  )

  it('finds passwords and keys by the names beside them', () => {
    const finder = compileSensitive(['secret'])
    const planted = plantedPasswords({ count: 120, seed: 2026 })
    const missed = planted.filter(({ text, start, end }) =>
      finder.find(text).every((one) => one.start > start || one.end < end),
    )
    expect(missed).toEqual([])
  })

  it('takes no fraction for a number, nor a path to a member for a secret', () => {
    const finder = compileSensitive(['credit_card', 'pl_pesel', 'secret'])
    for (const text of [
      '[-.5446307051249019, .341319376002657]',
      'x = 2.609757349287688-.5557590239287523',
      'const readonlyToken = type2.declaration.readonlyToken',
      'var token = _step22.value',
      'const exclamationToken = !questionToken',
    ]) {
      expect(finder.redact(text)).toEqual({ text, count: 0 })
    }
  })

  it('finds the same whether it looks for one kind or for all', () => {
    const finder = compileSensitive(['all'])
    for (const kind of sensitiveKinds) {
      for (const { text, start, end, isRight } of plantedOf(kind, { count: 20, seed: 7 })) {
        if (!isRight) continue
        const isHidden = finder.redact(text).text.includes(text.slice(start, end))
        expect(isHidden, text).toBe(false)
      }
    }
  })
})
