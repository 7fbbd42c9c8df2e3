import { createSource, type Source, SqlDialect, sqlPortOf } from '@sallyport/contracts'
import { z } from 'zod'
import type { Input } from '../../../api.ts'

// What is typed of a database, and what of it is sent: nothing that did not change, and the password only where it was typed.

const { shape } = createSource.input
const wholeNumber = z.number({ error: 'must be a whole number' })

/** The form of a database, saved or not. */
export const TypedDatabase = z
  .object({
    name: shape.name,
    title: shape.title,
    description: shape.description,
    dialect: SqlDialect,
    host: shape.host,
    port: shape.port,
    database: shape.database,
    tls: z.enum(['require', 'off']),
    path: shape.path,
    user: shape.user,
    password: shape.password,
    rowsMax: wholeNumber.int('must be a whole number').min(1).max(10_000),
    timeoutSeconds: wholeNumber.int('must be a whole number').min(1).max(55),
    bytesMax: wholeNumber.int('must be a whole number').min(1024).max(8_388_608),
  })
  .superRefine((typed, context) => {
    const needed = typed.dialect === 'sqlite' ? ['path'] : ['host', 'database']
    for (const field of needed) {
      if (typed[field as 'path' | 'host' | 'database'] !== undefined) continue
      context.addIssue({ code: 'custom', path: [field], message: 'must be given' })
    }
  })
export type TypedDatabase = z.output<typeof TypedDatabase>

const rows = 1000
const seconds = 30
const bytes = 1024 * 1024

/** The form before anything is typed. */
export const emptyDatabase = {
  name: '',
  dialect: 'postgres',
  tls: 'require',
  rowsMax: rows,
  timeoutSeconds: seconds,
  bytesMax: bytes,
} as const

/** The form of a database as it stands; its password is never known here. */
export function typedOf(source: Source): TypedDatabase {
  const { name, title, description, dialect, host, port, database, path, user } = source
  const { rowsMax, timeoutSeconds, bytesMax, tls = 'require' } = source
  return {
    ...{ name, title, description, dialect, host, port, database, tls, path, user },
    ...{ rowsMax, timeoutSeconds, bytesMax },
    password: undefined,
  }
}

/** Where it is and who signs in: of a server, or of a file. */
export function targetOf(typed: TypedDatabase) {
  const { dialect, host, port, database, tls, path, user, password } = typed
  if (dialect === 'sqlite') return { dialect, path }
  return {
    dialect,
    host,
    port: port ?? sqlPortOf[dialect],
    ...{ database, tls, user, password },
  }
}

/** Whether what is typed goes where the kept password may go: the vault sends it nowhere else. */
export const isSameSignIn = (
  source: Source,
  typed: Partial<Record<'host' | 'port' | 'tls' | 'user', unknown>>,
) =>
  source.dialect === 'sqlite' ||
  (typed.host === source.host &&
    (typed.port ?? sqlPortOf[source.dialect]) === source.port &&
    typed.tls === source.tls &&
    typed.user === source.user)

/** A new database as it was typed. */
export function toCreate(typed: TypedDatabase): Input<'createSource'> {
  const { name, title, description, rowsMax, timeoutSeconds, bytesMax } = typed
  return {
    ...{ name, title, description, rowsMax, timeoutSeconds, bytesMax },
    ...targetOf(typed),
  }
}

const cleared = new Set(['title', 'description', 'user'])

/** What was typed that is not as the database stands. What was emptied is taken away; an empty password stays as it is. */
export function toChanges(source: Source, typed: TypedDatabase): Input<'updateSource'> {
  const before: Record<string, unknown> = { ...toCreate(typedOf(source)) }
  const after: Record<string, unknown> = { ...toCreate(typed) }
  const changed = Object.entries(after)
    .filter(([name, value]) => name !== 'dialect' && value !== before[name])
    .filter(([name, value]) => value !== undefined || cleared.has(name))
    .map(([name, value]) => [name, value ?? null] as const)
  return { sourceId: source.id, ...Object.fromEntries(changed) }
}
