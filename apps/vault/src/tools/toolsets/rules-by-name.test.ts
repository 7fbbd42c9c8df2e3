import { type PolicyDocument, Problem } from '@sallyport/contracts'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  definition,
  paper,
  paperOf,
  problemOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { connections } from '../../store/tables.ts'

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

let count = 0
const next = (word: string) => {
  count += 1
  return `${word}-${count}`
}

type Rules = NonNullable<PolicyDocument['rules']>

/** A toolset, and a policy that denies the one rule’s tools and filters the answers of the other’s. */
async function start(
  patterns: (toolset: string) => string[],
  then: Rules[number]['then'] = 'deny',
) {
  const { room, owner, addAgent, addPolicy, addConnection, policiesOf } = scene
  const connectionId = await addConnection()
  const name = next('set')
  const made = await room.create(owner, { name, document: paperOf('a', 'b', 'c'), connectionId })
  const agentId = await addAgent(next('agent'))
  const tools = patterns(name)
  await addPolicy(agentId, connectionId, {
    tools: [{ toolsetId: made.toolset.id, allowed: true }],
    rules: [{ id: 'r', when: { tools }, then }],
    response: [{ id: 's', when: { tools }, drop: ['secret'] }],
  })
  const idOf = (tool: string) => {
    const found = made.toolset.tools.find((one) => one.name === tool)
    if (found === undefined) throw new Error(`no tool ${tool}`)
    return found.id
  }
  return {
    ...{ name, agentId, connectionId, idOf, toolset: made.toolset },
    async ruled() {
      const [policy] = await policiesOf(agentId)
      const { rules = [], response = [] } = policy?.document ?? {}
      return {
        deny: rules[0]?.when.tools,
        filter: response[0]?.when?.tools,
        version: policy?.version,
      }
    },
  }
}

const tokenOf = (...scopes: ('tools:write' | 'policies:write')[]) => ({
  ...scene.owner,
  scopes: new Set(scopes),
})

describe('rules about tools by name', () => {
  it('go on denying a tool that its owner renames', async () => {
    verifies('S-24')
    const one = await start((name) => [`${name}.a`])
    await scene.room.updateTool(tokenOf('tools:write'), { toolId: one.idOf('a'), name: 'z' })
    const names = [`${one.name}.z`]
    expect(await one.ruled()).toEqual({ deny: names, filter: names, version: 2 })
    expect(scene.events.at(-1)).toMatchObject({
      operation: 'updateTool',
      detail: { rulesRenamed: 1, policyCount: 1 },
    })
  })

  it('by a pattern that fits no more, too', async () => {
    verifies('S-24')
    const one = await start((name) => [`${name}.a*`])
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('a'), name: 'z' })
    expect((await one.ruled()).deny).toEqual([`${one.name}.a*`, `${one.name}.z`])
  })

  it('go along with a toolset', async () => {
    verifies('S-24')
    const one = await start((name) => [`${name}.*`])
    const name = next('other')
    await scene.room.update(scene.owner, { toolsetId: one.toolset.id, name })
    expect(await one.ruled()).toEqual({ deny: [`${name}.*`], filter: [`${name}.*`], version: 2 })
  })

  it('go along with tools that a newer document names otherwise', async () => {
    verifies('S-24')
    const { room, owner } = scene
    const one = await start((name) => [`${name}.a`, `${name}.b`])
    const document = paper({
      tools: [
        { key: 'a', name: 'b' },
        { key: 'b', name: 'a' },
        { key: 'c', name: 'd' },
      ],
    })
    const toolsetId = one.toolset.id
    const { digest } = await room.preview(owner, { document, toolsetId })
    const said = { toolsetId, document, expects: digest, version: 1 }
    await room.replaceSource(tokenOf('tools:write'), said)
    expect((await one.ruled()).deny).toEqual([`${one.name}.b`, `${one.name}.a`])
    await room.versions.restore(owner, { toolsetId, version: 1 })
    expect((await one.ruled()).deny).toEqual([`${one.name}.a`, `${one.name}.b`])
  })

  it('that do not go along with a rename are told before it', async () => {
    const one = await start((name) => [`${name}.a*`, `${name}.re*`], 'allow')
    const [policy] = await scene.policiesOf(one.agentId)
    const agent = (
      await scene.room.preview(scene.owner, {
        ...{ document: paperOf('a', 'b', 'c', 'd'), toolsetId: one.toolset.id },
      })
    ).changes?.[0]?.agents[0]?.name
    const document = paper({
      tools: [
        { key: 'a', name: 'x' },
        { key: 'b', name: 'read' },
        { key: 'c', name: 'see' },
      ],
    })
    const { changes } = await scene.room.preview(scene.owner, {
      ...{ document, toolsetId: one.toolset.id },
    })
    const told = (name: string) =>
      changes
        ?.find((change) => change.name === name)
        ?.differences.filter(({ what }) => what.startsWith('rule '))
    const what = `rule r of ${agent}`
    expect(told('x')).toEqual([{ what, before: 'allows it', after: 'is not about it' }])
    expect(told('read')?.[0]).toEqual({ what, before: 'is not about it', after: 'allows it' })
    expect(told('see')).toEqual([])
    expect(await scene.policiesOf(one.agentId)).toEqual([policy])
  })

  it('stay as they are where nothing of theirs is renamed, and in other workspaces', async () => {
    const one = await start(() => ['elsewhere.a', 'else*'])
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('a'), name: 'z' })
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('b'), description: 'Other.' })
    expect((await one.ruled()).version).toBe(1)
  })

  it('let no tool into what they allow by its new name, unless whoever names it may write policies', async () => {
    const one = await start((name) => [`${name}.read*`], 'allow')
    const renaming = { toolId: one.idOf('a'), name: 'read_all' }
    const problem = await problemOf(scene.room.updateTool(tokenOf('tools:write'), renaming))
    expect(problem.type).toBe('insufficient-scope')
    expect(problem.detail).toContain('policies:write')
    expect((await scene.store.findTool('wsp_1', one.idOf('a')))?.name).toBe('a')
    await scene.room.updateTool(scene.owner, renaming)
  })
})

