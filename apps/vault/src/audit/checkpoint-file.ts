import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { boundedLines } from './bounded-lines.ts'

/** The append-only file of checkpoints: what is left when somebody empties the tables. */
export interface CheckpointFile {
  /** Adds a line; on disk when it resolves. */
  append(line: string): Promise<void>
  /** All lines, oldest first; none when there is no file yet. */
  lines(): AsyncIterable<string>
}

const checkpointLineCharsMax = 2_000
const lineFeed = 0x0a

/** Makes the file's reader and writer. The file is made at the first checkpoint, readable by its owner alone. */
export function createCheckpointFile(path: string): CheckpointFile {
  let last: Promise<void> = Promise.resolve()
  return {
    append(line) {
      // One after the other, whatever came of the one before.
      const next = last.then(
        () => appendLine(path, line),
        () => appendLine(path, line),
      )
      last = next
      return next
    },
    lines: () => readLines(path),
  }
}

async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const end = new Uint8Array(1)
    if (size > 0) await file.read(end, 0, 1, size - 1)
    // A crash may have cut the last line off: the new one does not join it.
    const separator = size > 0 && end[0] !== lineFeed ? '\n' : ''
    await file.write(`${separator}${line}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function* readLines(path: string): AsyncGenerator<string> {
  try {
    yield* boundedLines(createReadStream(path), checkpointLineCharsMax)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
}
