import type { SqlBoundValue, SqlScalar } from '../sql-engine.ts'

/** A value as the extended protocol takes it: the type's object id, and the text. */
export interface PgValue {
  readonly typeId: number
  readonly text: string | null
}

/** The server finds out what it is from where it stands: enum, uuid, timestamp and all else that is written as text. */
const byPlace = 0
const typeIds = { boolean: 16, int8: 20, int4: 23, numeric: 1700 } as const
const arrayIds = { boolean: 1000, int8: 1016, int4: 1007, numeric: 1231 } as const

const int4Max = 2n ** 31n - 1n
const int8Max = 2n ** 63n - 1n

/** Binds by an explicit type, never by text in the statement. */
export function bindPgValue(bound: SqlBoundValue): PgValue {
  if (bound.type === 'array') {
    const { items, value } = bound
    const width = integerType(items === 'integer' ? (value ?? []) : [])
    const typeId =
      items === 'string' ? byPlace : arrayIds[items === 'boolean' ? items : widthOf(items, width)]
    return { typeId, text: value === null ? null : `{${value.map(elementText).join(',')}}` }
  }
  const { type, value } = bound
  const text = value === null ? null : String(value)
  if (type === 'string') return { typeId: byPlace, text }
  if (type === 'boolean') return { typeId: typeIds.boolean, text }
  return { typeId: typeIds[widthOf(type, integerType([value]))], text }
}

type Width = 'int4' | 'int8' | 'numeric'

/** numeric becomes any other number where it has to; a float would not become numeric. */
const widthOf = (type: 'integer' | 'float', width: Width): Width =>
  type === 'float' ? 'numeric' : width

/** The narrowest: functions such as substr(text, integer) take no bigint, and integers become wider by themselves. */
function integerType(values: readonly SqlScalar[]): Width {
  let width: Width = 'int4'
  for (const value of values) {
    if (value === null || !/^-?\d{1,19}$/.test(String(value))) continue
    const number = BigInt(String(value))
    const size = number < 0n ? -number - 1n : number
    if (size > int8Max) return 'numeric'
    if (size > int4Max) width = 'int8'
  }
  return width
}

function elementText(value: SqlScalar): string {
  if (value === null) return 'NULL'
  return `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`
}
