import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// From a document to tools and back, over HTTP, in one vault.

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
const origin = 'http://127.0.0.1:9'
const found = `found-${randomBytes(18).toString('base64url')}`
const typed = `typed-${randomBytes(18).toString('base64url')}`
const answers: string[] = []

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
      SALLYPORT_LOG_LEVEL: 'debug',
    },
  })
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await database?.stop()
})

/** A Higress document of these tools; each is a GET of its own path. */
const higress = (names: readonly string[], description = 'Reads stock.') =>
  [
    'server:',
    '  name: stock',
    'tools:',
    ...names.flatMap((name) => [
      `  - name: ${name}`,
      `    description: ${description}`,
      '    args:',
      '      - name: symbol',
      '        description: Which one',
      '        type: string',
      '        required: true',
      '        position: query',
      '    requestTemplate:',
      `      url: ${origin}/v1/${name}`,
      '      method: GET',
    ]),
  ].join('\n')

async function problemOf(work: Promise<unknown>): Promise<{ type: string; status: number }> {
  const outcome = await work.catch((error: unknown) => error)
  answers.push(JSON.stringify(outcome))
  if (outcome instanceof Error && 'type' in outcome && 'status' in outcome) {
    return { type: String(outcome.type), status: Number(outcome.status) }
  }
  throw new Error(`no problem but ${JSON.stringify(outcome)}`)
}

