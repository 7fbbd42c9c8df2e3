import type { ToolChange } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  definition,
  paper,
  paperOf,
  paperOrigin,
  problemOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

const named = (changes: readonly ToolChange[]) =>
  Object.fromEntries(changes.map(({ name, change }) => [name, change]))

describe('importing a newer document', () => {
  it('keeps ids, what owners said, status and grants of tools that are still there', async () => {
    const { room, owner, addAgent, addPolicy, policiesOf, addConnection } = scene
    const connectionId = await addConnection()
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b', 'c'), { connectionId })
    const [a, b, c] = tools.map(({ id }) => id)
    if (a === undefined || b === undefined || c === undefined) throw new Error('no tools')
    await room.updateTool(owner, { toolId: a, name: 'mine', description: 'As I say.' })
    await room.updateTool(owner, { toolId: b, status: 'disabled' })
    const [one, all] = [await addAgent('one'), await addAgent('all')]
    await addPolicy(one, connectionId, {
      tools: [a, c].map((toolId) => ({ toolsetId, toolId, allowed: true })),
    })
    await addPolicy(all, connectionId, { tools: [{ toolsetId, allowed: true }] })
    const newer = paper({
      tools: [{ key: 'a', description: 'Newer.' }, { key: 'b', name: 'renamed' }, { key: 'd' }],
    })
    const { previewed, changes, toolset } = await scene.importAnew(toolsetId, newer)
    expect(changes).toEqual(previewed)
    expect(named(changes)).toEqual({ mine: 'same', renamed: 'changed', d: 'added', c: 'removed' })
    const agentsOf = (name: string) =>
      changes.find((change) => change.name === name)?.agents.map((agent) => agent.name)
    expect(agentsOf('d')).toEqual(['all'])
    expect(agentsOf('c')).toEqual(['all', 'one'])
    expect(toolset.tools).toMatchObject([
      { name: 'd', status: 'active', agents: 1 },
      { id: a, name: 'mine', description: 'As I say.', agents: 2 },
      { id: b, name: 'renamed', status: 'disabled', agents: 1 },
    ])
    const [policy] = await policiesOf(one)
    expect(policy?.document.tools).toEqual([{ toolsetId, toolId: a, allowed: true }])
    expect(policy?.version).toBe(2)
    expect((await policiesOf(all))[0]?.version).toBe(1)
  })

  it('says in a few words what differs', async () => {
    const { id: toolsetId } = await scene.make(paperOf('a'))
    const before = definition({ key: 'a' })
    const newer = paper({
      tools: [
        {
          ...{ key: 'a', description: 'Newer.' },
          inputSchema: {
            type: 'object',
            properties: { n: { type: ['integer', 'null'] }, q: { type: 'array' } },
            required: ['n'],
          },
          annotations: { destructiveHint: true },
          binding: {
            ...{ ...before.binding, method: 'POST', path: [{ text: '/v2' }], credential: 'none' },
            headers: [{ name: 'x-one', value: '1' }],
          },
        },
      ],
    })
    const { changes } = await scene.importAnew(toolsetId, newer)
    const told = Object.fromEntries(
      (changes[0]?.differences ?? []).map(({ what, before: b, after }) => [
        what,
        `${b} → ${after}`,
      ]),
    )
    expect(told).toMatchObject({
      description: 'Does a. → Newer.',
      'argument n': 'none → added: integer or null, required',
      'argument q: type': 'string → array',
      method: 'GET → POST',
      path: '/v1 → /v2',
      headers: '[] → [{"name":"x-one","value":"1"}]',
      credential: 'connection → none',
      annotations: 'openWorld, readOnly → destructive',
    })
  })

  it('is refused, and changes nothing, where anything is not as it was looked at', async () => {
    const { room, owner } = scene
    const { id: toolsetId } = await scene.make(paperOf('a'))
    const document = paperOf('a', 'b')
    const { digest } = await room.preview(owner, { document, toolsetId })
    const base = { toolsetId, document, expects: digest, version: 1 }
    const elsewhere = paper({
      tools: [
        { key: 'a', binding: { ...definition({ key: 'a' }).binding, origin: 'https://b.example' } },
      ],
    })
    const far = await room.preview(owner, { document: elsewhere, toolsetId })
    const types = await Promise.all(
      [
        { ...base, expects: 'other' },
        { ...base, version: 2 },
        { ...base, document: elsewhere, expects: far.digest },
        { ...base, tools: [{ key: 'zzz', take: true }] },
      ].map(async (input) => (await problemOf(room.replaceSource(owner, input))).type),
    )
    expect(types).toEqual([
      'tool-changed',
      'version-conflict',
      'origin-not-allowed',
      'invalid-input',
    ])
    expect(await scene.get(toolsetId)).toMatchObject({ version: 1, toolCount: 1 })
  })

  it('is done by one of two who do it at once', async () => {
    const { room, owner } = scene
    const { id: toolsetId } = await scene.make(paperOf('a'))
    const document = paperOf('a', 'b')
    const { digest } = await room.preview(owner, { document, toolsetId })
    const input = { toolsetId, document, expects: digest, version: 1 }
    const outcomes = await Promise.allSettled([1, 2].map(() => room.replaceSource(owner, input)))
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await scene.get(toolsetId)).toMatchObject({ version: 2, toolCount: 2 })
  })

  it('leaves out what an owner left out before, unless it is taken now', async () => {
    const { room, owner } = scene
    const { id: toolsetId } = await scene.make(paperOf('a', 'b', 'c'), {
      tools: [{ key: 'b', take: false }],
    })
    const document = paperOf('a', 'b', 'c', 'd')
    const looked = await room.preview(owner, { document, toolsetId })
    expect(looked.tools.map(({ key, leftOut }) => [key, leftOut])).toEqual([
      ['a', undefined],
      ['b', true],
      ['c', undefined],
      ['d', undefined],
    ])
    const chosen = await room.preview(owner, {
      ...{ document, toolsetId, tools: [{ key: 'b', take: true }] },
    })
    expect(named(chosen.changes ?? [])).toEqual({ a: 'same', b: 'added', c: 'same', d: 'added' })
    expect(chosen.tools[1]?.leftOut).toBe(true)
    const first = await scene.importAnew(toolsetId, document, {
      tools: [{ key: 'c', take: false }],
    })
    expect(named(first.previewed)).toEqual({ a: 'same', c: 'same', d: 'added' })
    expect(named(first.changes)).toEqual({ a: 'same', c: 'removed', d: 'added' })
    const second = await scene.importAnew(toolsetId, document, {
      tools: [{ key: 'b', take: true }],
    })
    expect(second.toolset.tools.map(({ name }) => name)).toEqual(['a', 'b', 'd'])
    const third = await scene.importAnew(toolsetId, document)
    expect(third.toolset.tools.map(({ name }) => name)).toEqual(['a', 'b', 'd'])
  })

  it('lets two tools change names with each other', async () => {
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'))
    const document = paper({
      tools: [
        { key: 'a', name: 'b' },
        { key: 'b', name: 'a' },
      ],
    })
    const { toolset } = await scene.importAnew(toolsetId, document)
    expect(toolset.tools.map(({ id, name }) => [name, id])).toEqual([
      ['a', tools[1]?.id],
      ['b', tools[0]?.id],
    ])
  })
})

