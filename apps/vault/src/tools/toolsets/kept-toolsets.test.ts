import { ToolDefinition } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  paperOf,
  problemOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'
import { compareToolsets } from './compare-toolsets.ts'
import { requireMayGive } from './require-may-give.ts'
import { newTool } from './stored-tools.ts'

// Toolsets of upstream MCP servers and of SQL sources: their tools are made elsewhere, and stay what was made there.

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

const serverId = 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5'
const sourceId = 'src_01k8v3t5m9r2c4x6z8b0d1f3h5'
const bindings = {
  mcp: { kind: 'mcp', serverId, tool: 'Read.File' },
  sql: { kind: 'sql', sourceId, run: 'statement', statement: 'SELECT 1', writes: true },
}
const origins = { mcp: `mcp://${serverId}`, sql: `sql://${sourceId}` }
type Format = keyof typeof bindings

let made = 0
async function insertToolset(format: Format, status: 'active' | 'held' = 'active') {
  const { store, owner, addConnection } = scene
  const connectionId = await addConnection([origins[format]])
  made += 1
  const at = new Date()
  const id = `tls_${format}${made}`
  const { workspaceId } = owner
  const definition = ToolDefinition.parse({
    ...{ name: 'read', description: 'Reads.', inputSchema: { type: 'object' }, key: 'Read.File' },
    ...{ annotations: { readOnlyHint: true }, binding: bindings[format] },
  })
  const tool = newTool(
    { definition, overrides: null, name: 'read' },
    { id: `tol_${format}${made}`, workspaceId, toolsetId: id, at },
  )
  const toolset = {
    ...{ id, workspaceId, name: `kept-${made}`, title: null, description: null, format },
    ...{ template: null, sourceDigest: null, leftOut: null, connectionId, version: 1 },
    ...{ createdAt: at, updatedAt: at },
  }
  const note = {
    cause: 'created',
    ownerId: owner.ownerId,
    added: 1,
    removed: 0,
    changed: 0,
  } as const
  await store.insert(toolset, [{ ...tool, status }], note)
  return { toolsetId: id, toolId: tool.id, name: toolset.name }
}

describe.each<Format>(['mcp', 'sql'])('a toolset of format %s', (format) => {
  it('is not imported into, restored, moved or deleted by itself, with a word about where that is done', async () => {
    const { room, owner, addConnection } = scene
    const { toolsetId } = await insertToolset(format)
    const connectionId = await addConnection([origins[format]])
    const document = paperOf('a')
    const importing = { toolsetId, document, expects: 'x', version: 1 }
    for (const work of [
      () => room.delete(owner, { toolsetId }),
      () => room.preview(owner, { toolsetId, document }),
      () => room.replaceSource(owner, importing),
      () => room.versions.restore(owner, { toolsetId, version: 1 }),
      () => room.update(owner, { toolsetId, connectionId }),
    ]) {
      const { type, next } = await problemOf(work())
      expect(type).toBe('invalid-input')
      expect(next).toContain(format === 'mcp' ? '/api/v1/mcp/servers' : '/api/v1/sources')
    }
    const restoring = room.versions.restore(owner, { toolsetId, version: 1 })
    const said = format === 'mcp' ? 'offer them again' : 'sallyport sources statements'
    expect((await problemOf(restoring)).next).toContain(said)
    expect((await scene.get(toolsetId)).version).toBe(1)
  })

  it('is renamed and described, and its tools renamed, described and disabled, as of any', async () => {
    const { room, owner } = scene
    const { toolsetId, toolId } = await insertToolset(format)
    await room.update(owner, { toolsetId, title: 'Files', description: 'Of mine.' })
    const changed = { name: 'look', description: 'Looks.', annotations: { readOnlyHint: false } }
    const { tool } = await room.updateTool(owner, { toolId, ...changed, status: 'disabled' })
    expect(tool).toMatchObject({ ...changed, status: 'disabled', method: 'POST' })
    expect(tool.url).toBe(`${origins[format]}/look`)
    await room.updateTool(owner, { toolId, status: 'active' })
  })

  it('lets nobody release a tool that is held but by what it belongs to', async () => {
    const { room, owner } = scene
    const { toolId } = await insertToolset(format, 'held')
    for (const status of ['active', 'disabled'] as const) {
      expect(await problemOf(room.updateTool(owner, { toolId, status }))).toMatchObject({
        type: 'invalid-input',
      })
    }
    expect((await room.getTool(owner, { toolId })).tool.status).toBe('held')
  })

  it('is named in the notes of an export, which holds none of its tools', async () => {
    const { room, owner } = scene
    const { toolsetId } = await insertToolset(format)
    for (const as of ['higress', 'openapi'] as const) {
      const { document, notes } = await room.export(owner, { toolsetId, format: as })
      expect(JSON.parse(document)).toEqual([])
      expect(notes).toEqual([expect.stringContaining('left out: read.')])
    }
  })

  it('gives its tools to toolsets that are assembled of them, where they go on with its connection', async () => {
    const { room, owner } = scene
    const { toolId } = await insertToolset(format)
    const { id: plainId } = (await scene.make(paperOf('a'))).tools[0] ?? { id: '' }
    const assemble = [{ toolId, name: 'other' }, { toolId: plainId }]
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble })
    const tool = toolset.tools.find(({ name }) => name === 'other')
    expect(tool).toMatchObject({ sourceToolId: toolId, url: `${origins[format]}/other` })
    const { document, notes } = await room.export(owner, {
      toolsetId: toolset.id,
      format: 'openapi',
    })
    expect(JSON.parse(document)).toHaveLength(1)
    expect(notes).toHaveLength(1)
  })
})

