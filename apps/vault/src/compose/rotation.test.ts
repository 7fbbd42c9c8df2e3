import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { makeSecrets, openSecrets } from '../credentials/installation-secrets.ts'
import { createKeyring } from '../credentials/keyring.ts'
import { createRootKey, createWrappingKey, type RootKey } from '../credentials/root-key.ts'
import { type OwnRootKeySource, storedFor } from '../credentials/root-key-source.ts'
import { createRootKeys } from '../credentials/root-keys.ts'
import { rotateRoot } from '../credentials/rotate-root.ts'
import { rotateWorkspace } from '../credentials/rotate-workspace.ts'
import { createResealingStore } from '../store/resealing.ts'
import { createRootKeyStore } from '../store/root-keys.ts'
import { createRootRotationStore } from '../store/root-rotation.ts'
import { passingColumns, sealedColumns } from '../store/sealed-columns.ts'
import { createWorkspaceKeyStore } from '../store/workspace-keys.ts'

// Rotations on a real database, ended at every point at which they change something.

class Ended extends Error {}

/** Lets a number of calls through, and fails at the next: as if the process had ended there. */
function endingAt<T extends object>(store: T, calls: number, after: boolean): T {
  const left = { calls }
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...input: unknown[]) => {
        left.calls -= 1
        if (left.calls < 0 && !after) throw new Ended()
        const answer: unknown = await member(...input)
        if (left.calls < 0) throw new Ended()
        return answer
      }
    },
  })
}

const workspaces = ['wsp_1', 'wsp_2'] as const
const variable = (workspaceId: string, rowId: string, rowVersion = 1) =>
  ({ ...{ table: 'variables', column: 'sealed', workspaceId, rowId, rowVersion } }) as const
const recorded: object[] = []
const silent = {
  sleep: async () => {},
  onProgress: () => {},
  record: async (what: object) => {
    recorded.push(what)
  },
}

let test: TestDatabase
let keys: RootKey[]
beforeAll(async () => {
  test = await startTestDatabase()
  keys = [createRootKey(randomBytes(32))]
  const [rootKey] = keys
  if (rootKey === undefined) throw new Error('no key')
  const secrets = makeSecrets({ parent: createWrappingKey(rootKey), randomBytes })
  const binding = { rootKey: storedFor(rootKey), secrets }
  await createRootKeyStore(test.owner).bind(binding, () => undefined)
  const { keyring } = open()
  for (const workspaceId of workspaces) {
    await test.database.sql`INSERT INTO workspaces (id, name) VALUES (${workspaceId}, 'w')`
    for (const name of ['A', 'B', 'C']) {
      const id = `${workspaceId}_${name}`
      const sealed = await keyring.seal(variable(workspaceId, id), Buffer.from(`secret of ${id}`))
      await test.database.sql`
        INSERT INTO variables (id, workspace_id, name, sealed, version)
        VALUES (${id}, ${workspaceId}, ${name}, ${Buffer.from(sealed)}, 1)`
    }
  }
})
afterAll(() => test?.stop())

/** A vault that has just been started with all keys that there are. */
function open(known: readonly RootKey[] = keys) {
  const shelf = createRootKeyStore(test.database)
  const source = { load: async () => known }
  const rootKeys = createRootKeys({ known, source, shelf })
  const workspaceKeys = createWorkspaceKeyStore(test.database)
  return { shelf, rootKeys, keyring: createKeyring({ rootKeys, workspaceKeys, randomBytes }) }
}

async function expectAllOpen(opened = open()): Promise<void> {
  const rows = await test.database.sql<
    { id: string; workspaceId: string; version: number; sealed: Uint8Array }[]
  >`SELECT id, workspace_id AS "workspaceId", version, sealed FROM variables`
  expect(rows).toHaveLength(6)
  for (const { id, workspaceId, version, sealed } of rows) {
    const text = await opened.keyring.open(variable(workspaceId, id, version), sealed)
    expect(Buffer.from(text).toString()).toBe(`secret of ${id}`)
  }
  await openSecrets(await opened.shelf.listSecrets(), opened.rootKeys.find)
}

const rotationStore = () => ({
  ...createRootKeyStore(test.owner),
  ...createRootRotationStore(test.owner),
})

/** Gives one and the same successor until it is the current key. */
function sourceWith(next: RootKey): OwnRootKeySource {
  return {
    load: async () => [...keys, next],
    first: () => Promise.reject(new Error('there is a key')),
    next: async () => ({ key: next, stored: storedFor(next) }),
    settle: () => 'settled',
  }
}

