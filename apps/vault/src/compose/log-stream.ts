import { Buffer } from 'node:buffer'
import { writeSync } from 'node:fs'

/** Where whoever reads the log is behind, a line is tried again so often and then dropped. */
const triesMax = 100
const betweenTriesMs = 10

/**
 * Opens where lines of the log go: each is written when `write` returns. Once it takes nothing more, as standard error of a terminal
 * that was closed, what is logged is dropped; pino’s own would try for ever, and keep the process from ending.
 */
export function openLogStream(fileDescriptor: number): { write(line: string): void } {
  const state = { isLost: false }
  return {
    write(line) {
      const bytes = Buffer.from(line)
      let written = 0
      for (let tries = 0; written < bytes.length && !state.isLost && tries < triesMax; ) {
        try {
          written += writeSync(fileDescriptor, bytes, written)
        } catch (error) {
          tries += 1
          state.isLost = !isPassing(error)
          if (!state.isLost) pause()
        }
      }
    },
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY')

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenTriesMs)
}
