import { CommandError } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { readText } from './read-text-file.ts'

/** What a terminal passes on of a line that is typed or pasted: the rest is cut without a word (macOS; Linux has 4096). */
const typedLineCharsMax = 1023

/**
 * The document that a command is about: a file, or `-` for what is piped in or pasted. Throws CommandError where there is none,
 * where it is empty, and where a terminal may have cut it.
 */
export async function readDocument(
  { streams: { stdin }, terminal }: Pick<CommandContext, 'streams' | 'terminal'>,
  file: string,
): Promise<string> {
  const isTyped = file === '-' && stdin.isTTY === true
  if (isTyped) terminal.note('Paste the document, then press Enter and Ctrl-D.')
  const document = await readText(file, stdin)
  if (document.trim() === '') {
    throw new CommandError(`${file === '-' ? 'What came on stdin' : file} is empty.`)
  }
  if (isTyped && document.split('\n').some((line) => line.length >= typedLineCharsMax)) {
    throw new CommandError(
      `A terminal cuts lines of more than ${typedLineCharsMax} characters: put the document into a file.`,
    )
  }
  return document
}
