// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the documents themselves hold
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type SqlServer, startDebianPostgres } from '../fixtures/sql-servers.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

// A database that becomes tools by commands: kept, looked at, given statements, imported from other programs' documents.

const login = { user: 'shop', password: 'Xq7-plum-and-0123' }
/** Each command is a process of its own, and each of these tests runs several. */
const testMsMax = 180_000
vi.setConfig({ testTimeout: testMsMax })

let vault: TestVault
let person: Person
let server: SqlServer | undefined
let folder: string
let file: string

const write = (name: string, text: string) => {
  writeFileSync(join(person.project, name), text)
  return name
}

/** A file with three hotels. */
function makeFile(path: string): void {
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE hotels (name TEXT NOT NULL, stars INTEGER, agent TEXT)')
  database.exec(
    "INSERT INTO hotels VALUES ('Ritz', 5, 'alice'), ('Ibis', 2, 'bob'), ('Inn', 3, 'bob')",
  )
  database.close()
  chmodSync(path, 0o666)
}

/** A role that may do more than it needs, so that the vault has something to say. */
async function makeRole({ port, admin }: SqlServer): Promise<void> {
  const { user: username, password } = admin
  const sql = postgres({
    host: '127.0.0.1',
    port,
    database: 'postgres',
    username,
    password,
    max: 1,
  })
  await sql.unsafe(`CREATE ROLE ${login.user} SUPERUSER LOGIN PASSWORD '${login.password}'`)
  await sql.end()
}

