import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'

/** The terminal itself, for questions where stdin was used for something else; undefined where there is none. */
export function openTerminal(): NodeJS.ReadStream | undefined {
  try {
    return new ReadStream(openSync('/dev/tty', 'r+')) as NodeJS.ReadStream
  } catch {
    return undefined
  }
}
