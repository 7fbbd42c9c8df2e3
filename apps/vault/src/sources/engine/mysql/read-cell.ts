import type { FieldPacket } from 'mysql2'
import type { SqlCell } from '../sql-engine.ts'

/** Column types of the protocol that need more than what the driver makes of them. */
const timestamp = 7
const datetime = 12
const bit = 16
const json = 245

const jsonDepthMax = 500

/** A cell as JSON holds it. Times are of UTC, which the session is set to. */
export function readMysqlCell(value: unknown, columnType: FieldPacket['columnType']): SqlCell {
  if (value === null || value === undefined) return null
  if (Buffer.isBuffer(value)) {
    // BIT(1) is how a flag is declared.
    if (columnType === bit && value.length === 1) return value[0] ?? 0
    return { $base64: value.toString('base64') }
  }
  if (typeof value === 'string') {
    if (columnType === datetime) return value.replace(' ', 'T')
    if (columnType === timestamp) return `${value.replace(' ', 'T')}Z`
    return value
  }
  if (typeof value === 'boolean' || typeof value === 'number') {
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  }
  if (typeof value === 'bigint') return String(value)
  return columnType === json || typeof value === 'object' ? plain(value, 0) : String(value)
}

/** What the driver parsed: JSON, and geometries. */
function plain(value: unknown, depth: number): SqlCell {
  if (depth > jsonDepthMax) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  if (typeof value === 'object' && value !== null) {
    const copy: Record<string, SqlCell> = Object.create(null)
    for (const [name, item] of Object.entries(value)) copy[name] = plain(item, depth + 1)
    return copy
  }
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? value
    : null
}
