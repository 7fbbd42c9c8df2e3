import { expect, it } from 'vitest'
import { soak } from './soak/soak.ts'
import { verifies } from './verifies.ts'

// The code of `npm run soak`, for some seconds. What its judge sees stands in soak/judge.test.ts.

/** A vault that lives writes its outcomes within this time; what a killed one left open is closed later than a test waits. */
const settleMs = 3_000

it('two replicas keep every promise while they are killed, cut off and held up for some seconds', async () => {
  verifies('S-25', 'S-29', 'S-36', 'S-43', 'S-44')
  const lines: string[] = []
  const { breaches, figures } = await soak({
    ...{ seed: 7, replicas: 2, runMs: 6_000, settleMs },
    print: (line) => void lines.push(line),
    signal: new AbortController().signal,
  })
  expect(breaches, lines.join('\n')).toEqual([])
  expect(Number(figures['requests at upstreams'])).toBeGreaterThan(20)
}, 150_000)
