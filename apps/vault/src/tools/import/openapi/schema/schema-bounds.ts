import type { Data, DataObject } from '../../read-document.ts'

// The keywords that bound a value, as JSON Schema 2020-12 writes them; those that say nothing that holds are left out.

const counts = [
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['minContains', 'maxContains'],
]

/** Bounds of numbers, texts, lists and objects. */
export function readBounds(schema: DataObject): Record<string, number | boolean> {
  const bounds: Record<string, number | boolean> = {}
  for (const name of counts) {
    const value = toNumber(schema[name])
    if (value !== undefined && Number.isSafeInteger(value) && value >= 0) bounds[name] = value
  }
  readSide(schema, 'minimum', bounds)
  readSide(schema, 'maximum', bounds)
  const multipleOf = toNumber(schema.multipleOf)
  if (multipleOf !== undefined && multipleOf > 0) bounds.multipleOf = multipleOf
  if (schema.uniqueItems === true) bounds.uniqueItems = true
  return bounds
}

/** In OpenAPI 3.0 `exclusiveMinimum: true` says how `minimum` is meant; since 3.1 it is a bound itself. */
function readSide(
  schema: DataObject,
  name: 'minimum' | 'maximum',
  bounds: Record<string, number | boolean>,
): void {
  const exclusive = name === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum'
  const limit = toNumber(schema[name])
  const own = schema[exclusive]
  if (own === true || own === 'true') {
    if (limit !== undefined) bounds[exclusive] = limit
    return
  }
  if (limit !== undefined) bounds[name] = limit
  const bound = typeof own === 'boolean' ? undefined : toNumber(own)
  if (bound !== undefined) bounds[exclusive] = bound
}

/** Numbers, and what people write in quotes for them. */
function toNumber(value: Data | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return undefined
  return Number(value)
}
