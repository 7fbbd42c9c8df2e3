import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { redisMissing, startTestRedis, type TestRedis } from '../fixtures/redis.ts'
import { openSuperuser } from '../fixtures/superuser.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

// What the doctor says of the ground that a vault stands on, where no vault runs.

let database: TestDatabase
let redis: TestRedis | undefined
let person: Person
let environment: Record<string, string>

beforeAll(async () => {
  database = await startTestDatabase()
  redis = redisMissing === undefined ? await startTestRedis() : undefined
  environment = {
    DATABASE_URL: database.urls.app,
    DATABASE_MIGRATION_URL: database.urls.owner,
    SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    ...(redis !== undefined && { REDIS_URL: redis.url }),
  }
  person = createPerson('http://127.0.0.1:1')
})

afterAll(async () => {
  person?.leave()
  await Promise.all([redis?.stop(), database?.stop()])
})

interface Doctor {
  readonly ok: boolean
  readonly findings: readonly {
    readonly what: string
    readonly ok: boolean
    readonly warn?: boolean
    readonly say: string
  }[]
}

async function examine(more: Record<string, string> = {}) {
  Object.assign(person.environment, environment, more)
  const { code, stdout } = await person.run(['doctor', '--vault', '--json'])
  for (const name of Object.keys(more)) delete person.environment[name]
  const { ok, findings } = JSON.parse(stdout) as Doctor
  return {
    ...{ code, ok, stdout },
    of: (what: string) => findings.find((finding) => finding.what === what),
  }
}

describe('the doctor', () => {
  it('looks at database, root key and Redis as the vault would, says that all is well, and changes nothing', async () => {
    const before = person.files()
    const { code, ok, of, stdout } = await examine()
    expect([code, ok]).toEqual([0, true])
    expect(of('database')?.say).toMatch(/^PostgreSQL \d+\.\d+, [\d.]+ ms away$/)
    expect(of('migrations')).toMatchObject({ ok: true, say: 'up to date' })
    expect(of('audit role')?.say).toBe('may add audit entries, and neither change nor delete them')
    expect(of('root key')?.say).toBe('readable; the first start binds the database to it')
    expect(of('clock')?.say).toBe('agrees with the database’s')
    if (redis !== undefined) expect(of('Redis')).toMatchObject({ ok: true })
    for (const secret of [database.urls.app, environment.SALLYPORT_ROOT_KEY ?? '']) {
      expect(stdout).not.toContain(secret)
    }
    expect(person.files()).toEqual(before)
  })

  it('names each fault with what to do, and fails', async () => {
    const key = join(person.project, 'root-key')
    writeFileSync(key, randomBytes(32).toString('base64'))
    chmodSync(key, 0o666)
    const { code, ok, of } = await examine({
      DATABASE_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: '',
      SALLYPORT_ROOT_KEY_FILE: key,
      SALLYPORT_PUBLIC_URL: 'http://vault.example.com',
      SALLYPORT_EGRESS_ALLOW_CIDRS: '169.254.0.0/16',
      ...(redis !== undefined && { REDIS_URL: 'redis://127.0.0.1:1' }),
    })
    expect([code, ok]).toEqual([1, false])
    expect(of('audit role')).toMatchObject({ ok: true, warn: true })
    expect(of('SALLYPORT_ROOT_KEY_FILE')).toMatchObject({ ok: false })
    expect(of('public URL')).toMatchObject({ ok: true, warn: true })
    expect(of('egress ranges')?.say).toContain('169.254.169.254')
    if (redis !== undefined) {
      expect(of('Redis')).toMatchObject({ ok: false, say: expect.stringContaining('REDIS_URL') })
    }
  })

  it('says that the root key is not the database’s, and that there is no database', async () => {
    verifies('S-34')
    const admin = openSuperuser(database.urls.owner)
    await admin`INSERT INTO installation (id, key_check) VALUES (1, ${randomBytes(32)})`
    const wrong = await examine()
    expect(wrong.of('root key')).toMatchObject({
      ok: false,
      say: 'is not the one that this database was made with: give the right one',
    })
    await admin`DELETE FROM installation`
    await admin.end({ timeout: 1 })
    const gone = await examine({ DATABASE_URL: 'postgres://vault:pass-word@127.0.0.1:1/vault' })
    expect(gone.of('database')).toMatchObject({
      ok: false,
      say: expect.stringContaining('ECONNREFUSED'),
    })
    expect(gone.stdout).not.toContain('pass-word')
  })

  it('names every variable that cannot be used', async () => {
    const { code, of } = await examine({
      SALLYPORT_PORT: 'x',
      SALLYPORT_METRICS_TOKEN: 'too-short',
    })
    expect(code).toBe(1)
    expect(of('configuration')?.say).toMatch(/SALLYPORT_PORT.*SALLYPORT_METRICS_TOKEN/)
    expect(of('configuration')?.say).not.toContain('too-short')
  })
})
