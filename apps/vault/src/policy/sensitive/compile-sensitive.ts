import {
  type CustomKind,
  expandSensitiveNames,
  type SensitiveName,
  sensitiveKinds,
} from '@sallyport/contracts'
import type { Finding } from './finding.ts'
import { gatherText } from './scan/gather-text.ts'
import { mask, replaceSpans } from './scan/mask.ts'
import { compileKinds, findAll, hasAny } from './search-text.ts'
import { atOnce, type Turns } from './turns.ts'

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
  redact(text: string, beside?: string): Redacted
  /** The same, with pauses. */
  hasInTurns(text: string, beside?: string): Turns<boolean>
  redactInTurns(text: string, beside?: string): Turns<Redacted>
  findInTurns(text: string, beside?: string): Turns<readonly Finding[]>
}

/** A text with what was taken out, and how often something was. */
export interface Redacted {
  readonly text: string
  readonly count: number
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
  const label = labelOf([...sensitiveKinds, ...custom.map(({ name }) => name)])
  const has = function* (text: string, beside?: string): Turns<boolean> {
    return yield* hasAny(kinds, { text: yield* withoutLabels(text, label), beside })
  }
  const find = function* (text: string, beside?: string): Turns<readonly Finding[]> {
    return yield* findAll(kinds, { text: yield* withoutLabels(text, label), beside })
  }
  const redact = function* (text: string, beside?: string): Turns<Redacted> {
    const found = yield* find(text, beside)
    if (found.length === 0) return { text, count: 0 }
    const labelled = yield* replaceSpans(text, found, ({ kind }) => `${labelBegin}${kind}]`)
    return { text: labelled, count: found.length }
  }
  return {
    has: (text, beside) => atOnce(has(text, beside)),
    find: (text, beside) => atOnce(find(text, beside)),
    redact: (text, beside) => atOnce(redact(text, beside)),
    hasInTurns: has,
    redactInTurns: redact,
    findInTurns: find,
  }
}

const labelBegin = '[redacted:'

const labelOf = (kinds: readonly string[]): RegExp =>
  new RegExp(`\\[redacted:(?:${kinds.join('|')})\\]`, 'y')

const wordJoiner = '\u2060'
const charsATurn = 64 * 1024
const labelsATurn = 1024

/** Masks what was redacted before. */
function* withoutLabels(text: string, label: RegExp): Turns<string> {
  // Whoever writes the mask would hide what it touches; as a joiner it is read over.
  const plain = text.includes(mask) ? yield* withoutMasks(text) : text
  let begin = plain.indexOf(labelBegin)
  if (begin < 0) return plain
  const masked = gatherText()
  let at = 0
  for (let seen = 1; begin >= 0; seen += 1) {
    label.lastIndex = begin
    const length = label.exec(plain)?.[0].length ?? 0
    if (length > 0) {
      masked.add(plain.slice(at, begin))
      masked.add(mask.repeat(length))
      at = begin + length
    }
    begin = plain.indexOf(labelBegin, begin + Math.max(length, 1))
    if (seen % labelsATurn === 0) yield
  }
  masked.add(plain.slice(at))
  return masked.text()
}

function* withoutMasks(text: string): Turns<string> {
  const plain = gatherText()
  for (let at = 0; at < text.length; at += charsATurn) {
    plain.add(text.slice(at, at + charsATurn).replaceAll(mask, wordJoiner))
    yield
  }
  return plain.text()
}
