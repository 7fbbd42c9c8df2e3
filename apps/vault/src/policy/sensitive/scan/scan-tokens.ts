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

/** Looks through a stretch of text; answers whether it was enough. */
export type Scan = (range: Range, report: Report) => boolean

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
  return ({ text, from, to, near }, report) => {
    // Of one kind nothing begins inside of what was found.
    const until = new Map(kinds.map((kind) => [kind, 0]))
    let at = from
    while (at < text.length && isWordAt(text, at - 1) && isWordAt(text, at)) at += 1
    while (at < to) {
      const start = at
      let classes = 0
      for (; at < text.length; at += 1) {
        const found = classOf(text.charCodeAt(at))
        if (found === wordClass.none) break
        classes |= found
      }
      const length = at - start
      if (length === 0) {
        at += 1
        continue
      }
      const shape = shapeOf(classes)
      const tried = shape === undefined ? undefined : byShape[shape][length]
      if (tried === undefined) continue
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
