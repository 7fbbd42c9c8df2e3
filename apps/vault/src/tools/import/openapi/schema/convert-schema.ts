// Makes JSON Schema 2020-12 of the schemas of OpenAPI 2.0 to 3.2: plain objects that stand alone, with `$defs` for what recurs
// and everything else written out where it stands.
import type { JsonSchema } from '@sallyport/contracts'
import { type Data, type DataObject, isObject } from '../../read-document.ts'
import { quoteName } from '../../refuse-document.ts'
import type { References } from '../references.ts'
import { convertKeywords } from './convert-keywords.ts'
import type { CyclicReferences } from './cyclic-references.ts'
import { joinAll } from './merge-all-of.ts'
import { readAnnotations } from './schema-annotations.ts'
import { addTally, newTally, type SchemaTally } from './schema-tally.ts'
import { isNullable, readTypes } from './schema-types.ts'
import type { SchemaDetail, SchemaMode, Walk } from './schema-walk.ts'

export interface ConvertedSchema {
  readonly schema: JsonSchema
  readonly tally: SchemaTally
}

interface How {
  readonly mode: SchemaMode
  readonly detail: SchemaDetail
}

export interface SchemaConverter {
  readonly convert: (schema: Data | undefined, how: How) => ConvertedSchema
  /** What a pointer names, as it stands under `$defs`. */
  readonly convertNamed: (pointer: string, how: How) => ConvertedSchema
}

interface ConverterNeeds {
  readonly references: References
  readonly cycles: CyclicReferences
  /** What a schema under `$defs` is called. */
  readonly nameOf: (pointer: string) => string
}

/** The converter of one document. What a reference yields is kept, so that the cost does not multiply. */
export function createSchemaConverter({
  references,
  cycles,
  nameOf,
}: ConverterNeeds): SchemaConverter {
  const known = new Map<string, ConvertedSchema>()
  // Parameters and bodies that many operations refer to are the same object each time.
  const whole = new WeakMap<DataObject, Map<string, ConvertedSchema>>()

  function convertTarget(pointer: string, value: Data, walk: Walk): ConvertedSchema {
    const { mode, detail, refsLeft } = walk
    const key = `${mode} ${refsLeft} ${detail.depthMax} ${detail.enumMax} ${pointer}`
    const before = known.get(key)
    if (before !== undefined) return before
    const tally = newTally()
    const schema = convert(value, { ...walk, depthLeft: detail.depthMax, tally })
    const converted = { schema, tally }
    known.set(key, converted)
    return converted
  }

  function convertReference(ref: string, schema: DataObject, walk: Walk): JsonSchema {
    const { tally, refsLeft } = walk
    const found = references.lookUp(ref)
    const beside = readAnnotations(schema, tally)
    if (found.fault !== undefined) {
      tally.changes.add(`${found.fault} What stands there is left open.`)
      return beside
    }
    const pointer = found.pointer ?? '#'
    if (cycles.isEndless(pointer)) {
      tally.changes.add(
        `The schema ${quoteName(nameOf(pointer))} is nothing but itself: it is left open.`,
      )
      return beside
    }
    if (walk.detail.refsMax >= refsOfCycles && cycles.isCyclic(pointer)) {
      tally.defs.add(pointer)
      tally.weight += 2
      return { $ref: `#/$defs/${nameOf(pointer)}`, ...beside }
    }
    if (refsLeft <= 0) return { ...hintOf(found.value, tally), ...beside }
    const target = convertTarget(pointer, found.value, { ...walk, refsLeft: refsLeft - 1 })
    addTally(tally, target.tally)
    const rest = siblingsOf(schema)
    if (rest === undefined) return { ...target.schema, ...beside }
    return joinAll([target.schema, convert(rest, walk)], beside)
  }

  function convert(value: Data | undefined, walk: Walk): JsonSchema {
    const { tally } = walk
    tally.weight += 1
    if (value === undefined || value === true || tally.weight > uselessWeight) return {}
    if (value === false) return { not: {} }
    if (!isObject(value)) {
      tally.changes.add('A schema that is none is left open.')
      return {}
    }
    if (typeof value.$ref === 'string') {
      return withNull(value, convertReference(value.$ref, value, walk))
    }
    if (walk.depthLeft <= 0) return hintOf(value, tally)
    const inner = { ...walk, depthLeft: walk.depthLeft - 1 }
    return withNull(value, convertKeywords(value, { walk: inner, convert }))
  }

  const begin = ({ mode, detail }: How): Walk => ({
    ...{ mode, detail, refsLeft: detail.refsMax, depthLeft: detail.depthMax },
    tally: newTally(),
  })
  return {
    convert(schema, how) {
      const { refsMax, depthMax, enumMax } = how.detail
      const key = `${how.mode} ${refsMax} ${depthMax} ${enumMax}`
      const kept = isObject(schema) ? whole.get(schema) : undefined
      const before = kept?.get(key)
      if (before !== undefined) return before
      const walk = begin(how)
      const converted = { schema: convert(schema, walk), tally: walk.tally }
      if (isObject(schema) && walk.tally.weight > keptWeightMin) {
        whole.set(schema, (kept ?? new Map()).set(key, converted))
      }
      return converted
    },
    convertNamed(pointer, how) {
      const { value = true } = references.lookUp(pointer)
      return convertTarget(pointer, value, begin(how))
    },
  }
}

/** What is so large is taken by nobody, in no detail: the rest of it need not be looked at. */
const uselessWeight = 40_000
/** What is smaller is converted again as fast as it is looked up. */
const keptWeightMin = 200

/** From so many references on, cycles are written as `$defs`; with fewer they are written out and cut, as all is. */
const refsOfCycles = 12

/** What is beside a `$ref` and more than a remark; in OpenAPI 3.0 nothing there counts, and hardly anybody writes it. */
function siblingsOf(schema: DataObject): DataObject | undefined {
  const names = Object.keys(schema).filter((name) => bearing.has(name))
  if (names.length === 0) return undefined
  return Object.assign(
    Object.create(null),
    Object.fromEntries(names.map((name) => [name, schema[name]])),
  )
}
const bearing: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'allOf', 'anyOf', 'oneOf', 'enum', 'items', 'not', 'const'],
  ...['additionalProperties', 'nullable', 'x-nullable', 'minLength', 'maxLength', 'pattern'],
])

/** What is left of a schema that lies too deep: its type and what is said of it. */
function hintOf(value: Data, tally: SchemaTally): JsonSchema {
  tally.isCut = true
  if (!isObject(value)) return {}
  const { types } = readTypes(value)
  const type = types?.length === 1 ? types[0] : undefined
  const shape = type ?? (isObject(value.properties) ? 'object' : undefined)
  return { ...(shape !== undefined && { type: shape }), ...readAnnotations(value, tally) }
}

/** `nullable` beside `allOf`, `oneOf` or nothing: null is meant to be taken as well. */
function withNull(source: DataObject, schema: JsonSchema): JsonSchema {
  if (!isNullable(source) || source.type !== undefined) return schema
  const { title, description, deprecated, examples, default: fallback, ...rest } = schema
  if (Object.keys(rest).length === 0) return schema
  const said = { title, description, deprecated, examples, default: fallback }
  const annotations = Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  )
  return { ...annotations, anyOf: [rest, { type: 'null' }] }
}