describe('versions of a toolset', () => {
  it('can be compared and restored; what comes back is had by nobody through an old grant', async () => {
    const { room, owner, addAgent, addPolicy, addConnection } = scene
    const connectionId = await addConnection()
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'), { connectionId })
    const toolId = tools[1]?.id ?? ''
    await addPolicy(await addAgent('had-it'), connectionId, {
      tools: [{ toolsetId, toolId, allowed: true }],
    })
    await scene.importAnew(toolsetId, paper({ tools: [{ key: 'a', description: 'Newer.' }] }))
    const compared = await room.versions.compare(owner, { toolsetId, version: 1 })
    expect(named(compared.changes)).toEqual({ a: 'changed', b: 'removed' })
    expect(compared.version).toMatchObject({ version: 1, cause: 'created', toolCount: 2 })
    const { toolset } = await room.versions.restore(owner, { toolsetId, version: 1 })
    expect(toolset).toMatchObject({ version: 3, agentCount: 0 })
    expect(toolset.tools).toMatchObject([
      { id: tools[0]?.id, description: 'Does a.', digest: tools[0]?.digest },
      { name: 'b', digest: tools[1]?.digest, agents: 0 },
    ])
    expect(toolset.tools[1]?.id).not.toBe(toolId)
    const same = await room.versions.compare(owner, { toolsetId, version: 1 })
    expect(named(same.changes)).toEqual({ a: 'same', b: 'same' })
    const { versions, nextCursor } = await room.versions.list(owner, { toolsetId, limit: 2 })
    expect(versions).toMatchObject([
      { version: 3, cause: 'restored', changes: { added: 1, removed: 0, changed: 1 } },
      { version: 2, cause: 'imported', changes: { added: 0, removed: 1, changed: 1 } },
    ])
    const rest = await room.versions.list(owner, { toolsetId, limit: 2, cursor: nextCursor })
    expect(rest.versions.map(({ version }) => version)).toEqual([1])
    for (const version of [4, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
      const problem = await problemOf(room.versions.compare(owner, { toolsetId, version }))
      expect(problem.type).toBe('toolset-version-not-found')
    }
  })

  it('are kept as the last twenty', async () => {
    const { room, owner } = scene
    const { id: toolsetId, tools } = await scene.make(paperOf('a'))
    for (let turn = 2; turn <= 23; turn += 1) {
      const status = turn % 2 === 0 ? 'disabled' : 'active'
      await room.updateTool(owner, { toolId: tools[0]?.id ?? '', status })
    }
    const { versions } = await room.versions.list(owner, { toolsetId, limit: 50 })
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 20 }, (_, index) => 23 - index),
    )
  })
})

