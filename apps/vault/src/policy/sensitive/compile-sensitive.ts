import {
  type CustomKind,
  expandSensitiveNames,
  type SensitiveName,
  sensitiveKinds,
} from '@sallyport/contracts'
import type { Finding } from './finding.ts'
import { mask } from './scan/mask.ts'
import { compileKinds, findAll, hasAny, type Subject } from './search-text.ts'

export type { Finding } from './finding.ts'

/**
 * Finds sensitive data in text. `beside` is the name of the member that holds the text, where there is one (`ssn`,
 * `dateOfBirth`, `api_key`): numbers that look like any other are found only beside words that say what they are.
 */
export interface SensitiveFinder {
  has(text: string, beside?: string): boolean
  /** In order, not overlapping: of two that overlap the longer one, of equal ones the first of the kinds. */
  find(text: string, beside?: string): readonly Finding[]
  /** Each finding becomes `[redacted:<kind>]`; `count` says how many. The same text back where there is none. */
  redact(text: string, beside?: string): { readonly text: string; readonly count: number }
}

/**
 * Compiles the finder of these kinds and groups, and of an owner's own kinds. What `redact` left behind is never found
 * again. Time grows with the length of the text; docs/redaction.md has the figures, and says what each kind finds.
 * @throws Error where an expression cannot be compiled, as `compileExpression` does
 */
export function compileSensitive(
  names: readonly SensitiveName[],
  custom: readonly CustomKind[] = [],
): SensitiveFinder {
  const kinds = compileKinds(expandSensitiveNames(names), custom)
  const labels = labelsOf([...sensitiveKinds, ...custom.map(({ name }) => name)])
  const subject = (text: string, beside: string | undefined): Subject => {
    // Whoever writes the mask would hide what it touches; as a joiner it is read over.
    const plain = text.includes(mask) ? text.replaceAll(mask, wordJoiner) : text
    return {
      text: plain.includes('[redacted:') ? plain.replace(labels, maskAll) : plain,
      beside,
    }
  }
  const find = (text: string, beside?: string): readonly Finding[] =>
    findAll(kinds, subject(text, beside))
  return {
    has: (text, beside) => hasAny(kinds, subject(text, beside)),
    find,
    redact(text, beside) {
      const found = find(text, beside)
      return { text: found.length === 0 ? text : withLabels(text, found), count: found.length }
    },
  }
}

const labelsOf = (kinds: readonly string[]): RegExp =>
  new RegExp(`\\[redacted:(?:${kinds.join('|')})\\]`, 'g')

const wordJoiner = '\u2060'

const maskAll = (label: string): string => mask.repeat(label.length)

function withLabels(text: string, found: readonly Finding[]): string {
  let labelled = ''
  let at = 0
  for (const { kind, start, end } of found) {
    labelled += `${text.slice(at, start)}[redacted:${kind}]`
    at = end
  }
  return labelled + text.slice(at)
}
