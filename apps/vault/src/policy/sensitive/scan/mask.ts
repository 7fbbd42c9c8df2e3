import type { Turns } from '../turns.ts'
import { gatherText } from './gather-text.ts'

/**
 * Stands where something has been found already. It is a noncharacter of Unicode, so no text means it; no kind matches it,
 * and words on its other side say nothing of a number on this one.
 */
export const mask = '\ufdd0'

const spansATurn = 1024

/** The text with each stretch masked, of the same length. The stretches come in order and do not overlap. */
export const maskSpans = (
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
): Turns<string> => replaceSpans(text, spans, ({ start, end }) => mask.repeat(end - start))

/** The text with something else in the place of each stretch. The stretches come in order and do not overlap. */
export function* replaceSpans<Span extends { readonly start: number; readonly end: number }>(
  text: string,
  spans: readonly Span[],
  instead: (span: Span) => string,
): Turns<string> {
  const replaced = gatherText()
  let at = 0
  for (const [place, span] of spans.entries()) {
    replaced.add(text.slice(at, span.start))
    replaced.add(instead(span))
    at = span.end
    if (place % spansATurn === spansATurn - 1) yield
  }
  replaced.add(text.slice(at))
  return replaced.text()
}