/** A statement as two states of its source are compared. */
function compared(key: string, statement: string, description = 'Reads.') {
  const binding = { ...bindings.sql, statement, parameters: [{ name: 'n', type: 'integer' }] }
  const definition = ToolDefinition.parse({
    ...{ name: key, description, inputSchema: { type: 'object' }, key, binding },
    annotations: {},
  })
  const place = { toolId: key, toolsetId: 'tls_1', connectionId: null }
  return { key, name: key, definition, digest: statement + description, status: 'active', place }
}

it('A statement that an agent has is changed by nobody who may not write policies, but for its description', () => {
  const users = () => [{ id: 'agt_1', name: 'one' }]
  const by = { scopes: new Set(['tools:write'] as const) }
  const before = [compared('a', 'SELECT 1')]
  const change = (...after: ReturnType<typeof compared>[]) =>
    requireMayGive(by, compareToolsets(before, after, users))
  const refused = expect.objectContaining({ type: 'insufficient-scope' })
  expect(() => change(compared('a', 'SELECT 2'))).toThrow(refused)
  expect(() => change(...before, compared('b', 'SELECT 2'))).toThrow(refused)
  change(compared('a', 'SELECT 1', 'Reads one.'))
  change()
})

it('A statement that is gone or other is told whole, so that its owner can put it again', () => {
  const long = `SELECT ${'1 + '.repeat(200)}`
  const before = [compared('a', `${long}1`), compared('b', `${long}2`)]
  const [other, gone] = compareToolsets(before, [compared('a', `${long}3`)], () => [])
  expect(other?.differences).toEqual([{ what: 'statement', before: `${long}1`, after: `${long}3` }])
  expect(gone).toMatchObject({ name: 'b', change: 'removed' })
  expect(gone?.differences).toEqual([
    { what: 'description', before: 'Reads.', after: '' },
    { what: 'statement', before: `${long}2`, after: '' },
    { what: 'parameters', before: expect.stringContaining('"name":"n"'), after: '' },
    { what: 'writes', before: 'true', after: '' },
  ])
})

it('The name of a server’s tool in MCP lists is the one that hosts give, and that of an assembled copy is not', async () => {
  const { room, owner } = scene
  const { toolId, name } = await insertToolset('mcp')
  expect((await room.getTool(owner, { toolId })).tool.mcpName).toBe(`mcp__${name}__read`)
  const toolset = await room.create(owner, { name: scene.nextName(), assemble: [{ toolId }] })
  const [copy] = toolset.toolset.tools
  const { tool } = await room.getTool(owner, { toolId: copy?.id ?? '' })
  expect(tool.mcpName).toBe(`${toolset.toolset.name}__read`)
})

it('No document’s tools are given the connection of a server or a source', async () => {
  const { room, owner, addConnection } = scene
  const connectionId = await addConnection([origins.mcp])
  const making = room.create(owner, {
    name: scene.nextName(),
    document: paperOf('a'),
    connectionId,
  })
  expect(await problemOf(making)).toMatchObject({ type: 'origin-not-allowed' })
})
