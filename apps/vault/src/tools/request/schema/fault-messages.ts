import type { ErrorObject } from 'ajv/dist/2020.js'
import { exactFormat } from './formats.ts'

const valuesTold = 20
const valueCharsMax = 80

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

const formatNames: Readonly<Record<string, string>> = {
  date: 'a date (2026-11-21)',
  'date-time': 'a date and time with its offset (2026-11-21T18:00:00Z)',
  time: 'a time with its offset (18:00:00Z)',
  duration: 'a duration (P3DT12H)',
  email: 'an e-mail address',
  hostname: 'a host name',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  uuid: 'a UUID',
  uri: 'an absolute URI',
  byte: 'base64',
  int32: 'a whole number of 32 bits',
  int64: 'a whole number of at most 2^53',
  [exactFormat]: 'a whole number of at most 2^53',
}

const shorten = (text: string): string =>
  text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text

const told = (value: unknown): string => shorten(JSON.stringify(value) ?? 'nothing')

/** `count` things of a kind. */
const counted = (count: unknown, one: string): string =>
  `${String(count)} ${one}${count === 1 ? '' : 's'}`

type Say = (error: ErrorObject) => string

const messages: Readonly<Record<string, Say>> = {
  type: ({ params, data }) => wrongType(params.type, data),
  enum: ({ schema }) => oneOf(schema),
  const: ({ schema }) => `must be ${told(schema)}`,
  minimum: ({ schema }) => `must be at least ${told(schema)}`,
  maximum: ({ schema }) => `must be at most ${told(schema)}`,
  exclusiveMinimum: ({ schema }) => `must be more than ${told(schema)}`,
  exclusiveMaximum: ({ schema }) => `must be less than ${told(schema)}`,
  multipleOf: ({ schema }) => `must be a multiple of ${told(schema)}`,
  minLength: ({ schema }) => `must have at least ${counted(schema, 'character')}`,
  maxLength: ({ schema }) => `must have at most ${counted(schema, 'character')}`,
  minItems: ({ schema }) => `must have at least ${counted(schema, 'item')}`,
  maxItems: ({ schema }) => `must have at most ${counted(schema, 'item')}`,
  minProperties: ({ schema }) => `must have at least ${counted(schema, 'member')}`,
  maxProperties: ({ schema }) => `must have at most ${counted(schema, 'member')}`,
  uniqueItems: () => 'must not hold an item twice',
  pattern: ({ schema }) => `must match the pattern ${shorten(String(schema))}`,
  format: ({ schema, parentSchema }) =>
    `must be ${formatNames[String(schema)] ?? `a ${shorten(String(schema))}`}${orDigits(parentSchema)}`,
  contains: () => 'does not hold an item that it must hold',
  propertyNames: ({ params }) => `has a member that may not be named ${told(params.propertyName)}`,
  not: () => 'has a form that is not allowed',
  anyOf: () => 'must fit one of the forms that the schema gives (anyOf)',
  oneOf: () => 'must fit one of the forms that the schema gives (oneOf)',
  'false schema': () => 'must not be given',
  additionalItems: () => 'has more items than are allowed',
  items: () => 'has more items than are allowed',
  unevaluatedItems: () => 'has more items than are allowed',
}

/** What is wrong with one value, to be read behind its name. */
export const messageOf = (error: ErrorObject): string =>
  messages[error.keyword]?.(error) ?? `does not fit (${error.keyword})`

function wrongType(type: unknown, data: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).map(String)
  const names = types.map((one) => typeNames[one] ?? one)
  const wanted = names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names[0]
  return `must be ${wanted}${hintFor(types, data)}`
}

/** Models write numbers and truth values as texts, and lists and objects as JSON in a text. */
function hintFor(types: readonly string[], data: unknown): string {
  if (typeof data !== 'string') return ''
  const wants = (type: string) => types.includes(type)
  const isNumber = /^-?\d+(?:\.\d+)?$/.test(data) && (wants('number') || wants('integer'))
  const isFlag = /^(?:true|false)$/.test(data) && wants('boolean')
  if (isNumber || isFlag) return ': write it without quotes'
  const isJson = (wants('array') && /^\s*\[/.test(data)) || (wants('object') && /^\s*\{/.test(data))
  return isJson ? ', and not JSON in a text' : ''
}

/** Where a text is taken beside a number, a larger one may be given as its digits. */
function orDigits(schema: Readonly<Record<string, unknown>> | undefined): string {
  const types = [schema?.type].flat()
  return types.includes('integer') && types.includes('string') ? ', or its digits as a text' : ''
}

function oneOf(values: unknown): string {
  const list = Array.isArray(values) ? values : []
  const others = list.length > valuesTold ? ', …' : ''
  return `must be one of ${list.slice(0, valuesTold).map(told).join(', ')}${others}`
}
