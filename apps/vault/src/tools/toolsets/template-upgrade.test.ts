import type { CatalogTemplate } from '@sallyport/catalog'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  definition,
  problemOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../../test/verifies.ts'

const origin = 'https://api.papers.example'
const templateOf = (version: number, tools: Readonly<Record<string, string>>): CatalogTemplate => ({
  ...{ id: 'papers', version, service: 'papers', title: 'Papers', description: 'Reads papers.' },
  origins: [origin],
  tools: Object.entries(tools).map(([key, description]) => {
    const made = definition({ key, description })
    return { ...made, binding: { ...made.binding, origin } }
  }),
})

const credential = { kind: 'bearer' as const, token: 'paper_0123456789abcdef' }
let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom([
    templateOf(1, { find: 'Finds.', read: 'Reads.', print: 'Prints.' }),
    templateOf(2, { find: 'Finds by words.', read: 'Reads.', cite: 'Cites.' }),
  ])
})
afterAll(() => scene?.stop())

describe('a newer version of a ready toolset', () => {
  it('is shown with what would change and for whom, and applied as it was shown', async () => {
    const { room, owner, addAgent, addPolicy } = scene
    const { toolset: made } = await room.create(owner, {
      ...{ name: 'papers', template: 'papers@1', credential },
    })
    const { id: toolsetId, connection, version } = made
    const agentId = await addAgent('reader')
    await addPolicy(agentId, connection?.id ?? '', { tools: [{ toolsetId, allowed: true }] })
    const preview = await room.preview(owner, { template: 'papers', toolsetId })
    expect(preview).toMatchObject({ format: 'template', title: 'Papers', origins: [origin] })
    const changes = preview.changes ?? []
    expect(Object.fromEntries(changes.map(({ name, change }) => [name, change]))).toEqual({
      ...{ find: 'changed', read: 'same', print: 'removed', cite: 'added' },
    })
    expect(changes.find(({ name }) => name === 'cite')?.agents).toMatchObject([{ id: agentId }])
    const given = { toolsetId, template: 'papers', expects: preview.digest, version }
    const { toolset, changes: applied } = await room.replaceSource(owner, given)
    expect(applied).toEqual(changes)
    expect(toolset).toMatchObject({ template: 'papers@2', format: 'template' })
    expect(toolset.tools.map(({ name }) => name).sort()).toEqual(['cite', 'find', 'read'])
    const idOf = (tools: typeof made.tools) => tools.find(({ name }) => name === 'read')?.id
    expect(idOf(toolset.tools)).toBe(idOf(made.tools))
  })

  it('is not applied under the preview of another version', async () => {
    verifies('S-24')
    const { room, owner } = scene
    const { toolset } = await room.create(owner, {
      ...{ name: 'papers-old', template: 'papers@1', credential },
    })
    const { digest } = await room.preview(owner, { template: 'papers@1', toolsetId: toolset.id })
    const late = room.replaceSource(owner, {
      ...{ toolsetId: toolset.id, template: 'papers', expects: digest, version: toolset.version },
    })
    expect((await problemOf(late)).type).toBe('tool-changed')
  })

  it('keeps out what an owner left out, and says so', async () => {
    const { room, owner } = scene
    const { toolset } = await room.create(owner, {
      ...{ name: 'papers-part', template: 'papers@1', credential },
      tools: [{ key: 'find', take: false }],
    })
    const { tools, changes } = await room.preview(owner, {
      ...{ template: 'papers', toolsetId: toolset.id },
    })
    expect(tools.find(({ key }) => key === 'find')?.leftOut).toBe(true)
    expect(changes?.map(({ name }) => name)).not.toContain('find')
  })

  it('is not there where the catalog has no such template or version', async () => {
    const { room, owner } = scene
    for (const template of ['papers@3', 'nothing', '__proto__']) {
      const problem = await problemOf(room.preview(owner, { template }))
      expect(problem.type).toBe('toolset-template-not-found')
    }
  })
})

describe('the list of toolsets', () => {
  it('holds those of one connection, and none of a connection that is not the workspace’s', async () => {
    verifies('S-09')
    const { room, owner, stranger, addConnection } = scene
    const connectionId = await addConnection([origin])
    const one = await room.create(owner, { name: 'of-one', template: 'papers@1', connectionId })
    const of = async (caller: typeof owner, id: string) =>
      (await room.list(caller, { limit: 50, connectionId: id })).toolsets.map((row) => row.id)
    expect(await of(owner, connectionId)).toEqual([one.toolset.id])
    expect(await of(owner, 'con_unknown')).toEqual([])
    expect(await of(stranger, connectionId)).toEqual([])
  })
})
