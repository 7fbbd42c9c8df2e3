import { Buffer } from 'node:buffer'

const textCharsMax = 200
/** A longer run without a space is no word: it may be a token, or a part of one. */
const wordCharsMax = 30

/**
 * What a provider wrote, fit for a sentence: one line of printable ASCII, bounded, without what looks like a token. Nothing of
 * it is left where it holds one of the secrets, as it is or in a common encoding (S-38).
 */
export function readProviderText(text: string, secrets: readonly string[]): string {
  const searched = [text, decoded(text)].map((one) => one.toLowerCase())
  const isLeak = secrets
    .flatMap(formsOf)
    .filter((form) => form !== '')
    .some((form) => searched.some((where) => where.includes(form.toLowerCase())))
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
  // As it was sent: half of a surrogate pair has no encoding. A code can be what anybody makes up.
  const sent = encodeURIComponent(bytes.toString())
  return [secret, sent, bytes.toString('hex'), ...[0, 1, 2].flatMap((at) => base64Forms(bytes, at))]
}

/** Base64 in both alphabets where `before` bytes stand before it, as with HTTP Basic; without what it shares with neighbours. */
function base64Forms(bytes: Uint8Array, before: number): string[] {
  const text = Buffer.concat([new Uint8Array(before), bytes]).toString('base64')
  const whole = text.slice(
    Math.ceil((before * 8) / 6),
    Math.floor(((before + bytes.length) * 8) / 6),
  )
  return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
}

/** Escape by escape: one that is wrong does not hide the others. */
const decoded = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
  )
