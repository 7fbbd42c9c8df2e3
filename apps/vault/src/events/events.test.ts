import type { OwnerScope } from '@sallyport/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { createEvents, type RowChange } from './events.ts'

const everyScope: OwnerScope[] = [
  'agents:read',
  'connections:read',
  'policies:read',
  'capabilities:read',
  'approvals:read',
  'audit:read',
  'workspace:read',
]

let hashes = 0
function person(over: Partial<AuthenticatedOwner> = {}): AuthenticatedOwner {
  hashes += 1
  return {
    ownerId: 'own_1',
    workspaceId: 'wsp_1',
    email: 'owner@example.com',
    role: 'owner',
    scopes: new Set(everyScope),
    via: 'session',
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    sessionHash: new Uint8Array([hashes >> 8, hashes & 255]),
    ...over,
  }
}

function world() {
  const listeners = new Set<(change: RowChange) => void>()
  const state = {
    live: true,
    seqs: new Map<string, number>(),
    asked: [] as (readonly string[])[],
    recheck: async (owner: AuthenticatedOwner): Promise<AuthenticatedOwner | undefined> => owner,
    rechecks: 0,
  }
  const events = createEvents({
    feed: {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      isLive: () => state.live,
    },
    recheck(owner) {
      state.rechecks += 1
      return state.recheck(owner)
    },
    async readAuditSeqs(workspaceIds) {
      state.asked.push(workspaceIds)
      return new Map([...state.seqs].filter(([id]) => workspaceIds.includes(id)))
    },
    now: () => performance.now(),
    onFailure: (error) => {
      throw error
    },
  })
  const change = (table: string, id: string, workspaceId?: string) => {
    for (const listener of listeners) listener({ table, id, workspaceId })
  }
  return { events, state, change, listeners }
}

/** Reads all that comes, as it comes. */
function follow(body: ReadableStream<Uint8Array>) {
  const seen = { text: '', isDone: false }
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const run = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      seen.text += decoder.decode(value)
    }
    seen.isDone = true
  }
  void run()
  return {
    told: (): unknown[] =>
      [...seen.text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? '')),
    text: () => seen.text,
    isDone: () => seen.isDone,
    leave: () => reader.cancel(),
  }
}

const reset = { type: 'reset' }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('who hears what', () => {
  it('never tells of another workspace', async () => {
    verifies('S-09')
    const { events, change, state } = world()
    const reader = follow(events.open(person()))
    for (const table of ['approvals', 'agents', 'connections', 'policies', 'workspaces']) {
      change(table, 'x_1', 'wsp_2')
    }
    change('agents', 'agt_nobody')
    state.seqs.set('wsp_2', 7)
    await pass(3_000)
    expect(reader.told()).toEqual([reset])
    expect(state.asked.flat()).not.toContain('wsp_2')
  })

  it('tells only of what the scopes let the reader read', async () => {
    verifies('S-08')
    const { events, change, state } = world()
    const scopes = new Set<OwnerScope>(['workspace:read', 'agents:read'])
    const reader = follow(events.open(person({ scopes })))
    for (const table of ['approvals', 'capability_requests', 'agents', 'connections', 'policies']) {
      change(table, 'x_1', 'wsp_1')
    }
    state.seqs.set('wsp_1', 7)
    await pass(3_000)
    expect(reader.told()).toEqual([reset, { type: 'changed', noun: 'agents', id: 'x_1' }])
    expect(state.asked).toEqual([])
  })

  it('names what changed by the noun that it is read by, and once however often it was heard', async () => {
    const { events, change } = world()
    const reader = follow(events.open(person()))
    await pass(100)
    for (let i = 0; i < 3; i += 1) change('approvals', 'apr_1', 'wsp_1')
    change('capability_requests', 'cap_1', 'wsp_1')
    change('workspaces', 'wsp_1', 'wsp_1')
    change('agent_tokens', 'ff', 'wsp_1')
    await pass(100)
    expect(reader.told()).toEqual([
      reset,
      { type: 'changed', noun: 'approvals', id: 'apr_1' },
      { type: 'changed', noun: 'capability-requests', id: 'cap_1' },
      { type: 'changed', noun: 'workspace', id: 'wsp_1' },
    ])
  })

  it('tells that the audit log grew at most once a second, and asks nothing while nobody listens', async () => {
    const { events, state } = world()
    await pass(5_000)
    expect(state.asked).toEqual([])
    const reader = follow(events.open(person()))
    for (let i = 1; i <= 50; i += 1) {
      state.seqs.set('wsp_1', i)
      await pass(100)
    }
    const ticks = reader.told().filter((event) => JSON.stringify(event).includes('audit'))
    expect(ticks.length).toBeGreaterThan(2)
    expect(ticks.length).toBeLessThanOrEqual(5)
    await reader.leave()
    const asked = state.asked.length
    await pass(5_000)
    expect(state.asked).toHaveLength(asked)
  })
})

