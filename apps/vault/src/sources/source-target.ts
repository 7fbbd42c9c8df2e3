import { type FieldFault, Problem, type SqlDialect, sqlPortOf } from '@sallyport/contracts'
import { invalidField } from '../tools/toolset-problems.ts'
import type { SqlTarget } from './engine/sql-engine.ts'
import type { StoredTarget } from './source-store.ts'

/** What an owner says of where a database is. */
interface GivenTarget {
  readonly dialect: SqlDialect
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly tls?: 'require' | 'off' | undefined
  readonly path?: string | undefined
}

/** Whether an owner may name a host: true, or a sentence that says why not. */
export type MayDial = (host: { readonly host: string; readonly isTls: boolean }) => true | string

const ofServers = ['host', 'port', 'database', 'tls'] as const

/**
 * Where the database is, with the usual port and TLS where nothing is said.
 * @throws Problem invalid-input naming the field; origin-not-allowed where the operator’s rules exclude the host
 */
export function readTarget(given: GivenTarget, mayDial: MayDial): StoredTarget {
  const { dialect } = given
  if (dialect === 'sqlite') {
    requireAbsent(given, ofServers, 'SQLite is a file: path says which')
    return {
      ...{ dialect, host: null, port: null, database: null, tls: null },
      path: readPath(given.path),
    }
  }
  requireAbsent(given, ['path'], 'it is for SQLite files')
  const { host = missing('host'), database = missing('database') } = given
  const { tls = 'require', port = sqlPortOf[dialect] } = given
  const named = plainHost(host)
  const may = mayDial({ host: named, isTls: tls === 'require' })
  if (may !== true) {
    throw new Problem('origin-not-allowed', may, { fields: [{ field: 'host', message: may }] })
  }
  return { dialect, host: named, port, database, tls, path: null }
}

const missing = (field: string): never => {
  throw invalidField({ field, message: 'must be given' })
}

/** Names without their last dot and in lower case, addresses without brackets: one host is written in one way. */
const plainHost = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')

function readPath(path: string | undefined): string {
  const given = path ?? missing('path')
  const parts = given.split('/').slice(1)
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw invalidField({ field: 'path', message: 'must have no empty part and no . or ..' })
  }
  return given
}

/** @throws Problem invalid-input for the first of the fields that is there */
export function requireAbsent<Field extends string>(
  given: Partial<Record<Field, unknown>>,
  fields: readonly Field[],
  why: string,
): void {
  const there = fields.find((field) => given[field] !== undefined && given[field] !== null)
  if (there === undefined) return
  throw invalidField({ field: there, message: `must be left out: ${why}` } satisfies FieldFault)
}

const schemes = { postgres: 'postgresql', mysql: 'mysql', sqlite: 'sqlite' } as const

/** What the connection’s service is called. */
export const serviceOf = (dialect: SqlDialect): string => schemes[dialect]

/** What calls name the source by: an origin of its connection, of which raw requests know nothing. */
export const sourceOrigin = (sourceId: string): string => `sql://${sourceId}`

/** The place in one line, as it stands among the origins that the password is sealed for. */
export function placeOf({ dialect, host, port, database, tls, path }: StoredTarget): string {
  if (dialect === 'sqlite') return `sqlite:${encodeURI(path ?? '')}`
  const named = host?.includes(':') === true ? `[${host}]` : (host ?? '')
  return `${schemes[dialect]}://${named}:${port}/${encodeURIComponent(database ?? '')}?tls=${tls}`
}

/** All origins of a source’s connection. */
export const originsOfSource = (sourceId: string, target: StoredTarget): string[] => [
  sourceOrigin(sourceId),
  placeOf(target),
]

/** The same for the engine. */
export function engineTarget(target: StoredTarget, sourceKey: string): SqlTarget {
  const { dialect, host, port, database, tls, path } = target
  if (dialect === 'sqlite') return { dialect, sourceKey, path: path ?? '' }
  return {
    ...{ dialect, sourceKey, host: host ?? '', port: port ?? sqlPortOf[dialect] },
    ...{ database: database ?? '', tls: tls ?? 'require' },
  }
}

/** Whether two are the same place. */
export const isSamePlace = (a: StoredTarget, b: StoredTarget): boolean => placeOf(a) === placeOf(b)
