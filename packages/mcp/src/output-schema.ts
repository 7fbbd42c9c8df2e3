import type { JsonSchema } from '@sallyport/contracts'

// What a granted tool answers, for clients that check results. They refuse a result that does not fit, and an API may answer
// otherwise than its document says; so what is documented of the body stands there to be read, and anything fits it.

/** Bytes of JSON of a documented body beyond which it is left out: it is read by models. */
const documentedBytesMax = 4_096
const depthMax = 32

/** Keywords that hold schemas, a list of schemas, schemas by name; and those that describe and cannot be wrong. */
const schemaKeywords = new Set(['items', 'additionalProperties'])
const listKeywords = new Set(['anyOf', 'oneOf', 'allOf'])
const mapKeywords = new Set(['properties', '$defs'])
const plainKeywords = new Set(['title', 'description', 'const'])
const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

type Members = Readonly<Record<string, unknown>>

/** One type each: some clients warn of a schema that says nothing, and of several types in one. */
const anything = [...types].map((type) => ({ type }))

const envelope = {
  status: { type: 'integer' },
  headers: { type: 'object' },
  auditId: { type: 'string' },
  truncated: { type: 'boolean' },
  totalBytes: { type: 'integer' },
  approvalRequired: { type: 'boolean' },
  approvalRequestId: { type: 'string' },
  approvalUrl: { type: 'string' },
  expiresAt: { type: 'string' },
  error: { type: 'string' },
  next: { type: 'string' },
}

/** The schema of a granted tool's result; undefined where its document says nothing of the body. */
export function outputSchemaOf(documented: JsonSchema | undefined): JsonSchema | undefined {
  const described = documented === undefined ? undefined : describedOnly(documented, 0)
  if (described === undefined) return undefined
  const { $defs, ...body } = described
  const fits = JSON.stringify(described).length <= documentedBytesMax
  if (!fits || !refersOnlyTo(body, $defs) || !refersOnlyTo($defs, $defs)) return undefined
  return {
    type: 'object',
    properties: { ...envelope, body: { anyOf: [body, ...anything] } },
    ...($defs !== undefined && { $defs }),
  }
}

/** What of a schema describes: a client that compiles it can trip over nothing of what is left. */
function describedOnly(schema: unknown, depth: number): Record<string, unknown> | undefined {
  if (!isRecord(schema) || depth > depthMax) return undefined
  const kept: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const described = describeKeyword(keyword, value, depth)
    if (described !== undefined) kept[keyword] = described
  }
  return kept
}

function describeKeyword(keyword: string, value: unknown, depth: number): unknown {
  if (plainKeywords.has(keyword)) return keyword === 'const' ? value : textOf(value)
  if (schemaKeywords.has(keyword)) {
    return typeof value === 'boolean' ? value : describedOnly(value, depth + 1)
  }
  if (listKeywords.has(keyword)) {
    if (!Array.isArray(value) || value.length === 0) return undefined
    return value.map((part) => describedOnly(part, depth + 1) ?? {})
  }
  if (mapKeywords.has(keyword)) {
    if (!isRecord(value)) return undefined
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, describedOnly(part, depth + 1) ?? {}]),
    )
  }
  if (keyword === 'type') return typeOf(value)
  if (keyword === 'enum') return enumOf(value)
  return keyword === '$ref' ? textOf(value) : undefined
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

function typeOf(value: unknown): unknown {
  if (typeof value === 'string') return types.has(value) ? value : undefined
  if (!Array.isArray(value)) return undefined
  const known = [...new Set(value)].filter((one) => types.has(one))
  return known.length === 0 ? undefined : known
}

function enumOf(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined
  const unique = new Map(value.map((one) => [JSON.stringify(one), one]))
  return unique.size === 0 ? undefined : [...unique.values()]
}

/** Whether each `$ref` is to one of these definitions. */
function refersOnlyTo(value: unknown, definitions: unknown): boolean {
  if (Array.isArray(value)) return value.every((part) => refersOnlyTo(part, definitions))
  if (!isRecord(value)) return true
  return Object.entries(value).every(([keyword, part]) => {
    if (keyword !== '$ref' || typeof part !== 'string') return refersOnlyTo(part, definitions)
    const [, name] = /^#\/\$defs\/([\w.-]+)$/.exec(part) ?? []
    return name !== undefined && isRecord(definitions) && Object.hasOwn(definitions, name)
  })
}

const isRecord = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
