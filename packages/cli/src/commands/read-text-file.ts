import { readFileSync } from 'node:fs'
import { CommandError } from '../terminal.ts'

/** What a file says, or stdin for `-`. Throws CommandError where that is no file. */
export function readTextFile(name: string): string {
  try {
    return readFileSync(name === '-' ? 0 : name, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (code === 'ENOENT') throw new CommandError(`There is no file ${name}. Nothing was done.`)
    if (code === 'EISDIR') {
      throw new CommandError(`${name} is a folder: name the files in it, as in ${name}/*.yaml.`)
    }
    throw thrown
  }
}
