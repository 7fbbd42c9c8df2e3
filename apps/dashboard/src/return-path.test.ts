import { describe, expect, it } from 'vitest'
import { returnPath } from './return-path.ts'

describe('the way back', () => {
  it('names the new connection to the pages that wait for one', () => {
    expect(returnPath('/welcome', 'con_1')).toBe('/welcome?connectionId=con_1')
    expect(returnPath('/capability-requests/cap_1?x=1', 'con_1')).toBe(
      '/capability-requests/cap_1?x=1&connectionId=con_1',
    )
  })

  it.each(['/', '/policies?agentId=a', '/capability-requests', '/connections/con_2#top'])(
    'is else the one that was given (%s)',
    (path) => {
      expect(returnPath(path, 'con_1')).toBe(path)
    },
  )
})
