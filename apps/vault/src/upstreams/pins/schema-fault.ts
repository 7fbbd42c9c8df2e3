import { prepareSchema } from '../../tools/request/schema/prepare-schema.ts'
import { resolveReference } from '../../tools/request/schema/resolve-reference.ts'

/** What the schema of one tool may cost; one is about half a millisecond of compiling it, in which nothing else goes on. */
const costMax = 2_000
/** Members and items that are no schemas cost less. */
const costOfList = 0.25
/** A pattern costs by its length beside that. */
const costOfPattern = 5
const charsPerCost = 50
/** Branches are told apart from each other. */
const branchesPerCost = 50

const tooCostly = 'it has more parts than can be checked without holding everybody else up'
const halfCharacter = 'it holds half of a character, which cannot be kept'

/**
 * Why a schema that a stranger wrote cannot be used; undefined where it can. It is looked at and not compiled: that is done when a call
 * needs it, and takes time by what it costs, which is bounded here.
 */
export function faultOfSchema(schema: Readonly<Record<string, unknown>>): string | undefined {
  if (schema.type !== 'object') return 'it has to be of the type object'
  try {
    const read = readParts(schema)
    if (read.isBroken) return halfCharacter
    // Each target is compiled by itself, with all that is in it.
    let { cost } = read
    for (const reference of read.references) {
      if (cost > costMax) break
      cost += readParts(resolveReference(reference, schema)).cost
    }
    if (cost > costMax) return tooCostly
    prepareSchema(schema, () => true)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

interface Parts {
  readonly cost: number
  readonly references: ReadonlySet<string>
  /** A text in it is none. */
  readonly isBroken: boolean
}

/** Looks at all of it, or as far as it may cost. Without recursion: what is nested too deep is found later. */
function readParts(root: unknown): Parts {
  const references = new Set<string>()
  const patterns = new Set<string>()
  const waiting: unknown[] = [root]
  let cost = 0
  let isBroken = false
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (cost > costMax) break
    if (typeof at === 'string') isBroken ||= /\p{Cs}/u.test(at)
    if (typeof at !== 'object' || at === null) continue
    cost += Array.isArray(at) ? costOfList : 1
    for (const [name, value] of Object.entries(at)) {
      isBroken ||= /\p{Cs}/u.test(name)
      cost += costOf(name, value, patterns)
      if (name === '$ref' && typeof value === 'string') references.add(value)
      waiting.push(value)
    }
  }
  return { cost, references, isBroken }
}

function costOf(name: string, value: unknown, known: Set<string>): number {
  // The same pattern is made once.
  const ofPattern = (pattern: string) => {
    if (known.has(pattern)) return 0
    known.add(pattern)
    return costOfPattern + pattern.length / charsPerCost
  }
  if (name === 'pattern' && typeof value === 'string') return ofPattern(value)
  if (typeof value !== 'object' || value === null) return 0
  if (name === 'patternProperties') {
    return Object.keys(value).reduce((sum, pattern) => sum + ofPattern(pattern), 0)
  }
  const isChoice = (name === 'anyOf' || name === 'oneOf') && Array.isArray(value)
  return isChoice ? value.length ** 2 / branchesPerCost : 0
}
