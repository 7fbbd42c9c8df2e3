import { type AgentTool, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { createWatchedTools } from './watch-granted.ts'

type Input = { readonly since?: string; readonly waitSeconds?: number; readonly cursor?: string }

const tool = (name: string) => ({ name }) as AgentTool
const page = (revision: string, ...names: string[]) => ({
  ...{ tools: names.map(tool), revision, listing: 'auto' as const },
})
const same = (revision: string) => ({ ...page(revision), unchanged: true })
const unreachable = new Problem('vault-unreachable')
const signal = new AbortController().signal

type Answer = object | Problem | 'hold'

/**
 * A vault that gives its answers in turn and then holds every question. Time passes in pauses that are let go one by one, and
 * by what an answer says it took.
 */
function stage(answers: readonly Answer[], { isThere = true } = {}) {
  const asked: Input[] = []
  const pausedMs: number[] = []
  const told: number[] = []
  const ended = new AbortController()
  let nowMs = 0
  let next = 0
  const call = async (_: string, input: Input, options: { signal: AbortSignal }) => {
    asked.push(input)
    const answer = answers[next] ?? 'hold'
    next += 1
    if (input.waitSeconds !== undefined) nowMs += 20_000
    if (answer === 'hold') {
      return await new Promise((_resolve, reject) => {
        options.signal.addEventListener('abort', () => reject(new Error('ended')))
      })
    }
    if (answer instanceof Problem) throw answer
    return answer
  }
  const tools = createWatchedTools({
    client: { call } as unknown as Client,
    clock: {
      now: () => nowMs,
      pause: async (ms, stop) => {
        pausedMs.push(ms)
        // The patience of the first list outlasts everything here.
        if (pausedMs.length === 1) {
          return await new Promise<void>((resolve) => {
            stop.addEventListener('abort', () => resolve())
          })
        }
        stop.throwIfAborted()
        await new Promise((resolve) => setImmediate(resolve))
      },
    },
    onChanged: () => void told.push(asked.length),
    isThere: async () => isThere,
    ended: ended.signal,
  })
  const names = async () => (await tools.list(signal)).tools.map(({ name }) => name)
  return { names, asked, pausedMs, told, end: () => ended.abort() }
}
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('granted tools that are watched', () => {
  it('are asked for when a client first wants to know, and not before', async () => {
    const { names, asked, told, end } = stage([page('1', 'a', 'b')])
    await settle()
    expect(asked).toEqual([])
    expect(await names()).toEqual(['a', 'b'])
    await settle()
    expect(told).toEqual([])
    expect(asked).toEqual([{ limit: 1000 }, { limit: 1000, since: '1', waitSeconds: 50 }])
    expect(await names()).toEqual(['a', 'b'])
    end()
  })

  it('are told of once they are others, however long that takes', async () => {
    const { names, told, asked, end } = stage([
      page('1', 'a'),
      same('1'),
      same('1'),
      page('2', 'b'),
      same('2'),
    ])
    await names()
    await settle()
    expect(told).toHaveLength(1)
    expect(asked.at(-1)).toMatchObject({ since: '2' })
    expect(await names()).toEqual(['b'])
    end()
  })

  it('are none while there is no vault, and told of when it comes', async () => {
    const { names, told, asked, pausedMs, end } = stage(
      [unreachable, unreachable, page('1', 'a')],
      { isThere: false },
    )
    expect(await names()).toEqual([])
    expect(asked).toEqual([])
    await settle()
    expect(told).toHaveLength(1)
    expect(await names()).toEqual(['a'])
    expect(pausedMs.slice(1, 4)).toEqual([1_000, 2_000, 4_000])
    end()
  })

  it('are what they were where the vault refuses later', async () => {
    const refused = new Problem('unauthenticated')
    const { names, told, end } = stage([page('1', 'a'), refused, refused, same('1')])
    expect(await names()).toEqual(['a'])
    await settle()
    expect(await names()).toEqual(['a'])
    expect(told).toEqual([])
    end()
  })

  it('are read page by page', async () => {
    const { names, asked, end } = stage([
      { ...page('1', 'a'), nextCursor: 'a' },
      { ...page('1', 'b'), nextCursor: 'b' },
      page('1', 'c'),
    ])
    expect(await names()).toEqual(['a', 'b', 'c'])
    expect(asked.slice(0, 3).map(({ cursor }) => cursor)).toEqual([undefined, 'a', 'b'])
    end()
  })

  it('are not asked for any more once the conversation is over', async () => {
    const { names, asked, end } = stage([page('1', 'a')])
    await names()
    await settle()
    end()
    await settle()
    const count = asked.length
    await settle()
    expect(asked).toHaveLength(count)
  })
})
