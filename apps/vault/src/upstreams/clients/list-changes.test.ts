import type { Client } from '@modelcontextprotocol/client'
import { afterEach, expect, it, vi } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { createListChanges } from './list-changes.ts'

afterEach(() => void vi.useRealTimers())

/** The ears of a client that hears what `say` says. */
function listening() {
  const handlers = new Map<string, () => void>()
  const client: Pick<Client, 'setNotificationHandler'> = {
    setNotificationHandler: (method: string, handle: unknown) =>
      void handlers.set(method, handle as () => void),
  }
  const changes = createListChanges(client as Client, () => Date.now())
  const told: number[] = []
  changes.onChanged(() => told.push(Date.now()))
  return { told, changes, say: () => handlers.get('notifications/tools/list_changed')?.() }
}

it('tells of a list that does not stop to change more and more seldom, and at once again after a while', async () => {
  verifies('S-44')
  vi.useFakeTimers({ now: 0 })
  const { told, changes, say } = listening()
  // Ten minutes of a notice every tenth of a second: three hundred changes, if each were told after two seconds.
  for (let at = 0; at < 6_000; at += 1) {
    say()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(told.length).toBeLessThan(20)
  const pauses = told.slice(1).map((at, index) => at - (told[index] ?? 0))
  expect(pauses.slice(0, 3)).toEqual([2_000, 4_000, 8_000])
  expect(Math.max(...pauses)).toBeLessThan(60_500)
  await vi.advanceTimersByTimeAsync(300_000)
  const before = told.length
  say()
  await vi.advanceTimersByTimeAsync(300)
  expect(told.length).toBe(before + 1)
  changes.stop()
})
