import { decodeWords } from './mime-text.ts'

// Addresses of a message (RFC 5322 §3.4), as programs write them. Comments, routes, domain literals, quoted local parts and
// groups are legal and rare, and readers of them differ: a list with one of them cannot be read.

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const address = new RegExp(`^${atom}(?:\\.${atom})*@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*$`)
const nobody = /^undisclosed[- ]recipients ?: ?;$/i
const addressesMax = 5000

/** The bare addresses of a list in lower case; undefined where one of them could be read in two ways. */
export function parseAddresses(text: string): readonly string[] | undefined {
  const list = text.trim()
  if (list === '' || nobody.test(list)) return []
  const pieces = cutAtCommas(list)
  if (pieces === undefined || pieces.length > addressesMax) return undefined
  const addresses: string[] = []
  for (const piece of pieces) {
    const bare = parseMailbox(piece)
    if (bare === undefined) return undefined
    addresses.push(bare)
  }
  return addresses
}

/** Quoted strings stand as `\0` in `plain`, so that what is in them is taken for nothing else. */
interface Mailbox {
  readonly plain: string
  readonly quotes: readonly string[]
}

const quoted = /"((?:[^"\\\r\n]|\\[^\r\n])*)"/g

function cutAtCommas(list: string): readonly Mailbox[] | undefined {
  const quotes: string[] = []
  const plain = list.replace(quoted, (_, text: string) => {
    quotes.push(text)
    return '\0'
  })
  if (/["()[\]:;\\]/.test(plain)) return undefined
  let taken = 0
  return plain.split(',').map((piece) => {
    const count = piece.split('\0').length - 1
    taken += count
    return { plain: piece.trim(), quotes: quotes.slice(taken - count, taken) }
  })
}

function parseMailbox({ plain, quotes }: Mailbox): string | undefined {
  const open = plain.indexOf('<')
  const bare = open < 0 ? plain : plain.slice(open + 1, -1)
  const name = decodeWords(open < 0 ? '' : plain.slice(0, open))
  if (open >= 0 && !plain.endsWith('>')) return undefined
  // A name that looks like an address is one to some readers, in whatever way it is written; so is an encoded word to others.
  if (name === undefined || /[@<>,;]/.test(name) || bare.includes('=?') || !address.test(bare)) {
    return undefined
  }
  const isHonest = (text: string) => !/[@<>=]/.test(text) || named(text) === bare.toLowerCase()
  return quotes.every(isHonest) ? bare.toLowerCase() : undefined
}

/** `'ann@example.com'`, as some programs name whom they know no name of. */
const named = (text: string) => text.replace(/^'(.*)'$/, '$1').toLowerCase()
