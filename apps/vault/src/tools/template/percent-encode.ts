import { TemplateFault } from './template.ts'

/**
 * Percent-encodes all but unreserved characters (RFC 3986 §2.3).
 * @throws TemplateFault for half a character
 */
export function percentEncode(text: string): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown
    throw new TemplateFault('a value is not Unicode text.')
  }
}
