import type { JsonSchema } from '@sallyport/contracts'
import { isObject, resolve } from './schema-shape.ts'

// A JSON Schema as the rows of a table: pure.

export interface SchemaRow {
  readonly name: string
  /** How many objects it is inside of. */
  readonly depth: number
  readonly type: string
  readonly required: boolean
  readonly description: string | undefined
  /** Bounds and the default, in few words. */
  readonly more: string
}

/** The most rows of one table; a schema may be without end. */
export const rowsMax = 300
const depthMax = 4
const optionsShown = 12

/** What a value has to be, in few words. */
export function typeWords(given: unknown, root: JsonSchema, depth = 0): string {
  const schema = resolve(given, root)
  if (Array.isArray(schema.enum)) return `one of ${listed(schema.enum)}`
  if (Object.hasOwn(schema, 'const')) return JSON.stringify(schema.const)
  const either = schema.oneOf ?? schema.anyOf
  if (Array.isArray(either) && depth < depthMax) {
    const words = either.map((one) => typeWords(one, root, depth + 1))
    return [...new Set(words)].join(' or ')
  }
  if (schema.type === 'array') {
    return depth < depthMax ? `${typeWords(schema.items, root, depth + 1)}[]` : 'list'
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  const named = types.filter((type) => typeof type === 'string').join(' or ')
  if (named === '') return isObject(schema.properties) ? 'object' : 'anything'
  return typeof schema.format === 'string' ? `${named} (${schema.format})` : named
}

function listed(options: readonly unknown[]): string {
  const shown = options.slice(0, optionsShown).map((one) => JSON.stringify(one))
  const more = options.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

const bounds = [
  ['minimum', 'at least'],
  ['exclusiveMinimum', 'more than'],
  ['maximum', 'at most'],
  ['exclusiveMaximum', 'less than'],
  ['minLength', 'characters at least'],
  ['maxLength', 'characters at most'],
  ['minItems', 'items at least'],
  ['maxItems', 'items at most'],
  ['pattern', 'pattern'],
] as const

function moreWords(schema: JsonSchema): string {
  const said = bounds.flatMap(([name, words]) =>
    schema[name] === undefined ? [] : [`${words} ${String(schema[name])}`],
  )
  const usual = schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]
  return [...said, ...usual].join(', ')
}

/** The members of an object schema, those of inner objects after theirs, up to a bound. */
export function schemaRows(root: JsonSchema): readonly SchemaRow[] {
  const rows: SchemaRow[] = []
  addRows({ rows, root }, resolve(root, root), 0)
  return rows
}

interface Table {
  readonly rows: SchemaRow[]
  /** What references lead into. */
  readonly root: JsonSchema
}

function addRows(table: Table, schema: JsonSchema, depth: number): void {
  const { rows, root } = table
  const { properties } = schema
  if (!isObject(properties) || depth > depthMax) return
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const [name, property] of Object.entries(properties)) {
    if (rows.length >= rowsMax) return
    const inner = resolve(property, root)
    rows.push({
      name,
      depth,
      type: typeWords(inner, root),
      required: required.includes(name),
      description: typeof inner.description === 'string' ? inner.description : undefined,
      more: moreWords(inner),
    })
    addRows(table, inner.type === 'array' ? resolve(inner.items, root) : inner, depth + 1)
  }
}
