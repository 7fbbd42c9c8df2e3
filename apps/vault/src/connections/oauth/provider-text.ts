import { Buffer } from 'node:buffer'

const textCharsMax = 200
/** A longer run without a space is no word: it may be a token, or a part of one. */
const wordCharsMax = 30

/**
 * What a provider wrote, fit for a sentence: one line of printable ASCII, bounded, without what looks like a token. Nothing of
 * it is left where it holds one of the secrets, as it is or in a common encoding (S-38).
 */
export function readProviderText(text: string, secrets: readonly string[]): string {
  const searched = [text, decoded(text)]
  const isLeak = secrets
    .flatMap(formsOf)
    .some((form) => searched.some((where) => where.includes(form)))
  if (isLeak) return ''
  return text
    .slice(0, 10 * textCharsMax)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replaceAll(new RegExp(`[^ ]{${wordCharsMax + 1},}`, 'g'), '…')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
    .slice(0, textCharsMax)
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    // As it was sent: half of a surrogate pair has no encoding. A code can be what anybody makes up.
    encodeURIComponent(bytes.toString()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
