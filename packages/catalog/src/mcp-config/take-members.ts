// One server of a file, member by member: what was taken is ticked off, so that the rest can be named.
import { type Data, type DataObject, isList, isObject } from './read-jsonc.ts'
import { ServerFault } from './server-draft.ts'

const quoted = (name: string) => JSON.stringify(name.slice(0, 100))

export type Members = ReturnType<typeof takeMembers>

/** Takes members of a server by any of the names that programs have for one thing. */
export function takeMembers(value: DataObject) {
  const seen = new Set<string>()
  const take = (names: readonly string[]): { name: string; value: Data } | undefined => {
    let first: { name: string; value: Data } | undefined
    for (const name of names) {
      const found = value[name]
      if (found === undefined) continue
      seen.add(name)
      if (found !== null) first ??= { name, value: found }
    }
    return first
  }
  return {
    take,
    /** @throws ServerFault where it is no text */
    text(...names: readonly string[]): string | undefined {
      const found = take(names)
      if (found === undefined || found.value === '') return undefined
      if (typeof found.value === 'string') return found.value
      throw new ServerFault(`${found.name} is no text.`)
    },
    number(...names: readonly string[]): number | undefined {
      const found = take(names)?.value
      const number = typeof found === 'string' && /^\d{1,9}$/.test(found) ? Number(found) : found
      return typeof number === 'number' && number > 0 ? number : undefined
    },
    flag(...names: readonly string[]): boolean | undefined {
      const found = take(names)?.value
      return typeof found === 'boolean' ? found : undefined
    },
    /** @throws ServerFault where it is no list of texts */
    texts(...names: readonly string[]): readonly string[] {
      const found = take(names)
      if (found === undefined) return []
      const list = parseIfText(found)
      if (!isList(list)) throw new ServerFault(`${found.name} is no list.`)
      return list.map((one) => {
        if (typeof one === 'string') return one
        if (typeof one === 'number' || typeof one === 'boolean') return String(one)
        throw new ServerFault(`${found.name} holds something that is no text.`)
      })
    },
    /** Pairs of a name and a text; null stands for none. @throws ServerFault where it is anything else */
    pairs(...names: readonly string[]): readonly (readonly [string, string])[] {
      const found = take(names)
      if (found === undefined) return []
      const object = parseIfText(found)
      if (!isObject(object)) throw new ServerFault(`${found.name} is no object.`)
      const pairs: (readonly [string, string])[] = []
      for (const [name, one] of Object.entries(object)) {
        if (one === null) continue
        if (typeof one === 'object') throw new ServerFault(`${found.name}.${name} is no text.`)
        pairs.push([name, String(one)])
      }
      return pairs
    },
    /** Names that nobody asked for. */
    leftOver: (): string[] => Object.keys(value).filter((name) => !seen.has(name)),
  }
}

/** `argsJson`, `envJson` and `headersJson` are JSON in a text. */
function parseIfText({ name, value }: { name: string; value: Data }): Data {
  if (typeof value !== 'string' || !name.endsWith('Json')) return value
  try {
    return nullPrototype(JSON.parse(value))
  } catch {
    throw new ServerFault(`${quoted(name)} is no JSON.`)
  }
}

/** One level is all that is looked at. */
function nullPrototype(value: Data): Data {
  if (!isObject(value)) return value
  return Object.assign(Object.create(null), value)
}
