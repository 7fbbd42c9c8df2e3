import { Worker } from 'node:worker_threads'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { toolDigest } from '../tool-digest.ts'
import { createWorkApart } from './work-apart.ts'

const made = `({ outcome: 'imported', imported: { tools: [
  { outcome: 'refused', key: 'a', description: '', reason: 'No.' },
  { outcome: 'taken', definition: { key: 'b', name: document } },
] }, digests: ['the-digest'] })`

/** A thread that does with each document what the code says; `post` answers. */
function start(code: string, taskMsMax = 12_000) {
  const threads: Worker[] = []
  const work = createWorkApart({
    startThread() {
      const thread = new Worker(
        `const { parentPort } = require('node:worker_threads')
         const post = (answer) => parentPort.postMessage(answer)
         parentPort.on('message', ({ input: { document } = {} }) => { ${code} })`,
        { eval: true, env: {}, resourceLimits: { maxOldGenerationSizeMb: 32 } },
      )
      threads.push(thread)
      return thread
    },
    taskMsMax,
  })
  return { read: (document: string) => work.importDocument({ document }), work, threads }
}

const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  const thrown = await work.catch((error: unknown) => error)
  if (thrown instanceof Problem) return thrown
  throw new Error(`no problem: ${String(thrown)}`)
}

describe('a document that is read apart', () => {
  it('comes back with its digests, from one thread for many documents', async () => {
    const { read, threads } = start(`post(${made})`)
    const all = await Promise.all(['one', 'two', 'three'].map(read))
    expect(all.map(({ tools: [, tool] }) => tool)).toMatchObject(
      ['one', 'two', 'three'].map((name) => ({ definition: { name } })),
    )
    const [, tool] = all[0]?.tools ?? []
    if (tool === undefined || tool.outcome === 'refused') throw new Error('it was refused')
    expect(toolDigest(tool.definition)).toBe('the-digest')
    expect(threads).toHaveLength(1)
  })

  it('is refused as it was refused there', async () => {
    const { read } = start(
      `post({ outcome: 'refused', type: 'document-refused', detail: 'It is odd.', next: 'Mend it.', fields: [] })`,
    )
    expect(await problemOf(read('x'))).toMatchObject({
      ...{ type: 'document-refused', detail: 'It is odd.', next: 'Mend it.' },
    })
  })

  it('is given up where it takes too long, and the next one is read', async () => {
    verifies('S-41', 'S-44')
    const { read, threads } = start(`if (document === 'long') for (;;); post(${made})`, 1000)
    expect(await problemOf(read('long'))).toMatchObject({
      ...{ type: 'document-refused', detail: expect.stringContaining('longer than 1 seconds') },
    })
    expect((await read('short')).tools).toHaveLength(2)
    expect(threads).toHaveLength(2)
  })

  it('is given up where it takes too much memory or something fails, and the next one is read', async () => {
    verifies('S-41', 'S-44')
    const { read, threads } = start(`
      if (document === 'large') { const all = []; for (;;) all.push(new Array(10_000).fill(all.length)) }
      if (document === 'odd') throw new Error('nobody expected it')
      post(${made})`)
    expect(await problemOf(read('large'))).toMatchObject({
      ...{ type: 'document-refused', detail: expect.stringContaining('memory') },
    })
    expect((await read('short')).tools).toHaveLength(2)
    await expect(read('odd')).rejects.toThrow('nobody expected it')
    expect((await read('short')).tools).toHaveLength(2)
    expect(threads).toHaveLength(3)
  })

  it('waits for others, for so long and behind so many', async () => {
    verifies('S-41')
    const { read } = start('for (;;);', 1000)
    const work = Array.from({ length: 20 }, () => problemOf(read('long')))
    const types = (await Promise.all(work)).map(({ type }) => type)
    // The next one in turn is begun when the first one ends.
    expect(types.slice(0, 2)).toEqual(['document-refused', 'document-refused'])
    expect(types.slice(2)).toEqual(Array.from({ length: 18 }, () => 'overloaded'))
  })

  it('or written, answers what was made there', async () => {
    const { work } = start(
      `post({ outcome: 'exported', exported: { document: 'x', contentType: 'y', extension: 'z', notes: [] } })`,
    )
    const toolset = { name: 'a', version: 1, tools: [] }
    expect(await work.exportToolset('higress', toolset)).toMatchObject({ document: 'x' })
    const long = start('for (;;);', 1000)
    expect(await problemOf(long.work.exportToolset('openapi', toolset))).toMatchObject({
      ...{ type: 'overloaded', detail: expect.stringContaining('longer') },
    })
  })
})
