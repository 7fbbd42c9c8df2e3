import { matchAt } from '../scan/form.ts'
import { mask } from '../scan/mask.ts'
import { nextSign, type Range, type Report } from '../scan/scan-tokens.ts'
import type { Span } from '../scan/vicinity.ts'

const begin = '-----BEGIN '
const beginLine = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y
const endLine = /-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g
/** Lines of base 64 as far as they go; line ends may be escaped, as in JSON. */
const body =
  /(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/=]{16,1024}){0,1000}(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/=]{1,76})?/y

/** Private keys in PEM (RFC 7468) and OpenPGP's armour; without an end, as far as they go. */
export function scanPrivateKeys({ text, from, to }: Range, report: Report): boolean {
  // The next end; it is looked for again only from behind it, so that many beginnings cost no more than one.
  let close: Span | undefined = { start: -1, end: -1 }
  const next = (after: number) => nextSign(begin, { text, from: after, to })
  let at = next(from)
  while (at >= 0) {
    const line = matchAt(beginLine, text, at)
    if (line === undefined) {
      at = next(at + begin.length)
      continue
    }
    const bodyAt = at + line[0].length
    if (close !== undefined && close.start < bodyAt) close = nextEnd(text, bodyAt)
    const isWhole = close !== undefined && !text.slice(bodyAt, close.start).includes(mask)
    const end =
      isWhole && close !== undefined
        ? close.end
        : bodyAt + (matchAt(body, text, bodyAt)?.[0].length ?? 0)
    // A program that looks for keys names how they begin.
    const hasBody = end > bodyAt
    if (hasBody && report('secret', { start: at, end })) return true
    at = next(end)
  }
  return false
}

function nextEnd(text: string, from: number): Span | undefined {
  endLine.lastIndex = from
  const found = endLine.exec(text)
  return found === null ? undefined : { start: found.index, end: endLine.lastIndex }
}

const userInfo = new RegExp(`://[^\\s/?#@:"'<>${mask}]{0,128}:([^\\s/@"'<>${mask}]{1,256})@`, 'y')

/** The password in `scheme://name:password@host`. */
export function scanUserInfo({ text, from, to }: Range, report: Report): boolean {
  const next = (after: number) => nextSign('://', { text, from: after, to })
  for (let at = next(from); at >= 0; at = next(at + 3)) {
    const found = matchAt(userInfo, text, at)
    const password = found?.[1]
    if (found === undefined || password === undefined || isPlaceholder(password)) continue
    const end = at + found[0].length - 1
    if (report('secret', { start: end - password.length, end })) return true
  }
  return false
}

const isPlaceholder = (password: string): boolean =>
  /^(?:\*+|\$.*|\{.*|<.*|\[.*|x+)$/.test(password)

const awsSecret = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g
const awsKeyId = /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g
const nearbyChars = 256

/** Forty characters of base 64 near the id of an Amazon access key: its secret. */
export function scanAmazonSecrets({ text, from, to }: Range, report: Report): boolean {
  const first = Math.max(0, from - nearbyChars)
  let floor = from
  for (const { index } of text.slice(first, to + nearbyChars).matchAll(awsKeyId)) {
    const id = first + index
    // One character more on either side, to see where it ends.
    const windowAt = Math.max(0, id - nearbyChars - 1)
    const near = text.slice(windowAt, id + nearbyChars)
    for (const { 0: value, index } of near.matchAll(awsSecret)) {
      const start = windowAt + index
      if (start < floor || start >= to) continue
      floor = start + value.length
      const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
      if (isMixed && report('secret', { start, end: floor })) return true
    }
  }
  return false
}
