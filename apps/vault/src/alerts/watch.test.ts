import { defaultAlertSettings } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { WatchedRecord } from './read-seen.ts'
import { createWatch, type WatchNeeds } from './watch.ts'
import type { Claim, WatchedPart, WatchStore } from './watch-store.ts'

const nowMs = Date.UTC(2026, 10, 21, 10)

const record: WatchedRecord = {
  ...{ kind: 'intent', atMs: nowMs, agentId: 'agt_1', connectionId: 'con_1' },
  entry: '{"operation":"execute","host":"api.example","requestBytes":10}',
}

/** A log of so many records, all alike, and a clock that each part moves on. */
function createScene(
  records: number,
  given: { msPerPart?: number; failsOf?: string; onPart?: () => void } = {},
) {
  const parts: WatchedPart[] = []
  const reads: number[] = []
  const released: string[] = []
  const failures: unknown[] = []
  const clock = { ms: nowMs }
  let seq = 0
  const store: WatchStore = {
    listBehind: async () => ['wsp_bad', 'wsp_1'],
    async claim(workspaceId): Promise<Claim> {
      if (workspaceId === given.failsOf) throw new Error('no answer')
      return { workspaceId, seq, headSeq: workspaceId === 'wsp_1' ? records : 0 }
    },
    release: async (workspaceId) => void released.push(workspaceId),
    async readRecords(_, fromSeq, toSeq) {
      reads.push(toSeq - fromSeq)
      clock.ms += given.msPerPart ?? 0
      return Array.from({ length: toSeq - fromSeq }, () => record)
    },
    findBaselines: async () => new Map([['agt_1', null]]),
    findSettings: async () => defaultAlertSettings,
    findKnown: async () => [],
    countSince: async () => new Map(),
    findEnabledMs: async () => undefined,
    async commit(part) {
      parts.push(part)
      given.onPart?.()
      seq = part.toSeq
      return true
    },
    removeOld: async () => 0,
  }
  const needs: WatchNeeds = {
    store,
    disableAgent: async () => true,
    audit: { record: async () => undefined },
    newId: (kind) => `${kind}_1`,
    holder: 'one',
    now: () => clock.ms,
    onFailure: (error) => void failures.push(error),
  }
  return { ...createWatch(needs), parts, reads, released, failures }
}

describe('the watch', () => {
  it('judges a flood of records a bounded part at a time, and lets others have their turn between', async () => {
    const { run, reads, parts } = createScene(20_000)
    let turns = 0
    const turn = setInterval(() => {
      turns += 1
    }, 0)
    await run()
    clearInterval(turn)
    expect(Math.max(...reads)).toBeLessThanOrEqual(500)
    expect(reads.reduce((sum, read) => sum + read, 0)).toBe(20_000)
    expect(parts.at(-1)?.toSeq).toBe(20_000)
    expect(turns).toBeGreaterThan(5)
  })

  it('leaves the rest of one log for the next run, so that others are watched in time', async () => {
    const { run, parts } = createScene(20_000, { msPerPart: 4_000 })
    await run()
    expect(parts.at(-1)?.toSeq).toBe(1_500)
    await run()
    expect(parts.at(-1)?.toSeq).toBe(3_000)
  })

  it('stops at the next part when the vault does, and lets another replica go on', async () => {
    const scene = createScene(20_000, { onPart: () => scene.stop() })
    await scene.run()
    expect(scene.parts).toHaveLength(1)
    expect(scene.released).toContain('wsp_1')
  })

  it('goes on with other workspaces where one cannot be watched, and says so', async () => {
    const { run, parts, failures, released } = createScene(10, { failsOf: 'wsp_bad' })
    await run()
    expect(parts).toHaveLength(1)
    expect(failures).toHaveLength(1)
    expect(released).toEqual(['wsp_1'])
  })
})
