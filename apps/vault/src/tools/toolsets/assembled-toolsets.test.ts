import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  paper,
  paperOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'

// What the toolsets that tools come from do to those that are assembled of them.

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

describe('what a newer document would change', () => {
  it('is told of the agents that have its tools by another toolset, too', async () => {
    const { room, owner, addAgent, addPolicy, addConnection } = scene
    const connectionId = await addConnection()
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'), { connectionId })
    const assemble = tools.map(({ id: toolId }) => ({ toolId }))
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble })
    const tool = toolset.tools.find(({ sourceToolId }) => sourceToolId === tools[0]?.id)
    await addPolicy(await addAgent('zoe'), connectionId, {
      tools: [{ toolsetId: toolset.id, toolId: tool?.id ?? '', allowed: true }],
    })
    await addPolicy(await addAgent('yan'), connectionId, {
      tools: [
        { toolsetId, allowed: true },
        { toolsetId: toolset.id, allowed: true },
      ],
    })
    const document = paper({ tools: [{ key: 'a', description: 'Newer.' }] })
    const { changes = [] } = await room.preview(owner, { document, toolsetId })
    const agentsOf = (name: string) =>
      changes.find((change) => change.name === name)?.agents.map((agent) => agent.name)
    expect([agentsOf('a'), agentsOf('b')]).toEqual([['yan', 'zoe'], ['yan']])
    await scene.importAnew(toolsetId, document)
    const compared = await room.versions.compare(owner, { toolsetId, version: 1 })
    const changed = compared.changes.find(({ name }) => name === 'a')
    expect(changed?.agents.map(({ name }) => name)).toEqual(['yan', 'zoe'])
    const event = scene.events.find(
      ({ operation, detail }) =>
        operation === 'replaceToolsetSource' && detail.toolsetId === toolsetId,
    )
    expect(event?.detail.dependents).toEqual([toolset.id])
  })
})

describe('assembling anew', () => {
  it('leaves each tool its name, whatever the order in which tools are named', async () => {
    const { room, owner } = scene
    const made = [
      await scene.make(paperOf('a')),
      await scene.make(paperOf('a')),
      await scene.make(paperOf('a')),
    ]
    const [one, two, three] = made.map(({ tools }) => ({ toolId: tools[0]?.id ?? '' }))
    if (one === undefined || two === undefined || three === undefined) throw new Error('no tools')
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble: [one, two] })
    const before = toolset.tools.map(({ id, name }) => [id, name])
    const { toolset: after } = await room.update(owner, {
      ...{ toolsetId: toolset.id, assemble: [three, two, one] },
    })
    expect(after.tools.map(({ id, name }) => [id, name])).toEqual([
      ...before,
      [expect.any(String), 'a_3'],
    ])
  })
})

describe('another connection', () => {
  it('gives nobody what the policy for it withholds of an assembled toolset', async () => {
    const { room, owner, addAgent, addPolicy, addConnection, policiesOf } = scene
    const [from, to] = [await addConnection(), await addConnection()]
    const { id: toolsetId, tools } = await scene.make(paperOf('a'), { connectionId: from })
    const assemble = tools.map(({ id: toolId }) => ({ toolId }))
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble })
    const agentId = await addAgent(scene.nextName())
    const said = (allowed: boolean) => ({ toolsetId: toolset.id, allowed })
    await addPolicy(agentId, from, { tools: [said(true)] })
    await addPolicy(agentId, to, { tools: [said(false)] })
    await room.update(owner, { toolsetId, connectionId: to })
    const after = (await policiesOf(agentId)).find(({ connectionId }) => connectionId === to)
    expect(after?.document.tools).toEqual([said(false)])
    expect((await scene.get(toolset.id)).agentCount).toBe(0)
  })
})

describe('another connection for one of the toolsets that an assembled one is made of', () => {
  it('gives nobody the tools that it has behind that connection already', async () => {
    const { room, owner, addAgent, addPolicy, addConnection } = scene
    const [from, to] = [await addConnection(), await addConnection()]
    const left = await scene.make(paperOf('a'), { connectionId: from })
    const right = await scene.make(paperOf('b'), { connectionId: to })
    const assemble = [...left.tools, ...right.tools].map(({ id: toolId }) => ({ toolId }))
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble })
    const agentId = await addAgent(scene.nextName())
    await addPolicy(agentId, from, { tools: [{ toolsetId: toolset.id, allowed: true }] })
    const agents = async () =>
      (await scene.get(toolset.id)).tools.map((tool) => [tool.name, tool.agents])
    expect(await agents()).toEqual([
      ['a', 1],
      ['b', 0],
    ])
    await room.update(owner, { toolsetId: left.id, connectionId: to })
    expect(await agents()).toEqual([
      ['a', 1],
      ['b', 0],
    ])
  })
})
