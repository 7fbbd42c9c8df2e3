// Makes JSON Schema 2020-12 of the schemas of OpenAPI 2.0 to 3.2: plain objects that stand alone, with `$defs` for what recurs
// and everything else written out where it stands.
import type { JsonSchema } from '@sallyport/contracts'
import { type Data, type DataObject, isList, isObject } from '../../read-document.ts'
import type { References } from '../references.ts'
import { mergeAllOf } from './merge-all-of.ts'
import { toPlainValue } from './plain-value.ts'
import { readAnnotations } from './schema-annotations.ts'
import { readBounds } from './schema-bounds.ts'
import { readPattern } from './schema-pattern.ts'
import { addTally, newTally, type SchemaTally, weighText } from './schema-tally.ts'
import { isNullable, readTypes } from './schema-types.ts'

/** Arguments leave out what is `readOnly`, answers what is `writeOnly`. */
export type SchemaMode = 'input' | 'output'

/** How much of a schema is written out. */
export interface SchemaDetail {
  /** References inside each other that are followed; deeper ones are left open. */
  readonly refsMax: number
  /** Objects and lists inside each other, within one named schema. */
  readonly depthMax: number
  /** Longer lists of allowed values are left out. */
  readonly enumMax: number
}

export interface ConvertedSchema {
  readonly schema: JsonSchema
  readonly tally: SchemaTally
}

interface Walk {
  readonly mode: SchemaMode
  readonly detail: SchemaDetail
  readonly refsLeft: number
  readonly depthLeft: number
  readonly tally: SchemaTally
}

export type ConvertSchema = (
  schema: Data | undefined,
  how: { readonly mode: SchemaMode; readonly detail: SchemaDetail },
) => ConvertedSchema

interface ConverterNeeds {
  readonly references: References
  /** Pointers that lead back to themselves. */
  readonly isCyclic: (pointer: string) => boolean
  /** What a schema under `$defs` is called. */
  readonly nameOf: (pointer: string) => string
}

/** The converter of one document. What a reference yields is kept, so that the cost does not multiply. */
export function createSchemaConverter({
  references,
  isCyclic,
  nameOf,
}: ConverterNeeds): ConvertSchema {
  const known = new Map<string, ConvertedSchema>()

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
    if (walk.detail.refsMax >= refsOfCycles && isCyclic(pointer)) {
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
    if (value === undefined || value === true) return {}
    if (value === false) return { not: {} }
    if (!isObject(value)) {
      tally.changes.add('A schema that is none is left open.')
      return {}
    }
    if (typeof value.$ref === 'string') return convertReference(value.$ref, value, walk)
    if (walk.depthLeft <= 0) return hintOf(value, tally)
    const inner = { ...walk, depthLeft: walk.depthLeft - 1 }
    return withNull(value, convertKeywords(value, { walk: inner, convert }))
  }

  return (schema, { mode, detail }) => {
    const tally = newTally()
    const walk = { mode, detail, refsLeft: detail.refsMax, depthLeft: detail.depthMax, tally }
    return { schema: convert(schema, walk), tally }
  }
}

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