describe('a tool', () => {
  it('has another digest once anything of it is said otherwise, and the old one when it is taken back', async () => {
    const { room, owner } = scene
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'))
    const [{ id: toolId = '', digest = '' } = {}] = tools
    const said = await room.updateTool(owner, { toolId, description: 'Otherwise.', title: 'T' })
    expect(said.tool).toMatchObject({ description: 'Otherwise.', title: 'T' })
    expect(said.tool.digest).not.toBe(digest)
    const back = await room.updateTool(owner, { toolId, description: 'Does a.', title: null })
    expect(back.tool.digest).toBe(digest)
    const taken = await problemOf(room.updateTool(owner, { toolId, name: 'b' }))
    expect(taken).toMatchObject({ type: 'invalid-input', fields: [{ field: 'name' }] })
    expect(await scene.get(toolsetId)).toMatchObject({ version: 3 })
  })

  it('is shown with its schema, what it sends and what an MCP client calls it', async () => {
    const { room, owner } = scene
    const { tools, name } = await scene.make(paperOf('a'))
    const { tool } = await room.getTool(owner, { toolId: tools[0]?.id ?? '' })
    expect(tool).toMatchObject({
      ...{ mcpName: `${name}__a`, method: 'GET', url: `${paperOrigin}/v1` },
      binding: definition({ key: 'a' }).binding,
    })
  })

  it('may be changed beside another of its toolset at the same time', async () => {
    const { room, owner } = scene
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'))
    await Promise.all(
      tools.map(({ id: toolId }) => room.updateTool(owner, { toolId, status: 'disabled' })),
    )
    expect((await scene.get(toolsetId)).tools.map(({ status }) => status)).toEqual([
      'disabled',
      'disabled',
    ])
  })
})

