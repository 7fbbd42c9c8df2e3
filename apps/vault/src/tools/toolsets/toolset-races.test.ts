import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  definition,
  paper,
  paperOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { createPolicyStore } from '../../store/policies.ts'
import { createPermissions } from '../permissions/permissions.ts'
import type { ToolsetStore } from '../toolset-store.ts'
import { createToolUpdate } from './update-tool.ts'

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

let ids = 0
const newId = (kind: string) => {
  ids += 1
  return `${kind}_raced_${ids}`
}
/** The store, in which something happens right after a tool was read the first time. */
function storeIn(meanwhile: () => Promise<unknown>): ToolsetStore {
  let isFirst = true
  return {
    ...scene.store,
    async findTool(workspaceId, id) {
      const row = await scene.store.findTool(workspaceId, id)
      if (isFirst) {
        isFirst = false
        await meanwhile()
      }
      return row
    },
  }
}

const typeOf = async (work: Promise<unknown>) => {
  const outcome = await work.catch((error: unknown) => error)
  return outcome instanceof Problem ? outcome.type : outcome
}

/** The room of permissions on the same database. */
const permissionsOn = (store: ToolsetStore) =>
  createPermissions({
    store,
    policies: createPolicyStore(scene.test.database),
    audit: { record: async () => {} },
    findAgent: async (_, id) => ({ id, name: id, status: 'active' }),
    listAgents: async () => [],
    findConnection: async () => ({ workspaceId: 'wsp_1', status: 'healthy' }),
    toolsOf: async () => ({ listing: 'auto', tools: [], revision: '' }),
    onPolicyChanged: () => {},
    newId,
    now: Date.now,
  })

describe('what an owner says of a tool', () => {
  it('does not bring back what the tool was before a newer document that came at the same time', async () => {
    const { owner } = scene
    const { id: toolsetId, tools } = await scene.make(paperOf('a'))
    const [{ id: toolId = '' } = {}] = tools
    const newer = { ...definition({ key: 'a' }).binding, method: 'POST' as const }
    const update = createToolUpdate({
      store: storeIn(() =>
        scene.importAnew(toolsetId, paper({ tools: [{ key: 'a', binding: newer }] })),
      ),
      audit: { record: async () => {} },
      onChanged: () => {},
      newId,
      now: Date.now,
    })
    const { tool } = await update(owner, { toolId, title: 'Mine' })
    expect(tool).toMatchObject({ title: 'Mine', method: 'POST' })
  })
})

describe('taking a tool away', () => {
  it.each(['tool', 'toolset'] as const)(
    'takes it away also where its toolset gets another connection at the same time: %s',
    async (which) => {
      verifies('S-10')
      const { room, owner, addAgent, addPolicy, addConnection, policiesOf, store } = scene
      const [from, to] = [await addConnection(), await addConnection()]
      const { id: toolsetId, tools } = await scene.make(paperOf('a'), { connectionId: from })
      const [{ id: toolId = '' } = {}] = tools
      const agentId = await addAgent(scene.nextName())
      const grant = { toolsetId, allowed: true, ...(which === 'tool' && { toolId }) }
      await addPolicy(agentId, from, { tools: [grant] })
      const move = () => room.update(owner, { toolsetId, connectionId: to })
      if (which === 'tool') {
        const said = { toolId, agentId, allowed: null }
        await permissionsOn(storeIn(move)).setOfTool(owner, said)
      } else {
        let isFirst = true
        const grantsOf: ToolsetStore['grantsOf'] = async (...asked) => {
          const found = await store.grantsOf(...asked)
          if (isFirst) {
            isFirst = false
            await move()
          }
          return found
        }
        const said = { toolsetId, agentId, allowed: null }
        await permissionsOn({ ...store, grantsOf }).setOfToolset(owner, said)
      }
      const left = (await policiesOf(agentId)).flatMap(({ document }) => document.tools ?? [])
      expect(left).toEqual([])
      expect(await scene.get(toolsetId)).toMatchObject({ agentCount: 0, connection: { id: to } })
    },
  )
})

describe('granting', () => {
  it.each(['tool', 'toolset'] as const)(
    'leaves nothing behind in the policy where it is deleted at the same time: %s',
    async (which) => {
      const { room, owner, addAgent, addConnection, policiesOf, store } = scene
      const connectionId = await addConnection()
      const { id: toolsetId, tools } = await scene.make(paperOf('a'), { connectionId })
      const [{ id: toolId = '' } = {}] = tools
      const agentId = await addAgent(scene.nextName())
      let isFirst = true
      const once = async () => {
        if (!isFirst) return
        isFirst = false
        await room.delete(owner, { toolsetId })
      }
      const find: ToolsetStore['find'] = async (...asked) => {
        const found = await store.find(...asked)
        await once()
        return found
      }
      const permissions = permissionsOn({ ...storeIn(once), find })
      const granting =
        which === 'tool'
          ? permissions.setOfTool(owner, { toolId, agentId, allowed: true })
          : permissions.setOfToolset(owner, { toolsetId, agentId, allowed: true })
      expect(await typeOf(granting)).toBe(`${which}-not-found`)
      const left = (await policiesOf(agentId)).flatMap(({ document }) => document.tools ?? [])
      expect(left).toEqual([])
    },
  )
})

