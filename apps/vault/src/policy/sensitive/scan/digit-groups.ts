import type { Span } from './vicinity.ts'
import { isDigitAt } from './word-class.ts'

/** Digits in groups, as numbers are written for people to read. */
export interface DigitGroups {
  readonly groups: readonly string[]
  /** What stands between them: one fewer than the groups. */
  readonly separators: readonly string[]
  /** Where each group ends. */
  readonly ends: readonly number[]
}

interface Allowed {
  /** What may stand between two groups; sticky, and never empty. */
  readonly separator: RegExp
  readonly groupsMax: number
}

/** The groups of digits from a place on, up to the first that is not joined by an allowed separator. */
export function readGroups(
  text: string,
  from: number,
  { separator, groupsMax }: Allowed,
): DigitGroups {
  const groups: string[] = []
  const separators: string[] = []
  const ends: number[] = []
  let at = from
  while (groups.length < groupsMax) {
    const { start, end } = digitsFrom(text, at)
    groups.push(text.slice(start, end))
    ends.push(end)
    separator.lastIndex = end
    if (!separator.test(text) || !isDigitAt(text, separator.lastIndex)) break
    at = separator.lastIndex
    separators.push(text.slice(end, at))
  }
  return { groups, separators: separators.slice(0, groups.length - 1), ends }
}

/** Longer runs of digits are no part of anything; they are read this far and found too long. */
const runCharsMax = 40

function digitsFrom(text: string, start: number): Span {
  let end = start
  while (isDigitAt(text, end) && end - start < runCharsMax) end += 1
  return { start, end }
}
