import { createHash } from 'node:crypto'
import { toolNameCharsMax, toolsetNameCharsMax } from '@sallyport/contracts'

// Names of tools and toolsets made of whatever a document calls them: safe for every client, the same each time.

const hashChars = 6

/**
 * A tool's name (ToolName) made of a document's: letters without accents, digits, `_` and `-`, a letter first. One that is too
 * long is cut and ends in `_` and a hash of all of it. Undefined where nothing is left to make a name of.
 */
export function toToolName(text: string): string | undefined {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .replaceAll(/_{3,}/g, '__')
    .replaceAll(/^[_-]+|[_-]+$/g, '')
  if (!/[A-Za-z0-9]/.test(plain)) return undefined
  return cut(/^[A-Za-z]/.test(plain) ? plain : `t_${plain}`, text)
}

function cut(name: string, whole: string): string {
  if (name.length <= toolNameCharsMax) return name
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, hashChars)
  return `${name.slice(0, toolNameCharsMax - hashChars - 1).replace(/[_-]+$/, '')}_${hash}`
}

const keyCharsMax = 500
const keyHashChars = 12

/** What an operation is known by, short enough to be kept: one that is too long is cut and ends in a hash of all of it. */
export function toKey(whole: string): string {
  if (whole.length <= keyCharsMax) return whole
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, keyHashChars)
  const begin = whole.slice(0, keyCharsMax - keyHashChars - 1).replace(/\p{Cs}$/u, '')
  return `${begin}…${hash}`
}

/** The name of an operation that has none: its method and the words of its path, `get_customers_id_orders`. */
export function nameOfOperation(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return toToolName([method.toLowerCase(), ...words].join('_')) ?? method.toLowerCase()
}

/**
 * Gives each its own name, in order: the first keeps it, the next ones end in `_2`, `_3`. Capitals do not tell names apart, since
 * some clients do not tell them apart either.
 */
export function makeUnique(names: readonly string[]): readonly string[] {
  const used = new Set<string>()
  const next = new Map<string, number>()
  // Names that need no number go first, so that `a_2` of the document does not lose its name to a second `a`.
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  return names.map((name) => {
    const key = name.toLowerCase()
    if (!used.has(key)) {
      used.add(key)
      return name
    }
    // Ends: each turn is a name that was not tried before, and there are only so many names.
    for (let number = next.get(key) ?? 2; ; number += 1) {
      const tail = `_${number}`
      const candidate = `${name.slice(0, toolNameCharsMax - tail.length)}${tail}`
      if (used.has(candidate.toLowerCase()) || wanted.has(candidate.toLowerCase())) continue
      next.set(key, number + 1)
      used.add(candidate.toLowerCase())
      return candidate
    }
  })
}

/** A toolset's name (ToolsetName) made of a title; `tools` where nothing is left of it. */
export function toToolsetName(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll(/['’]s?\b/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 200)
  const words = plain.split('-').filter((word) => word !== '')
  let name = ''
  for (const word of words) {
    const longer = name === '' ? word : `${name}-${word}`
    if (longer.length > toolsetNameCharsMax) break
    name = longer
  }
  return name || words[0]?.slice(0, toolsetNameCharsMax) || 'tools'
}
