import type { JsonSchema } from '@sallyport/contracts'
import type { Data } from '../../read-document.ts'
import { lastToken, type References } from '../references.ts'
import {
  type ConvertSchema,
  createSchemaConverter,
  type SchemaDetail,
  type SchemaMode,
} from './convert-schema.ts'
import { findCyclicReferences } from './cyclic-references.ts'
import { addTally, newTally } from './schema-tally.ts'

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

export type OpenScope = (mode: SchemaMode, detail: SchemaDetail) => SchemaScope

/** Opens scopes for the tools of one document. */
export function createSchemaScopes(root: Data, references: References): OpenScope {
  const names = createNames()
  const convert = createSchemaConverter({
    references,
    isCyclic: findCyclicReferences(root, references),
    nameOf: names,
  })
  return (mode, detail) => openScope({ references, convert, nameOf: names }, { mode, detail })
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
  readonly references: References
  readonly convert: ConvertSchema
  readonly nameOf: (pointer: string) => string
}

function openScope(
  { references, convert, nameOf }: ScopeNeeds,
  how: { readonly mode: SchemaMode; readonly detail: SchemaDetail },
): SchemaScope {
  const total = newTally()
  const defs = new Map<string, JsonSchema>()

  // Each turn converts one of the pointers that were named and not yet converted.
  const close = (): void => {
    for (
      let open = findOpen();
      open !== undefined && Number.isFinite(total.weight);
      open = findOpen()
    ) {
      const found = references.lookUp(open)
      const { schema, tally } = convert(found.value, how)
      defs.set(open, schema)
      addTally(total, tally)
    }
  }
  const findOpen = (): string | undefined => {
    for (const pointer of total.defs) if (!defs.has(pointer)) return pointer
    return undefined
  }

  return {
    convert(source) {
      const { schema, tally } = convert(source, how)
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
