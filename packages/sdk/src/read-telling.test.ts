import { describe, expect, it } from 'vitest'
import { createClient } from './create-client.ts'

const encoder = new TextEncoder()

/** A vault that answers with these chunks, and a client that asks for progress. */
function stage(chunks: readonly string[], type = 'text/event-stream') {
  const accepted: unknown[] = []
  const client = createClient({
    ...{ baseUrl: 'http://vault', auth: { kind: 'bearer', token: 't' } },
    fetch: async (_, init) => {
      accepted.push((init.headers as Record<string, string>).accept)
      const rest = chunks.map((chunk) => encoder.encode(chunk))
      const read = async () => {
        const value = rest.shift()
        return value === undefined ? { done: true } : { done: false, value }
      }
      const cancel = async () => {}
      return {
        ...{ status: 200, ok: true, type: 'default' },
        headers: { get: (name) => (name === 'content-type' ? type : null) },
        body: { cancel, getReader: () => ({ read, cancel }) },
      }
    },
  })
  const told: unknown[] = []
  const call = () =>
    client.call('callMyTool', { name: 'a.b' }, { onProgress: (one) => told.push(one) })
  return { call, told, accepted }
}

const answer = (status: number, body: unknown) =>
  `event: answer\ndata: ${JSON.stringify({ status, body })}\n\n`

describe('an answer that tells of progress', () => {
  it('is told as it comes, however it is cut into pieces, and is the plain answer in the end', async () => {
    const whole = `event: progress\ndata: {"progress":1,"total":2}\n\n:\n\nevent: progress\ndata: {"progress":2,"message":"ä"}\n\n${answer(200, { status: 200, body: 'ä' })}`
    for (const size of [1, 7, 1000]) {
      const chunks: string[] = []
      for (let at = 0; at < whole.length; at += size) chunks.push(whole.slice(at, at + size))
      const { call, told } = stage(chunks)
      expect(await call()).toEqual({ status: 200, body: 'ä' })
      expect(told).toEqual([
        { progress: 1, total: 2 },
        { progress: 2, message: 'ä' },
      ])
    }
  })

  it('is the Problem that the plain answer would have been', async () => {
    const { call } = stage([answer(502, { type: 'upstream-unreachable', detail: 'Down.' })])
    await expect(call()).rejects.toMatchObject({ type: 'upstream-unreachable', detail: 'Down.' })
  })

  it.each([
    ['nothing', []],
    ['progress alone', ['event: progress\ndata: {"progress":1}\n\n']],
    ['half an answer', ['event: answer\ndata: {"status":200']],
    ['an answer that is none', ['event: answer\ndata: 1\n\n']],
  ])('that breaks off after %s is a failure, and not an empty success', async (_, chunks) => {
    const { call } = stage(chunks)
    await expect(call()).rejects.toMatchObject({ type: 'vault-invalid-answer' })
  })

  it('is asked for with the plain one, which is as good', async () => {
    const { call, accepted } = stage(['{"status":204}'], 'application/json')
    expect(await call()).toEqual({ status: 204 })
    expect(accepted).toEqual(['application/json, text/event-stream'])
  })
})
