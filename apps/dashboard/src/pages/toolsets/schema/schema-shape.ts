import type { JsonSchema } from '@sallyport/contracts'

// What field a form needs for a JSON Schema: pure. What has no simple field is written as JSON.

export type Shape =
  | { readonly kind: 'text' | 'boolean' | 'json' }
  | {
      readonly kind: 'number'
      readonly isWhole: boolean
      /** One that a number does not hold is given as the text of its digits. */
      readonly orDigits?: boolean
    }
  | { readonly kind: 'choice'; readonly options: readonly unknown[] }
  /** One value a line. */
  | { readonly kind: 'list'; readonly item: 'text' | 'number' }
  | { readonly kind: 'group'; readonly fields: readonly SchemaField[] }

export interface SchemaField {
  readonly path: readonly string[]
  readonly schema: JsonSchema
  readonly shape: Shape
  readonly required: boolean
}

/** Objects in objects are written as JSON from here on. */
const depthMax = 2
const referencesMax = 20

export const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema that a reference within the document leads to; an empty one, which allows anything, where it leads nowhere. */
export function resolve(schema: unknown, root: JsonSchema): JsonSchema {
  let at = schema
  for (let hop = 0; hop < referencesMax; hop += 1) {
    if (!isObject(at)) return {}
    const { $ref, ...beside } = at
    if (typeof $ref !== 'string') return at
    const found = followPointer($ref, root)
    at = isObject(found) ? { ...found, ...beside } : {}
  }
  return {}
}

function followPointer(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith('#/')) return undefined
  const names = reference
    .slice(2)
    .split('/')
    .map((name) => decode(name).replaceAll('~1', '/').replaceAll('~0', '~'))
  return names.reduce<unknown>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    root,
  )
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name // A lone % stands for itself.
  }
}

/** Without the null that a value may be as well: a field that is left empty gives no value. */
function withoutNull(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { anyOf, oneOf, ...beside } = schema
  const either = Array.isArray(anyOf) ? anyOf : oneOf
  if (!Array.isArray(either)) return schema
  const others = either.map((one) => resolve(one, root)).filter((one) => one.type !== 'null')
  const [only] = others
  return others.length === 1 && only !== undefined ? { ...only, ...beside } : schema
}

/** Of several types the one that is not null, if there is just one. */
function typeOf({ type }: JsonSchema): unknown {
  if (!Array.isArray(type)) return type
  const types = type.filter((one) => one !== 'null')
  return types.length === 1 ? types[0] : undefined
}

/** A whole number, or the text of its digits: an id of 64 bits. */
function takesDigits({ type, pattern }: JsonSchema): boolean {
  const types = Array.isArray(type) ? type.filter((one) => one !== 'null') : []
  const isEither = types.length === 2 && types.includes('integer') && types.includes('string')
  return isEither && typeof pattern === 'string'
}

/** The field for the schema at a path of the arguments; `root` is the document that its references are in. */
export function shapeOf(given: unknown, root: JsonSchema, path: readonly string[] = []): Shape {
  const schema = withoutNull(resolve(given, root), root)
  if (Array.isArray(schema.enum)) return { kind: 'choice', options: schema.enum }
  if (Object.hasOwn(schema, 'const')) return { kind: 'choice', options: [schema.const] }
  if (['oneOf', 'anyOf', 'allOf', 'not'].some((name) => Object.hasOwn(schema, name))) {
    return { kind: 'json' }
  }
  if (takesDigits(schema)) return { kind: 'number', isWhole: true, orDigits: true }
  switch (typeOf(schema)) {
    case 'string':
      return { kind: 'text' }
    case 'integer':
    case 'number':
      return { kind: 'number', isWhole: typeOf(schema) === 'integer' }
    case 'boolean':
      return { kind: 'boolean' }
    case 'array':
      return listShape(schema, root)
    case 'object': {
      const hasFields = isObject(schema.properties) && Object.keys(schema.properties).length > 0
      if (!hasFields || path.length > depthMax) return { kind: 'json' }
      return { kind: 'group', fields: fieldsOf(schema, root, path) }
    }
    default:
      return { kind: 'json' }
  }
}

function listShape(schema: JsonSchema, root: JsonSchema): Shape {
  const item = shapeOf(schema.items, root)
  return item.kind === 'text' || item.kind === 'number'
    ? { kind: 'list', item: item.kind }
    : { kind: 'json' }
}

/** The fields of an object, those that have to be given first. */
export function fieldsOf(
  schema: JsonSchema,
  root: JsonSchema,
  path: readonly string[] = [],
): readonly SchemaField[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  const properties = isObject(schema.properties) ? schema.properties : {}
  const fields = Object.entries(properties).map(([name, property]): SchemaField => {
    const own = [...path, name]
    return {
      path: own,
      schema: withoutNull(resolve(property, root), root),
      shape: shapeOf(property, root, own),
      required: required.includes(name),
    }
  })
  return [...fields.filter((one) => one.required), ...fields.filter((one) => !one.required)]
}
