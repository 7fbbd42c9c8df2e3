import { joinNames, type Requirement } from './requirements.ts'
import type { SchemeFacts } from './scheme.ts'
import { readScheme } from './scheme-facts.ts'

const partsMax = 5
const keys: ReadonlySet<string | undefined> = new Set([
  ...['bearer', 'header', 'query', 'basic', 'cookie'],
])

/** What schemes that are needed together are as one: several keys, each in a place of its own. */
export function joinFacts(
  requirement: Requirement,
  all: ReadonlyMap<string, SchemeFacts>,
): SchemeFacts {
  const parts = requirement.map((name) => all.get(name) ?? readScheme(name, undefined))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const joined = { name: joinNames(requirement), known: {}, place: '', isBearer: false }
  const bad = parts.find(({ reason }) => reason !== undefined)
  if (bad !== undefined) return { ...joined, reason: bad.reason }
  if (parts.length > partsMax || parts.some(({ kind }) => !keys.has(kind))) {
    return {
      ...joined,
      reason: 'Only keys that go on as they stand can go on together, at most five.',
    }
  }
  if (new Set(parts.map(({ place }) => place)).size < parts.length) {
    return { ...joined, reason: 'Two of them would go into the same place.' }
  }
  return {
    ...joined,
    kind: 'several',
    known: { parts: parts.map(({ kind, known }) => ({ kind, ...known })) },
    isBearer: parts.some(({ isBearer }) => isBearer),
  }
}
