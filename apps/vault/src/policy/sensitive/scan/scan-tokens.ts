import type { SensitiveKind } from '@sallyport/contracts'
import type { Form, Place, TokenShape } from './form.ts'
import type { Near, Span } from './vicinity.ts'
import { classOf, isWordAt, wordClass } from './word-class.ts'

/** Takes what was found; answers whether that is enough. */
export type Report = (kind: SensitiveKind, span: Span) => boolean

/** What of a text is looked through: what begins from `from` on and before `to`. All of it is seen. */
export interface Range {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly near: Near
}

/** Goes on up to a place; answers whether it was enough. In however many steps it goes, it finds the same. */
export type Walk = (until: number) => boolean

/** Begins to look through a stretch of text. The last step of the walk goes up to the end of the range. */
export type Scan = (range: Range, report: Report) => Walk

/** Where a sign stands next, before `to`; -1 where it does not. What lies behind is not read, however long it is. */
export function nextSign(
  sign: string,
  { text, from, to }: Pick<Range, 'text' | 'from' | 'to'>,
): number {
  if (from >= to) return -1
  const at = text.slice(from, to + sign.length - 1).indexOf(sign)
  return at < 0 ? -1 : from + at
}

/** No form begins with a longer token. */
const tokenCharsMax = 128

/** Joins forms into one scan: it goes over the characters once and tries, at each token, the few forms that can begin there. */
export function createTokenScan(forms: readonly Form[]): Scan {
  const kinds = [...new Set(forms.map(({ kind }) => kind))]
  const byShape = {
    digits: byLength(forms, 'digits'),
    letters: byLength(forms, 'letters'),
    mixed: byLength(forms, 'mixed'),
  }
  return ({ text, from, near }, report) => {
    // Of one kind nothing begins inside of what was found.
    const until = new Map(kinds.map((kind) => [kind, 0]))
    let at = from
    return (stop) => {
      // What is left of a longer token.
      while (at < stop && isWordAt(text, at - 1) && isWordAt(text, at)) at += 1
      while (at < stop) {
        const token = readToken(text, at, stop)
        const start = at
        at = token.end
        const tried = formsFor(byShape, token.classes, token.end - start)
        if (tried === undefined) {
          if (at === start) at += 1
          continue
        }
        const next = text.charAt(at)
        const place = { text, start, end: at, near }
        for (const form of tried) {
          if (form.next !== undefined && (next === '' || !form.next.includes(next))) continue
          const span = matchAfter(form, place, until.get(form.kind) ?? 0)
          if (span === undefined) continue
          until.set(form.kind, span.end)
          if (report(form.kind, span)) return true
        }
      }
      return false
    }
  }
}

interface Token {
  readonly end: number
  readonly classes: number
}

/** Reads on behind `stop` as far as a token may go that a form begins with. */
function readToken(text: string, start: number, stop: number): Token {
  const last = Math.min(text.length, Math.max(stop, start + tokenCharsMax + 1))
  let classes = 0
  let end = start
  for (; end < last; end += 1) {
    const found = classOf(text.charCodeAt(end))
    if (found === wordClass.none) break
    classes |= found
  }
  return { end, classes }
}

type FormsByShape = Readonly<Record<TokenShape, readonly (readonly Form[] | undefined)[]>>

function formsFor(
  forms: FormsByShape,
  classes: number,
  length: number,
): readonly Form[] | undefined {
  if (length === 0) return undefined
  const shape = shapeOf(classes)
  return shape === undefined ? undefined : forms[shape][length]
}

function matchAfter(form: Form, place: Place, until: number): Span | undefined {
  if (place.start < until) return undefined
  const span = form.match(place)
  return span === undefined || span.start < until ? undefined : span
}

function shapeOf(classes: number): TokenShape | undefined {
  if (classes === wordClass.digit) return 'digits'
  if ((classes & wordClass.digit) === 0) return 'letters'
  return (classes & wordClass.beyond) === 0 ? 'mixed' : undefined
}

function byLength(forms: readonly Form[], shape: TokenShape): (readonly Form[] | undefined)[] {
  return Array.from({ length: tokenCharsMax + 1 }, (_, length) => {
    const fit = forms.filter(
      ({ tokens, lengths: [least, most] }) =>
        tokens.includes(shape) && length >= least && length <= most,
    )
    return fit.length === 0 ? undefined : fit
  })
}
