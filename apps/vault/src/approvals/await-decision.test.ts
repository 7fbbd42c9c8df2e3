import { setMaxListeners } from 'node:events'
import { Problem } from '@sallyport/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDecisionWaiter, type Waiting } from './await-decision.ts'

type Status = 'pending' | 'approved'

function build() {
  const listeners: ((approvalId: string | undefined) => void)[] = []
  const agentListeners: ((agentId: string) => void)[] = []
  const waiter = createDecisionWaiter({
    subscribe: (listener) => void listeners.push(listener),
    subscribeAgents: (listener) => void agentListeners.push(listener),
    monotonicMs: () => Date.now(),
  })
  const state = { status: 'pending' as Status, reads: 0 }
  const gone = new AbortController()
  setMaxListeners(0, gone.signal)
  const wait = (waiting: Partial<Waiting> = {}) =>
    waiter.wait(
      {
        approvalId: 'apr_1',
        agentId: 'agt_1',
        waitMs: 60_000,
        gone: () => gone.signal,
        heldBytes: 0,
        ...waiting,
      },
      async () => {
        state.reads += 1
        return { status: state.status }
      },
    )
  const tell = (approvalId: string | undefined) => {
    for (const listener of listeners) listener(approvalId)
  }
  const tellAgent = (agentId: string) => {
    for (const listener of agentListeners) listener(agentId)
  }
  return { waiter, state, gone, wait, tell, tellAgent }
}

/** Is it settled after this much time? */
async function isSettledAfter(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  await vi.advanceTimersByTimeAsync(ms)
  return settled
}

describe('whoever waits for a decision', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is answered at once when the approval changes, also while it is being read', async () => {
    const { state, wait, tell } = build()
    const waiting = wait()
    expect(await isSettledAfter(100, waiting)).toBe(false)
    tell('apr_other')
    expect(await isSettledAfter(1, waiting)).toBe(false)
    state.status = 'approved'
    tell('apr_1')
    expect(await waiting).toEqual({ status: 'approved' })
    state.status = 'pending'
    const during = wait()
    state.status = 'approved'
    tell('apr_1')
    expect(await isSettledAfter(10, during)).toBe(true)
  })

  it('finds out by itself where no change is heard of', async () => {
    const { state, wait } = build()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(1)
    state.status = 'approved'
    expect(await isSettledAfter(6_000, waiting)).toBe(true)
  })

  it('looks again when anything may have changed', async () => {
    const { state, wait, tell } = build()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(1)
    state.status = 'approved'
    tell(undefined)
    expect(await isSettledAfter(1, waiting)).toBe(true)
  })

  it('looks at once whether its agent may still wait, and leaves others waiting', async () => {
    const { state, wait, tellAgent } = build()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(1)
    const { reads } = state
    tellAgent('agt_2')
    await vi.advanceTimersByTimeAsync(1)
    expect(state.reads).toBe(reads)
    state.status = 'approved'
    tellAgent('agt_1')
    expect(await isSettledAfter(1, waiting)).toBe(true)
  })

  it('waits no longer than it wanted to, nor after hanging up, nor when the vault stops', async () => {
    const { wait, gone, waiter } = build()
    const short = wait({ waitMs: 300 })
    expect(await isSettledAfter(299, short)).toBe(false)
    expect(await isSettledAfter(1, short)).toBe(true)
    const hungUp = wait()
    await vi.advanceTimersByTimeAsync(10)
    gone.abort()
    expect(await isSettledAfter(1, hungUp)).toBe(true)
    const other = build()
    const stopped = other.wait()
    await vi.advanceTimersByTimeAsync(10)
    other.waiter.endWaits()
    expect(await isSettledAfter(1, stopped)).toBe(true)
    expect(await isSettledAfter(1, other.wait())).toBe(true)
    waiter.endWaits()
  })

  it('is failed by whoever stops its call, and leaves nothing behind', async () => {
    const { wait, state } = build()
    const stops = new Set<(problem: Problem) => void>()
    const waiting = wait({ stops }).catch((problem: Problem) => problem.type)
    await vi.advanceTimersByTimeAsync(1)
    expect(stops.size).toBe(1)
    for (const stop of stops) stop(new Problem('request-stopped'))
    expect(await waiting).toBe('request-stopped')
    expect(stops.size).toBe(0)
    const { reads } = state
    await vi.advanceTimersByTimeAsync(60_000)
    expect(state.reads).toBe(reads)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not one of too many: of one agent, of all, or with too much in memory', async () => {
    const { wait, waiter } = build()
    const ofOne = Array.from({ length: 50 }, () => wait())
    expect(await isSettledAfter(1, wait())).toBe(true)
    expect(await isSettledAfter(1, wait({ agentId: 'agt_2' }))).toBe(false)
    const large = wait({ agentId: 'agt_3', heldBytes: 30 * 1024 * 1024 })
    expect(await isSettledAfter(1, large)).toBe(false)
    const larger = wait({ agentId: 'agt_3', heldBytes: 3 * 1024 * 1024 })
    expect(await isSettledAfter(1, larger)).toBe(true)
    const many = Array.from({ length: 2_000 }, (_, at) => wait({ agentId: `agt_x${at}` }))
    await vi.advanceTimersByTimeAsync(1)
    expect(await isSettledAfter(1, wait({ agentId: 'agt_last' }))).toBe(true)
    waiter.endWaits()
    await vi.advanceTimersByTimeAsync(1)
    await Promise.all([...ofOne, large, ...many])
  })
})
