import type { HttpToolDefinition, JsonSchema } from '@sallyport/contracts'

type Members = Readonly<Record<string, unknown>>

/** How deep schemas are written, and how often one reference is followed inside of itself. */
const depthMax = 40
const repeatsMax = 1
/** Parts of one argument's schema: schemas that refer to each other double with every step. What is beyond is left open. */
const partsMax = 4000

/** One argument as Higress lists it, in the order in which people write one. */
export interface WrittenArgument {
  name: string
  description?: string | undefined
  type: string
  [keyword: string]: unknown
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Asked for again and again while a tool is written. */
const known = new WeakMap<JsonSchema, Map<string, JsonSchema>>()

/** The schema of one argument, its references followed. */
export const schemaOf = ({ inputSchema }: HttpToolDefinition, name: string): JsonSchema => {
  const schemas = known.get(inputSchema) ?? new Map<string, JsonSchema>()
  known.set(inputSchema, schemas)
  const before = schemas.get(name)
  if (before !== undefined) return before
  const properties = isMembers(inputSchema.properties) ? inputSchema.properties : {}
  const budget = { parts: partsMax, isCut: false }
  const schema = resolved(properties[name], inputSchema, { depth: 0, seen: [], budget })
  schemas.set(name, schema)
  if (budget.isCut) cut.add(schema)
  return schema
}

/** Schemas whose deeper parts are left open. */
const cut = new WeakSet<JsonSchema>()

/** Whether the schema of an argument is written in part: Higress has no references, and what refers to itself has no end. */
export const isWrittenInPart = (definition: HttpToolDefinition): boolean =>
  Object.keys(
    isMembers(definition.inputSchema.properties) ? definition.inputSchema.properties : {},
  ).some((name) => cut.has(schemaOf(definition, name)))

const isRequired = ({ inputSchema }: HttpToolDefinition, name: string): boolean =>
  Array.isArray(inputSchema.required) && inputSchema.required.includes(name)

/** Whether a call always has a value for it. */
export const isSure = (definition: HttpToolDefinition, name: string): boolean =>
  isRequired(definition, name) || schemaOf(definition, name).default !== undefined

/** The one type of an argument; text where it has none or several. */
function typeOf(schema: JsonSchema): string {
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(
    (type) => type !== 'null',
  )
  const [first] = types
  return typeof first === 'string' && types.length === 1
    ? first
    : isMembers(schema.properties)
      ? 'object'
      : 'string'
}

export const isScalar = (schema: JsonSchema): boolean =>
  !['object', 'array'].includes(typeOf(schema))

/** The arguments of a tool. `positions` says where those go that no template reads. */
export function writeArguments(
  definition: HttpToolDefinition,
  positions: ReadonlyMap<string, string>,
): WrittenArgument[] {
  const { properties } = definition.inputSchema
  return Object.keys(isMembers(properties) ? properties : {}).map((name) => {
    const { description, type, ...rest } = schemaOf(definition, name)
    const position = positions.get(name)
    const isNullable = Array.isArray(type) && type.includes('null')
    return {
      name,
      ...(typeof description === 'string' && { description }),
      type: typeOf(schemaOf(definition, name)),
      ...(isRequired(definition, name) && { required: true }),
      ...(isNullable && { nullable: true }),
      ...rest,
      ...(position !== undefined && { position }),
    }
  })
}

interface Trail {
  readonly depth: number
  /** The references that were followed on the way. */
  readonly seen: readonly string[]
  /** Of the whole argument. */
  readonly budget: { parts: number; isCut: boolean }
}

/** A schema with what it refers to in its place; what refers to itself ends after once. */
function resolved(schema: unknown, root: JsonSchema, { depth, seen, budget }: Trail): JsonSchema {
  budget.parts -= 1
  if (!isMembers(schema)) return {}
  if (depth > depthMax || budget.parts < 0) {
    budget.isCut = true
    return {}
  }
  const { $ref, ...own } = schema
  const base = typeof $ref === 'string' ? followed($ref, root, { depth, seen, budget }) : {}
  const written: Record<string, unknown> = { ...base }
  for (const [keyword, value] of Object.entries(own)) {
    written[keyword] = resolvedValue(keyword, value, (one) =>
      resolved(one, root, { depth: depth + 1, seen, budget }),
    )
  }
  return written
}

function followed(ref: string, root: JsonSchema, { depth, seen, budget }: Trail): JsonSchema {
  const name = /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1]
  const target =
    name === undefined || !isMembers(root.$defs)
      ? undefined
      : root.$defs[name.replaceAll('~1', '/').replaceAll('~0', '~')]
  const isAgain = seen.filter((one) => one === ref).length > repeatsMax
  if (isAgain) budget.isCut = true
  return isAgain ? {} : resolved(target, root, { depth: depth + 1, seen: [...seen, ref], budget })
}

const holdSchema = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames'])
const holdSchemas = new Set(['oneOf', 'anyOf', 'allOf', 'prefixItems'])
const holdNamed = new Set(['properties', 'patternProperties'])

function resolvedValue(
  keyword: string,
  value: unknown,
  resolve: (one: unknown) => JsonSchema,
): unknown {
  if (holdSchema.has(keyword) && isMembers(value)) return resolve(value)
  if (holdSchemas.has(keyword) && Array.isArray(value)) return value.map(resolve)
  if (!holdNamed.has(keyword) || !isMembers(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(one)]))
}
