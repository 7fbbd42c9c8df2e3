import type { JsonSchema } from '@sallyport/contracts'
import { CommandError } from '../terminal.ts'
import { propertiesOf, resolveSchema, typesOf } from './read-schema.ts'

// `key=value` words of a command line as the arguments of a tool: each value as the type that the tool’s schema has there.

/** The arguments that words and, before them, a JSON object say. */
export function convertArguments(
  words: readonly string[],
  schema: JsonSchema,
  given: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const args: Record<string, unknown> = structuredClone({ ...given })
  const fresh = new Set<string>()
  for (const word of words) {
    const [, key, sign, text = ''] = /^([^=]*?)(:?=)([\s\S]*)$/.exec(word) ?? []
    if (key === undefined || key === '') {
      throw new CommandError(`"${word}" is not key=value (or key:=JSON).`)
    }
    const path = pathOf(key, schema)
    const at = schemaAt(path, schema)
    const value = sign === ':=' ? readJson(key, text) : convert(key, text, { at, root: schema })
    put(args, path, { value, isList: isList(at, schema) && sign !== ':=', fresh })
  }
  return args
}

/** `body.name` reaches inside; a name that only the body has means the body’s. A name with a dot of its own is itself. */
function pathOf(key: string, schema: JsonSchema): string[] {
  const own = propertiesOf(schema, schema)
  if (own.has(key)) return [key]
  const [first = '', ...rest] = key.split('.')
  if (rest.length > 0 && own.has(first)) return [first, ...rest]
  const body = own.get('body')
  const within = body === undefined ? undefined : propertiesOf(body, schema)
  if (within?.has(key) === true) return ['body', key]
  if (within?.has(first) === true) return ['body', first, ...rest]
  return [key]
}

function schemaAt(path: readonly string[], schema: JsonSchema): JsonSchema {
  return path.reduce<JsonSchema>(
    (at, name) =>
      propertiesOf(at, schema).get(name) ?? resolveSchema(at.additionalProperties, schema),
    schema,
  )
}

const isList = (at: JsonSchema, root: JsonSchema) => {
  const types = typesOf(at, root)
  return types.has('array') && !types.has('string')
}

interface Place {
  readonly at: JsonSchema
  readonly root: JsonSchema
}

function convert(key: string, text: string, { at, root }: Place): unknown {
  const types = typesOf(at, root)
  if (isList(at, root)) {
    if (text.trimStart().startsWith('[')) return readJson(key, text)
    return [convert(key, text, { at: resolveSchema(at.items, root), root })]
  }
  if (types.has('string') || types.size === 0) {
    // Where text is one of several types, what is plainly another is that.
    const other = types.size > 1 ? asScalar(text, types) : undefined
    return other ?? text
  }
  const scalar = asScalar(text, types)
  if (scalar !== undefined) return scalar
  if (types.has('null') && text === 'null') return null
  if (types.has('object')) return readJson(key, text)
  throw new CommandError(`${key} must be ${[...types].join(' or ')}, and "${text}" is not.`)
}

function asScalar(text: string, types: ReadonlySet<string>): number | boolean | undefined {
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)
  if (!isNumber) return undefined
  const number = Number(text)
  if (types.has('number')) return number
  // What a number cannot hold exactly stays text: the vault says that it does not fit.
  return types.has('integer') && Number.isSafeInteger(number) ? number : undefined
}

function readJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandError(`${key} must be JSON, and what is given is not.`)
  }
}

function put(
  args: Record<string, unknown>,
  path: readonly string[],
  { value, isList, fresh }: { value: unknown; isList: boolean; fresh: Set<string> },
): void {
  let at = args
  for (const name of path.slice(0, -1)) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined
    const inner = typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {}
    define(at, name, inner)
    at = inner as Record<string, unknown>
  }
  const last = path.at(-1) ?? ''
  const key = path.join('.')
  const before = Object.hasOwn(at, last) ? at[last] : undefined
  // Said twice on the command line, a list gets both; what --args said is replaced.
  const joins = isList && fresh.has(key) && Array.isArray(before) && Array.isArray(value)
  define(at, last, joins ? [...(before as unknown[]), ...(value as unknown[])] : value)
  fresh.add(key)
}

/** `__proto__` is a name like any other. */
const define = (at: object, name: string, value: unknown) =>
  Object.defineProperty(at, name, { value, enumerable: true, writable: true, configurable: true })
