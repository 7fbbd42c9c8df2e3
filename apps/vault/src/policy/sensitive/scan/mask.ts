/**
 * Stands where something has been found already. It is a noncharacter of Unicode, so no text means it; no kind matches it,
 * and words on its other side say nothing of a number on this one.
 */
export const mask = '\ufdd0'

/** The text with each stretch masked, of the same length. The stretches come in order and do not overlap. */
export function maskSpans(
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
): string {
  let masked = ''
  let at = 0
  for (const { start, end } of spans) {
    masked += text.slice(at, start) + mask.repeat(end - start)
    at = end
  }
  return masked + text.slice(at)
}
