import { type Data, type DataObject, isList } from '../../read-document.ts'

/** What `type` says in JSON Schema's own words. */
export interface SchemaTypes {
  /** Undefined where anything is taken. */
  readonly types: readonly string[] | undefined
  readonly format?: string | undefined
  /** What the document says that is no type. */
  readonly unknown?: string | undefined
}

const known: ReadonlySet<string> = new Set([
  ...['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'],
])

/** What people write for a type, and mean by it. */
const meant: Readonly<Record<string, readonly [string, string?]>> = {
  int: ['integer'],
  int32: ['integer', 'int32'],
  int64: ['integer', 'int64'],
  long: ['integer', 'int64'],
  short: ['integer'],
  float: ['number', 'float'],
  double: ['number', 'double'],
  decimal: ['number'],
  numeric: ['number'],
  bool: ['boolean'],
  str: ['string'],
  text: ['string'],
  char: ['string'],
  date: ['string', 'date'],
  datetime: ['string', 'date-time'],
  'date-time': ['string', 'date-time'],
  timestamp: ['string', 'date-time'],
  uuid: ['string', 'uuid'],
  uri: ['string', 'uri'],
  url: ['string', 'uri'],
  email: ['string', 'email'],
  byte: ['string', 'byte'],
  binary: ['string', 'binary'],
  // Swagger 2.0: the content of a file.
  file: ['string', 'binary'],
  list: ['array'],
  map: ['object'],
  dict: ['object'],
}

/** Reads `type`, in whatever way it is written, and `nullable`. */
export function readTypes(schema: DataObject): SchemaTypes {
  const { type } = schema
  if (type === undefined || type === 'any' || type === '') return { types: undefined }
  const written = isList(type) ? type : [type]
  const types: string[] = []
  let format: string | undefined
  let unknown: string | undefined
  for (const one of written) {
    const read = readType(one)
    if (read === undefined) unknown ??= JSON.stringify(one)?.slice(0, 80) ?? ''
    else if (!types.includes(read[0])) types.push(read[0])
    format ??= read?.[1]
  }
  if (types.length === 0 || unknown !== undefined) return { types: undefined, unknown }
  return { types: isNullable(schema) ? withNull(types) : types, format }
}

function readType(type: Data): readonly [string, string?] | undefined {
  if (type === null) return ['null']
  if (typeof type !== 'string') return undefined
  if (known.has(type)) return [type]
  const lower = type.toLowerCase()
  if (known.has(lower)) return [lower]
  return Object.hasOwn(meant, lower) ? meant[lower] : undefined
}

/** `nullable` of OpenAPI 3.0, and what stood for it before. */
export const isNullable = (schema: DataObject): boolean =>
  schema.nullable === true || schema['x-nullable'] === true

const withNull = (types: readonly string[]): readonly string[] =>
  types.includes('null') ? types : [...types, 'null']