describe('a session or token that is over', () => {
  it('ends its streams within five seconds, and those of nobody else', async () => {
    verifies('S-10', 'S-42')
    const { events, state, change } = world()
    const [gone, other] = [person(), person()]
    const readers = [events.open(gone), events.open(gone), events.open(other)].map(follow)
    await pass(1_000)
    state.recheck = async (owner) => (owner.sessionHash === gone.sessionHash ? undefined : owner)
    await pass(5_000)
    change('agents', 'agt_1', 'wsp_1')
    await pass(100)
    expect(readers.map((reader) => reader.isDone())).toEqual([true, true, false])
    expect(readers[0]?.told()).toEqual([reset, { type: 'ended' }])
    expect(readers[2]?.told()).toContainEqual({ type: 'changed', noun: 'agents', id: 'agt_1' })
  })

  it('ends where the role or the token no longer lets it listen, and narrows with its scopes', async () => {
    verifies('S-08')
    const { events, state, change } = world()
    const reader = follow(events.open(person()))
    await pass(100)
    state.recheck = async (owner) => ({ ...owner, scopes: new Set(['workspace:read'] as const) })
    await pass(5_000)
    change('agents', 'agt_1', 'wsp_1')
    await pass(100)
    expect(reader.told()).toEqual([reset])
    state.recheck = async (owner) => ({ ...owner, scopes: new Set(['agents:read'] as const) })
    await pass(5_000)
    expect(reader.isDone()).toBe(true)
  })

  it('tells nothing for as long as nobody can say, and a reset afterwards', async () => {
    verifies('S-44')
    const { events, state, change } = world()
    const reader = follow(events.open(person()))
    state.recheck = () => Promise.reject(new Error('the database is away'))
    await pass(20_000)
    const before = reader.told().length
    for (let i = 0; i < 200; i += 1) change('agents', `agt_${i}`, 'wsp_1')
    await pass(2_000)
    expect(reader.told()).toHaveLength(before)
    expect(reader.isDone()).toBe(false)
    state.recheck = async (owner) => owner
    await pass(6_000)
    expect(reader.told().slice(before)).toEqual([reset])
  })

  it('asks about each of many about every four seconds, whatever the number of streams', async () => {
    const { events, state } = world()
    const owner = person()
    for (let i = 0; i < 5; i += 1) follow(events.open(owner))
    await pass(40_000)
    expect(state.rechecks).toBeGreaterThanOrEqual(8)
    expect(state.rechecks).toBeLessThanOrEqual(11)
  })
})

describe('a feed that is not live', () => {
  it('is followed by one reset, once it is live again', async () => {
    verifies('S-44')
    const { events, state, change } = world()
    const reader = follow(events.open(person()))
    await pass(100)
    state.live = false
    change('*', '*')
    change('agents', 'agt_1', 'wsp_1')
    await pass(8_000)
    expect(reader.told()).toEqual([reset])
    state.live = true
    await pass(1_000)
    expect(reader.told()).toEqual([reset, reset])
  })
})

describe('bounds', () => {
  it('keeps for a reader who does not read one reset in place of ever more', async () => {
    const { events, change } = world()
    const body = events.open(person())
    for (let i = 0; i < 10_000; i += 1) {
      change('agents', `agt_${i}`, 'wsp_1')
      if (i % 500 === 0) await pass(100)
    }
    await pass(60_000)
    const reader = follow(body)
    await pass(1_000)
    expect(reader.told().length).toBeLessThan(5)
    expect(reader.told().at(-1)).toEqual(reset)
    change('agents', 'agt_last', 'wsp_1')
    await pass(100)
    expect(reader.told().at(-1)).toEqual({ type: 'changed', noun: 'agents', id: 'agt_last' })
  })

  it('ends the oldest of a person’s streams for the eleventh, in whatever sessions they are', async () => {
    const { events } = world()
    const other = follow(events.open(person({ ownerId: 'own_2' })))
    const readers = Array.from({ length: 11 }, () => follow(events.open(person())))
    await pass(100)
    expect(readers.map((reader) => reader.isDone())).toEqual([true, ...Array(10).fill(false)])
    // Not `ended`: the person is signed in.
    expect(readers[0]?.told()).toEqual([reset])
    expect(other.isDone()).toBe(false)
  })

  it('opens no more than a thousand, and again once somebody has left', async () => {
    const { events } = world()
    const readers = Array.from({ length: 1_000 }, (_, i) =>
      follow(events.open(person({ ownerId: `own_${i}` }))),
    )
    expect(() => events.open(person({ ownerId: 'own_x' }))).toThrow(/Too many screens/)
    await readers[3]?.leave()
    expect(() => events.open(person({ ownerId: 'own_x' }))).not.toThrow()
  })

  it('keeps no timer once the last reader has left', async () => {
    const { events, change } = world()
    const readers = Array.from({ length: 3 }, () => follow(events.open(person())))
    await pass(5_000)
    for (const reader of readers) await reader.leave()
    change('agents', 'agt_1', 'wsp_1')
    await pass(1_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes a comment at least every fifteen seconds', async () => {
    const { events } = world()
    const reader = follow(events.open(person()))
    await pass(46_000)
    expect(reader.text().match(/^:$/gm)).toHaveLength(3)
  })

  it('ends every stream when it is closed, and opens none any more', async () => {
    const { events, listeners } = world()
    const reader = follow(events.open(person()))
    events.close()
    await pass(10)
    expect(reader.isDone()).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    expect(listeners.size).toBe(0)
    expect(() => events.open(person())).toThrow()
  })
})
