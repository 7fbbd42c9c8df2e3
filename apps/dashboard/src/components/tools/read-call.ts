import { isPlainObject } from './plain-object.ts'

// The body of a call, read for people. What is not of the form that the vault writes is not read at all: then the bytes are shown.

/** A value with the name that it goes by, and where in the body it stands. */
export interface CallValue {
  readonly name: string
  readonly value: string
  /** As differences name it: `body.params.arguments.city`. */
  readonly path: string
  /** As what it is bound to a statement. */
  readonly type?: string
}

export type ReadCall =
  /** `upstreamName`: what the server itself calls the tool. */
  | { readonly kind: 'tool'; readonly upstreamName: string; readonly values: readonly CallValue[] }
  /** What else an MCP server is asked for: `resources/read`. */
  | { readonly kind: 'method'; readonly method: string; readonly values: readonly CallValue[] }
  | {
      readonly kind: 'statement'
      readonly statement: string
      readonly values: readonly CallValue[]
      /** The agent wrote it. */
      readonly isFree: boolean
    }
  /** A look at the schema. */
  | { readonly kind: 'schema'; readonly run: string; readonly values: readonly CallValue[] }

/** Reads the body of a call of that kind; undefined where it is of another form. */
export function readCall(kind: 'mcp' | 'sql', body: unknown): ReadCall | undefined {
  if (!isPlainObject(body)) return undefined
  return kind === 'mcp' ? readMcp(body) : readSql(body)
}

function readMcp(body: Readonly<Record<string, unknown>>): ReadCall | undefined {
  const { method, params = {}, ...others } = body
  if (typeof method !== 'string' || !isPlainObject(params) || !isEmpty(others)) return undefined
  if (method !== 'tools/call') {
    return { kind: 'method', method, values: valuesOf(params, 'body.params') }
  }
  const { name, arguments: given = {}, ...more } = params
  if (typeof name !== 'string' || !isPlainObject(given) || !isEmpty(more)) return undefined
  return { kind: 'tool', upstreamName: name, values: valuesOf(given, 'body.params.arguments') }
}

function readSql(body: Readonly<Record<string, unknown>>): ReadCall | undefined {
  const { run, ...members } = body
  if (run === 'query') return readQuery(members)
  if (run === 'statement') return readStatement(members)
  if (typeof run !== 'string' || 'statement' in members) return undefined
  return { kind: 'schema', run, values: valuesOf(members, 'body') }
}

type Members = Readonly<Record<string, unknown>>

function readQuery({ statement, ...others }: Members): ReadCall | undefined {
  if (typeof statement !== 'string' || !isEmpty(others)) return undefined
  return { kind: 'statement', statement, values: [], isFree: true }
}

function readStatement(members: Members): ReadCall | undefined {
  const { statement, parameters, types, ...others } = members
  if (typeof statement !== 'string' || !isEmpty(others)) return undefined
  if (!Array.isArray(parameters) || !isTexts(types) || types.length !== parameters.length) {
    return undefined
  }
  const values = parameters.map((value: unknown, at) => ({
    name: `$${at + 1}`,
    value: textOf(value),
    path: `body.parameters[${at}]`,
    ...(types[at] !== undefined && { type: types[at] }),
  }))
  return { kind: 'statement', statement, values, isFree: false }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
const isEmpty = (object: object) => Object.keys(object).length === 0

const valuesOf = (object: Readonly<Record<string, unknown>>, path: string): CallValue[] =>
  Object.entries(object).map(([name, value]) => ({
    name,
    value: textOf(value),
    path: `${path}.${name}`,
  }))

/** Text as it is, everything else as JSON. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2)
