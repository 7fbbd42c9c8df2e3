import { matchAt } from '../scan/form.ts'
import { mask } from '../scan/mask.ts'
import { nextSign, type Range, type Report } from '../scan/scan-tokens.ts'
import type { Span } from '../scan/vicinity.ts'

const begin = '-----BEGIN '
const beginLine = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y
const endLine = /-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/
/** As long as the expression matches at most. */
const endLineCharsMax = 116
/** Lines of base 64 as far as they go; line ends may be escaped, as in JSON. */
const body =
  /(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/=]{16,1024}){0,1000}(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/=]{1,76})?/y

/** From its beginning a block goes on no further than this; the longest in use have a third of it. */
const blockCharsMax = 32 * 1024

/** Private keys in PEM (RFC 7468) and OpenPGP's armour; without an end, as far as they go. */
export function scanPrivateKeys({ text, from, to }: Range, report: Report): boolean {
  const nextEnd = createEndSearch(text)
  const next = (after: number) => nextSign(begin, { text, from: after, to })
  let at = next(from)
  while (at >= 0) {
    const line = matchAt(beginLine, text, at)
    if (line === undefined) {
      at = next(at + begin.length)
      continue
    }
    const bodyAt = at + line[0].length
    const close = nextEnd(bodyAt)
    const isWhole = close !== undefined && !text.slice(bodyAt, close.start).includes(mask)
    const end = isWhole ? close.end : bodyAt + (matchAt(body, text, bodyAt)?.[0].length ?? 0)
    // A program that looks for keys names how they begin.
    const hasBody = end > bodyAt
    if (hasBody && report('secret', { start: at, end })) return true
    at = next(end)
  }
  return false
}

/** The next end behind a place, no further away than a block is long. Places come in order; nothing is read twice. */
function createEndSearch(text: string): (from: number) => Span | undefined {
  let close: Span | undefined
  let searchedTo = 0
  return (from) => {
    if (close !== undefined && close.start >= from) return close
    const first = Math.max(from, searchedTo - endLineCharsMax)
    const to = from + blockCharsMax
    if (first >= to) return undefined
    const found = endLine.exec(text.slice(first, to))
    close =
      found === null
        ? undefined
        : { start: first + found.index, end: first + found.index + found[0].length }
    searchedTo = close?.end ?? Math.min(to, text.length)
    return close
  }
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
