import type { JsonSchema } from '@sallyport/contracts'
import {
  defaultWithoutSecrets,
  hasKnownPrefix,
  withoutKeys,
  withoutNamedSecrets,
} from '../curl/known-secrets.ts'
import { withoutValues } from '../openapi/schema/schema-annotations.ts'
import { type Data, type DataObject, isList, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { refuseTool } from './tool-refused.ts'

// Schemas of arguments as YAML formats have them: nearly JSON Schema, with the liberties that people take: `int`, a default
// of another type, `required: true` inside of a property.

/** How deep schemas are looked at. */
const depthMax = 40

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const
type SchemaType = (typeof types)[number]

const otherNames: Readonly<Record<string, SchemaType>> = {
  str: 'string',
  text: 'string',
  int: 'integer',
  int32: 'integer',
  int64: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  list: 'array',
  map: 'object',
  dict: 'object',
}

/** @throws ToolRefused for a type that there is not */
export function typeOf(value: Data | undefined, name: string): SchemaType | SchemaType[] {
  if (isList(value)) return value.flatMap((one) => typeOf(one, name))
  const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined
  const known =
    types.find((one) => one === text) ?? (text === undefined ? undefined : otherNames[text])
  if (known !== undefined) return known
  if (value === undefined || value === null || text === '') return 'string'
  return refuseTool(
    `The argument ${quoteName(name)} is of the type ${JSON.stringify(value)}, which there is not.`,
  )
}

/** Keys that a schema may have here beside those that are looked at. */
export const plainKeywords = [
  'title',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'const',
  'examples',
  'deprecated',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'additionalProperties',
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'contains',
  'dependentRequired',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
] as const

/**
 * A schema of a document as JSON Schema 2020-12.
 * @throws ToolRefused for a type that there is not
 */
export function cleanSchema(schema: Data | undefined, name: string, depth = 0): JsonSchema {
  if (!isObject(schema) || depth > depthMax) return {}
  const cleaned: Record<string, unknown> = {}
  const type =
    schema.type === undefined || schema.type === null ? undefined : typeOf(schema.type, name)
  if (type !== undefined) cleaned.type = schema.nullable === true ? nullable(type) : type
  if (typeof schema.description === 'string')
    cleaned.description = withoutKeys(schema.description.trim())
  for (const keyword of plainKeywords) {
    const value = schema[keyword]
    if (value !== undefined && value !== null) cleaned[keyword] = cleanValue(value, name, depth)
  }
  if (schema.example !== undefined && schema.examples === undefined)
    cleaned.examples = [schema.example]
  if (cleaned.examples !== undefined) cleaned.examples = shownExamples(cleaned.examples)
  if (isList(schema.enum) && schema.enum.length > 0)
    cleaned.enum = schema.enum.map((one) => fitType(one, type))
  const fallback = schema.default ?? undefined
  const shown = fallback === undefined ? undefined : defaultWithoutSecrets(fitType(fallback, type))
  if (shown !== undefined) cleaned.default = shown
  if (schema.items !== undefined) cleaned.items = cleanSchema(schema.items, name, depth + 1)
  if (isObject(schema.properties)) Object.assign(cleaned, cleanProperties(schema, name, depth))
  else if (isList(schema.required)) cleaned.required = schema.required
  return withChoices(cleaned)
}

/** Keywords whose values are schemas themselves, or lists or maps of them. */
function cleanValue(value: Data, name: string, depth: number): unknown {
  if (isList(value))
    return value.map((one) => (isObject(one) ? cleanSchema(one, name, depth + 1) : one))
  return isObject(value) && (value.type !== undefined || value.properties !== undefined)
    ? cleanSchema(value, name, depth + 1)
    : value
}

function cleanProperties(
  { properties, required }: DataObject,
  name: string,
  depth: number,
): { properties: JsonSchema; required?: string[] } {
  const entries = Object.entries(isObject(properties) ? properties : {})
  const listed = isList(required) ? required.filter((one) => typeof one === 'string') : []
  // `required: true` stands inside of the property where people think of arguments.
  const marked = entries.flatMap(([key, one]) =>
    isObject(one) && one.required === true ? [key] : [],
  )
  const all = [...new Set([...listed, ...marked])]
  const cleaned: Record<string, unknown> = Object.create(null)
  for (const [key, one] of entries) {
    cleaned[key] = withoutValues(key, cleanSchema(one, name, depth + 1))
  }
  return { properties: cleaned, ...(all.length > 0 && { required: all }) }
}

const shownExamples = (examples: unknown): unknown =>
  Array.isArray(examples)
    ? examples
        .filter((one) => !hasKnownPrefix(JSON.stringify(one)))
        .map((one) => withoutNamedSecrets(one))
    : examples

const nullable = (type: SchemaType | SchemaType[]): SchemaType[] => [
  ...new Set<SchemaType>([...(Array.isArray(type) ? type : [type]), 'null']),
]

/** A default or a choice that is written as text but meant as the type says, or the other way round. */
export function fitType(value: Data, type: SchemaType | SchemaType[] | undefined): Data {
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return String(value)
  if (typeof value !== 'string') return value
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value))
    return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if ((type === 'array' || type === 'object') && /^[[{]/.test(value)) return parsed(value)
  return value
}

function parsed(text: string): Data {
  try {
    return JSON.parse(text)
  } catch {
    return text // Then it is text, and the schema says what it thinks of that.
  }
}

/** Choices that stand beside a list are meant of its items: no list is one of them. */
export function withChoices({ enum: choices, ...schema }: JsonSchema): JsonSchema {
  if (choices === undefined) return schema
  const isOfItems =
    schema.type === 'array' && Array.isArray(choices) && !choices.some((one) => isList(one))
  if (!isOfItems) return { ...schema, enum: choices }
  return {
    ...schema,
    items: { ...(typeof schema.items === 'object' ? schema.items : {}), enum: choices },
  }
}
