import { TemplateFault } from './template.ts'

/** An ASCII character as its escape. */
export const escapeOf = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/**
 * Everything but the unreserved characters of RFC 3986 §2.3: RFC 6570's expansion without reserved characters.
 * @throws URIError for half a character
 */
export const encodeAll = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, escapeOf)

/**
 * The same for a value of a template.
 * @throws TemplateFault for half a character
 */
export function percentEncode(text: string): string {
  try {
    return encodeAll(text)
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown
    throw new TemplateFault('a value is not Unicode text.')
  }
}
