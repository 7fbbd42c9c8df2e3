import { nextSign, type Range, type Report, type Walk } from '../scan/scan-tokens.ts'

/** RFC 5321 allows 64; addresses for bounces are longer in life. */
const localCharsMax = 128
/** RFC 5321, 4.5.3.1.2. */
const domainCharsMax = 255
const labelCharsMax = 63

/**
 * RFC 5322's atoms and dots, and letters beyond ASCII (RFC 6531). The alphabets that put spaces between words come first:
 * in others an address may touch the words around it, and only where they alone make none is all of it taken.
 */
const spacing = '\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{M}0-9'
const anyLetter = '\\p{L}\\p{M}\\p{N}'
const localOf = (letters: string) => new RegExp(`[${letters}.!#$%&'*+/=?^_\`{|}~-]`, 'u')
const domainOf = (letters: string) => new RegExp(`[${letters}.-]`, 'u')
const localCharacters = [spacing, anyLetter].map(localOf)
const domainCharacters = [spacing, anyLetter].map(domainOf)

const topLevel = /^(?:\p{L}[\p{L}\p{M}]{1,62}|xn--[a-z0-9-]{1,59})$/iu
/** Files are named with an at sign too (`icon@2x.png`), and none of these is a top-level domain. */
const fileEnding =
  /^(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|tiff?|pdf|docx?|xlsx?|pptx?|csv|tsv|json|ya?ml|toml|xml|html?|css|scss|less|jsx?|tsx?|mjs|cjs|map|txt|log|lock|tgz|tar|gz|exe|dll|woff2?|ttf|otf|mp3|wav)$/i

/** An at sign, as it is and as it stands in a URL. */
const atSigns = ['@', '%40'] as const

/** Addresses: `name@host.tld`. Not the `git@host:path` of a repository, nor `icon@2x.png`, nor `package@1.2.3`. */
export function scanEmails(range: Range, report: Report): Walk {
  const walks = atSigns.map((sign) => scanFor(sign, range, report))
  return (until) => walks.some((walk) => walk(until))
}

function scanFor(sign: string, { text, from, to }: Range, report: Report): Walk {
  let floor = 0
  let searched = from
  return (until) => {
    const last = until < to ? until : Math.min(text.length, to + localCharsMax)
    const next = (after: number) => nextSign(sign, { text, from: after, to: last })
    for (let at = next(searched); at >= 0; at = next(at + 1)) {
      const start = localStart(text, at, floor)
      // What has been read to the left is not read again: signs that follow each other closely cost no more.
      floor = at + sign.length
      if (start === undefined) continue
      const end = domainEnd(text, floor)
      if (end === undefined || isRepository(text, start, end)) continue
      if (start >= from && start < to && report('email', { start, end })) return true
      floor = end
    }
    searched = last
    return false
  }
}

function localStart(text: string, at: number, floor: number): number | undefined {
  for (const characters of localCharacters) {
    let start = at
    while (start > floor && characters.test(text.charAt(start - 1))) {
      start -= 1
      if (at - start > localCharsMax) return undefined
    }
    if (start === at) continue
    start += undecorated(text.slice(start, at))
    if (start < at) return text.charAt(at - 1) === '.' ? undefined : start
  }
  return undefined
}

/** How much before a name is not meant: the path and the parameter's name of a URL, a quote, a list's dash. */
function undecorated(local: string): number {
  const inPath = Math.max(...Array.from('/?&#{|`', (sign) => local.lastIndexOf(sign))) + 1
  const name = /^[A-Za-z][\w-]{0,30}=/.exec(local.slice(inPath))?.[0] ?? ''
  const start = inPath + name.length
  return start + (/^[.'*!$^~%=-]{0,128}/.exec(local.slice(start))?.[0].length ?? 0)
}

function domainEnd(text: string, from: number): number | undefined {
  for (const characters of domainCharacters) {
    let end = from
    while (characters.test(text.charAt(end)) && end < text.length) {
      end += 1
      if (end - from > domainCharsMax) return undefined
    }
    if (end === from) continue
    const domain = text.slice(from, end).replace(/\.\..*$|[.-]{1,255}$/, '')
    if (isDomain(domain)) return from + domain.length
    // A host that is none stays none with the words that touch it.
    if (domain.includes('.')) return undefined
  }
  return undefined
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.')
  const top = labels.at(-1) ?? ''
  return labels.length > 1 && topLevel.test(top) && !fileEnding.test(top) && labels.every(isLabel)
}

const isLabel = (label: string): boolean =>
  label.length > 0 && label.length <= labelCharsMax && !/^-|-$/.test(label)

/** `git@host:owner/name`: the address of a machine, the same for everybody. */
const isRepository = (text: string, start: number, end: number): boolean =>
  text.slice(start, start + 4) === 'git@' && /^[:/][\w~]/.test(text.slice(end, end + 2))
