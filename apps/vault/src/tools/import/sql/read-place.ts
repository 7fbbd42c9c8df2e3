import { Source, type SqlDialect, sqlDialects } from '@sallyport/contracts'
import { isPlaceholder } from '../curl/known-secrets.ts'
import type { DataObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { toToolsetName } from '../tool-names.ts'
import type { DocumentReader, Place } from '../yaml-tools/document-reader.ts'
import type { Fill } from './fill-variables.ts'
import type { ReadSource } from './sql-document.ts'

// Where a document says that a database is. What it does not say, or leaves to an environment that the vault does not have, is
// asked for.

const dialectOf: Readonly<Record<string, SqlDialect>> = {
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
}

/** Kinds of sources whose tools are statements of a dialect, though nothing here can sign in to them. */
const throughConnectors =
  /^(?:cloud-sql-(?:postgres|mysql|mssql)|alloydb-postgres|alloydb|cloud-sql-pg)$/

const serverKeys = ['host', 'port', 'database', 'user', 'password', 'queryParams', 'description']
const keysOf: Readonly<Record<string, readonly string[]>> = {
  postgres: [...serverKeys, 'queryExecMode'],
  mysql: [...serverKeys, 'queryTimeout'],
  mariadb: [...serverKeys, 'queryTimeout'],
  sqlite: ['database', 'description'],
}

/** One source of a document. */
interface SourceEntry {
  readonly name: string
  readonly type: string
  readonly value: DataObject
  readonly place: Place
  readonly read: DocumentReader
}

/** @throws Problem `document-refused` with the line of a key that is not known */
export function readSourceEntry(
  entry: SourceEntry,
  { fill, notes }: { readonly fill: Fill; readonly notes: Set<string> },
): ReadSource {
  const { name: key, type: kind, read, place } = entry
  const named = { key, kind, name: toToolsetName(key) }
  const dialect = Object.hasOwn(dialectOf, kind) ? dialectOf[kind] : undefined
  if (dialect === undefined) return { ...named, asks: [], refused: whyNot(kind) }
  const value = read.object(entry.value, place, ['kind', 'type', 'name', ...(keysOf[kind] ?? [])])
  const text = (field: string) => read.text(value[field], [...place, field])
  const asks: { field: string; message: string }[] = []
  const filled = (field: string, as = field): string | undefined => {
    const written = text(field)
    if (written === undefined) return undefined
    const { text: given, missing } = fill(written)
    const [variable] = missing
    if (variable === undefined) return given === '' ? undefined : given
    asks.push({ field: as, message: `must be given: the document takes it from ${variable}` })
    return undefined
  }
  const mustHave = (field: string, given: string | undefined): string | undefined => {
    const isAsked = asks.some((one) => one.field === field)
    if (given === undefined && !isAsked) asks.push({ field, message: 'must be given' })
    return given
  }
  if (dialect === 'sqlite') {
    const path = mustHave('path', filled('database', 'path'))
    if (path !== undefined && !path.startsWith('/')) {
      const message =
        path === ':memory:'
          ? 'must be a file: a database in memory ends with its call'
          : 'must be an absolute path'
      return { ...named, dialect, asks: [{ field: 'path', message }] }
    }
    return { ...named, dialect, path, asks }
  }
  const host = mustHave('host', filled('host'))
  const database = mustHave('database', filled('database'))
  const user = mustHave('user', filled('user'))
  const port = readPort(filled('port'), asks)
  const password = readPassword(filled('password'), asks)
  const params = read.map(value.queryParams, [...place, 'queryParams'])
  return {
    ...{ ...named, dialect, host, port, database, user, password, asks },
    tls: readTls(params, { key, notes }),
    timeoutSeconds: readTimeout(text('queryTimeout'), { key, notes }),
  }
}

const whyNot = (kind: string): string => {
  if (throughConnectors.test(kind)) {
    return `It is of the kind ${kind}, which is reached through a connector of Google’s that the vault does not have. Write it as ${kind.includes('mysql') ? 'mysql' : 'postgres'} with the address, the user and the password of the instance.`
  }
  if (kind === 'http') return 'It is an API and no database: import the document as a toolset.'
  return `It is of the kind ${quoteName(kind)}; here ${sqlDialects.join(', ')} and mariadb are taken.`
}

function readPort(
  text: string | undefined,
  asks: { field: string; message: string }[],
): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Source.shape.port.safeParse(port).success && port >= 1 && port <= 65_535) return port
  asks.push({ field: 'port', message: 'must be a number from 1 to 65535' })
  return undefined
}

/** What stands where a password goes and is none is asked for, and so is one that cannot be kept. */
function readPassword(
  text: string | undefined,
  asks: { field: string; message: string }[],
): string | undefined {
  if (text === undefined) return undefined
  if (!isPlaceholder(text)) return text
  asks.push({
    field: 'password',
    message: 'must be given: what stands in the document is a placeholder',
  })
  return undefined
}

type About = { readonly key: string; readonly notes: Set<string> }

/** `sslmode` of PostgreSQL’s drivers, `tls` of MySQL’s. There is no mode here that falls back or does not look. */
function readTls(params: DataObject, { key, notes }: About): 'require' | 'off' | undefined {
  let tls: 'require' | 'off' | undefined
  for (const [name, value] of Object.entries(params)) {
    const said = String(value)
    if (name !== 'sslmode' && name !== 'tls') {
      notes.add(`${quoteName(key)}: the parameter ${quoteName(name)} is left out.`)
      continue
    }
    tls = said === 'disable' || said === 'false' ? 'off' : 'require'
    if (!['disable', 'false', 'require', 'verify-full', 'true'].includes(said)) {
      notes.add(
        `${quoteName(key)}: ${name} is ${quoteName(said)}; here TLS with a verified certificate is required instead.`,
      )
    }
  }
  return tls
}

const secondsOf = { ms: 0.001, s: 1, m: 60 } as const

/** `30s`, `2m`: as long as a call may take here. */
function readTimeout(text: string | undefined, { key, notes }: About): number | undefined {
  if (text === undefined) return undefined
  const [, number, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text.trim()) ?? []
  const seconds = Number(number) * secondsOf[(unit ?? 's') as keyof typeof secondsOf]
  const bounded = Math.min(55, Math.max(1, Math.round(seconds)))
  if (Number.isNaN(seconds)) {
    notes.add(`${quoteName(key)}: queryTimeout is left out.`)
    return undefined
  }
  if (bounded !== seconds) {
    notes.add(`${quoteName(key)}: its calls may take ${bounded} seconds, and not ${text}.`)
  }
  return bounded
}
