import type { JsonSchema } from '@sallyport/contracts'
import { type Data, type DataObject, isList, isObject } from '../../read-document.ts'
import { quoteName } from '../../refuse-document.ts'
import { joinAll } from './merge-all-of.ts'
import { toPlainValue } from './plain-value.ts'
import { readAnnotations, withoutValues } from './schema-annotations.ts'
import { readBounds } from './schema-bounds.ts'
import { readPattern } from './schema-pattern.ts'
import { weighText } from './schema-tally.ts'
import { isNullable, readTypes } from './schema-types.ts'
import type { Walk } from './schema-walk.ts'

interface Inner {
  readonly walk: Walk
  readonly convert: (value: Data | undefined, walk: Walk) => JsonSchema
}

/** What a schema that is no reference says, keyword by keyword. */
export function convertKeywords(source: DataObject, { walk, convert }: Inner): JsonSchema {
  const { tally } = walk
  const schema: Record<string, unknown> = {}
  const { types, format, unknown } = readTypes(source)
  if (unknown !== undefined) tally.changes.add(`The type ${unknown} is none; any value is taken.`)
  if (types !== undefined) schema.type = types.length === 1 ? types[0] : types
  const said = typeof source.format === 'string' ? source.format : format
  if (said !== undefined && said !== '') schema.format = said.slice(0, 100)
  Object.assign(schema, readAnnotations(source, tally), readBounds(source))
  readAllowed(source, schema, walk)
  readPattern(source, schema, tally)
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
      properties[name] = withoutValues(name, convert(property, walk))
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
  if (isObject(propertyNames)) delete schema.additionalProperties
  if (!isObject(patternProperties)) return
  delete schema.additionalProperties
  const said = Object.keys(patternProperties).slice(0, 5).map(quoteName).join(', ')
  walk.tally.changes.add(
    `Members by a pattern of their names (${said}) are left open: what they must be is not checked.`,
  )
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