describe('granting a tool', () => {
  it.each(['tool', 'toolset'] as const)(
    'grants it behind the connection that its toolset gets at the same time, and nowhere else: %s',
    async (which) => {
      const { room, owner, addAgent, addConnection, policiesOf, store } = scene
      const [from, to] = [await addConnection(), await addConnection()]
      const { id: toolsetId, tools } = await scene.make(paperOf('a'), { connectionId: from })
      const [{ id: toolId = '' } = {}] = tools
      const agentId = await addAgent(scene.nextName())
      let isFirst = true
      const move = async () => {
        if (isFirst) await room.update(owner, { toolsetId, connectionId: to })
        isFirst = false
      }
      const find: ToolsetStore['find'] = async (...asked) => {
        const found = await store.find(...asked)
        await move()
        return found
      }
      const permissions = permissionsOn({ ...storeIn(move), find })
      if (which === 'tool') await permissions.setOfTool(owner, { toolId, agentId, allowed: true })
      else await permissions.setOfToolset(owner, { toolsetId, agentId, allowed: true })
      const grants = (await policiesOf(agentId)).flatMap(({ connectionId, document }) =>
        (document.tools ?? []).map(() => connectionId),
      )
      expect(grants).toEqual([to])
    },
  )
})

describe('a change that is under way', () => {
  it('is waited for by whoever says something of its tools, those of an assembled toolset included', async () => {
    const { room, owner, store, test } = scene
    const { id: toolsetId, tools } = await scene.make(paperOf('a'))
    const assemble = tools.map(({ id: toolId }) => ({ toolId }))
    const { toolset } = await room.create(owner, { name: scene.nextName(), assemble })
    for (const id of [toolsetId, toolset.id]) {
      const order: string[] = []
      let waiting: Promise<unknown> = Promise.resolve()
      await test.database.sql.begin(async (sql) => {
        await sql`select 1 from toolsets where id = ${toolsetId} for update`
        waiting = store.awaitChanges(owner.workspaceId, id).then(() => order.push('read'))
        await Promise.race([waiting, new Promise((done) => setTimeout(done, 150))])
        order.push('changed')
      })
      await waiting
      expect(order).toEqual(['changed', 'read'])
    }
  })
})

describe('changes at the same time', () => {
  it('of toolsets that are made of each other’s tools all come to an end, and none is turned away', async () => {
    const { room, owner } = scene
    const sources = await Promise.all([
      scene.make(paperOf('a', 'b')),
      scene.make(paperOf('a', 'b')),
    ])
    const toolIds = sources.flatMap(({ tools }) => tools.map(({ id }) => id))
    const assemble = toolIds.map((toolId, at) => ({ toolId, name: `t${at}` }))
    const made = await Promise.all(
      [1, 2].map(
        async () => (await room.create(owner, { name: scene.nextName(), assemble })).toolset,
      ),
    )
    for (let turn = 0; turn < 8; turn += 1) {
      const renamed = assemble.map(({ toolId }, at) => ({ toolId, name: `t${turn}_${at}` }))
      const outcomes = await Promise.all([
        ...made.map(({ id: toolsetId }) =>
          typeOf(
            room.update(owner, { toolsetId, assemble: turn % 2 ? renamed : renamed.toReversed() }),
          ),
        ),
        ...sources.map(({ tools }, at) =>
          typeOf(
            room.updateTool(owner, { toolId: tools[at]?.id ?? '', description: `Turn ${turn}.` }),
          ),
        ),
      ])
      expect(outcomes.filter((type) => type === 'store-unavailable')).toEqual([])
    }
  }, 30_000)

  it('of toolsets that get the same connection all come to an end', async () => {
    const { room, owner, addConnection } = scene
    const made = await Promise.all([1, 2, 3].map(() => scene.make(paperOf('a'))))
    for (let turn = 0; turn < 5; turn += 1) {
      const connectionId = await addConnection()
      const outcomes = await Promise.all(
        made.map(({ id: toolsetId }) => typeOf(room.update(owner, { toolsetId, connectionId }))),
      )
      expect(outcomes.filter((type) => typeof type === 'string')).toEqual([])
    }
  }, 30_000)

  it('of connections, there and back, take no grant away', async () => {
    const { room, owner, addAgent, addPolicy, addConnection, policiesOf } = scene
    const [one, other] = [await addConnection(), await addConnection()]
    const [left, right] = [
      await scene.make(paperOf('a'), { connectionId: one }),
      await scene.make(paperOf('a'), { connectionId: other }),
    ]
    const agentIds = await Promise.all([1, 2, 3, 4].map(() => addAgent(scene.nextName())))
    for (const agentId of agentIds) {
      await addPolicy(agentId, one, { tools: [{ toolsetId: left.id, allowed: true }] })
      await addPolicy(agentId, other, { tools: [{ toolsetId: right.id, allowed: true }] })
    }
    for (let turn = 0; turn < 4; turn += 1) {
      const [to, from] = turn % 2 === 0 ? [other, one] : [one, other]
      const outcomes = await Promise.all([
        typeOf(room.update(owner, { toolsetId: left.id, connectionId: to })),
        typeOf(room.update(owner, { toolsetId: right.id, connectionId: from })),
      ])
      expect(outcomes.filter((type) => typeof type === 'string')).toEqual([])
    }
    for (const agentId of agentIds) {
      const grants = (await policiesOf(agentId)).flatMap(({ document }) => document.tools ?? [])
      expect(grants.map(({ toolsetId }) => toolsetId).sort()).toEqual([left.id, right.id].sort())
    }
  }, 30_000)
})