describe('a toolset that gets another connection', () => {
  const move = async (target: Partial<PolicyDocument>, source: Partial<PolicyDocument> = {}) => {
    const { room, owner, addAgent, addPolicy, addConnection, policiesOf } = scene
    const [from, to] = [await addConnection(), await addConnection()]
    const name = next('moved')
    const { toolset } = await room.create(owner, {
      ...{ name, document: paperOf('a'), connectionId: from },
    })
    const agentName = next('agent')
    const agentId = await addAgent(agentName)
    const tools = [{ toolsetId: toolset.id, allowed: true }]
    await addPolicy(agentId, from, { tools, ...source })
    await addPolicy(agentId, to, target)
    const moving = room.update(owner, { toolsetId: toolset.id, connectionId: to })
    const outcome = await moving.then(
      () => 'moved' as const,
      (error: unknown) => error,
    )
    const held = (await policiesOf(agentId)).find(({ connectionId }) => connectionId === to)
    return { outcome, agentName, grants: held?.document.tools }
  }
  const rule = { id: 'r', when: { methods: ['DELETE' as const] }, then: 'deny' as const }
  const filter = { id: 'f', drop: ['secret'] }
  const night = { days: ['mon' as const], from: '01:00', to: '02:00', timezone: 'UTC' }

  it.each([
    ['rules', { rules: [rule] }, {}],
    ['rules', {}, { rules: [{ ...rule, then: 'allow' as const }] }],
    ['rules on answers', { response: [filter] }, {}],
    ['limits', { limits: { perDay: 5 } }, { limits: { perDay: 6 } }],
    ['limits', { limits: { perMethod: { GET: { perHour: 2 } } } }, {}],
    ['limits', { limits: { budget: { usdPerDay: 1 } } }, { limits: { budget: {} } }],
    ['windows', { windows: [night] }, {}],
    ['approval options', { approvalOptions: { secondOwner: true } }, {}],
  ])(
    'does not get it where an agent would lose %s that hold it back: %j',
    async (part, source, target) => {
      const { outcome, agentName, grants } = await move(target, source)
      if (!(outcome instanceof Problem)) throw new Error('it was moved')
      expect(outcome.type).toBe('policy-exists')
      expect(outcome.detail).toContain(`${agentName} (${part})`)
      expect(grants).toBeUndefined()
    },
  )

  it.each([
    ['nothing is said', {}, {}],
    ['the other says as much', { rules: [{ ...rule, id: 'other' }] }, { rules: [rule] }],
    [
      'the other says more',
      { limits: { perDay: 5, perHour: 1 }, windows: [night] },
      { limits: { perDay: 5 } },
    ],
    [
      'the agent only loses what let it do more',
      {},
      { rules: [{ ...rule, then: 'allow' as const }] },
    ],
  ])('gets it where %s', async (_, target, source) => {
    const { outcome, grants } = await move(target, source)
    expect(outcome).toBe('moved')
    expect(grants).toHaveLength(1)
  })
})

