import { type FieldFault, Problem } from '@sallyport/contracts'
import type { InputSchema, MemberSchema } from './tool-definition.ts'

export type Arguments = Readonly<Record<string, unknown>>

/**
 * Checks a tool's arguments against its schema before anything is sent. `null` counts as not given, as models write it.
 * @returns the arguments that were given
 * @throws Problem `invalid-input` with every fault and the names that there are
 */
export function checkArguments(schema: InputSchema, args: Arguments): Arguments {
  const given = Object.fromEntries(
    Object.entries(args).filter(([name, value]) => value !== null || name === 'body'),
  )
  const faults: FieldFault[] = []
  for (const name of schema.required ?? []) {
    if (given[name] === undefined) faults.push({ field: name, message: 'is missing' })
  }
  for (const [name, value] of Object.entries(given)) {
    const member = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    const message = member === undefined ? unknownName(schema) : faultOf(member, value)
    if (message !== undefined) faults.push({ field: name, message })
  }
  if (faults.length === 0) return given
  const list = faults.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new Problem('invalid-input', `The arguments are not valid: ${list}.`, {
    next: 'Call again with corrected arguments; nothing was sent.',
    fields: faults,
  })
}

function unknownName(schema: InputSchema): string {
  const names = Object.keys(schema.properties)
  return names.length === 0
    ? 'is not an argument: this tool takes none'
    : `is not an argument; there are ${names.join(', ')}`
}

function faultOf(schema: MemberSchema, value: unknown): string | undefined {
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return 'must be a string'
      return schema.enum === undefined || schema.enum.includes(value)
        ? undefined
        : `must be one of ${schema.enum.join(', ')}`
    case 'number':
    case 'integer':
      return faultOfNumber(schema, value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'object':
      if (schema.additionalProperties === undefined) {
        return isObject(value) ? undefined : 'must be an object'
      }
      return isScalarMap(value) ? undefined : 'must be an object of strings'
    default:
      return undefined
  }
}

function faultOfNumber(
  { type, minimum = -Infinity, maximum = Infinity }: MemberSchema,
  value: unknown,
): string | undefined {
  const isNumber = type === 'integer' ? Number.isInteger(value) : Number.isFinite(value)
  if (isNumber && Number(value) >= minimum && Number(value) <= maximum) return undefined
  return `must be ${type === 'integer' ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`
}

// Numbers and booleans are what models write for `limit: 10`; the vault takes them in a query.
const isScalarMap = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every((member) => ['string', 'number', 'boolean'].includes(typeof member))

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
