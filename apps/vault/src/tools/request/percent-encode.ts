// Which characters stand for themselves is what the places of a request differ in. All texts are well-formed UTF-16.

const escapeOf = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** Everything but the unreserved characters of RFC 3986 §2.3: RFC 6570's expansion without reserved characters. */
export const encodeAll = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, escapeOf)

/**
 * RFC 6570 §3.2.3 in a query (`allowReserved`): reserved characters and escapes stay. Those that begin another parameter, or
 * do so at some servers, do not (`&`, `=`, `+`, `#`, `;`), nor does `'`, which WHATWG escapes.
 */
export const encodeReserved = (text: string): string =>
  text.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~:/?[\]@!$()*,]+/g, (part) =>
    /^%[0-9A-Fa-f]{2}$/.test(part) ? part : encodeAll(part),
  )

/** The percent-encode set of application/x-www-form-urlencoded (WHATWG URL §5.2), a space as `+`. */
export const encodeForm = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()~]/g, escapeOf)
    .replaceAll('%20', '+')