function joinAll(parts: readonly JsonSchema[], beside: JsonSchema): JsonSchema {
  const bearers = parts.filter((part) => Object.keys(part).length > 0)
  const [only] = bearers
  if (bearers.length <= 1) return { ...only, ...beside }
  const merged = mergeAllOf(bearers)
  return merged === undefined ? { allOf: bearers, ...beside } : { ...merged, ...beside }
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

interface Inner {
  readonly walk: Walk
  readonly convert: (value: Data | undefined, walk: Walk) => JsonSchema
}

function convertKeywords(source: DataObject, { walk, convert }: Inner): JsonSchema {
  const { tally } = walk
  const schema: Record<string, unknown> = {}
  const { types, format, unknown } = readTypes(source)
  if (unknown !== undefined) tally.changes.add(`The type ${unknown} is none; any value is taken.`)
  if (types !== undefined) schema.type = types.length === 1 ? types[0] : types
  const said = typeof source.format === 'string' ? source.format : format
  if (said !== undefined && said !== '') schema.format = said.slice(0, 100)
  Object.assign(schema, readAnnotations(source, tally), readBounds(source))
  readAllowed(source, schema, walk)
  readPattern(source.pattern, schema, tally)
  for (const name of ['contentEncoding', 'contentMediaType'] as const) {
    if (typeof source[name] === 'string') schema[name] = source[name].slice(0, 200)
  }
  convertObject(source, schema, { walk, convert })
  convertList(source, schema, { walk, convert })
  convertChoices(source, schema, { walk, convert })
  if (!isList(source.allOf) || source.allOf.length === 0) return schema
  const parts = source.allOf.map((part) => convert(part, walk))
  const { title, description, deprecated, examples, ...rest } = schema
  const beside = { title, description, deprecated, examples }
  const annotations = Object.fromEntries(
    Object.entries(beside).filter(([, value]) => value !== undefined),
  )
  return joinAll([...parts, rest], annotations)
}

function readAllowed(source: DataObject, schema: Record<string, unknown>, walk: Walk): void {
  const { tally, detail } = walk
  if (source.const !== undefined) schema.const = toPlainValue(source.const)
  if (!isList(source.enum) || source.enum.length === 0) return
  tally.weight += source.enum.length / 2
  if (source.enum.length > detail.enumMax) {
    tally.isCut = true
    return
  }
  const values = source.enum.map((value) => toPlainValue(value) ?? null)
  // Numbers that stand in quotes, or the other way round: as the type says, for nothing would be allowed otherwise.
  const fitting = values.map((value) => asTyped(value, schema.type))
  for (const value of fitting) if (typeof value === 'string') tally.weight += weighText(value)
  schema.enum = isNullable(source) && !fitting.includes(null) ? [...fitting, null] : fitting
}

function asTyped(value: unknown, type: unknown): unknown {
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return String(value)
  }
  if ((type === 'integer' || type === 'number') && typeof value === 'string' && value !== '') {
    return Number.isFinite(Number(value)) ? Number(value) : value
  }
  return value
}

function convertObject(
  source: DataObject,
  schema: Record<string, unknown>,
  { walk, convert }: Inner,
): void {
  const hidden = walk.mode === 'input' ? 'readOnly' : 'writeOnly'
  const left = new Set<string>(['__proto__'])
  if (isObject(source.properties)) {
    const properties: Record<string, JsonSchema> = {}
    for (const [name, property] of Object.entries(source.properties)) {
      if (isObject(property) && property[hidden] === true) left.add(name)
      if (left.has(name)) continue
      walk.tally.weight += weighText(name)
      properties[name] = convert(property, walk)
    }
    schema.properties = properties
    schema.type ??=
      source.allOf === undefined && source.oneOf === undefined && source.anyOf === undefined
        ? 'object'
        : undefined
    if (schema.type === undefined) delete schema.type
  }
  if (isList(source.required)) {
    const names = source.required.filter((name) => typeof name === 'string' && !left.has(name))
    if (names.length > 0) schema.required = [...new Set(names)]
  }
  const { additionalProperties, patternProperties, propertyNames } = source
  if (isObject(additionalProperties) || additionalProperties === false) {
    schema.additionalProperties =
      additionalProperties === false ? false : convert(additionalProperties, walk)
  }
  // What the names must look like needs patterns; additional properties stay open where they are not read.
  if (isObject(patternProperties) || isObject(propertyNames)) delete schema.additionalProperties
}

function convertList(
  source: DataObject,
  schema: Record<string, unknown>,
  { walk, convert }: Inner,
): void {
  const tuple = isList(source.prefixItems)
    ? source.prefixItems
    : isList(source.items)
      ? source.items
      : undefined
  if (tuple !== undefined && tuple.length > 0) {
    schema.prefixItems = tuple.map((item) => convert(item, walk))
  }
  if (isObject(source.items)) schema.items = convert(source.items, walk)
  if (source.items === false) schema.items = false
  if (isObject(source.contains)) schema.contains = convert(source.contains, walk)
}

function convertChoices(
  source: DataObject,
  schema: Record<string, unknown>,
  { walk, convert }: Inner,
): void {
  for (const name of ['oneOf', 'anyOf'] as const) {
    const choices = source[name]
    if (isList(choices) && choices.length > 0) {
      schema[name] = choices.map((choice) => convert(choice, walk))
    }
  }
  for (const name of ['not', 'if', 'then', 'else'] as const) {
    const one = source[name]
    if (isObject(one)) schema[name] = convert(one, walk)
  }
  if (typeof source.$dynamicRef === 'string') {
    walk.tally.changes.add('A $dynamicRef is not followed; what stands there is left open.')
  }
}
