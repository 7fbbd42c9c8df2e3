import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem } from '@sallyport/contracts'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  asking,
  type ClientRoom,
  calling,
  createClientRoom,
  problemOf,
} from '../../../../../test/fixtures/upstreams/client-room.ts'
import { untilGone } from '../../../../../test/fixtures/upstreams/process-group.ts'

let dir: string
const program = () => join(dir, 'program.mjs')
const rooms: ClientRoom[] = []

// As one file where everybody may read it: a program runs as a user who can read nothing else.
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-sdk-program-'))
  chmodSync(dir, 0o755)
  await build({
    entryPoints: [
      fileURLToPath(
        new URL('../../../../../test/fixtures/upstreams/sdk-program.ts', import.meta.url),
      ),
    ],
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: program(), logLevel: 'error' },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  })
  chmodSync(program(), 0o644)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.end()
})

async function connect(kind: string, more: { readTimeoutMs?: number } = {}) {
  const room = createClientRoom()
  rooms.push(room)
  const upstream = await room.open({ args: [program(), kind], ...more })
  return { room, upstream }
}

describe.each(['old', 'new'])('a program made with the %s SDK', (kind) => {
  it('is asked for all that it has, and gone when it is closed', async () => {
    const { room, upstream } = await connect(kind)
    expect(upstream.protocolVersion).toBe(kind === 'new' ? '2026-07-28' : '2025-11-25')
    expect(upstream.serverInfo.name).toBe(kind)
    const { tools } = await upstream.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'slow', 'cancelled', 'grow'])
    const replies = await Promise.all([
      calling(upstream, ['echo', { text: 'hello' }]),
      asking(upstream, ['resources/read', { uri: 'memo://one' }]),
      asking(upstream, ['prompts/get', { name: 'greet', arguments: { name: 'Ada' } }]),
    ])
    expect(replies.map((reply) => reply.ok && reply.result)).toMatchObject([
      { content: [{ type: 'text', text: 'hello' }] },
      { contents: [{ text: 'first' }] },
      { messages: [{ content: { text: 'Greet Ada' } }] },
    ])
    await upstream.close()
    for (const group of room.groups) await untilGone(group, 200)
  })

  it('tells how far it is, and stops when it is told to', async () => {
    const { upstream } = await connect(kind, { readTimeoutMs: 800 })
    const progress: number[] = []
    const onProgress = (one: { progress: number }) => progress.push(one.progress)
    const reply = await calling(upstream, ['slow', { ms: 1_200 }], { onProgress })
    expect(reply).toMatchObject({ result: { content: [{ text: 'done' }] } })
    expect(progress).toEqual([1, 2, 3, 4])
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Problem('agent-disabled', 'Disabled.')), 200)
    const stopped = calling(upstream, ['slow', { ms: 2_000 }], { signal: stop.signal })
    expect((await problemOf(stopped)).type).toBe('agent-disabled')
    await vi.waitFor(async () =>
      expect(await calling(upstream, ['cancelled'])).toMatchObject({
        result: { content: [{ text: '["slow"]' }] },
      }),
    )
  })

  it('says that its tools have changed', async () => {
    const { upstream } = await connect(kind)
    const changed = vi.fn()
    upstream.onListChanged(changed)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await calling(upstream, ['grow'])
    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith('tools'), { timeout: 3_000 })
    expect((await upstream.listTools()).tools.map(({ name }) => name)).toContain('later')
  })
})