const statements = `
tools:
  - name: search_hotels
    description: Hotels whose name holds a text.
    statement: SELECT name, stars FROM hotels WHERE name LIKE '%' || $1 || '%'
    parameters:
      - { name: text, type: string, description: Part of a name }
  - name: my_hotels
    description: Hotels of the agent that asks.
    statement: SELECT name FROM hotels WHERE agent = $1
    parameters:
      - { name: who, type: string, agent: name }
`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-hotels-'))
  chmodSync(folder, 0o777)
  file = join(folder, 'hotels.db')
  makeFile(file)
  const started = await startDebianPostgres()
  server = 'missing' in started ? undefined : started
  if (server !== undefined) await makeRole(server)
  vault = await startVault({ env: { SALLYPORT_SQLITE_DIRS: folder } })
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
  await vault.createAgentWithKey('alice')
  write('hotels.yaml', statements)
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a database', () => {
  it('is kept with its statements by one command, and each is a tool', async () => {
    verifies('S-39')
    const tried = await person.run(['sources', 'add', 'hotels', 'sqlite', file, '--test'])
    expect([tried.code, tried.stdout]).toEqual([0, expect.stringMatching(/^works: /)])
    const made = await person.run([
      ...['sources', 'add', 'hotels', 'sqlite', file, '--statements', 'hotels.yaml'],
    ])
    expect([made.code, made.stderr]).toEqual([0, ''])
    expect(made.stdout).toMatch(/search_hotels +active +reads +text/)
    expect(made.stdout).toContain('npx sallyport grant hotels --agent')
    const found = await person.run(['tools', 'call', 'hotels.search_hotels', 'text=I'])
    expect(JSON.parse(found.stdout)).toMatchObject({
      rows: expect.arrayContaining([{ name: 'Ibis', stars: 2 }]),
    })
    const listed = await person.run(['sources', 'list'])
    expect(listed.stdout).toMatch(/hotels +sqlite +\/.*hotels\.db/)
    const shown = await person.run(['sources', 'show', 'hotels'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toMatch(/search_hotels +active +reads +text/)
    expect(shown.stdout).toContain(file)
  })

  it('takes what a model says as a value and never as SQL', async () => {
    verifies('S-39')
    const attack = "text=' UNION SELECT agent, 1 FROM hotels; DROP TABLE hotels; --"
    const found = await person.run(['tools', 'call', 'hotels.search_hotels', attack])
    expect(JSON.parse(found.stdout)).toMatchObject({ rows: [], rowCount: 0 })
    const still = await person.run(['tools', 'call', 'hotels.search_hotels', 'text='])
    expect(JSON.parse(still.stdout).rowCount).toBe(3)
  })

  it('has parameters that no model can set', async () => {
    verifies('S-39')
    const shown = await person.run(['tools', 'show', 'hotels.my_hotels'])
    expect(shown.stdout).not.toContain('who')
    const set = await person.run(['tools', 'call', 'hotels.my_hotels', 'who=bob'])
    expect([set.code, set.stderr]).toEqual([1, expect.stringContaining('who')])
  })

  it('has its statements written out and in again, with their differences looked at first', async () => {
    const out = await person.run(['sources', 'statements', 'hotels'])
    write('out.yaml', out.stdout)
    const same = await person.run(['sources', 'statements', 'hotels', 'out.yaml'])
    expect([same.code, same.stdout]).toEqual([0, 'Nothing changes.\n'])
    await person.run(['grant', 'hotels.search_hotels', '--agent', 'alice'])
    write('less.yaml', out.stdout.replace('holds a text', 'contains a text'))
    const asked = await person.run(['sources', 'statements', 'hotels', 'less.yaml'])
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('add --yes')])
    expect(asked.stderr).toMatch(/~ search_hotels +\(has it: alice\)/)
    const changed = await person.run(['sources', 'statements', 'hotels', 'less.yaml', '--yes'])
    expect(changed.stdout).toContain('hotels is at version 2 with 2 tools.')
    const back = await person.run(['toolsets', 'restore', 'hotels', '1', '--yes'])
    expect([back.code, back.stderr]).toEqual([1, expect.stringContaining('sources statements')])
    write(
      'wrong.yaml',
      'tools:\n  - name: x\n    description: y\n    statement: DROP TABLE hotels\n',
    )
    const refused = await person.run(['sources', 'statements', 'hotels', 'wrong.yaml', '--yes'])
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    for (const [text, said] of [
      ['just words', /holds no statements/],
      ['a: [', /is no YAML/],
    ] as const) {
      const bad = await person.run(['sources', 'statements', 'hotels', write('bad.yaml', text)])
      expect([bad.code, bad.stderr]).toEqual([1, expect.stringMatching(said)])
    }
  })

  it('can be given free queries, which only ever read', async () => {
    verifies('S-39')
    const edited = await person.run(['sources', 'edit', 'hotels', '--query', '--schema-tools'])
    expect(edited.stdout).toMatch(
      /query +active[\s\S]*Tools for|Tools for free queries and its schema/,
    )
    const read = await person.run([
      ...[
        'tools',
        'call',
        'hotels.query',
        '--args',
        '{"statement":"SELECT count(*) AS n FROM hotels"}',
      ],
    ])
    expect(read.stdout).toContain('"n": 3')
    const written = await person.run([
      ...['tools', 'call', 'hotels.query', '--args', '{"statement":"DELETE FROM hotels"}'],
    ])
    expect(written.code).toBe(1)
    const off = await person.run(['sources', 'edit', 'hotels', '--no-query', '--no-schema-tools'])
    expect(off.stdout).not.toContain('Tools for')
  })

  it('comes back after its connection was revoked, by the command that the refusal names', async () => {
    const { sources } = await vault.owner.call('listSources', { name: 'hotels' })
    const connectionId = sources[0]?.connectionId ?? ''
    await vault.owner.call('revokeConnectionByOwner', { connectionId })
    const call = ['tools', 'call', 'hotels.search_hotels', 'text=Ibis']
    expect((await person.run(call)).code).toBe(1)
    const tested = await person.run(['sources', 'test', 'hotels'])
    expect([tested.code, tested.stderr]).toEqual([
      ...[1, expect.stringContaining('sallyport sources edit --password')],
    ])
    const back = await person.run(['sources', 'edit', 'hotels', '--no-password'])
    expect([back.code, back.stderr]).toEqual([0, ''])
    expect(JSON.parse((await person.run(call)).stdout).rowCount).toBe(1)
  })

  it('is refused in a sentence where a word is wrong or a password is an argument', async () => {
    for (const [args, said] of [
      [['add', 'x', 'oracle', 'h/d'], /oracle is none of postgres, mysql, sqlite/],
      [['add', 'x', 'postgres', 'postgres://u:p@h/d'], /the password is asked for/],
      [['add', 'x', 'postgres', 'h'], /is not host:port\/database/],
      [['add', 'x', 'postgres', 'h/d'], /--user/],
      [['add', 'x', 'sqlite', '/etc/passwd'], /SALLYPORT_SQLITE_DIRS|not below|folder/],
      [['show', 'nothing'], /There is no source "nothing"/],
      [['edit', 'hotels'], /What is to change/],
    ] as const) {
      const { code, stderr } = await person.run(['sources', ...args])
      expect([code, stderr]).toEqual([1, expect.stringMatching(said)])
    }
  })

  it('is deleted with its tools, where nobody loses one unasked', async () => {
    const asked = await person.run(['sources', 'remove', 'hotels'])
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('1 agent has tools')])
    expect((await person.run(['sources', 'remove', 'hotels', '-y'])).stdout).toContain('is deleted')
    expect((await person.run(['toolsets', 'list'])).stdout).not.toContain('hotels')
  })
})

