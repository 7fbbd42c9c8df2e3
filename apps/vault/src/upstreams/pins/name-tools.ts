import { createHash } from 'node:crypto'
import { toolNameCharsMax } from '@sallyport/contracts'

/** What is not a letter, a digit, `_` or `-`. */
const unsafe = /[^A-Za-z0-9_-]/g
const hashChars = 7

/**
 * Names for tools of a server by their names there: safe, each its own, and the same whatever the order. A tool whose own name can
 * stand gets it; of others that come to the same name each ends in a hash of its own.
 * `taken` are names that others have already.
 */
export function nameTools(
  keys: readonly string[],
  taken: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const wanted = new Map(keys.map((key) => [key, safeName(key)]))
  const counts = new Map<string, number>()
  for (const name of wanted.values()) counts.set(name, (counts.get(name) ?? 0) + 1)
  const own = new Set(keys)
  const names = new Map<string, string>()
  for (const [key, name] of wanted) {
    const isOwn = key === name
    // `a.b` gives way to `a_b`, whichever comes first.
    const isFree = !taken.has(name) && (isOwn || ((counts.get(name) ?? 0) < 2 && !own.has(name)))
    names.set(key, isFree ? name : withHash(name, key))
  }
  return names
}

/** A name as tools have them: it begins with a letter and is no longer than they are. */
function safeName(key: string): string {
  const safe = key.replaceAll(unsafe, '_')
  const name = /^[A-Za-z]/.test(safe) ? safe : `t_${safe}`
  return name.length <= toolNameCharsMax ? name : withHash(name, key)
}

/** Ends in a short digest of the whole name. */
function withHash(name: string, key: string): string {
  const digest = createHash('sha256').update(key).digest()
  const hash = BigInt(`0x${digest.toString('hex')}`)
    .toString(36)
    .slice(0, hashChars)
  return `${name.slice(0, toolNameCharsMax - hashChars - 1)}_${hash}`
}
