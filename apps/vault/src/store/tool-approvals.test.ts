import { randomBytes } from 'node:crypto'
import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  paperOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compileGrants, grantOf } from '../policy/find-grant.ts'
import { createIds } from './ids.ts'
import { rememberedApprovals } from './notify-tables.ts'
import { createPolicyStore } from './policies.ts'
import { approvals, policies } from './tables.ts'
import { endUncallable, mayBeCalled } from './tool-approvals.ts'

const newId = createIds({ now: Date.now, randomBytes })
const hourMs = 3_600_000

let scene: ToolsetRoom
beforeAll(async () => {
  scene = await startToolsetRoom()
})
afterAll(() => scene?.stop())

interface Asked {
  readonly policyId: string
  readonly agentId: string
  readonly connectionId: string
  readonly tool: { readonly toolId: string; readonly toolsetId: string } | null
}

/** A pending approval, one that was used and is remembered, of the same. */
async function ask({ tool, ...asked }: Asked) {
  const { db } = scene.test.database
  const row = (status: 'pending' | 'consumed', digest: string) => ({
    ...{ id: newId('approval'), workspaceId: 'wsp_1', ...asked, policyVersion: 1, status, digest },
    ...{ connectionVersion: 1, method: 'POST', origin: 'https://a.example', host: 'a.example' },
    ...{ path: '/', requestBytes: 0, reason: '', freshSignIn: false, ownersNeeded: 1 },
    ...{ fingerprints: {}, expiresAt: new Date(Date.now() + hourMs) },
    tool: tool && { ...tool, name: 'a.b', digest: 'd', argumentsFingerprint: 'f' },
  })
  const [pending, used] = [row('pending', newId('audit')), row('consumed', newId('audit'))]
  await db.insert(approvals).values([pending, used])
  const kept = {
    ...{ id: newId('rememberedApproval'), workspaceId: 'wsp_1', ...asked, connectionVersion: 1 },
    ...{ approvalId: used.id, scope: 'exact' as const, method: 'POST', path: '/', digest: 'd' },
    ...{ origin: 'https://a.example', fingerprints: {}, fields: [], freshSignIn: false, uses: 5 },
    ...{ ownersNeeded: 1, createdBy: 'own_1', createdByEmail: 'o@example.com' },
    expiresAt: new Date(Date.now() + hourMs),
  }
  await db.insert(rememberedApprovals).values(kept)
  return async () => {
    const [is] = await db.select().from(approvals).where(eq(approvals.id, pending.id))
    const isKept = eq(rememberedApprovals.id, kept.id)
    const [still] = await db.select().from(rememberedApprovals).where(isKept)
    return [is?.status, still?.revokedAt === null ? 'kept' : 'ended']
  }
}

let count = 0
const next = (word: string) => {
  count += 1
  return `${word}-${count}`
}

/** Tools `a` and `b`, granted whole, and an alias of `a`; each with a question and a remembered yes. */
async function start(over: Partial<PolicyDocument> = {}) {
  const { room, owner, addAgent, addConnection, addPolicy } = scene
  const connectionId = await addConnection()
  const { toolset } = await room.create(owner, {
    ...{ name: next('set'), document: paperOf('a', 'b'), connectionId },
  })
  const idOf = (name: string) => toolset.tools.find((tool) => tool.name === name)?.id ?? ''
  const both = await room.create(owner, { name: next('both'), assemble: [{ toolId: idOf('a') }] })
  const agentId = await addAgent(next('agent'))
  const tools = [toolset.id, both.toolset.id].map((toolsetId) => ({ toolsetId, allowed: true }))
  const policyId = await addPolicy(agentId, connectionId, { tools, ...over })
  const asked = { policyId, agentId, connectionId }
  const ofTool = (toolId: string, toolsetId: string) =>
    ask({ ...asked, tool: { toolId, toolsetId } })
  const states = {
    a: await ofTool(idOf('a'), toolset.id),
    b: await ofTool(idOf('b'), toolset.id),
    alias: await ofTool(both.toolset.tools[0]?.id ?? '', both.toolset.id),
    raw: await ask({ ...asked, tool: null }),
  }
  return {
    ...{ ...asked, toolset, both: both.toolset, idOf, tools },
    /** Which of them have ended, the question and what was remembered alike. */
    async ended() {
      const found = await Promise.all(
        Object.entries(states).map(async ([name, state]) => [name, await state()] as const),
      )
      return found.flatMap(([name, [status, kept]]) => {
        expect([name, status, kept]).toEqual(
          status === 'cancelled' ? [name, 'cancelled', 'ended'] : [name, 'pending', 'kept'],
        )
        return status === 'cancelled' ? [name] : []
      })
    },
    async say(change: (document: PolicyDocument) => PolicyDocument) {
      const store = createPolicyStore(scene.test.database)
      const at = { workspaceId: 'wsp_1', id: policyId }
      const policy = await store.find(at.workspaceId, at.id)
      if (policy === undefined) throw new Error('no policy')
      const document = change(policy.document)
      await store.replace({ ...at, version: policy.version }, { document, updatedAt: new Date() })
    },
  }
}

