import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  paper,
  paperOf,
  paperOrigin,
  problemOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../../test/verifies.ts'

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

const secret = 'sk-live-0123456789abcdef'
const withSecret = (more: object = {}) =>
  paper({
    tools: [{ key: 'a', ...more }],
    secrets: [{ where: '-H', value: secret, credential: { kind: 'bearer', token: secret } }],
  })

describe('making a toolset', () => {
  it('makes the connection for exactly the origins of its tools, with the secret that was found', async () => {
    const toolset = await scene.make(withSecret(), { title: 'Paper' })
    expect(scene.made.at(-1)).toEqual({
      service: 'custom',
      label: 'Paper',
      origins: [paperOrigin],
      credential: { kind: 'bearer', token: secret },
    })
    expect(toolset).toMatchObject({ version: 1, toolCount: 1, agentCount: 0, format: 'openapi' })
    expect(toolset.tools).toMatchObject([{ name: 'a', status: 'active', agents: 0 }])
    expect(JSON.stringify([toolset, scene.events])).not.toContain(secret)
  })

  it('puts on no credential where there is none', async () => {
    await scene.make(paperOf('a'))
    expect(scene.made.at(-1)?.credential).toEqual({ kind: 'none' })
  })

  it('makes both the connection and the toolset or neither, whoever makes one of the same name', async () => {
    const { room, owner, countConnections } = scene
    const { name } = await scene.make(paperOf('a'))
    const before = await countConnections()
    expect((await problemOf(room.create(owner, { name, document: paperOf('a') }))).type).toBe(
      'toolset-exists',
    )
    const wanted = { name: scene.nextName(), document: paperOf('a') }
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => room.create(owner, wanted)))
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
      ...['fulfilled', 'rejected', 'rejected'],
    ])
    expect(await countConnections()).toBe(before + 1)
  })

  it('makes nothing but what the preview showed', async () => {
    const { room, owner, made } = scene
    const { digest } = await room.preview(owner, { document: paperOf('a', 'b') })
    const before = made.length
    const other = paper({ tools: [{ key: 'a', description: 'Other.' }, { key: 'b' }] })
    expect((await problemOf(scene.make(other, { expects: digest }))).type).toBe('tool-changed')
    expect(made).toHaveLength(before)
    await scene.make(paperOf('a', 'b'), { expects: digest, tools: [{ key: 'b', take: false }] })
  })

  it('takes what its owner chose, under the names that they gave', async () => {
    const toolset = await scene.make(paperOf('a', 'b', 'c'), {
      tools: [
        { key: 'a', take: true, name: 'c' },
        { key: 'b', take: false },
      ],
    })
    expect(toolset.tools.map(({ name }) => name)).toEqual(['c', 'c_2'])
    const twice = [
      { key: 'a', take: true, name: 'x' },
      { key: 'b', take: true, name: 'x' },
    ]
    expect((await problemOf(scene.make(paperOf('a', 'b'), { tools: twice }))).type).toBe(
      'invalid-input',
    )
    const unknown = [{ key: 'nothing', take: false }]
    expect((await problemOf(scene.make(paperOf('a'), { tools: unknown }))).type).toBe(
      'invalid-input',
    )
    const none = [{ key: 'a', take: false }]
    expect((await problemOf(scene.make(paperOf('a'), { tools: none }))).type).toBe(
      'document-refused',
    )
  })

  it('takes a connection only where its credential may go to all of the tools’ origins', async () => {
    const { addConnection } = scene
    const inside = await addConnection()
    const outside = await addConnection(['https://other.example'])
    expect((await scene.make(paperOf('a'), { connectionId: inside })).connection?.id).toBe(inside)
    const problem = await problemOf(scene.make(paperOf('a'), { connectionId: outside }))
    expect(problem.type).toBe('origin-not-allowed')
    expect(problem.detail).toContain(paperOrigin)
    const gone = await problemOf(scene.make(paperOf('a'), { connectionId: 'con_gone' }))
    expect(gone.type).toBe('connection-not-found')
    const both = { connectionId: inside, credential: { kind: 'none' } }
    expect((await problemOf(scene.make(paperOf('a'), both))).type).toBe('invalid-input')
    expect((await problemOf(scene.make(paper({ tools: [{ key: 'a' }], origins: [] })))).type).toBe(
      'invalid-input',
    )
  })

  it('lets no secret into a tool, wherever it came from', async () => {
    verifies('S-38')
    const before = scene.made.length
    for (const description of [secret, encodeURIComponent(`${secret}&`), btoa(secret)]) {
      const found = await problemOf(scene.make(withSecret({ description: `Use ${description}` })))
      expect(found.type).toBe('document-refused')
      expect(JSON.stringify(found.detail)).not.toContain(secret)
    }
    const typed = { credential: { kind: 'bearer', token: secret }, description: `It is ${secret}` }
    expect((await problemOf(scene.make(paperOf('a'), typed))).type).toBe('document-refused')
    expect(scene.made).toHaveLength(before)
  })

  it('makes the tools of a template for a connection of its service', async () => {
    const { room, owner } = scene
    const { toolset } = await room.create(owner, {
      ...{ name: 'github', template: 'github' },
      credential: { kind: 'bearer', token: secret },
    })
    expect(toolset).toMatchObject({ format: 'template', template: 'github@1', title: 'GitHub' })
    expect(scene.made.at(-1)).toMatchObject({
      ...{ service: 'github', origins: ['https://api.github.com'] },
    })
    const bare = room.create(owner, { name: 'bare', template: 'github' })
    expect((await problemOf(bare)).type).toBe('invalid-input')
    const unknown = room.create(owner, { name: 'nothing', template: 'github@99' })
    expect((await problemOf(unknown)).type).toBe('toolset-template-not-found')
  })
})

