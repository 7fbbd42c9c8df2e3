import { isOverrideName } from '../../execute/request-query.ts'
import { refuseArgument } from './refuse-arguments.ts'
import type { Pair } from './write-style.ts'

/** The most names that the members of arguments give. */
const spilledMax = 100
const nameCharsMax = 200

/** What a server that nests reads as the name: `filter` of `filter[a][b]`. */
const rootOf = (name: string): string => (name.split(/[[.]/, 1)[0] ?? '').trim().toLowerCase()

/**
 * An exploded object gives names itself, beside all the `names` of the binding. None may be one that the binding names, or that another argument gave: which of the
 * two counts would be the upstream's guess.
 * @throws Problem `invalid-arguments`
 */
export function createSpillGuard(
  names: readonly string[],
): (
  pairs: readonly Pair[],
  own: { readonly name: string; readonly argument: readonly string[] },
) => void {
  const counts = new Map<string, number>()
  for (const name of names.map(rootOf)) counts.set(name, (counts.get(name) ?? 0) + 1)
  const others = new Set<string>()
  return (pairs, { name: ownName, argument: path }) => {
    // An exploded object does not send the name of its own parameter.
    const isTaken = (name: string) => (counts.get(name) ?? 0) > (name === rootOf(ownName) ? 1 : 0)
    const given = new Set<string>()
    for (const { spilled } of pairs) {
      if (spilled === undefined) continue
      const name = rootOf(spilled)
      const place = [...path, spilled]
      if (name === '' || spilled.length > nameCharsMax || /\p{Cc}/u.test(spilled)) {
        refuseArgument(path, 'has a member whose name cannot be sent as a name of its own')
      }
      if (isOverrideName(spilled) || isOverrideName(name)) {
        refuseArgument(place, 'has a name from which servers read another method')
      }
      if (isTaken(name) || others.has(name)) {
        refuseArgument(place, 'has the name of another part of the request')
      }
      given.add(name)
    }
    for (const name of given) others.add(name)
    if (others.size > spilledMax)
      refuseArgument(path, `hold more than ${spilledMax} names together`)
  }
}
