import { readFileSync } from 'node:fs'
import { CommandError } from '../terminal.ts'

/** The bound of what is read from stdin; the vault refuses documents long before. */
const stdinBytesMax = 64 * 1024 * 1024

/** What a file says. Throws CommandError where that is no file. */
export function readTextFile(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (code === 'ENOENT') throw new CommandError(`There is no file ${name}. Nothing was done.`)
    if (code === 'EISDIR') {
      throw new CommandError(`${name} is a folder: name the files in it, as in ${name}/*.yaml.`)
    }
    throw thrown
  }
}

/**
 * What a file says, or all that comes on stdin for `-`: as a stream, since what writes there may be slow, and a person slower.
 * Throws CommandError where that is no file, or too long.
 */
export async function readText(
  name: string,
  stdin: AsyncIterable<Buffer | string>,
): Promise<string> {
  if (name !== '-') return readTextFile(name)
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of stdin) {
    const read = Buffer.from(piece)
    bytes += read.length
    if (bytes > stdinBytesMax) throw new CommandError('What came on stdin is too long.')
    pieces.push(read)
  }
  return Buffer.concat(pieces).toString('utf8')
}
