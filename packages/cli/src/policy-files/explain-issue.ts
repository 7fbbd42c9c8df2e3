import { policyFileSchema } from '@sallyport/contracts'
import { nearestName } from './nearest-name.ts'

/** What of a fault that the schema finds is needed to say it; those of zod are such. */
export interface SchemaIssue {
  readonly code?: string | undefined
  readonly path?: readonly PropertyKey[] | undefined
  readonly input?: unknown
  readonly expected?: unknown
  readonly values?: readonly unknown[] | undefined
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly origin?: unknown
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object with members',
  record: 'an object with members',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}
const counted: Readonly<Record<string, string>> = {
  array: ' elements',
  string: ' characters',
  object: ' members',
}

/** Says what a value has to be, in words that follow the field's name; undefined where the schema's own are as good. */
export function explainIssue(issue: SchemaIssue): string | undefined {
  const { code, input, expected, values, minimum, maximum, origin } = issue
  const unit = counted[String(origin)] ?? ''
  if (code === 'invalid_type') {
    const kind = kinds[String(expected)] ?? String(expected)
    if (input === undefined) return `is missing: it must be ${kind}`
    return `must be ${kind}${input === null ? ', and nothing stands there' : ''}`
  }
  if (code === 'invalid_value' && values !== undefined) {
    const near = typeof input === 'string' ? nearestName(input, values.map(String)) : undefined
    const list = values.map(String).join(', ')
    return `must be ${values.length > 1 ? 'one of ' : ''}${list}${didYouMean(near)}`
  }
  if (code === 'too_small') return `must be at least ${String(minimum)}${unit}`
  if (code === 'too_big') return `must be at most ${String(maximum)}${unit}`
  return undefined
}

/** Says of a member that nobody knows which one may have been meant, of those that may stand there. */
export function explainUnknown(name: string, path: readonly PropertyKey[]): string {
  const known = namesAt(policyFileSchema(), path)
  const near = nearestName(name, known)
  if (near !== undefined) return `is no field that is known here${didYouMean(near)}`
  return `is no field that is known here: ${known.length > 0 ? `there are ${known.join(', ')}` : 'leave it out'}`
}

const didYouMean = (near: string | undefined) =>
  near === undefined ? '' : `: did you mean ${near}?`

type Schema = Readonly<Record<string, unknown>>
const asSchema = (value: unknown): Schema | undefined =>
  typeof value === 'object' && value !== null ? { ...value } : undefined
const members = (value: unknown) => Object.entries(asSchema(value) ?? {})

/** Names of the members that a schema knows at a place. */
function namesAt(schema: Schema | undefined, [step, ...rest]: readonly PropertyKey[]): string[] {
  if (schema === undefined) return []
  const branches = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
  const own =
    step === undefined
      ? members(schema.properties).map(([name]) => name)
      : namesAt(asSchema(childOf(schema, step)), rest)
  const others = branches.flatMap((branch) =>
    namesAt(asSchema(branch), step === undefined ? [] : [step, ...rest]),
  )
  return [...new Set([...own, ...others])]
}

const childOf = (schema: Schema, step: PropertyKey): unknown =>
  typeof step === 'number'
    ? schema.items
    : (members(schema.properties).find(([name]) => name === step)?.[1] ??
      schema.additionalProperties)