describe('a toolset', () => {
  it('is not there for another workspace', async () => {
    verifies('S-09')
    const { room, stranger, owner } = scene
    const { id: toolsetId, tools, connection } = await scene.make(paperOf('a'))
    const toolId = tools[0]?.id ?? ''
    const page = { limit: 50 }
    const problems = await Promise.all(
      [
        room.get(stranger, { toolsetId }),
        room.update(stranger, { toolsetId, title: 'x' }),
        room.delete(stranger, { toolsetId }),
        room.export(stranger, { toolsetId, format: 'openapi' }),
        room.versions.list(stranger, { toolsetId, ...page }),
        room.versions.compare(stranger, { toolsetId, version: 1 }),
        room.versions.restore(stranger, { toolsetId, version: 1 }),
        room.preview(stranger, { document: paperOf('a'), toolsetId }),
        room.getTool(stranger, { toolId }),
        room.updateTool(stranger, { toolId, name: 'x' }),
        room.create(stranger, { name: 'stolen', assemble: [{ toolId }] }),
        room.create(stranger, {
          ...{ name: 'stolen', document: paperOf('a'), connectionId: connection?.id ?? '' },
        }),
      ].map(problemOf),
    )
    expect(new Set(problems.map(({ type }) => type))).toEqual(
      new Set(['toolset-not-found', 'tool-not-found', 'connection-not-found']),
    )
    expect((await room.list(stranger, page)).toolsets).toEqual([])
    expect((await room.listTools(stranger, page)).tools).toEqual([])
    expect((await room.get(owner, { toolsetId })).toolset.version).toBe(1)
  })

  it('is listed newest first, page by page, and its tools by name', async () => {
    const { room, owner } = scene
    const { id: toolsetId, name } = await scene.make(paperOf('b', 'a', 'c'))
    const { toolsets, nextCursor } = await room.list(owner, { limit: 1 })
    expect(toolsets.map(({ id }) => id)).toEqual([toolsetId])
    expect((await room.list(owner, { limit: 1, cursor: nextCursor })).toolsets).toHaveLength(1)
    expect((await room.list(owner, { limit: 5, name })).toolsets).toHaveLength(1)
    const first = await room.listTools(owner, { limit: 2, toolsetId })
    const rest = await room.listTools(owner, { limit: 2, toolsetId, cursor: first.nextCursor })
    expect([...first.tools, ...rest.tools].map((tool) => tool.name)).toEqual(['a', 'b', 'c'])
    expect(rest.nextCursor).toBeUndefined()
    for (const search of ['does B', '%', '_', '\\', '\0', "'"]) {
      const found = await room.listTools(owner, { limit: 9, toolsetId, search })
      expect(found.tools.map((tool) => tool.name)).toEqual(search === 'does B' ? ['b'] : [])
    }
  })

  it('takes its grants out of all policies when it is deleted, and leaves its connection', async () => {
    const { room, owner, addAgent, addPolicy, policiesOf, addConnection } = scene
    const connectionId = await addConnection()
    const { id: toolsetId, tools } = await scene.make(paperOf('a', 'b'), { connectionId })
    const kept = await scene.make(paperOf('a'), { connectionId })
    const agentId = await addAgent('holder')
    await addPolicy(agentId, connectionId, {
      tools: [
        { toolsetId, allowed: true },
        { toolsetId: kept.id, allowed: true },
        { toolsetId, toolId: tools[0]?.id ?? '', allowed: false },
      ],
    })
    expect((await room.get(owner, { toolsetId })).toolset).toMatchObject({
      agentCount: 1,
      tools: [
        { name: 'a', agents: 0 },
        { name: 'b', agents: 1 },
      ],
    })
    await room.delete(owner, { toolsetId })
    expect((await problemOf(room.get(owner, { toolsetId }))).type).toBe('toolset-not-found')
    const [policy] = await policiesOf(agentId)
    expect(policy).toMatchObject({ version: 2 })
    expect(policy?.document.tools).toEqual([{ toolsetId: kept.id, allowed: true }])
    expect((await room.get(owner, { toolsetId: kept.id })).toolset.connection?.id).toBe(
      connectionId,
    )
  })

  it('takes its grants along to another connection, with what limits them', async () => {
    const { room, owner, addAgent, addPolicy, policiesOf, addConnection } = scene
    const [from, to] = [await addConnection(), await addConnection()]
    const { id: toolsetId } = await scene.make(paperOf('a'), { connectionId: from })
    const [alone, both] = [await addAgent('alone'), await addAgent('both')]
    const tools = [{ toolsetId, allowed: true }]
    const allow = [{ origin: paperOrigin, methods: ['GET' as const], paths: ['/**'] }]
    const limits = { perDay: 3 }
    await addPolicy(alone, from, { tools, allow, limits, approval: 'always' })
    await addPolicy(both, from, {
      tools,
      approval: 'always',
      expiresAt: '2099-01-01T00:00:00.000Z',
    })
    await addPolicy(both, to, { approval: 'never' })
    const { toolset } = await room.update(owner, { toolsetId, connectionId: to })
    expect(toolset).toMatchObject({ version: 2, agentCount: 2, connection: { id: to } })
    const of = async (agentId: string, connectionId: string) =>
      (await policiesOf(agentId)).find((policy) => policy.connectionId === connectionId)?.document
    expect(await of(alone, to)).toMatchObject({ tools, allow: [], limits, approval: 'always' })
    expect(await of(alone, from)).toEqual({ allow, limits, approval: 'always', windows: [] })
    expect((await of(both, to))?.tools).toEqual([
      { ...tools[0], approval: 'always', expiresAt: '2099-01-01T00:00:00.000Z' },
    ])
    const far = await addConnection(['https://far.example'])
    const refused = room.update(owner, { toolsetId, connectionId: far })
    expect((await problemOf(refused)).type).toBe('origin-not-allowed')
  })

  it('is written without a secret, as its tools are now', async () => {
    const { room, owner } = scene
    const { id: toolsetId, tools, name } = await scene.make(withSecret())
    await room.updateTool(owner, { toolId: tools[0]?.id ?? '', name: 'better' })
    const written = await room.export(owner, { toolsetId, format: 'openapi' })
    expect(written.filename).toBe(`${name}.json`)
    expect(written.document).toContain('better')
    expect(written.document).not.toContain(secret)
  })
})
