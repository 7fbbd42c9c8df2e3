import type { JsonSchema } from '@sallyport/contracts'
import type { Data } from '../../read-document.ts'
import { lastToken, type References } from '../references.ts'
import { createSchemaConverter, type SchemaConverter } from './convert-schema.ts'
import { findCyclicReferences } from './cyclic-references.ts'
import { addTally, newTally } from './schema-tally.ts'
import type { SchemaDetail, SchemaMode } from './schema-walk.ts'

/** The schemas of one tool's arguments, or of its answer: with what they name under `$defs`. */
export interface SchemaScope {
  /** One schema among those of the tool. */
  readonly convert: (schema: Data | undefined) => JsonSchema
  /** What all of them name, or undefined where nothing recurs. */
  readonly defs: () => Readonly<Record<string, JsonSchema>> | undefined
  /** About how large all of it is; call it last. */
  readonly weight: () => number
  readonly changes: () => readonly string[]
  readonly isCut: () => boolean
}

/** From everything to hardly anything: the first that is small enough is taken. */
export const schemaDetails: readonly SchemaDetail[] = [
  { refsMax: 12, depthMax: 100, enumMax: 1000 },
  { refsMax: 6, depthMax: 100, enumMax: 1000 },
  { refsMax: 4, depthMax: 100, enumMax: 1000 },
  { refsMax: 3, depthMax: 60, enumMax: 500 },
  { refsMax: 2, depthMax: 30, enumMax: 500 },
  { refsMax: 1, depthMax: 16, enumMax: 200 },
  { refsMax: 1, depthMax: 4, enumMax: 50 },
  { refsMax: 0, depthMax: 2, enumMax: 20 },
  { refsMax: 0, depthMax: 1, enumMax: 5 },
]

/** What is so many times too large is not tried in any detail. */
const hopelessRatio = 20
const hopelessRefsMax = 2

/**
 * Tries details from the most to the least, until one is small enough. Undefined where none is.
 * @param attempt answers undefined and its weight where it is too large
 */
export function fitDetail<T>(
  details: readonly SchemaDetail[],
  weightMax: number,
  attempt: (detail: SchemaDetail) => { readonly weight: number; readonly made: () => T },
): T | undefined {
  let refsMax = Number.POSITIVE_INFINITY
  for (const detail of details) {
    if (detail.refsMax > refsMax) continue
    const { weight, made } = attempt(detail)
    if (weight <= weightMax) return made()
    if (weight > weightMax * hopelessRatio) refsMax = Math.min(refsMax, hopelessRefsMax)
  }
  return undefined
}

/** `weightMax`: nobody wants what is larger, so it need not be whole then. */
export type OpenScope = (how: {
  readonly mode: SchemaMode
  readonly detail: SchemaDetail
  readonly weightMax: number
}) => SchemaScope

/** Opens scopes for the tools of one document. */
export function createSchemaScopes(root: Data, references: References): OpenScope {
  const names = createNames()
  const cycles = findCyclicReferences(root, references)
  const converter = createSchemaConverter({ references, cycles, nameOf: names })
  return (how) => openScope({ converter, nameOf: names }, how)
}

function createNames(): (pointer: string) => string {
  const names = new Map<string, string>()
  const used = new Set<string>()
  return (pointer) => {
    const before = names.get(pointer)
    if (before !== undefined) return before
    const plain =
      lastToken(pointer)
        .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
        .slice(0, 60) || 'schema'
    let name = /^_+proto_+$/.test(plain) ? 'schema' : plain
    for (let number = 2; used.has(name); number += 1) name = `${plain}_${number}`
    used.add(name)
    names.set(pointer, name)
    return name
  }
}

interface ScopeNeeds {
  readonly converter: SchemaConverter
  readonly nameOf: (pointer: string) => string
}

function openScope({ converter, nameOf }: ScopeNeeds, how: Parameters<OpenScope>[0]): SchemaScope {
  const total = newTally()
  const defs = new Map<string, JsonSchema>()

  const close = (): void => {
    // A set that grows while it is gone through: what is named meanwhile comes later.
    for (const pointer of total.defs) {
      if (total.weight > how.weightMax) return
      if (defs.has(pointer)) continue
      const { schema, tally } = converter.convertNamed(pointer, how)
      defs.set(pointer, schema)
      addTally(total, tally)
    }
  }

  return {
    convert(source) {
      const { schema, tally } = converter.convert(source, how)
      addTally(total, tally)
      return schema
    },
    defs() {
      close()
      if (defs.size === 0) return undefined
      return Object.fromEntries([...defs].map(([pointer, schema]) => [nameOf(pointer), schema]))
    },
    weight() {
      close()
      return total.weight
    },
    changes: () => [...total.changes],
    isCut: () => total.isCut,
  }
}
