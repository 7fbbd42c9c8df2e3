import { refuseArgument } from './refuse-arguments.ts'
import type { Pair } from './write-style.ts'

/** The most names that the members of arguments give. */
const spilledMax = 100
const nameCharsMax = 200

/** What a server that nests reads as the name: `filter` of `filter[a][b]`. */
const rootOf = (name: string): string => (name.split(/[[.]/, 1)[0] ?? '').trim().toLowerCase()

/**
 * An exploded object gives names itself. None may be one that the binding names, or that another argument gave: which of the
 * two counts would be the upstream's guess.
 * @throws Problem `invalid-arguments`
 */
export function createSpillGuard(
  names: readonly string[],
): (pairs: readonly Pair[], path: readonly string[]) => void {
  const taken = new Set(names.map(rootOf))
  const others = new Set<string>()
  return (pairs, path) => {
    const given = new Set<string>()
    for (const { spilled } of pairs) {
      if (spilled === undefined) continue
      const name = rootOf(spilled)
      const place = [...path, spilled]
      if (name === '' || spilled.length > nameCharsMax || /\p{Cc}/u.test(spilled)) {
        refuseArgument(path, 'has a member whose name cannot be sent as a name of its own')
      }
      if (taken.has(name) || others.has(name)) {
        refuseArgument(place, 'has the name of another part of the request')
      }
      given.add(name)
    }
    for (const name of given) others.add(name)
    if (others.size > spilledMax)
      refuseArgument(path, `hold more than ${spilledMax} names together`)
  }
}