describe('a rotation of the root key that ends early', () => {
  it('leaves everything open at every point, and the next run goes on to the end', async () => {
    verifies('S-35', 'S-43')
    let ends = 0
    for (let calls = 0; ; calls++) {
      const next = createRootKey(randomBytes(32))
      const source = sourceWith(next)
      const run = (store = rotationStore()) => rotateRoot({ source, store, randomBytes, ...silent })
      const early = await run(endingAt(rotationStore(), calls, calls % 2 === 0)).catch(
        (error: unknown) => error,
      )
      await expectAllOpen(open([...keys, next]))
      if (early instanceof Ended) {
        ends += 1
        await run()
      } else expect(early).toMatchObject({ rewrapped: 6, wasDone: false })
      const old = keys
      keys = [next]
      await expectAllOpen()
      await expect(expectAllOpen(open(old))).rejects.toThrow()
      expect((await rotationStore().list()).length).toBe(1)
      if (!(early instanceof Ended)) break
    }
    expect(ends).toBeGreaterThan(10)
  }, 60_000)

  it('wraps nothing before every vault that runs has the new key', async () => {
    verifies('S-35')
    const shelf = createRootKeyStore(test.database)
    const known = (await shelf.list()).map(({ id }) => Buffer.from(id).toString('hex'))
    const before = await rotationStore().usage()
    const next = createRootKey(randomBytes(32))
    const run = () =>
      rotateRoot({ source: sourceWith(next), store: rotationStore(), randomBytes, ...silent })
    recorded.length = 0
    for (const vault of ['one', 'two']) await shelf.announce(vault, known)
    await expect(run()).rejects.toThrow('2 of 2 running vaults do not have the new root key')
    const both = [...known, Buffer.from(storedFor(next).id).toString('hex')]
    await shelf.announce('one', both)
    await expect(run()).rejects.toThrow('1 of 2 running vaults do not have the new root key')
    expect(await rotationStore().usage()).toEqual(before)
    expect(recorded).toEqual([])
    await expectAllOpen()
    await shelf.announce('two', both)
    expect(await run()).toMatchObject({ rewrapped: 6, wasDone: false })
    expect(recorded).toEqual([{ from: known[0], to: both.at(-1) }])
    keys = [next]
    await expectAllOpen()
    await shelf.withdrawAll()
  })

  it('does nothing twice: a key that is the current one already is left', async () => {
    const [current] = keys
    if (current === undefined) throw new Error('no key')
    const source = sourceWith(current)
    const done = await rotateRoot({ source, store: rotationStore(), randomBytes, ...silent })
    expect(done).toMatchObject({ wasDone: true, rewrapped: 0 })
  })
})

