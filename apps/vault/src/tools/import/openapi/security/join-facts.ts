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
  const parts = joinBearers(requirement.map((name) => all.get(name) ?? readScheme(name, undefined)))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { ...only, name: joinNames(requirement) }
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

/** Where a token comes from, the best way first: one that is renewed before one that is pasted. */
const sources: readonly SchemeFacts['kind'][] = ['oauth2-client-credentials', 'oauth2', 'bearer']

/**
 * Schemes that all go on as a bearer token are one token, as for Google, whose documents name two flows of one account. Beside
 * keys the token is one of them, since keys go on together as they stand.
 */
function joinBearers(parts: readonly SchemeFacts[]): readonly SchemeFacts[] {
  const bearers = parts.filter(({ isBearer, reason }) => isBearer && reason === undefined)
  const [best] = bearers.toSorted((a, b) => sources.indexOf(a.kind) - sources.indexOf(b.kind))
  if (best === undefined) return parts
  const others = parts.filter((part) => !bearers.includes(part))
  if (others.length === 0) return [best]
  return [{ ...best, kind: 'bearer', known: {} }, ...others]
}
