import { type SensitiveKind, sensitiveKinds } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { cleanCorpus } from '../../../../../test/corpus/clean.ts'
import { plantedOf, plantedPasswords } from '../../../../../test/corpus/planted.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { compileSensitive, type Finding } from './compile-sensitive.ts'

// What is found of values planted in a corpus of our own, and what is found in one where nothing is. Both are made anew from
// their seeds, the same each time; `pnpm bench redaction` measures more of them and says what came out.

const clean = cleanCorpus({ chars: 400_000, seed: 2026 })
const isUrl = ({ start, end }: Finding) => clean.urls.has(clean.text.slice(start, end))

/** Findings in 400 000 characters of clean text: a number of eleven digits or of 16 in groups passes its checks by chance. */
const strays: Partial<Record<SensitiveKind, number>> = { pl_pesel: 2, credit_card: 2 }

describe('compileSensitive, measured', () => {
  it.each(sensitiveKinds)(
    'finds 98 of 100 planted values of %s and none with a wrong check',
    (kind) => {
      verifies('S-21')
      const finder = compileSensitive([kind])
      const planted = plantedOf(kind, { count: 100, seed: 2026 })
      const found = planted.filter(({ text, start, end, isRight }) =>
        finder
          .find(text)
          .some((one) =>
            isRight ? one.start <= start && one.end >= end : one.start < end && one.end > start,
          ),
      )
      const isFound = (wanted: boolean) => found.filter(({ isRight }) => isRight === wanted)
      expect(isFound(true).length).toBeGreaterThanOrEqual(98)
      expect(isFound(false)).toEqual([])
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

  it.each(sensitiveKinds)('finds no %s where there is none', (kind) => {
    const found = compileSensitive([kind])
      .find(clean.text)
      .filter((one) => !isUrl(one))
    expect(found.length).toBeLessThanOrEqual(strays[kind] ?? 0)
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
