/** The longest secret is no longer, in any of the forms in which it is looked for. */
const secretCharsMax = 64 * 1024

/**
 * The beginning of a text of the server's, without its secrets. They are taken out before it is cut: one that stands across the end would
 * not be known by its half.
 */
export const cutClean = (
  redact: (text: string) => string,
  text: string,
  charsMax: number,
): string => redact(text.slice(0, charsMax + secretCharsMax)).slice(0, charsMax)