describe('a rotation of a workspace’s key that ends early', () => {
  const store = () => ({
    ...createResealingStore(test.owner),
    columns: sealedColumns,
    listKeys: createWorkspaceKeyStore(test.database).list,
    insertKey: createWorkspaceKeyStore(test.database).insert,
  })
  const versionsOf = async (workspaceId: string) =>
    (await createWorkspaceKeyStore(test.database).list(workspaceId)).map(({ version }) => version)

  it('leaves everything open at every point, and the next run goes on to the end', async () => {
    verifies('S-35', 'S-43')
    let ends = 0
    for (let calls = 0; ; calls += 2) {
      const run = (at = store()) =>
        rotateWorkspace({ store: at, keyring: open().keyring, ...silent }, 'wsp_1')
      const early = await run(endingAt(store(), calls, calls % 4 === 0)).catch((error) => error)
      await expectAllOpen()
      if (early instanceof Ended) ends += 1
      const done = early instanceof Ended ? await run() : early
      expect(done).toMatchObject({ left: [], unreadable: [] })
      expect(await versionsOf('wsp_1')).toEqual([done.version])
      await expectAllOpen()
      if (!(early instanceof Ended)) break
    }
    expect(ends).toBeGreaterThan(5)
    expect(await versionsOf('wsp_2')).toEqual([1])
  }, 60_000)

  it('lets a concurrent writer win, and takes what it wrote with the old key along', async () => {
    verifies('S-35')
    const early = open()
    const id = 'wsp_1_A'
    await early.keyring.seal(variable('wsp_1', id), Buffer.from('it holds the old key now'))
    const at = store()
    let written = false
    const racing = {
      ...at,
      replace: async (...[column, workspaceId, rows]: Parameters<typeof at.replace>) => {
        if (column.table === 'variables' && !written) {
          written = true
          const sealed = await early.keyring.seal(
            variable('wsp_1', id, 2),
            Buffer.from(`secret of ${id}`),
          )
          await test.database.sql`
            UPDATE variables SET sealed = ${Buffer.from(sealed)}, version = 2 WHERE id = ${id}`
        }
        return at.replace(column, workspaceId, rows)
      },
    }
    const done = await rotateWorkspace(
      { store: racing, keyring: open().keyring, ...silent },
      'wsp_1',
    )
    expect(done).toMatchObject({ resealed: 3, left: [] })
    await expectAllOpen()
    // From now on the database takes nothing under the key that went.
    const late = await early.keyring.seal(variable('wsp_1', id, 3), Buffer.from('too late'))
    await expect(
      test.database
        .sql`UPDATE variables SET sealed = ${Buffer.from(late)}, version = 3 WHERE id = ${id}`,
    ).rejects.toThrow('not in use any more')
    early.keyring.refresh('wsp_1')
    const [row] = await test.database.sql<{ sealed: Uint8Array }[]>`
      SELECT sealed FROM variables WHERE id = ${id}`
    const text = await early.keyring.open(variable('wsp_1', id, 2), row?.sealed ?? new Uint8Array())
    expect(Buffer.from(text).toString()).toBe(`secret of ${id}`)
  })

  it('names what was damaged before, keeps the key that it was sealed under, and goes on with the rest', async () => {
    const damaged = await open().keyring.seal(variable('wsp_2', 'elsewhere'), Buffer.from('x'))
    const [kept] = await test.database.sql<{ sealed: Uint8Array }[]>`
      SELECT sealed FROM variables WHERE id = 'wsp_2_B'`
    const put = (sealed: Uint8Array) =>
      test.database.sql`UPDATE variables SET sealed = ${Buffer.from(sealed)} WHERE id = 'wsp_2_B'`
    await put(damaged)
    const run = () =>
      rotateWorkspace({ store: store(), keyring: open().keyring, ...silent }, 'wsp_2')
    expect(await run()).toMatchObject({
      resealed: 2,
      left: [1],
      unreadable: ['variables.sealed of wsp_2_B'],
    })
    await put(kept?.sealed ?? damaged)
    expect(await run()).toMatchObject({ resealed: 1, left: [], version: 2 })
    await expectAllOpen()
  })
})

describe('the table of sealed columns', () => {
  it('names every column that the database guards, every binary column that is no hash, and every place that code seals for', async () => {
    verifies('S-35')
    const named = sealedColumns.map(({ table, column }) => `${table}.${column}`).sort()
    const guarded = await test.database.sql<{ at: string }[]>`
      SELECT event_object_table || '.' || a.attname AS at
      FROM information_schema.triggers t
      JOIN pg_trigger g ON g.tgname = t.trigger_name AND g.tgrelid = t.event_object_table::regclass
      JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr::int2[])
      WHERE t.trigger_name LIKE 'check\\_%' GROUP BY 1 ORDER BY 1`
    expect(guarded.map(({ at }) => at).sort()).toEqual(named)

    const binary = await test.database.sql<{ at: string }[]>`
      SELECT table_name || '.' || column_name AS at FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'bytea'
        AND column_name !~ '(^|_)(hash|mac|signature|public_key)$' AND table_name NOT IN
          ('installation', 'root_keys', 'installation_secrets', 'workspace_keys')
      ORDER BY 1`
    const inJson = sealedColumns
      .filter(({ isJson }) => isJson)
      .map((at) => `${at.table}.${at.column}`)
    const held = [...named, ...passingColumns].sort()
    expect([...binary.map(({ at }) => at), ...inJson].sort()).toEqual(held)

    expect(placesInCode()).toEqual(held)
  })
})

/** Every `table: '…', column: '…'` of a seal's context in the sources, but for keys that wrap keys. */
function placesInCode(): string[] {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.ts$/.test(path) && !/\.test\.ts$|^(store|credentials)\//.test(path),
  )
  const pattern = /table: '(\w+)',\s*column: '(\w+)'/g
  const found = files.flatMap((path) =>
    [...readFileSync(`${root}/${path}`, 'utf8').matchAll(pattern)].map(
      ([, table, column]) => `${table}.${column}`,
    ),
  )
  return [...new Set(found)].sort()
}
