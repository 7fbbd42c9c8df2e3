import type { ServerContext } from '@modelcontextprotocol/server'
import { expect, it, vi } from 'vitest'
import { reportProgress } from './report-progress.ts'

function stage(progressToken: string | undefined = 'token') {
  const told: { progress: number; total?: number; message?: string }[] = []
  let nowMs = 0
  const mcpReq = {
    _meta: progressToken === undefined ? {} : { progressToken },
    notify: async ({ params }: { params: (typeof told)[number] }) => void told.push(params),
  }
  const context = { mcpReq } as unknown as ServerContext
  const progress = reportProgress(context, { intervalMs: 5_000, now: () => nowMs })
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { told, progress, pass }
}

it('passes on what an upstream says of its progress as it is, from nothing on', () => {
  const { told, progress } = stage()
  progress.relay?.({ progress: 0, total: 2, message: 'begin' })
  progress.relay?.({ progress: 1, total: 2 })
  progress.relay?.({ progress: 2, total: 2, message: 'end' })
  progress.end()
  expect(told).toEqual([
    { progressToken: 'token', progress: 0, total: 2, message: 'begin' },
    { progressToken: 'token', progress: 1, total: 2 },
    { progressToken: 'token', progress: 2, total: 2, message: 'end' },
  ])
})

it('never tells less than it told before, whatever an upstream says and however long an owner took', () => {
  const { told, progress, pass } = stage()
  pass(40_000)
  progress.report('Waiting for the owner')
  for (const one of [1, 1, 0.5, 3]) progress.relay?.({ progress: one, total: 4 })
  progress.end()
  const sent = told.map((one) => one.progress)
  expect(sent).toEqual([...sent].sort((a, b) => a - b))
  expect(new Set(sent).size).toBe(5)
  expect(told.at(-1)).toMatchObject({ progress: 43, total: 44 })
})

it('keeps a client that listens alive between two reports, with the last that was said', () => {
  vi.useFakeTimers()
  try {
    const { told, progress } = stage()
    progress.relay?.({ progress: 1, total: 4, message: 'working' })
    vi.advanceTimersByTime(5_000)
    progress.relay?.({ progress: 2, total: 4 })
    progress.end()
    expect(told.map((one) => one.message)).toEqual(['working', 'working', undefined])
    expect(told.at(-1)).toMatchObject({ progress: 2, total: 4 })
  } finally {
    vi.useRealTimers()
  }
})

it('tells nothing to a client that did not ask', () => {
  const { told, progress } = stage('')
  expect(progress.heard).toBe(true)
  expect(
    reportProgress({ mcpReq: {} } as ServerContext, { intervalMs: 1, now: () => 0 }),
  ).toMatchObject({
    heard: false,
    relay: undefined,
  })
  progress.end()
  expect(told).toEqual([])
})
