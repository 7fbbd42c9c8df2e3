import type { JsonSchema } from '@sallyport/contracts'

// JSON Schema as far as people have to see it: members, types, examples. Bounded, and never wrong for being partial: the vault
// checks the arguments against the whole schema.

const refsMax = 20
const depthMax = 6

/** A schema with its references within the document followed. */
export function resolveSchema(schema: unknown, root: JsonSchema): JsonSchema {
  let at = schema
  for (let turn = 0; turn < refsMax; turn += 1) {
    if (typeof at !== 'object' || at === null) return {}
    const { $ref } = at as JsonSchema
    if (typeof $ref !== 'string') return at as JsonSchema
    at = follow($ref, root)
  }
  return {}
}

function follow(ref: string, root: JsonSchema): unknown {
  if (!ref.startsWith('#/')) return undefined
  return ref
    .slice(2)
    .split('/')
    .map((part) => unescaped(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, part) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, part)
          ? (at as Record<string, unknown>)[part]
          : undefined,
      root,
    )
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // URIError: a percent sign that stands for itself.
  }
}

/** The members of an object’s schema, those of `allOf` included. */
export function propertiesOf(schema: unknown, root: JsonSchema): Map<string, JsonSchema> {
  const found = new Map<string, JsonSchema>()
  const seen = new Set<JsonSchema>()
  const visit = (at: unknown, depth: number) => {
    const resolved = resolveSchema(at, root)
    if (seen.has(resolved)) return
    seen.add(resolved)
    for (const [name, member] of Object.entries(asObject(resolved.properties))) {
      found.set(name, resolveSchema(member, root))
    }
    if (depth < depthMax) for (const one of asList(resolved.allOf)) visit(one, depth + 1)
  }
  visit(schema, 0)
  return found
}

export const requiredOf = (schema: JsonSchema): readonly string[] =>
  asList(schema.required).filter((name) => typeof name === 'string')

/** All types that a value may be of; empty where the schema does not say. */
export function typesOf(schema: unknown, root: JsonSchema): ReadonlySet<string> {
  const types = new Set<string>()
  const seen = new Set<JsonSchema>()
  const visit = (at: unknown, depth: number) => {
    const resolved = resolveSchema(at, root)
    if (seen.has(resolved)) return
    seen.add(resolved)
    const { type, anyOf, oneOf, allOf, const: constant, enum: values } = resolved
    for (const one of asList(Array.isArray(type) ? type : [type])) {
      if (typeof one === 'string') types.add(one)
    }
    if (type === undefined) {
      for (const value of [...asList(values), ...(constant === undefined ? [] : [constant])]) {
        types.add(value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
      }
    }
    if (depth >= depthMax) return
    for (const one of [...asList(anyOf), ...asList(oneOf), ...asList(allOf)]) visit(one, depth + 1)
  }
  visit(schema, 0)
  return types
}

/** A type in a word or two: `string`, `integer[]`, `"asc" or "desc"`. */
export function wordOfType(schema: JsonSchema, root: JsonSchema, depth = 0): string {
  const values = asList(schema.enum)
  if (values.length > 0 && values.length <= 12) {
    return values.map((value) => JSON.stringify(value)).join(' or ')
  }
  const types = [...typesOf(schema, root)]
  if (types.length === 0) return 'any'
  const words = types.map((type) =>
    // Lists may hold themselves.
    type === 'array' && depth < depthMax
      ? `${wordOfType(resolveSchema(schema.items, root), root, depth + 1)}[]`
      : type,
  )
  const format = typeof schema.format === 'string' ? ` (${schema.format})` : ''
  return `${words.join(' or ')}${format}`
}

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