describe('a change of tools by whoever may not write policies', () => {
  const importing = async (document: string) => {
    const { room, owner } = scene
    const one = await start(() => ['none.at-all'])
    const toolsetId = one.toolset.id
    const { digest, changes } = await room.preview(owner, { document, toolsetId })
    const said = { toolsetId, document, expects: digest, version: 1 }
    return {
      ...one,
      changes,
      replace: (owner: typeof scene.owner) => room.replaceSource(owner, said),
    }
  }

  it('gives no agent a tool that it lacks', async () => {
    verifies('S-14')
    const { replace, changes } = await importing(paperOf('a', 'b', 'c', 'd'))
    expect(changes?.[0]).toMatchObject({ name: 'd', change: 'added', agentCount: 1 })
    const problem = await problemOf(replace(tokenOf('tools:write')))
    expect(problem.type).toBe('insufficient-scope')
    expect(problem.detail).toBe(
      'This needs the scope policies:write: an agent would get the tool d.',
    )
    expect((await replace(tokenOf('tools:write', 'policies:write'))).toolset.version).toBe(2)
  })

  it('makes no tool that an agent has send something else', async () => {
    verifies('S-14')
    const method = paper({
      tools: [
        { key: 'a', binding: { ...definition({ key: 'a' }).binding, method: 'DELETE' } },
        ...[{ key: 'b' }, { key: 'c' }],
      ],
    })
    const problem = await problemOf((await importing(method)).replace(tokenOf('tools:write')))
    expect(problem.detail).toContain('the tool a, which an agent has, would send something else')
  })

  it('makes no tool that an agent has send another default, whatever it says beside', async () => {
    verifies('S-14')
    const { inputSchema } = definition({ key: 'a' })
    const q = { type: 'string', description: 'Other words.', default: 'all' }
    const tools = [
      { key: 'a', inputSchema: { ...inputSchema, properties: { q } } },
      ...[{ key: 'b' }, { key: 'c' }],
    ]
    const { replace, changes } = await importing(paper({ tools }))
    expect(changes?.[0]?.differences.map(({ what }) => what)).toContain('argument q: default')
    const problem = await problemOf(replace(tokenOf('tools:write')))
    expect(problem.detail).toContain('the tool a, which an agent has, would send something else')
    await replace(scene.owner)
  })

  it('gives back no tool that was disabled, by its name or by an older version', async () => {
    verifies('S-14')
    const { room, owner, addAgent, addPolicy } = scene
    const one = await start(() => ['none.at-all'])
    const toolId = one.idOf('a')
    const writer = tokenOf('tools:write')
    await room.updateTool(writer, { toolId, status: 'disabled' })
    const problem = await problemOf(room.updateTool(writer, { toolId, status: 'active' }))
    expect(problem.type).toBe('insufficient-scope')
    expect(problem.detail).toBe(
      'This needs the scope policies:write: an agent would get the tool a.',
    )
    await room.updateTool(writer, { toolId, description: 'Disabled still.' })
    const back = { toolsetId: one.toolset.id, version: 1 }
    expect((await problemOf(room.versions.restore(writer, back))).type).toBe('insufficient-scope')
    await room.updateTool(owner, { toolId, status: 'active' })
    // One that nobody has is enabled by whoever writes tools; another toolset’s tool is this one.
    const { toolset } = await room.create(owner, { name: next('set'), document: paperOf('x') })
    const free = toolset.tools[0]?.id ?? ''
    await room.updateTool(writer, { toolId: free, status: 'disabled' })
    await room.updateTool(writer, { toolId: free, status: 'active' })
    await room.updateTool(writer, { toolId: free, status: 'disabled' })
    const both = await room.create(owner, { name: next('both'), assemble: [{ toolId: free }] })
    await addPolicy(await addAgent(next('agent')), toolset.connection?.id ?? '', {
      tools: [{ toolsetId: both.toolset.id, allowed: true }],
    })
    const again = room.updateTool(writer, { toolId: free, status: 'active' })
    expect((await problemOf(again)).type).toBe('insufficient-scope')
  })

  it('may describe tools otherwise and take some out', async () => {
    const { replace } = await importing(
      paper({ tools: [{ key: 'a', description: 'Other words.' }, { key: 'b' }] }),
    )
    expect((await replace(tokenOf('tools:write'))).toolset.toolCount).toBe(2)
  })

  it('puts no tool into an assembled toolset that an agent has whole, nor back by an older version', async () => {
    verifies('S-14')
    const { room, owner, addAgent, addPolicy } = scene
    const one = await start(() => ['none.at-all'])
    const both = await room.create(owner, {
      ...{ name: next('both'), assemble: [{ toolId: one.idOf('a') }] },
    })
    const toolsetId = both.toolset.id
    const agentId = await addAgent(next('agent'))
    await addPolicy(agentId, one.connectionId, { tools: [{ toolsetId, allowed: true }] })
    const assemble = [{ toolId: one.idOf('a') }, { toolId: one.idOf('b') }]
    const writer = tokenOf('tools:write')
    const problem = await problemOf(room.update(writer, { toolsetId, assemble }))
    expect(problem.type).toBe('insufficient-scope')
    await room.update(owner, { toolsetId, assemble })
    await room.update(writer, { toolsetId, assemble: assemble.slice(0, 1) })
    const back = { toolsetId, version: 2 }
    expect((await problemOf(room.versions.restore(writer, back))).type).toBe('insufficient-scope')
    expect((await problemOf(room.versions.restore(owner, { ...back, current: 1 }))).type).toBe(
      'version-conflict',
    )
    expect((await room.versions.restore(owner, { ...back, current: 3 })).toolset.toolCount).toBe(2)
  })
})

