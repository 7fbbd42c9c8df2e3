import type { SensitiveKind } from '@sallyport/contracts'
import type { Clean } from './clean.ts'
import { plantedOf } from './planted.ts'

// Counts how often a finder is right. The finder is handed in, so that tests and benchmarks count alike.

interface Finder {
  find(text: string): readonly { readonly start: number; readonly end: number }[]
}

/** Of values that are right: how many, and how many were found whole. Of near misses: how many, and how many were touched. */
interface Tally {
  readonly right: number
  readonly found: number
  readonly wrong: number
  readonly taken: number
}

/** Looks for planted values of a kind. */
export function measurePlanted(
  finder: Finder,
  { kind, ...how }: { readonly kind: SensitiveKind; readonly count: number; readonly seed: number },
): Tally {
  const tally = { right: 0, found: 0, wrong: 0, taken: 0 }
  for (const { text, start, end, isRight } of plantedOf(kind, how)) {
    const findings = finder.find(text)
    if (isRight) {
      tally.right += 1
      if (findings.some((one) => one.start <= start && one.end >= end)) tally.found += 1
    } else {
      tally.wrong += 1
      if (findings.some((one) => one.start < end && one.end > start)) tally.taken += 1
    }
  }
  return tally
}

/** Counts what is found in a text in which nothing is but its URLs. */
export function measureClean(finder: Finder, { text, urls }: Clean): number {
  return finder.find(text).filter(({ start, end }) => !urls.has(text.slice(start, end))).length
}

/** Looks for planted values that are written in a manner; those that it does not change do not count. */
export function measureManner(
  finder: Finder,
  manner: (value: string) => string,
  { kind, ...how }: { readonly kind: SensitiveKind; readonly count: number; readonly seed: number },
): Pick<Tally, 'right' | 'found'> {
  const tally = { right: 0, found: 0 }
  for (const { text, start, end, isRight } of plantedOf(kind, how)) {
    const value = text.slice(start, end)
    const written = manner(value)
    if (!isRight || written === value) continue
    tally.right += 1
    const last = start + written.length
    const findings = finder.find(text.slice(0, start) + written + text.slice(end))
    if (findings.some((one) => one.start <= start && one.end >= last)) tally.found += 1
  }
  return tally
}
