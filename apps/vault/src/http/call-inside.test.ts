import { operations as op, Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createBodyBudget } from './body-budget.ts'
import { createInsideClients } from './call-inside.ts'
import { mount } from './mount.ts'
import { createResponder } from './respond.ts'
import { createFlowCookie, createSessionCookie } from './session-cookie.ts'

const agent = {
  ...{ agentId: 'agt_1', workspaceId: 'wsp_1', name: 'one', via: 'token' as const },
  tokenHash: new Uint8Array(),
}
const from = {
  ...{ address: '192.0.2.7', userAgent: undefined, host: undefined },
  ...{ cookie: undefined, flowCookie: undefined, passed: 'con_1 secret-of-theirs' },
}

function scene(isGood: () => boolean = () => true) {
  const seen: { input: unknown; from: unknown; isGone: boolean }[] = []
  const logged: unknown[] = []
  const refused: Problem[] = []
  const held = { calls: 0 }
  const mounted = mount(op.callMyTool, async ({ input, from: source, gone }) => {
    seen.push({ input, from: source, isGone: gone().aborted })
    if (input.name === 'fails.now') throw new Error('upstream-secret')
    return { status: 200, headers: {}, body: { a: 1 }, auditId: 'aud_1', extra: 'kept back' }
  })
  const clientOf = createInsideClients([mounted], {
    auth: {
      authenticateAgent: async () => {
        if (!isGood()) throw new Problem('unauthenticated', 'No.', {})
        return agent
      },
      authenticateOwner: () => Promise.reject(new Error('no owners here')),
      ...{ cookies: createSessionCookie(false), flowCookies: createFlowCookie(false) },
      ownOrigins: () => [],
    },
    ...{ respond: createResponder(false), bodies: createBodyBudget() },
    log: { error: (fields) => logged.push(fields), warn: () => {} },
    recordRefusal: async ({ problem }) => void refused.push(problem),
    requestId: () => 'req_other',
    clientAddress: () => '127.0.0.1',
  })
  const keep = () => {
    held.calls += 1
    return () => {
      held.calls -= 1
    }
  }
  const client = clientOf({ bearer: 'spt_1', requestId: 'req_1', from, keep })
  return { client, seen, logged, refused, held }
}

const ask = { name: 'notes.add', arguments: { text: 'hi' } }

describe('a call from within', () => {
  it('is not made once whoever asked for it has hung up', async () => {
    const { client, seen, logged, held } = scene()
    const left = new AbortController()
    left.abort(new Error('taken back'))
    await expect(client.call('callMyTool', ask, { signal: left.signal })).rejects.toThrow(
      'taken back',
    )
    expect([seen, logged, held.calls]).toEqual([[], [], 0])
  })

  it('comes from where the request came from, is looked at like one from outside, and answers what is named alone', async () => {
    const { client, seen, refused, held } = scene()
    expect(await client.call('callMyTool', ask)).toEqual({
      ...{ status: 200, headers: {}, body: { a: 1 }, auditId: 'aud_1' },
    })
    expect(seen).toEqual([{ input: ask, from, isGone: false }])
    for (const wrong of [{ ...ask, other: 1 }, { arguments: {} }, { ...ask, name: '../x' }]) {
      await expect(client.call('callMyTool', wrong as typeof ask)).rejects.toMatchObject({
        type: 'invalid-input',
      })
    }
    expect(refused).toHaveLength(3)
    expect([seen.length, held.calls]).toEqual([1, 0])
  })

  it('is authenticated each time (S-10)', async () => {
    const state = { isGood: true }
    const { client, seen } = scene(() => state.isGood)
    await client.call('callMyTool', ask)
    state.isGood = false
    await expect(client.call('callMyTool', ask)).rejects.toMatchObject({ type: 'unauthenticated' })
    expect(seen).toHaveLength(1)
  })

  it('tells nothing of a fault, logs it once, and keeps its memory counted until it is over', async () => {
    const { client, logged, held } = scene()
    const failing = client.call('callMyTool', { ...ask, name: 'fails.now' })
    expect(held.calls).toBe(1)
    const thrown: unknown = await failing.catch((error: unknown) => error)
    expect(thrown).toMatchObject({ type: 'internal-error', extra: { requestId: 'req_1' } })
    expect(JSON.stringify(thrown)).not.toContain('upstream-secret')
    expect(thrown instanceof Problem && thrown.cause).toBeUndefined()
    expect([logged.length, held.calls]).toEqual([1, 0])
  })

  it('reaches what agents may do, and nothing else', async () => {
    const { client } = scene()
    await expect(client.call('listAgents', {})).rejects.toThrow('not for agents')
  })
})
