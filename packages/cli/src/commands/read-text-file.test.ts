import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readText } from './read-text-file.ts'

describe('what is read from stdin', () => {
  it('is all of it, however slowly and in whatever pieces it comes', async () => {
    const stdin = new PassThrough()
    const reading = readText('-', stdin)
    const bytes = Buffer.from('größe: 1\n')
    for (const byte of bytes) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      stdin.write(Buffer.from([byte]))
    }
    stdin.end()
    expect(await reading).toBe('größe: 1\n')
  })

  it('is refused where it never ends', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(8 * 1024 * 1024)
    }
    await expect(readText('-', endless())).rejects.toThrow('too long')
  })
})

describe('a file', () => {
  it('that is not there, or is a folder, is said in a sentence', async () => {
    const stdin = new PassThrough()
    await expect(readText('/nowhere/at-all', stdin)).rejects.toThrow('There is no file')
    await expect(readText(import.meta.dirname, stdin)).rejects.toThrow('is a folder')
  })
})
