import { isDeepStrictEqual } from 'node:util'
import type { HttpToolDefinition, JsonSchema } from '@sallyport/contracts'

/** Finds the schema of an argument by its path. */
export type SchemaOf = (path: readonly string[]) => JsonSchema

/** `$defs` of many tools as the components of one document. */
export function createComponents() {
  const schemas: Record<string, JsonSchema> = {}

  /** Puts the `$defs` of a schema among the components; answers what each is called there. */
  const adopt = (source: JsonSchema): ReadonlyMap<string, string> => {
    const defs = Object.entries((source.$defs ?? {}) as Record<string, JsonSchema>)
    const names = new Map<string, string>()
    for (const [name, schema] of defs) names.set(name, freeName(name, schema))
    for (const [name, schema] of defs) {
      schemas[names.get(name) ?? name] = rename(schema, names) as JsonSchema
    }
    return names
  }

  /** The same name where the same stands there already; else one with a number. */
  const freeName = (name: string, schema: JsonSchema): string => {
    const written = rename(schema, new Map([[name, name]]))
    let candidate = name
    for (let number = 2; Object.hasOwn(schemas, candidate); number += 1) {
      if (isDeepStrictEqual(schemas[candidate], written)) return candidate
      candidate = `${name}_${number}`
    }
    schemas[candidate] = {}
    return candidate
  }

  return {
    all: (): Readonly<Record<string, JsonSchema>> => schemas,
    reader({ inputSchema }: HttpToolDefinition): SchemaOf {
      const names = adopt(inputSchema)
      return (path) => rename(findSchema(inputSchema, path), names) as JsonSchema
    },
    answer({ outputSchema }: HttpToolDefinition): JsonSchema | undefined {
      if (outputSchema === undefined) return undefined
      const names = adopt(outputSchema)
      const { $defs, ...schema } = outputSchema
      return rename(schema, names) as JsonSchema
    },
  }
}

/** The schema at a path of members; anything where none is described. */
function findSchema(root: JsonSchema, path: readonly string[]): JsonSchema {
  let at: JsonSchema = root
  for (const name of path) {
    const properties = (at.properties ?? {}) as Record<string, JsonSchema | boolean>
    const found = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (typeof found !== 'object') return {}
    at = found
  }
  return at
}

const prefix = '#/$defs/'

function rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => rename(one, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name !== '$ref' || typeof member !== 'string' || !member.startsWith(prefix)) {
        return [name, rename(member, names)]
      }
      const target = member.slice(prefix.length)
      return [name, `#/components/schemas/${names.get(target) ?? target}`]
    }),
  )
}
