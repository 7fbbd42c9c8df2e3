import { expect, it } from 'vitest'
import { endWhenGone } from './end-when-gone.ts'
import { createRunningCalls } from './running-calls.ts'

function stage() {
  const running = createRunningCalls().begin({ connectionId: 'con_1' })
  const stopped: string[] = []
  running.stops.add(({ type }) => void stopped.push(type))
  return { running, stopped, client: new AbortController() }
}

it('ends a call on its way when its client takes it back', () => {
  const { running, stopped, client } = stage()
  endWhenGone(running, client.signal)
  expect(running.isEnded()).toBe(false)
  client.abort()
  expect([running.isEnded(), stopped]).toEqual([true, ['request-stopped']])
})

it('ends a call whose client is gone before it is sent', () => {
  const { running, client } = stage()
  client.abort()
  endWhenGone(running, client.signal)
  expect(running.isEnded()).toBe(true)
})

it('leaves a call alone that was over before its client went', () => {
  const { running, stopped, client } = stage()
  endWhenGone(running, client.signal)()
  client.abort()
  expect([running.isEnded(), stopped]).toEqual([false, []])
})
