import { readFileSync } from 'node:fs'
import { CommandError } from '../terminal.ts'

/** What a file says, or stdin for `-`. Throws CommandError where there is no such file. */
export function readTextFile(name: string): string {
  try {
    return readFileSync(name === '-' ? 0 : name, 'utf8')
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
    throw isMissing ? new CommandError(`There is no file ${name}. Nothing was done.`) : thrown
  }
}