const toolbox = (port: number) => `
sources:
  my-pg-source:
    kind: postgres
    host: 127.0.0.1
    port: ${port}
    database: postgres
    user: \${PG_USER}
    password: \${PG_PASSWORD}
tools:
  search-hotels-by-name:
    kind: postgres-sql
    source: my-pg-source
    description: Search for hotels based on name.
    parameters:
      - name: name
        type: string
        description: The name of the hotel.
    statement: SELECT 'Hotel ' || $1 AS name;
  other:
    kind: http
    source: elsewhere
    description: No SQL.
`

describe('a document of genai-toolbox', () => {
  it('is looked at first, and then asks for the password that it takes from an environment', async (context) => {
    if (server === undefined) return context.skip()
    write('tools.yaml', toolbox(server.port))
    const looked = await person.run(['import', 'tools.yaml', '--dry-run'])
    expect([looked.code, looked.stderr]).toEqual([0, ''])
    expect(looked.stdout).toMatch(/taken +my-pg-source[\s\S]*search-hotels-by-name +reads +name/)
    expect(looked.stdout).toMatch(/password: must be given: the document takes it from PG_PASSWORD/)
    const argument = await person.run([
      ...['import', 'tools.yaml', '--variable', `PG_PASSWORD=${login.password}`],
    ])
    expect([argument.code, argument.stderr]).toEqual([
      1,
      expect.stringContaining('never an argument'),
    ])
    const made = await person.run(
      [
        ...['import', 'tools.yaml', '--variable', `PG_USER=${login.user}`],
        ...['--set', 'my-pg-source.tls=off', '--name', 'my-pg'],
      ],
      [login.password],
    )
    expect([made.stderr, made.stdout]).toEqual([
      ...[expect.stringContaining('1 taken'), expect.stringMatching(/src_\w+ +my-pg, 1 tools?/)],
    ])
    const called = await person.run([
      ...['tools', 'call', 'my-pg.search-hotels-by-name', "name=O'Hara"],
    ])
    expect(JSON.parse(called.stdout)).toMatchObject({ rows: [{ name: "Hotel O'Hara" }] })
    const tested = await person.run(['sources', 'test', 'my-pg'])
    expect(tested.stdout).toMatch(/works: .*\n {2}Warning: .*superuser/s)
    expect(person.printed()).not.toContain(login.password)
  })

  it('says what means nothing for it', async (context) => {
    if (server === undefined) return context.skip()
    for (const [args, said] of [
      [['--connection', 'x'], /--connection means nothing for a document of SQL sources/],
      [['--set', 'my-pg-source.password=x'], /never an argument/],
      [['--set', 'nothing.tls=off'], /has no source nothing/],
      [['--only', 'nothing'], /No tool of it is called nothing/],
    ] as const) {
      const { code, stderr } = await person.run(['import', 'tools.yaml', ...args], [login.password])
      expect([code, stderr]).toEqual([1, expect.stringMatching(said)])
    }
  })
})
