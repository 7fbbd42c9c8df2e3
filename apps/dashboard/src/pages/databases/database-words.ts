import type { Source, SqlDialect, SqlParameter } from '@sallyport/contracts'
import type { Tone } from '../../components/notice.tsx'

/** What kinds of database there are, for people. */
export const dialectWords: Readonly<Record<SqlDialect, string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL or MariaDB',
  sqlite: 'SQLite',
}

type Place = Pick<Source, 'host' | 'port' | 'database' | 'path'>

/** Where it is, in a line: `db.example.com:5432/shop`, or the path of a file. */
export function placeOf({ host, port, database, path }: Place): string {
  if (path !== undefined) return path
  const at = port === undefined ? (host ?? '') : `${host ?? ''}:${port}`
  return database === undefined ? at : `${at}/${database}`
}

type Checked = Pick<Source, 'check' | 'connectionStatus'>

/** What came of the last test, in a word or two. */
export function standingOf({ check, connectionStatus }: Checked): readonly [Tone, string] {
  if (connectionStatus === 'revoked') return ['bad', 'Revoked']
  if (check === undefined) return ['neutral', 'Not tested']
  if (!check.ok) return ['bad', 'Failed']
  const { length } = check.warnings
  if (length === 0) return ['good', 'Works']
  return ['warn', length === 1 ? 'Works, 1 warning' : `Works, ${length} warnings`]
}

type Shape = Pick<SqlParameter, 'type' | 'items' | 'enum' | 'minimum' | 'maximum'>

/** The type of a parameter for people, and what of it is taken: `integer, one of 3 values, at least 1`. */
export function typeOf({ type, items, enum: values, minimum, maximum }: Shape): string {
  const count = values?.length ?? 0
  return [
    type === 'array' ? `array of ${items ?? 'values'}` : type,
    ...(count === 0 ? [] : [count === 1 ? 'one value' : `one of ${count} values`]),
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ].join(', ')
}

/** How a statement refers to its parameters. */
export const placesOf = (dialect: SqlDialect): string =>
  dialect === 'postgres' ? '$1, $2 …' : dialect === 'mysql' ? '?' : '? or $1, $2 …'
