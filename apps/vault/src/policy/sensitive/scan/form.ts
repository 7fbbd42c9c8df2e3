import type { SensitiveKind } from '@sallyport/contracts'
import type { Near, Span } from './vicinity.ts'
import { isDigitAt, isWordAt } from './word-class.ts'

/** What the first token of a form is made of. A token is a run of letters and digits. */
export type TokenShape = 'digits' | 'letters' | 'mixed'

/** A token of a text, and a way to look around. */
export interface Place {
  readonly text: string
  /** Where the token begins and ends. */
  readonly start: number
  readonly end: number
  readonly near: Near
}

/** One way of writing a kind. It is tried only where the first token can be its beginning. */
export interface Form {
  readonly kind: SensitiveKind
  readonly tokens: readonly TokenShape[]
  /** The least and the most characters of the first token. */
  readonly lengths: readonly [number, number]
  /** One of these follows the first token; anything may where it is not given. */
  readonly next?: string
  /** The whole of it where it is one. Bounded: it reads no more than a few hundred characters. */
  match(place: Place): Span | undefined
}

interface PatternForm extends Omit<Form, 'match'> {
  /** Sticky, without the boundaries; every quantifier is bounded. */
  readonly pattern: RegExp
  readonly isRight?: (match: RegExpExecArray) => boolean
  /** It is one only where one of these stands near. */
  readonly words?: RegExp
  /** Its groups have spaces between them, so that digits beyond a space may belong to it. */
  readonly spaced?: boolean
  /** Much looks like it: it is a word of its own, not joined to another. */
  readonly apart?: boolean
}

/** A form that is described by an expression and what has to hold for what it matches. */
export function createForm({ pattern, isRight, words, spaced, apart, ...form }: PatternForm): Form {
  return {
    ...form,
    match({ text, start, near }) {
      const match = matchAt(pattern, text, start)
      if (match === undefined) return undefined
      const span = { start, end: start + match[0].length }
      if (!standsAlone(text, span) || (spaced === true && hasDigitsBeside(text, span))) {
        return undefined
      }
      if (apart === true && isJoined(text, span)) return undefined
      if (isRight !== undefined && !isRight(match)) return undefined
      return words === undefined || near(words, span) ? span : undefined
    },
  }
}

/** Tries a sticky expression at one place. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

const joints = '-_.'

/** Whether neither a letter nor a digit touches it, and no more digits are joined to it by a hyphen, a dot or a low line. */
export function standsAlone(text: string, { start, end }: Span): boolean {
  if (isWordAt(text, start - 1) || isWordAt(text, end)) return false
  const isJoinedBefore = joints.includes(text.charAt(start - 1)) && isDigitAt(text, start - 2)
  const isJoinedAfter = joints.includes(text.charAt(end)) && isDigitAt(text, end + 1)
  const isFraction =
    text.charAt(start - 1) === '.' &&
    isDigitAt(text, start) &&
    beforePoint.test(text.charAt(start - 2))
  return !isFraction && !(isJoinedBefore && start > 0) && !(isJoinedAfter && end < text.length)
}

/** What stands before the point of a number below one: `[-.5, .25]`. */
const beforePoint = /^[\s([{,;:=+*/-]?$/

/** Whether a space and then a digit stand on either side. */
function hasDigitsBeside(text: string, { start, end }: Span): boolean {
  return (
    (text.charAt(start - 1) === ' ' && isDigitAt(text, start - 2)) ||
    (text.charAt(end) === ' ' && isDigitAt(text, end + 1))
  )
}

const seamsBefore = '-_+'
const seamsAfter = '-_+/='

/** Whether a letter or a digit is joined to it, as in an identifier or in base 64. */
const isJoined = (text: string, { start, end }: Span): boolean =>
  (start > 1 && seamsBefore.includes(text.charAt(start - 1)) && isWordAt(text, start - 2)) ||
  (end < text.length && seamsAfter.includes(text.charAt(end)) && isWordAt(text, end + 1))
