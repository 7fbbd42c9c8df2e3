import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdDataDir } from './hold-data-dir.ts'

describe('holding a data directory', () => {
  let directory: string
  let lockPath: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-hold-'))
    lockPath = join(directory, 'vault.lock')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('is for one at a time, and says who has it and what to do', async () => {
    const release = await holdDataDir(lockPath, directory)
    const refused = holdDataDir(lockPath, directory)
    await expect(refused).rejects.toThrow(`process ${process.pid}, since `)
    await expect(refused).rejects.toMatchObject({
      type: 'store-unavailable',
      next: expect.stringContaining('SALLYPORT_DATA_DIR'),
    })
    await release()
    await (await holdDataDir(lockPath, directory))()
  })

  it('is for one however many want it at once, over a dead holder’s socket too', async () => {
    await leaveDeadSocket(lockPath)
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => holdDataDir(lockPath, directory)),
    )
    const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(held).toHaveLength(1)
    await held[0]?.()
    expect(readdirSync(directory)).toEqual([])
  })

  it('is not given away while its holder is silent', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(lockPath, resolve))
    await expect(holdDataDir(lockPath, directory)).rejects.toThrow('it does not say which')
    server.close()
  })

  it('is taken over from one that died while it took over', async () => {
    await leaveDeadSocket(lockPath)
    mkdirSync(`${lockPath}.claim`)
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(`${lockPath}.claim`, longAgo, longAgo)
    await (await holdDataDir(lockPath, directory))()
  })

  it('is refused where the lock cannot be made', async () => {
    writeFileSync(join(directory, 'file'), '')
    await expect(holdDataDir(join(directory, 'file', 'lock'), directory)).rejects.toThrow()
  })
})

/** What a vault that was killed leaves behind: a socket that nobody answers. */
async function leaveDeadSocket(path: string): Promise<void> {
  const source = `
    const net = require('node:net')
    const { renameSync } = require('node:fs')
    const { parentPort } = require('node:worker_threads')
    const server = net.createServer()
    server.listen(${JSON.stringify(`${path}.tmp`)}, () => {
      // Under its own name it would be removed when it is closed.
      renameSync(${JSON.stringify(`${path}.tmp`)}, ${JSON.stringify(path)})
      server.close(() => parentPort.postMessage('done'))
    })`
  const worker = new Worker(source, { eval: true })
  await new Promise((resolve) => worker.once('message', resolve))
  await worker.terminate()
}
