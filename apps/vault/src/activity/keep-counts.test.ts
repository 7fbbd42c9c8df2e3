import { expect, it } from 'vitest'
import { type CountKeepingStore, createKeepCounts } from './keep-counts.ts'
import { dayMs } from './kept-time.ts'

const nowMs = Date.UTC(2026, 10, 20, 13)

function job(over: Partial<CountKeepingStore>, tookMs = () => 0) {
  const asked: string[] = []
  const failures: unknown[] = []
  const parts: number[] = []
  const clock = { ms: 0 }
  const step = (name: string) => async (id: string) => {
    asked.push(`${name} ${id}`)
    return 'done' as const
  }
  const store: CountKeepingStore = {
    workspacesBehind: async () => ['wsp_1', 'wsp_2'],
    begin: async (id) => void asked.push(`begin ${id}`),
    removeOld: step('remove'),
    countOn: step('count'),
    fillBack: step('fill'),
    ...over,
  }
  const { run, stop } = createKeepCounts({
    store: {
      ...store,
      async fillBack(id, back) {
        parts.push(back.partMs)
        clock.ms += tookMs()
        return await store.fillBack(id, back)
      },
    },
    now: () => nowMs,
    monotonicMs: () => clock.ms,
    onFailure: (error) => failures.push(error),
  })
  return { run, stop, asked, failures, parts }
}

it('removes what is old before it fills in, one workspace after the other', async () => {
  const { run, asked } = job({})
  await run()
  const steps = ['begin', 'remove', 'count', 'fill']
  expect(asked).toEqual(['wsp_1', 'wsp_2'].flatMap((id) => steps.map((step) => `${step} ${id}`)))
})

it('tells of a workspace that cannot be counted, and counts the others', async () => {
  const broken = new Error('no')
  const { run, asked, failures } = job({
    countOn: async (id) => {
      if (id === 'wsp_1') throw broken
      return 'done'
    },
  })
  await run()
  expect(failures).toEqual([broken])
  expect(asked).toContain('fill wsp_2')
})

it('fills in longer parts while they are quick, shorter ones where they are slow or fail, and ends in time', async () => {
  const more = async () => 'more' as const
  const quick = job({ fillBack: more }, () => 1_000)
  await quick.run()
  expect(quick.parts).toHaveLength(10)
  expect(Math.max(...quick.parts)).toBe(dayMs)
  const slow = job({ fillBack: more }, () => 4_000)
  await slow.run()
  expect(slow.parts).toEqual([3_600_000, 1_800_000, 900_000])
  const failing = job({
    fillBack: async () => {
      throw new Error('too long')
    },
  })
  for (let n = 0; n < 9; n += 1) await failing.run()
  expect(failing.failures).toHaveLength(18)
  expect(failing.parts.at(-1)).toBe(10_000)
})

it('ends with the step that it is at where the vault stops, and does nothing afterwards', async () => {
  const { run, stop, asked } = job({
    countOn: async () => {
      stop()
      return 'more'
    },
  })
  await run()
  const asOfNow = ['begin wsp_1', 'remove wsp_1']
  expect(asked).toEqual(asOfNow)
  await run()
  expect(asked).toEqual(asOfNow)
})