describe('a document', () => {
  it('becomes tools as its preview showed, is imported anew, restored and deleted; nobody has them by that', async () => {
    const { owner } = vault
    const agent = await vault.createAgentWithKey('reader')
    const document = higress(['get_index', 'get_price'])
    const preview = await owner.call('previewToolset', { document })
    expect(preview).toMatchObject({
      format: 'higress',
      origin,
      counts: { taken: 2, refused: 0 },
      tools: [
        { name: 'get_index', reads: true, arguments: [{ name: 'symbol', required: true }] },
        { name: 'get_price' },
      ],
    })
    expect((await owner.call('listToolsets', {})).toolsets).toEqual([])
    const { toolset } = await owner.call('createToolset', {
      ...{ name: 'stock', document, expects: preview.digest },
      credential: { kind: 'bearer', token: typed },
    })
    answers.push(JSON.stringify([preview, toolset]))
    expect(toolset).toMatchObject({ version: 1, toolCount: 2, agentCount: 0 })
    const toolsetId = toolset.id
    const connectionId = toolset.connection?.id ?? ''
    const { connection } = await owner.call('getConnection', { connectionId })
    expect(connection).toMatchObject({ service: 'custom', label: 'stock', origins: [origin] })
    expect((await agent.client.call('listMyConnections', {})).connections).toEqual([])

    const newer = higress(['get_index', 'get_volume'], 'Reads stock again.')
    const looked = await owner.call('previewToolset', { document: newer, toolsetId })
    expect(looked.changes?.map(({ name, change }) => [name, change])).toEqual([
      ['get_volume', 'added'],
      ['get_index', 'changed'],
      ['get_price', 'removed'],
    ])
    const replaced = { toolsetId, document: newer, version: 1 }
    expect(
      await problemOf(owner.call('replaceToolsetSource', { ...replaced, expects: 'x' })),
    ).toMatchObject({ type: 'tool-changed', status: 409 })
    const { toolset: second } = await owner.call('replaceToolsetSource', {
      ...{ ...replaced, expects: looked.digest },
    })
    expect(second.tools.map(({ name }) => name)).toEqual(['get_index', 'get_volume'])
    expect(second.tools[0]?.id).toBe(toolset.tools[0]?.id)
    const again = owner.call('replaceToolsetSource', { ...replaced, expects: looked.digest })
    expect(await problemOf(again)).toMatchObject({ type: 'version-conflict' })
    const { toolset: third } = await owner.call('restoreToolsetVersion', { toolsetId, version: 1 })
    expect(third).toMatchObject({ version: 3, toolCount: 2 })
    expect((await owner.call('listToolsetVersions', { toolsetId })).versions).toHaveLength(3)

    for (const format of ['higress', 'openapi'] as const) {
      const written = await owner.call('exportToolset', { toolsetId, format })
      expect(written.document, format).not.toContain(typed)
      const read = await owner.call('previewToolset', { document: written.document })
      const same = read.tools.map(({ name, method, url }) => ({ name, method, url }))
      expect(same, format).toEqual(
        third.tools.map(({ name, method, url }) => ({ name, method, url })),
      )
    }

    await owner.call('deleteToolset', { toolsetId })
    expect(await problemOf(owner.call('getToolset', { toolsetId }))).toEqual({
      ...{ type: 'toolset-not-found', status: 404 },
    })
    expect((await owner.call('getConnection', { connectionId })).connection.status).toBe('healthy')
    const { entries } = await owner.call('listAudit', { limit: 50 })
    expect(entries.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining([
        ...['createConnection', 'createToolset', 'replaceToolsetSource'],
        ...['restoreToolsetVersion', 'deleteToolset'],
      ]),
    )
  })

  it('that cannot be read changes nothing, and says where it fails', async () => {
    verifies('S-41')
    const { owner } = vault
    const before = await owner.call('listConnections', {})
    const aliases = Array.from(
      { length: 30 },
      (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`,
    )
    const documents = [
      ...['{', '[]', 'hello', '<?xml version="1.0"?>', '---\n---\n', 'tools: []', '\0'],
      `server: {name: x}\na0: &a0 [1]\n${aliases.join('\n')}`,
      ...['[', '[\n', '- ', '{"a":'].map((open) => open.repeat(100_000)),
      higress(['a']).replace('requestTemplate', 'requestTemplates'),
      higress(['a']).replace(`${origin}/v1/a`, 'ftp://127.0.0.1/a'),
      '{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{}}',
    ]
    for (const document of documents) {
      const refused = {
        ...{ type: expect.stringMatching(/^(document-refused|invalid-input)$/), status: 400 },
      }
      const about = document.slice(0, 80)
      // What is read at all may say of each operation why it cannot be a tool.
      const looked = await owner.call('previewToolset', { document }).catch(() => undefined)
      expect((looked?.counts.taken ?? 0) + (looked?.counts.changed ?? 0), about).toBe(0)
      const made = owner.call('createToolset', { name: 'bad', document })
      expect(await problemOf(made), about).toEqual(refused)
    }
    const good = { name: 'bad', document: higress(['a']) }
    for (const more of [
      ...['\0', '\ud800'].map((description) => ({ description })),
      ...[`${origin}/\ud800`, 'ftp://127.0.0.1', '//', ''].map((server) => ({ server })),
      ...[{ connectionId: 'con_1\u00e9' }, { expects: 'x' }, { tools: [{ key: 'b' }] }],
    ]) {
      const { status } = await problemOf(owner.call('createToolset', { ...good, ...more }))
      expect([400, 409], JSON.stringify(more)).toContain(status)
    }
    expect(await owner.call('listConnections', {})).toEqual(before)
    expect((await owner.call('listToolsets', {})).toolsets).toEqual([])
  })

  it('is read while others are answered, and no longer than it may take', async () => {
    verifies('S-41', 'S-44')
    const { owner } = vault
    const paths = Array.from(
      { length: 3000 },
      (_, at) =>
        `  /p${at}: { get: { operationId: op${at}, parameters: [{ name: a, in: query, schema: { type: string } }], responses: {} } }`,
    )
    const document = `openapi: 3.0.0\nservers: [{ url: '${origin}' }]\npaths:\n${paths.join('\n')}\n`
    const state = { isRead: false }
    const preview = owner.call('previewToolset', { document }).finally(() => {
      state.isRead = true
    })
    let answered = 0
    while (!state.isRead) {
      await owner.call('listToolsets', {})
      if (!state.isRead) answered += 1
    }
    expect((await preview).counts.taken).toBe(3000)
    // In one thread there would be those that arrive before the document and behind it.
    expect(answered).toBeGreaterThan(20)
  })

  it('may hold its secret: that becomes the credential and stands nowhere else', async () => {
    verifies('S-38')
    const { owner } = vault
    const document = `curl -X POST '${origin}/v1/orders?limit=5' -H 'Authorization: Bearer ${found}' --json '{"item":"book"}'`
    const preview = await owner.call('previewToolset', { document })
    answers.push(JSON.stringify(preview))
    expect(preview).toMatchObject({ format: 'curl', counts: { refused: 0 } })
    expect(preview.secretsFound).toMatchObject([{ hint: `••••${found.slice(-4)}` }])
    const { toolset } = await owner.call('createToolset', {
      ...{ name: 'orders', document, expects: preview.digest },
    })
    const { connection } = await owner.call('getConnection', {
      connectionId: toolset.connection?.id ?? '',
    })
    expect(connection).toMatchObject({ credential: { kind: 'bearer' } })
    const { tool } = await owner.call('getTool', { toolId: toolset.tools[0]?.id ?? '' })
    const versions = await owner.call('compareToolsetVersions', {
      ...{ toolsetId: toolset.id, version: 1 },
    })
    const known = higress(['a']).replace('Reads stock.', `Use ${found}`)
    await problemOf(
      owner.call('createToolset', {
        ...{ name: 'leaky', document: known, credential: { kind: 'bearer', token: found } },
      }),
    )
    answers.push(JSON.stringify([toolset, connection, tool, versions]))
    answers.push(JSON.stringify(await owner.call('listAudit', { limit: 200 })))
  })
})

describe('a toolset of the catalog', () => {
  it('is listed with its tools and made with a key of its service', async () => {
    const { owner } = vault
    const { templates } = await owner.call('listToolsetTemplates', { service: 'github' })
    expect(templates).toMatchObject([{ id: 'github', version: 1 }])
    const { toolset } = await owner.call('createToolset', {
      ...{ name: 'github', template: 'github@1' },
      credential: { kind: 'bearer', token: typed },
    })
    expect(toolset).toMatchObject({
      connection: { service: 'github', label: 'GitHub' },
      toolCount: templates[0]?.tools.length,
    })
    const wanted = { toolId: toolset.tools[0]?.id ?? '', name: 'mine' }
    const { toolset: assembled } = await owner.call('createToolset', {
      ...{ name: 'few', assemble: [wanted] },
    })
    expect(assembled.tools).toMatchObject([{ name: 'mine', sourceToolId: wanted.toolId }])
    expect(
      await problemOf(owner.call('createToolset', { name: 'few', assemble: [wanted] })),
    ).toEqual({ type: 'toolset-exists', status: 409 })
  })
})

it('keeps no secret of a document but sealed, and says it to nobody', async () => {
  verifies('S-38')
  const tables = await admin<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`
  const kept: string[] = [vault.output(), ...answers]
  for (const { name } of tables) {
    const rows = await admin.unsafe<{ row: string }[]>(`select t::text as row from ${name} t`)
    kept.push(...rows.map(({ row }) => row))
  }
  const files = readdirSync(vault.dataDir, { recursive: true, encoding: 'utf8' })
    .map((path) => join(vault.dataDir, path))
    .filter((path) => statSync(path).isFile())
  kept.push(...files.map((path) => readFileSync(path).toString('latin1')))
  for (const secret of [found, typed]) {
    expect(findLeak(Buffer.from(kept.join('\n')), secret)).toBeUndefined()
  }
})