describe('what a preview was of', () => {
  const secret = (value: string, scheme: string) => ({
    ...{ where: 'a header', value, scheme },
    credential: { kind: 'bearer' as const, token: value },
  })
  const doc = (...secrets: ReturnType<typeof secret>[]) => paper({ tools: [{ key: 'a' }], secrets })

  it('is what is made: with another credential, or of another scheme, nothing is', async () => {
    const { room, owner } = scene
    const { digest } = await room.preview(owner, { document: doc(secret('one-secret-1111', 's')) })
    for (const document of [
      ...[doc(secret('one-secret-2222', 's')), doc(secret('one-secret-1111', 't')), doc()],
    ]) {
      const made = room.create(owner, { name: next('set'), document, expects: digest })
      expect((await problemOf(made)).type).toBe('tool-changed')
    }
    const document = doc(secret('one-secret-1111', 's'))
    await room.create(owner, { name: next('set'), document, expects: digest })
  })

  it('keeps no secret for another scheme than the chosen one', async () => {
    const { room, owner, made } = scene
    const document = doc(secret('one-secret-1111', 's'))
    const before = made.length
    const wrong = { name: next('set'), document, securityScheme: 't' }
    const problem = await problemOf(room.create(owner, wrong))
    expect(problem.fields?.[0]?.field).toBe('credential')
    expect(problem.detail).not.toContain('one-secret')
    expect(made).toHaveLength(before)
    await room.create(owner, { ...wrong, securityScheme: 's' })
  })
})

it('counts no agent by a connection that is revoked, and names twenty of many', async () => {
  const { room, owner, addAgent, addPolicy, test } = scene
  const one = await start(() => ['none.at-all'])
  const toolsetId = one.toolset.id
  for (let at = 0; at < 24; at += 1) {
    await addPolicy(await addAgent(next('agent')), one.connectionId, {
      tools: [{ toolsetId, allowed: true }],
    })
  }
  const { changes } = await room.preview(owner, { document: paperOf('a', 'b', 'd'), toolsetId })
  expect(changes?.[0]?.agents).toHaveLength(20)
  expect(changes?.[0]?.agentCount).toBe(25)
  await test.database.db
    .update(connections)
    .set({ status: 'revoked' })
    .where(eq(connections.id, one.connectionId))
  expect((await room.get(owner, { toolsetId })).toolset.agentCount).toBe(0)
})
