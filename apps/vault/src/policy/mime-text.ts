// How text is written in messages: RFC 2045 §6 (transfer encodings), RFC 2047 (encoded words), character sets.

const charsets = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'windows-1252'],
  ['windows-1252', 'windows-1252'],
])

/** Bytes as text; undefined where they are none in this character set, or the set is not one of the usual ones. */
export function decodeCharset(bytes: Uint8Array, charset: string): string | undefined {
  const label = charsets.get(charset.toLowerCase())
  if (label === undefined) return undefined
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // TypeError: not of this character set.
  }
}

/** Base64 or base64url, with or without padding; undefined for anything else, white space included. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const [digits = ''] = text.split('=', 1)
  const padding = text.length - digits.length
  const isStandard = /^[A-Za-z0-9+/]*$/.test(digits)
  if (!isStandard && !/^[A-Za-z0-9_-]*$/.test(digits)) return undefined
  if (digits.length % 4 === 1 || padding > 2 || !/^=*$/.test(text.slice(digits.length))) {
    return undefined
  }
  if (padding > 0 && text.length % 4 !== 0) return undefined
  return fromBinary(atob(digits.replaceAll('-', '+').replaceAll('_', '/')))
}

/** One byte for each character, all of which are below U+0100. */
export function fromBinary(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}

const encodedWord = /=\?([A-Za-z0-9-]+)\?([BbQq])\?([!->@-~]*)\?=/g

/** A header's text with its encoded words decoded; undefined where one of them is malformed. */
export function decodeWords(text: string): string | undefined {
  // White space between two encoded words belongs to neither (RFC 2047 §6.2).
  const joined = text.replace(/(\?=)[ \t]+(?==\?[A-Za-z0-9-]+\?[BbQq]\?)/g, '$1')
  let decoded = ''
  let at = 0
  for (const match of joined.matchAll(encodedWord)) {
    const [word, charset = '', how = '', data = ''] = match
    const bytes = how.toLowerCase() === 'b' ? decodeBase64(data) : decodeQ(data)
    const text = bytes && decodeCharset(bytes, charset)
    const before = joined.slice(at, match.index)
    if (text === undefined || before.includes('=?')) return undefined
    decoded += before + text
    at = match.index + word.length
  }
  const rest = joined.slice(at)
  return rest.includes('=?') ? undefined : decoded + rest
}

const decodeQ = (data: string) => decodeQuotedPrintable(data.replaceAll('_', '=20'))

/** Quoted-printable; undefined for an escape that is none. `binary` has one character for each byte. */
export function decodeQuotedPrintable(binary: string): Uint8Array | undefined {
  const joined = binary.replace(/=\r\n/g, '')
  if (/=(?![0-9A-Fa-f]{2})/.test(joined)) return undefined
  return fromBinary(
    joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  )
}

const namedCharacters = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['commat', '@'],
  ['period', '.'],
  ['hyphen', '-'],
])

/** What a reader of HTML sees, roughly: without tags, with characters in place of references. */
export const plainHtml = (html: string): string =>
  html
    .replace(/<!--[^>]*-->|<[^<>]*>/g, '')
    .replace(/&#(\d{1,7});?/g, (whole, digits: string) => spelled(whole, Number(digits)))
    .replace(/&#x([0-9a-f]{1,6});?/gi, (whole, hex: string) =>
      spelled(whole, Number.parseInt(hex, 16)),
    )
    .replace(/&([A-Za-z]{2,8});/g, (whole, name: string) => namedCharacters.get(name) ?? whole)

const spelled = (whole: string, code: number) =>
  code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
