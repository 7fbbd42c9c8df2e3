import type { Source } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  emptyDatabase,
  isSameSignIn,
  TypedDatabase,
  targetOf,
  toChanges,
  toCreate,
  typedOf,
} from './database-typed.ts'

const source: Source = {
  id: 'src_01k8v3t5m9r2c4x6z8b0d1f3h5',
  name: 'shop',
  title: 'The shop',
  dialect: 'postgres',
  host: 'db.example.com',
  port: 5432,
  database: 'shop',
  tls: 'require',
  user: 'reader',
  hasPassword: true,
  query: false,
  schemaTools: false,
  rowsMax: 1000,
  timeoutSeconds: 30,
  bytesMax: 1_048_576,
  connectionId: 'con_01k8v3t5m9r2c4x6z8b0d1f3h5',
  connectionStatus: 'healthy',
  toolsetId: 'tls_01k8v3t5m9r2c4x6z8b0d1f3h5',
  toolCount: 0,
  version: 1,
  createdAt: '2026-11-22T04:00:00.000Z',
  updatedAt: '2026-11-22T04:00:00.000Z',
}
const sourceId = source.id

describe('what is sent of a database that was edited', () => {
  it('is nothing where nothing was changed, the password least of all', () => {
    expect(toChanges(source, typedOf(source))).toEqual({ sourceId })
  })

  it('is what was changed, and takes away what was emptied', () => {
    const typed = { ...typedOf(source), host: 'db2.example.com', title: undefined }
    expect(toChanges(source, typed)).toEqual({ sourceId, host: 'db2.example.com', title: null })
  })

  it('holds a password only where one was typed', () => {
    const typed = { ...typedOf(source), password: 'correct horse' }
    expect(toChanges(source, typed)).toEqual({ sourceId, password: 'correct horse' })
  })
})

describe('the form of a database', () => {
  const faultsOf = (more: object) =>
    TypedDatabase.safeParse({ ...emptyDatabase, name: 'shop', ...more }).error?.issues.map(
      ({ path }) => path.join('.'),
    ) ?? []

  it('asks for a host and a name of a server, and for the path of a file', () => {
    expect(faultsOf({})).toEqual(['host', 'database'])
    expect(faultsOf({ dialect: 'sqlite' })).toEqual(['path'])
    expect(faultsOf({ dialect: 'sqlite', path: '/srv/shop.db' })).toEqual([])
  })

  it('sends of a file its path alone, and of a server the usual port', () => {
    const of = (more: object) => TypedDatabase.parse({ ...emptyDatabase, name: 'shop', ...more })
    const file = of({ dialect: 'sqlite', path: '/srv/shop.db', host: 'typed.before.example' })
    expect(targetOf(file)).toEqual({ dialect: 'sqlite', path: '/srv/shop.db' })
    const server = of({ dialect: 'mysql', host: 'db.example.com', database: 'shop' })
    expect(toCreate(server)).toMatchObject({ port: 3306, tls: 'require' })
  })
})

it('The kept password is offered for a test at its own host, port, user and TLS mode alone', () => {
  const same = typedOf(source)
  expect(isSameSignIn(source, same)).toBe(true)
  expect(isSameSignIn(source, { ...same, port: undefined })).toBe(true)
  for (const changed of [{ host: 'evil' }, { port: 5433 }, { user: 'me' }, { tls: 'off' }]) {
    expect([changed, isSameSignIn(source, { ...same, ...changed })]).toEqual([changed, false])
  }
})
