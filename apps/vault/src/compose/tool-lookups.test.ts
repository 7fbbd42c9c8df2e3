import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createToolLookups } from './tool-lookups.ts'

describe('the look for a tool by its name', () => {
  it('asks the database once, whether there is such a tool or not, and again after a change', async () => {
    verifies('S-09')
    const asked: string[] = []
    const lookups = createToolLookups({
      store: {
        findByName: async (_, toolset, name) => void asked.push(`${toolset}.${name}`),
        findById: async () => undefined,
      },
      cache: { isLive: () => true, ttlMs: 60_000, now: () => 0 },
    })
    const look = () => lookups.findTool('wsp_1', 'no-such.tool')
    expect([await look(), await look(), await look()]).toEqual([undefined, undefined, undefined])
    expect(asked).toEqual(['no-such.tool'])
    lookups.clear()
    await look()
    expect(asked).toEqual(['no-such.tool', 'no-such.tool'])
  })
})
