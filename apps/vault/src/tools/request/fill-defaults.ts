import {
  type ArgumentObject,
  type ArgumentValue,
  copyArguments,
  isObject,
} from './argument-value.ts'
import { resolveReference } from './schema/resolve-reference.ts'

type Json = Readonly<Record<string, unknown>>

const depthMax = 32
const hopsMax = 16
/** How many members of schemas are looked at; what is left then stays as it was given. */
const stepsMax = 500_000

/** A member that was filled in: where, and how to take it out again. */
export interface FilledDefault {
  readonly path: readonly string[]
  readonly holder: ArgumentObject
  readonly name: string
}

/**
 * Fills in the defaults of a schema, in place. Arguments that were left out get theirs. A member of an argument gets one only
 * where it is required: a default says what the upstream takes when it is told nothing, and sent along in a partial update
 * it would set back what nobody named. Branches (`oneOf`, `if`) fill in nothing.
 * @returns what was filled in
 */
export function fillDefaults(args: ArgumentObject, root: Json): readonly FilledDefault[] {
  const filled: FilledDefault[] = []
  // Two ways to the same schema of the same value would double with each level.
  const seen = new Map<unknown, Set<unknown>>()
  let steps = 0
  const fill = (value: ArgumentValue, schema: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || path.length > depthMax) return
    const schemas = seen.get(value) ?? new Set()
    if (schemas.has(schema)) return
    seen.set(value, schemas.add(schema))
    if (Array.isArray(value)) {
      for (const part of partsOf(schema, root)) {
        if (part.items === undefined) continue
        for (const [at, item] of value.entries()) fill(item, part.items, [...path, String(at)])
      }
    } else if (isObject(value)) {
      fillObject(value, { schema, path })
    }
  }
  const fillObject = (
    object: ArgumentObject,
    { schema, path }: { schema: unknown; path: readonly string[] },
  ): void => {
    const parts = partsOf(schema, root)
    const required = new Set(
      parts.flatMap(({ required: names }) => (Array.isArray(names) ? names : [])),
    )
    for (const { properties } of parts) {
      if (!isMap(properties)) continue
      for (const [name, property] of Object.entries(properties)) {
        steps += 1
        if (name === '__proto__' || steps > stepsMax) continue
        const given = object[name]
        if (given !== undefined) fill(given, property, [...path, name])
        else if (path.length === 0 || required.has(name)) {
          const value = defaultOf(property, root)
          if (value === undefined) continue
          object[name] = value
          filled.push({ path: [...path, name], holder: object, name })
        }
      }
    }
  }
  fill(args, root, [])
  return filled
}

function defaultOf(property: unknown, root: Json): ArgumentValue | undefined {
  const part = partsOf(property, root).find((one) => one.default !== undefined)
  return part && copyArguments({ value: part.default }).value
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A schema with what it refers to and what `allOf` puts together: all hold at once. */
function partsOf(schema: unknown, root: Json): readonly Json[] {
  const parts: Json[] = []
  const visit = (one: unknown): void => {
    if (!isMap(one) || parts.length >= hopsMax || parts.includes(one)) return
    parts.push(one)
    if (typeof one.$ref === 'string') visit(resolveReference(one.$ref, root))
    if (Array.isArray(one.allOf)) for (const part of one.allOf) visit(part)
  }
  visit(schema)
  return parts
}
