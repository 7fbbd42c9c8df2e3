import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { migrate } from './migrate.ts'
import { createRootKeyStore } from './root-keys.ts'

/** What the running vault never does; each is refused before it is looked whether there is such a row. */
const refused = [
  ...['root_keys', 'installation_secrets', 'workspace_keys', 'workspaces', 'installation'].map(
    (table) => `DELETE FROM ${table}`,
  ),
  "INSERT INTO root_keys (id, key_check) VALUES ('a', 'b')",
  "UPDATE root_keys SET key_check = 'a'",
  'SELECT 1 FROM root_keys FOR UPDATE',
  "INSERT INTO installation_secrets (purpose, version, wrapped) VALUES ('audit-mac', 9, 'a')",
  "UPDATE installation_secrets SET wrapped = 'a'",
  "UPDATE workspace_keys SET wrapped = 'a'",
  "UPDATE installation SET key_check = 'a'",
  'UPDATE installation SET backed_up_at = now()',
  "INSERT INTO installation (id, key_check) VALUES (2, 'a')",
  "UPDATE workspaces SET id = 'a'",
  'DELETE FROM audit_heads',
  "UPDATE audit_heads SET workspace_id = 'a'",
  'DO $$ BEGIN LOCK TABLE audit_heads IN EXCLUSIVE MODE; END $$',
  'UPDATE audit_open SET deadline = now()',
  ...['audit_starts', 'audit_retention'].map((table) => `DELETE FROM ${table}`),
  "INSERT INTO audit_starts (workspace_id, seq, hash, mac, at, signature) VALUES ('a', 1, '', '', now(), '')",
  'UPDATE audit_retention SET days = 30',
]

describe('the role of the running vault', () => {
  let test: TestDatabase
  const rootKeyId = randomBytes(8)
  const wrapped = Buffer.concat([Buffer.from([1]), rootKeyId, randomBytes(60)])
  beforeAll(async () => {
    test = await startTestDatabase()
    await createRootKeyStore(test.owner).bind(
      {
        rootKey: { id: rootKeyId, keyCheck: randomBytes(32), ciphertext: null, kms: null },
        secrets: [{ purpose: 'audit-mac', version: 1, wrapped }],
      },
      () => undefined,
    )
  })
  afterAll(() => test?.stop())

  it.each(refused)('may not: %s', async (statement) => {
    verifies('S-37')
    await expect(test.database.sql.unsafe(statement)).rejects.toThrow('permission denied')
  })

  it('makes a workspace with its key, and seals under it, by guards that hold the keys for it', async () => {
    verifies('S-35')
    const { sql } = test.database
    await sql`INSERT INTO workspaces (id, name) VALUES ('w', 'n')`
    await sql`INSERT INTO workspace_keys (workspace_id, version, wrapped) VALUES ('w', 1, ${wrapped})`
    const sealed = Buffer.concat([Buffer.from('010000000000000001', 'hex'), randomBytes(60)])
    await sql`
      INSERT INTO variables (id, workspace_id, name, sealed, version) VALUES ('v', 'w', 'N', ${sealed}, 1)`
    const strange = Buffer.concat([Buffer.from([1]), randomBytes(68)])
    await expect(
      sql`INSERT INTO workspace_keys (workspace_id, version, wrapped) VALUES ('w', 2, ${strange})`,
    ).rejects.toThrow('not in use')
    await sql`UPDATE workspaces SET name = 'other', frozen_at = now(), frozen_by = 'own_1'`
  })

  it('has nothing run as the owner of the tables by a guard on a table of its own', async () => {
    verifies('S-37')
    const session = await test.database.sql.reserve()
    await session`CREATE TEMP TABLE bait (workspace_id text, sealed bytea, wrapped bytea)`
    const guards = await session<{ name: string }[]>`
      SELECT DISTINCT f.oid::regproc::text AS name FROM pg_proc f JOIN pg_trigger t ON t.tgfoid = f.oid
      WHERE f.prosecdef`
    expect(guards.map(({ name }) => name)).toContain('sallyport_check_sealed')
    for (const { name } of guards) {
      await expect(
        session.unsafe(
          `CREATE TRIGGER bait BEFORE INSERT ON bait FOR EACH ROW EXECUTE FUNCTION ${name}()`,
        ),
        name,
      ).rejects.toThrow('permission denied for function')
    }
    session.release()
    const [open] = await test.owner.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_proc
      WHERE prosecdef AND has_function_privilege('public', oid, 'EXECUTE')`
    expect(open?.count).toBe(0)
  })

  it('has at the next start no more than that where an older build gave it all', async () => {
    verifies('S-37')
    const appRole = new URL(test.urls.app).username
    await test.owner.sql.unsafe(
      `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${appRole}; GRANT UPDATE (key_check) ON root_keys TO ${appRole}`,
    )
    const statement = "UPDATE root_keys SET key_check = 'a'"
    await test.database.sql.unsafe(statement)
    await migrate({ url: test.urls.owner, migrationsFolder, appRole })
    const trigger =
      'CREATE TRIGGER bait AFTER UPDATE ON connections FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change()'
    const others = ['DELETE FROM audit_heads', 'TRUNCATE audit_records', 'TRUNCATE agents', trigger]
    for (const one of [statement, ...others]) {
      await expect(test.database.sql.unsafe(one)).rejects.toThrow('permission denied')
    }
  })
})
