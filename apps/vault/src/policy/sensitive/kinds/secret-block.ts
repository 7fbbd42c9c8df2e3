import { matchAt } from '../scan/form.ts'
import { mask } from '../scan/mask.ts'
import { nextSign, type Range, type Report, type Walk } from '../scan/scan-tokens.ts'
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
export function scanPrivateKeys({ text, from }: Range, report: Report): Walk {
  const nextEnd = createEndSearch(text)
  let searched = from
  return (until) => {
    const next = () => nextSign(begin, { text, from: searched, to: until })
    for (let at = next(); at >= 0; at = next()) {
      searched = at + begin.length
      const line = matchAt(beginLine, text, at)
      if (line === undefined) continue
      const bodyAt = at + line[0].length
      const close = nextEnd(bodyAt)
      const isWhole = close !== undefined && !text.slice(bodyAt, close.start).includes(mask)
      searched = isWhole ? close.end : bodyAt + (matchAt(body, text, bodyAt)?.[0].length ?? 0)
      // A program that looks for keys names how they begin.
      const hasBody = searched > bodyAt
      if (hasBody && report('secret', { start: at, end: searched })) return true
    }
    searched = Math.max(searched, until)
    return false
  }
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
export function scanUserInfo({ text, from }: Range, report: Report): Walk {
  let searched = from
  return (until) => {
    const next = () => nextSign('://', { text, from: searched, to: until })
    for (let at = next(); at >= 0; at = next()) {
      searched = at + 3
      const found = matchAt(userInfo, text, at)
      const password = found?.[1]
      if (found === undefined || password === undefined || isPlaceholder(password)) continue
      const end = at + found[0].length - 1
      if (report('secret', { start: end - password.length, end })) return true
    }
    searched = Math.max(searched, until)
    return false
  }
}

const isPlaceholder = (password: string): boolean =>
  /^(?:\*+|\$.*|\{.*|<.*|\[.*|x+)$/.test(password)

const awsSecret = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g
const awsKeyId = /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g
const awsKeyIdChars = 20
const nearbyChars = 256

/** Forty characters of base 64 near the id of an Amazon access key: its secret. */
export function scanAmazonSecrets(range: Range, report: Report): Walk {
  const first = Math.max(0, range.from - nearbyChars)
  const last = range.to + nearbyChars
  let searched = first
  let floor = range.from
  return (until) => {
    const stop = until < range.to ? until : last
    // One character more on either side, to see that it stands alone.
    const at = Math.max(first, searched - 1)
    const seen = range.text.slice(at, Math.min(last, stop + awsKeyIdChars + 1))
    for (const { index } of seen.matchAll(awsKeyId)) {
      const id = at + index
      if (id < searched || id >= stop) continue
      const end = reportNear(id, { ...range, from: floor }, report)
      if (end === undefined) return true
      floor = end
    }
    searched = stop
    return false
  }
}

/** Up to where was read of what stands near an id; undefined where it was enough. */
function reportNear(id: number, { text, from, to }: Range, report: Report): number | undefined {
  let floor = from
  // One character more on either side, to see where it ends.
  const windowAt = Math.max(0, id - nearbyChars - 1)
  const near = text.slice(windowAt, id + nearbyChars)
  for (const { 0: value, index } of near.matchAll(awsSecret)) {
    const start = windowAt + index
    if (start < floor || start >= to) continue
    floor = start + value.length
    const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
    if (isMixed && report('secret', { start, end: floor })) return undefined
  }
  return floor
}
