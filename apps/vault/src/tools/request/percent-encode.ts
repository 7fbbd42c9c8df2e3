import { encodeAll, escapeOf } from '../template/percent-encode.ts'

// Which characters stand for themselves is what the places of a request differ in. All texts are well-formed UTF-16.

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
