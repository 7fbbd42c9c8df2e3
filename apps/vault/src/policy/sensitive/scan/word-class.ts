/** What a character is to whoever looks for tokens; bits, so that those of a token can be joined. */
export const wordClass = { none: 0, digit: 1, upper: 2, lower: 4, beyond: 8 } as const

const ofAscii = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 48 && code <= 57) return wordClass.digit
  if (code >= 65 && code <= 90) return wordClass.upper
  return code >= 97 && code <= 122 ? wordClass.lower : wordClass.none
})

/**
 * The class of a UTF-16 unit. Letters of scripts that write words without spaces around numbers (Han, Kana, Hangul, Thai …)
 * are none: a number ends where they begin.
 */
export function classOf(code: number): number {
  if (code < 128) return ofAscii[code] ?? wordClass.none
  const isLatin = (code >= 0xc0 && code <= 0x24f) || (code >= 0x1e00 && code <= 0x1eff)
  if (isLatin) return code === 0xd7 || code === 0xf7 ? wordClass.none : wordClass.beyond
  const isGreekOrCyrillic = (code >= 0x370 && code <= 0x52f) || (code >= 0x1f00 && code <= 0x1fff)
  return isGreekOrCyrillic ? wordClass.beyond : wordClass.none
}

/** Whether a letter or digit stands at a place of the text. */
export const isWordAt = (text: string, at: number): boolean =>
  at >= 0 && at < text.length && classOf(text.charCodeAt(at)) !== wordClass.none

/** Whether an ASCII digit stands at a place of the text. */
export const isDigitAt = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}
