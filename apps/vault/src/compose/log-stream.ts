import { Buffer } from 'node:buffer'
import { writeSync } from 'node:fs'

/** Where whoever reads the log is behind, a line is tried again so often and then dropped. */
const triesMax = 100
const betweenTriesMs = 10

/**
 * Opens where lines of the log go: each is written when `write` returns, after a second at the latest. What cannot be written is
 * dropped, as on standard error of a terminal that was closed; pino’s own would try for ever, and keep the process from ending. A
 * disk that was full, or a reader who was behind, gets the lines that are logged once it takes them again; until then none waits.
 */
export function openLogStream(fileDescriptor: number): { write(line: string): void } {
  const state = { isBehind: false, isCut: false }
  return {
    write(line) {
      // A line that got there in part is not to run into this one.
      const bytes = Buffer.from(state.isCut ? `\n${line}` : line)
      let written = 0
      for (let tries = state.isBehind ? triesMax : 1; ; tries += 1) {
        try {
          while (written < bytes.length) written += writeSync(fileDescriptor, bytes, written)
          break
        } catch (error) {
          if (tries >= triesMax || !isPassing(error)) break
          pause()
        }
      }
      state.isBehind = written < bytes.length
      if (written > 0) state.isCut = state.isBehind
    },
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY')

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenTriesMs)
}