describe('what was asked and remembered of a tool', () => {
  it.each([
    ['its grant', ({ tools: [, other] }: Started) => ({ tools: other ? [other] : [] }), ['a', 'b']],
    [
      'it alone, out of its toolset',
      ({ toolset, idOf, tools }: Started) => ({
        tools: [...tools, { toolsetId: toolset.id, toolId: idOf('a'), allowed: false }],
      }),
      ['a'],
    ],
    [
      'it, by an end that is over',
      ({ both, tools }: Started) => ({
        tools: tools.map((grant) =>
          grant.toolsetId === both.id ? { ...grant, expiresAt: '2001-01-01T00:00:00Z' } : grant,
        ),
      }),
      ['alias'],
    ],
    ['everything', () => ({ tools: [] }), ['a', 'b', 'alias']],
    ['nothing', () => ({ approval: 'always' as const }), []],
  ])('ends where a policy takes away %s', async (_, change, expected) => {
    verifies('S-27')
    const one = await start()
    await one.say((document) => ({ ...document, ...change(one) }))
    expect(await one.ended()).toEqual(expected)
    // Granted again: no old yes comes back.
    await one.say((document) => ({ ...document, tools: one.tools }))
    expect(await one.ended()).toEqual(expected)
  })

  it('ends where its grant had run out before it begins anew', async () => {
    verifies('S-27')
    const one = await start({ expiresAt: '2001-01-01T00:00:00Z' })
    await one.say(({ expiresAt: _, ...document }) => document)
    expect(await one.ended()).toEqual(['a', 'b', 'alias'])
  })

  it('ends where the tool is disabled, with the tools that it is', async () => {
    verifies('S-27')
    const one = await start()
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('a'), description: 'Other.' })
    expect(await one.ended()).toEqual([])
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('a'), status: 'disabled' })
    await scene.room.updateTool(scene.owner, { toolId: one.idOf('a'), status: 'active' })
    expect(await one.ended()).toEqual(['a', 'alias'])
  })

  it('ends where the tool goes with a newer document', async () => {
    verifies('S-27')
    const one = await start()
    const said = { toolsetId: one.toolset.id, document: paperOf('b') }
    const { digest } = await scene.room.preview(scene.owner, said)
    await scene.room.replaceSource(scene.owner, { ...said, expects: digest, version: 1 })
    expect(await one.ended()).toEqual(['a', 'alias'])
  })

  it('ends where the toolset is deleted', async () => {
    verifies('S-27')
    const one = await start()
    await scene.room.delete(scene.owner, { toolsetId: one.toolset.id })
    expect(await one.ended()).toEqual(['a', 'b', 'alias'])
  })

  it('ends where the toolset goes to another connection', async () => {
    verifies('S-27')
    const one = await start()
    const connectionId = await scene.addConnection()
    await scene.room.update(scene.owner, { toolsetId: one.toolset.id, connectionId })
    expect(await one.ended()).toEqual(['a', 'b', 'alias'])
  })

  it('is read of grants as calls are decided, whatever they say', async () => {
    const { toolset, idOf, policyId, connectionId } = await start()
    const { database } = scene.test
    const end = fc.constantFrom(undefined, '2001-01-01T00:00:00Z', '2999-01-01T00:00:00.000Z')
    const grant = fc.record({
      toolsetId: fc.constantFrom(toolset.id, 'tls_other'),
      toolId: fc.constantFrom(undefined, idOf('a'), idOf('b')),
      allowed: fc.boolean(),
      expiresAt: end,
    })
    const grants = fc.uniqueArray(grant, {
      maxLength: 5,
      selector: ({ toolsetId, toolId }) => (toolId === undefined ? toolsetId : toolId),
    })
    await fc.assert(
      fc.asyncProperty(grants, end, async (said, expiresAt) => {
        const tools: ToolGrant[] = JSON.parse(JSON.stringify(said))
        const document = { allow: [], approval: 'never' as const, limits: {}, windows: [], tools }
        const whole = { ...document, ...(expiresAt !== undefined && { expiresAt }) }
        await database.db.update(policies).set({ document: whole }).where(eq(policies.id, policyId))
        const call = { policyId, connectionId, toolId: idOf('a'), toolsetId: toolset.id }
        const policy = {
          grants: compileGrants(whole),
          expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
        }
        const decided = grantOf(policy, call, Date.now()) !== undefined
        expect(await database.transaction((tx) => mayBeCalled(tx, call))).toBe(decided)
      }),
      { numRuns: 60 },
    )
  })

  it('stays where only other policies are meant', async () => {
    const one = await start({ tools: [] })
    await scene.test.database.transaction((tx) => endUncallable(tx, { policyId: 'pol_other' }))
    expect(await one.ended()).toEqual([])
  })
})

type Started = Awaited<ReturnType<typeof start>>