describe('an assembled toolset', () => {
  const assembled = async () => {
    const { room, owner } = scene
    const [left, right] = [await scene.make(paperOf('a', 'b')), await scene.make(paperOf('a'))]
    const [a = '', b = '', other = ''] = [...left.tools, ...right.tools].map(({ id }) => id)
    const wanted = [
      { toolId: a },
      { toolId: other, description: 'The other.' },
      { toolId: b, name: 'bee' },
    ]
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble: wanted })
    return { left, right, toolset, ids: { a, b, other } }
  }

  it('has tools of any toolset under names of its own, each behind its own connection', async () => {
    const { room, owner } = scene
    const { left, right, toolset, ids } = await assembled()
    expect(toolset).not.toHaveProperty('connection')
    expect(toolset.tools).toMatchObject([
      { name: 'a', sourceToolId: ids.a, connectionId: left.connection?.id },
      { name: 'a_2', description: 'The other.', connectionId: right.connection?.id },
      { name: 'bee', sourceToolId: ids.b },
    ])
    const again = await room.create(owner, {
      ...{ name: scene.nextName(), assemble: [{ toolId: toolset.tools[1]?.id ?? '' }] },
    })
    expect(again.toolset.tools).toMatchObject([
      { name: 'a_2', description: 'The other.', sourceToolId: ids.other },
    ])
    for (const assemble of [[{ toolId: ids.a }, { toolId: ids.a }], [{ toolId: 'tol_gone' }]]) {
      const problem = await problemOf(room.create(owner, { name: scene.nextName(), assemble }))
      expect(['invalid-input', 'tool-not-found']).toContain(problem.type)
    }
  })

  it('follows what becomes of its sources, and loses tools and grants with them', async () => {
    const { room, owner, addAgent, addPolicy, policiesOf } = scene
    const { left, toolset, ids } = await assembled()
    const bee = toolset.tools[2]
    const agentId = await addAgent('follower')
    await addPolicy(agentId, left.connection?.id ?? '', {
      tools: [
        { toolsetId: toolset.id, allowed: true },
        { toolsetId: toolset.id, toolId: bee?.id ?? '', allowed: true },
      ],
    })
    expect(await scene.get(toolset.id)).toMatchObject({ agentCount: 1, version: 1 })
    await room.updateTool(owner, { toolId: ids.b, description: 'Bees.', status: 'disabled' })
    const { tool } = await room.getTool(owner, { toolId: bee?.id ?? '' })
    expect(tool).toMatchObject({ name: 'bee', description: 'Bees.', status: 'disabled' })
    expect(tool.digest).not.toBe(bee?.digest)
    await scene.importAnew(left.id, paperOf('a'))
    expect(await scene.get(toolset.id)).toMatchObject({ version: 2, toolCount: 2 })
    expect((await policiesOf(agentId))[0]?.document.tools).toEqual([
      { toolsetId: toolset.id, allowed: true },
    ])
    await room.delete(owner, { toolsetId: left.id })
    const after = await scene.get(toolset.id)
    expect(after).toMatchObject({ version: 3, toolCount: 1, agentCount: 0 })
    expect(after.tools.map(({ name }) => name)).toEqual(['a_2'])
  })

  it('goes along when the toolset that its tools come from gets another connection', async () => {
    const { room, owner, addAgent, addPolicy, addConnection } = scene
    const { left, toolset } = await assembled()
    const agentId = await addAgent('traveller')
    await addPolicy(agentId, left.connection?.id ?? '', {
      tools: [{ toolsetId: toolset.id, allowed: true }],
    })
    const connectionId = await addConnection()
    await room.update(owner, { toolsetId: left.id, connectionId })
    const after = await scene.get(toolset.id)
    expect(after.agentCount).toBe(1)
    expect(after.tools.map((tool) => [tool.connectionId === connectionId, tool.agents])).toEqual([
      [true, 1],
      [false, 0],
      [true, 1],
    ])
  })

  it('can be assembled anew: tools that stay keep their ids', async () => {
    const { room, owner } = scene
    const { left, toolset, ids } = await assembled()
    const assemble = [{ toolId: ids.b, name: 'bee' }, { toolId: ids.other }]
    const { toolset: after } = await room.update(owner, { toolsetId: toolset.id, assemble })
    expect(after.tools.map(({ id, name }) => [name, id])).toEqual([
      ['a', toolset.tools[1]?.id],
      ['bee', toolset.tools[2]?.id],
    ])
    const wrong = [
      room.update(owner, { toolsetId: toolset.id, connectionId: left.connection?.id ?? '' }),
      room.update(owner, { toolsetId: left.id, assemble }),
    ]
    const problems = await Promise.all(wrong.map(problemOf))
    expect(problems.map(({ type }) => type)).toEqual(['invalid-input', 'invalid-input'])
    const { toolset: restored } = await room.versions.restore(owner, {
      ...{ toolsetId: toolset.id, version: 1 },
    })
    expect(restored.tools.map(({ name }) => name)).toEqual(['a', 'a_2', 'bee'])
  })
})
