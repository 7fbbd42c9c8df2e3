import type { JsonSchema } from '@sallyport/contracts'
import { asList, propertiesOf, requiredOf, resolveSchema, typesOf } from './read-schema.ts'

/** Arguments for an example, and which of the required ones the schema gives no value for. */
interface ExampleArguments {
  readonly args: Readonly<Record<string, unknown>>
  readonly missing: readonly string[]
}

const depthMax = 8
/** A document can make its schema as wide as it is deep. */
const visitsMax = 2_000

/** Values that the schema itself names: a constant, an example, a default, the first of an enumeration. Nothing is made up. */
export function exampleArguments(schema: JsonSchema): ExampleArguments {
  const missing: string[] = []
  let visits = 0
  const visit = (at: unknown, path: string, depth: number): unknown => {
    visits += 1
    if (visits > visitsMax) {
      missing.push(path)
      return undefined
    }
    const resolved = resolveSchema(at, schema)
    const named = namedValue(resolved)
    if (named !== undefined) return named
    const [first] = [...asList(resolved.anyOf), ...asList(resolved.oneOf)]
    if (first !== undefined && depth < depthMax) return visit(first, path, depth + 1)
    const types = typesOf(resolved, schema)
    if (types.has('boolean')) return false
    if (types.has('object') && depth < depthMax) return members(resolved, path, depth + 1)
    if (types.has('array') && !types.has('string')) return []
    missing.push(path)
    return undefined
  }
  const members = (at: JsonSchema, path: string, depth: number): Record<string, unknown> => {
    const properties = propertiesOf(at, schema)
    const entries = requiredOf(at).map((name): [string, unknown] => [
      name,
      visit(properties.get(name), path === '' ? name : `${path}.${name}`, depth),
    ])
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }
  return { args: members(schema, '', 0), missing }
}

function namedValue(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const
  const [example] = asList(schema.examples)
  if (example !== undefined) return example
  if (schema.example !== undefined) return schema.example
  if (schema.default !== undefined) return schema.default
  return asList(schema.enum)[0]
}
