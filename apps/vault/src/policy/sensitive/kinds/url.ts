import { matchAt } from '../scan/form.ts'
import { mask } from '../scan/mask.ts'
import { nextSign, type Range, type Report, type Walk } from '../scan/scan-tokens.ts'
import { isWordAt } from '../scan/word-class.ts'

const schemeCharsMax = 20
const scheme = /[A-Za-z][A-Za-z0-9+.-]{0,19}$/
const host =
  /(?:[^\s/?#@"<>]{1,256}@)?(?:\[[0-9A-Fa-f:.]{2,45}\]|[\p{L}\p{N}_%.-]{1,255})(?::\d{1,5})?/uy
/** What no URL holds (RFC 3986), and what ends one in prose, markup and lists. */
const ending = new RegExp(`[\\s<>"'\`\\\\{}|^${mask}\\u3000-\\u303f\\uff00-\\uffef]`, 'g')

/** `scheme://host…` and `www.host.tld…`, to the end of what may belong to it. */
export function scanUrls(range: Range, report: Report): Walk {
  const withScheme = scanFor('://', range, report)
  const withoutScheme = scanFor('www.', range, report)
  return (until) => withScheme(until) || withoutScheme(until)
}

function scanFor(sign: '://' | 'www.', { text, from, to }: Range, report: Report): Walk {
  let searched = from
  return (until) => {
    const last = until < to ? until : Math.min(text.length, to + schemeCharsMax)
    const next = () => nextSign(sign, { text, from: searched, to: last })
    for (let at = next(); at >= 0; at = next()) {
      searched = at + sign.length
      const start = sign === '://' ? schemeStart(text, at) : wwwStart(text, at)
      const hostAt = at + (sign === '://' ? sign.length : 0)
      if (start === undefined || matchAt(host, text, hostAt) === undefined) continue
      const end = urlEnd(text, hostAt)
      const isOne = end > hostAt && start >= from && start < to
      searched = Math.max(end, searched)
      if (isOne && report('url', { start, end })) return true
    }
    searched = Math.max(searched, last)
    return false
  }
}

function schemeStart(text: string, at: number): number | undefined {
  const name = scheme.exec(text.slice(Math.max(0, at - schemeCharsMax), at))?.[0]
  if (name === undefined || isWordAt(text, at - name.length - 1)) return undefined
  return at - name.length
}

function wwwStart(text: string, at: number): number | undefined {
  if (isWordAt(text, at - 1) || '/.@-_'.includes(text.charAt(at - 1) || ' ')) return undefined
  return /^www\.[\p{L}\p{N}-]{1,63}\.\p{L}/u.test(text.slice(at, at + 80)) ? at : undefined
}

/** Punctuation at the end belongs to the sentence, and so does a bracket that was not opened in the URL. */
function urlEnd(text: string, from: number): number {
  ending.lastIndex = from
  let end = ending.exec(text)?.index ?? text.length
  const body = text.slice(from, end)
  const strangers = [
    '.,;:!?*_~',
    body.includes('(') ? '' : ')',
    body.includes('[') ? '' : ']',
  ].join('')
  while (end > from && strangers.includes(text.charAt(end - 1))) end -= 1
  return end
}
