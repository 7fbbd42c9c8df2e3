import { describe, expect, it } from 'vitest'
import { judgeAddresses } from './judge-addresses.ts'
import { judgeBackups } from './judge-backups.ts'
import { type DatabaseFacts, judgeDatabase } from './judge-database.ts'
import { type DataDirFacts, judgeDataDir, judgeSecretFiles } from './judge-machine.ts'
import { judgeRedis } from './judge-redis.ts'

const good: DatabaseFacts = {
  versionNumber: 150_004,
  roundTripMs: 0.4,
  clockAheadMs: 12,
  isSuperuser: false,
  fsync: 'on',
  fullPageWrites: 'on',
  synchronousCommit: 'on',
  migrations: { missing: 0, isNewer: false },
  mayChangeAudit: [],
  mayCreate: undefined,
  connections: { used: 20, max: 100 },
}

const database = (facts: Partial<DatabaseFacts>) =>
  judgeDatabase({ ...good, ...facts }).filter(({ level }) => level !== 'ok')

describe('the doctor, of a database', () => {
  it('finds nothing where there is nothing', () => {
    expect(database({})).toEqual([])
    expect(database({ mayChangeAudit: undefined })).toEqual([])
    expect(database({ mayCreate: 'role', isSuperuser: true })).toHaveLength(1)
    expect(database({ mayCreate: 'role', mayChangeAudit: ['update'] })).toHaveLength(1)
  })

  it.each([
    [{ versionNumber: 140_011 }, 'fail', /PostgreSQL 14.11 is too old/],
    [{ roundTripMs: 80 }, 'warn', /80 ms away/],
    [{ migrations: { missing: 2, isNewer: false } }, 'warn', /2 of this build/],
    [{ migrations: { missing: 0, isNewer: true } }, 'fail', /newer build/],
    [{ fsync: 'off' }, 'fail', /set fsync to on/],
    [{ synchronousCommit: 'off' }, 'fail', /synchronous_commit/],
    [{ isSuperuser: true }, 'warn', /superuser/],
    [
      { mayChangeAudit: ['update', 'delete'] },
      'warn',
      /may update, delete audit.*DATABASE_MIGRATION_URL/,
    ],
    [{ mayCreate: 'everybody' }, 'warn', /REVOKE CREATE ON SCHEMA public FROM PUBLIC/],
    [{ mayCreate: 'role' }, 'warn', /may make tables.*DATABASE_MIGRATION_URL/],
    [{ clockAheadMs: -2_500 }, 'warn', /by -2.5 s/],
    [{ clockAheadMs: 11_000 }, 'fail', /sign-ins of agents fail/],
    [{ connections: { used: 90, max: 100 } }, 'warn', /raise max_connections/],
  ] as const)('says what is wrong with %j', (facts, level, say) => {
    expect(database(facts)).toEqual([
      expect.objectContaining({ level, say: expect.stringMatching(say) }),
    ])
  })
})

describe('the doctor, of backups', () => {
  const dayMs = 86_400_000
  it.each([
    [{ isSetUp: false, ageMs: undefined }, 'ok', /nothing to back up/],
    [{ isSetUp: true, ageMs: undefined }, 'warn', /none was made by `sallyport backup`/],
    [{ isSetUp: true, ageMs: 60_000 }, 'ok', /less than an hour old/],
    [{ isSetUp: true, ageMs: 1.5 * dayMs }, 'ok', /36 hours old/],
    [{ isSetUp: true, ageMs: 7 * dayMs }, 'ok', /7 days old/],
    [{ isSetUp: true, ageMs: 9.9 * dayMs }, 'warn', /9 days old: make one/],
  ] as const)('says how old the newest is: %j', (facts, level, say) => {
    expect(judgeBackups(facts)).toMatchObject({ level, say: expect.stringMatching(say) })
  })
})

describe('the doctor, of a machine', () => {
  const fine: DataDirFacts = {
    ...{ path: '/data', exists: true, fault: undefined },
    ...{ freeBytes: 50 * 2 ** 30, mode: 0o711 },
  }
  const levels = (facts: Partial<DataDirFacts>) =>
    judgeDataDir({ ...fine, ...facts }).map(({ level }) => level)

  it('looks at the data directory, who else can use it, and the room on its disk', () => {
    expect(levels({})).toEqual(['ok', 'ok'])
    expect(levels({ fault: 'It may not be written.' })).toEqual(['fail'])
    expect(levels({ mode: 0o755 })).toEqual(['warn', 'ok'])
    expect(levels({ mode: 0o777 })).toEqual(['fail', 'ok'])
    expect(levels({ freeBytes: 2 ** 30 })).toEqual(['ok', 'warn'])
    expect(levels({ freeBytes: 1_000 })).toEqual(['ok', 'fail'])
    expect(levels({ exists: false, mode: undefined, freeBytes: undefined })).toEqual(['ok'])
  })

  it('looks at who can read and write the files of secrets', () => {
    const of = (path: string, mode: number) =>
      judgeSecretFiles([{ variable: 'SALLYPORT_ROOT_KEY_FILE', path, mode }])[0]?.level
    expect(of('/etc/key', 0o600)).toBe('ok')
    expect(of('/etc/key', 0o644)).toBe('warn')
    expect(of('/run/secrets/key', 0o444)).toBe('ok')
    expect(of('/run/secrets/key', 0o666)).toBe('fail')
  })
})

describe('the doctor, of addresses', () => {
  const local = {
    ...{ host: '127.0.0.1', publicUrl: undefined, trustedProxies: [], egressAllowCidrs: [] },
    ...{ allowsMetadata: false, metricsHost: undefined, findsNames: true },
    tracesUrl: undefined,
  }
  const warned = (facts: object) =>
    judgeAddresses({ ...local, ...facts })
      .filter(({ level }) => level !== 'ok')
      .map(({ what }) => what)

  it('says what others reach, and what they should not', () => {
    expect(warned({})).toEqual([])
    expect(warned({ host: '0.0.0.0' })).toEqual(['public URL'])
    expect(warned({ publicUrl: 'http://vault.example.com' })).toEqual(['public URL'])
    expect(warned({ publicUrl: 'http://localhost:4770' })).toEqual([])
    expect(warned({ publicUrl: 'https://vault.example.com' })).toEqual(['trusted proxies'])
    expect(
      warned({ publicUrl: 'https://vault.example.com', trustedProxies: ['10.0.0.1'] }),
    ).toEqual([])
    expect(warned({ egressAllowCidrs: ['169.254.0.0/16'], allowsMetadata: true })).toEqual([
      'egress ranges',
    ])
    expect(warned({ metricsHost: '0.0.0.0' })).toEqual(['metrics'])
    expect(warned({ findsNames: false })).toEqual(['names'])
    for (const tracesUrl of ['https://collector.example.com/v1/traces', 'http://127.0.0.1:4318']) {
      expect(warned({ tracesUrl })).toEqual([])
    }
    expect(warned({ tracesUrl: 'http://collector.internal:4318/v1/traces' })).toEqual(['traces'])
  })
})

describe('the doctor, of Redis', () => {
  it('wants a version that is new enough, and no eviction', () => {
    const of = (version: string, evicts: string) =>
      judgeRedis({ version, evicts, roundTripMs: 0.2 }).level
    expect(of('7.2.4', 'noeviction')).toBe('ok')
    expect(of('6.2.1', 'noeviction')).toBe('fail')
    expect(of('8.0.0', 'allkeys-lru')).toBe('warn')
  })
})
