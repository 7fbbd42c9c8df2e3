import { type Form, matchAt, type Place, standsAlone } from '../scan/form.ts'
import { anyOf, type Span } from '../scan/vicinity.ts'
import { isWordAt } from '../scan/word-class.ts'

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const v4 = new RegExp(`${octet}(?:\\.${octet}){3}`, 'y')

/** What stands right before a version, a section or an object identifier that happens to have four numbers. */
const namesOther =
  /(?:version|release|firmware|build|section|chapter|clause|oid|(?<![A-Za-z])(?:v|ver|rev|sec|art|abs))["'\s.:=#§]{0,5}$|§\s?$/i
/** A product and its version, as in a User-Agent. */
const product = /(?<![A-Za-z0-9/.])[A-Z][A-Za-z]{1,30}\/$/
const packageEnding = /^\.(?:tar|t?gz|zip|jar|whl|deb|rpm|exe|msi|dmg|nupkg|gem|apk)\b/i

/** RFC 791 in dotted decimals, without leading zeros. Not a version, an object identifier or a package's name. */
function matchV4({ text, start }: Place): Span | undefined {
  const found = matchAt(v4, text, start)
  if (found === undefined) return undefined
  const end = start + found[0].length
  const after = text.slice(end, end + 8)
  const before = text.slice(Math.max(0, start - 40), start)
  if (isWordAt(text, end) || /^\.\d/.test(after) || /\d\.$/.test(before)) return undefined
  // `1.2.3.4-1ubuntu` and `pkg-1.2.3.4` are versions; `10.0.0.1-10.0.0.9` is a range.
  if (/^[+~_-]\w/.test(after) && !/^-\d{1,3}\.\d/.test(after)) return undefined
  if (/[A-Za-z][-_]$/.test(before) && !/ip[-_]$/i.test(before)) return undefined
  // Of a network, which comes with the length of its prefix, or a version.
  if (found[0].endsWith('.0.0.0') && !after.startsWith('/')) return undefined
  const isOther = namesOther.test(before) || product.test(before) || packageEnding.test(after)
  return isOther ? undefined : { start, end }
}

const v6CharsMax = 45
const v6Characters = /[0-9A-Fa-f:]{1,37}:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,39}/y
const v6Label = /(?:ipv?6?|addr(?:ess)?|host|client|from|src|dst)[:.]$/i

/** RFC 4291: eight groups of hexadecimal digits, or fewer around one `::`; the last two may be dotted decimals. */
function matchV6({ text, start }: Place): Span | undefined {
  // An address may begin with the colons.
  const from = /(?:^|[^0-9A-Za-z:.]|[^0-9A-Fa-f:.]:)::$/.test(
    text.slice(Math.max(0, start - 4), start),
  )
    ? start - 2
    : start
  const before = text.slice(Math.max(0, from - 10), from)
  if (/[0-9A-Fa-f][:.]$/.test(before) && !v6Label.test(before)) return undefined
  const found = matchAt(v6Characters, text, from)?.[0].replace(/(?<!:):$/, '')
  if (found === undefined || found.length > v6CharsMax || !isV6(found)) return undefined
  const span = { start: from, end: from + found.length }
  if (isWordAt(text, span.end) || /^[:.][0-9A-Fa-f:]/.test(text.slice(span.end, span.end + 2))) {
    return undefined
  }
  // `values[::1]` takes a slice, in several languages.
  return /[\w)\]]\[$/.test(before) ? undefined : span
}

function isV6(address: string): boolean {
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const dotted = groups.at(-1)?.includes('.') === true
  const count = groups.length + (dotted ? 1 : 0)
  const areGroups = groups.every(
    (group, place) =>
      /^[0-9A-Fa-f]{1,4}$/.test(group) ||
      (dotted && place === groups.length - 1 && group.split('.').every((part) => +part < 256)),
  )
  if (!areGroups) return false
  if (halves.length === 1) return count === 8 && groups.some((group) => group.length !== 2)
  // Names of programs are written with two colons too, and so are slices: some group has to look like an address's.
  const isTelling = address === '::1' || dotted || groups.some((group) => group.length > 2)
  return count < 8 && isTelling && /\d/.test(address)
}

const mac =
  /[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?:\1[0-9A-Fa-f]{2}\1[0-9A-Fa-f]{2})?|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}/y
const macWords = anyOf('mac', 'mac addr*', 'hardware addr*', 'ether', 'hwaddr', 'bssid', 'lladdr')

/** EUI-48 and EUI-64 with colons or hyphens, or with two dots. Without a letter or a colon only beside a word for it. */
function matchMac({ text, start, near }: Place): Span | undefined {
  const found = matchAt(mac, text, start)
  if (found === undefined) return undefined
  const span = { start, end: start + found[0].length }
  const goesOn =
    /(?<![0-9A-Za-z])[0-9A-Fa-f]{2,4}[:.-]$/.test(text.slice(Math.max(0, start - 6), start)) ||
    /^[:.-][0-9A-Fa-f]{2,4}(?![0-9A-Za-z])/.test(text.slice(span.end, span.end + 6))
  if (goesOn || !standsAlone(text, span)) return undefined
  const isPlain = found[1] === ':' || /[A-Fa-f]/.test(found[0])
  return isPlain || near(macWords, span) ? span : undefined
}

/** Addresses of machines. */
export const internetForms: readonly Form[] = [
  { kind: 'ip_address', tokens: ['digits'], lengths: [1, 3], next: '.', match: matchV4 },
  {
    kind: 'ip_address',
    tokens: ['digits', 'letters', 'mixed'],
    lengths: [1, 4],
    match: (place) => (mayBeV6(place) ? matchV6(place) : undefined),
  },
  {
    kind: 'mac_address',
    tokens: ['digits', 'letters', 'mixed'],
    lengths: [2, 2],
    next: ':-',
    match: matchMac,
  },
  {
    kind: 'mac_address',
    tokens: ['digits', 'letters', 'mixed'],
    lengths: [4, 4],
    next: '.',
    match: matchMac,
  },
]

const mayBeV6 = ({ text, start, end }: Place): boolean =>
  text.charAt(end) === ':' || (text.charAt(start - 1) === ':' && text.charAt(start - 2) === ':')
