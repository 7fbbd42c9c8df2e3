import { toolsOfToolsetMax } from '@sallyport/contracts'
import { refuseDocument } from '../refuse-document.ts'
import { isStorableText } from '../storable-text.ts'
import { isForCmd, readCmdWords } from './cmd-words.ts'
import { readShellWords, type ShellCommand } from './shell-words.ts'
import { holdsMarks } from './variable-marks.ts'

/**
 * The curl commands of a text, one after the other: prompts, comments and fences of Markdown may stand around them. What
 * follows `--next` is a command of its own.
 * @throws Problem document-refused
 */
export function readCommands(document: string): ShellCommand[] {
  if (holdsMarks(document) || !isStorableText(document)) {
    refuseDocument('The text holds characters that stand for nothing.')
  }
  const text = plainText(document)
  const all = (isForCmd(text) ? readCmdWords(text) : readShellWords(text)).flatMap(splitAtNext)
  if (all.length === 0) refuseDocument('There is no curl command.')
  if (all.length > toolsOfToolsetMax) {
    refuseDocument(
      `There are ${all.length} commands; a toolset takes at most ${toolsOfToolsetMax}.`,
    )
  }
  return all.map((command) => ({ ...command, words: withoutCurl(command) }))
}

/** What people paste along: each is put out of the way so that lines keep their numbers and places. */
function plainText(document: string): string {
  return document
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/^[ \t]*```.*$/gm, (fence) => ' '.repeat(fence.length))
    .replaceAll(/^([ \t]*)[$%>] (?=\s*(?:curl|export|[A-Za-z_]\w*=))/gm, '$1  ')
    .replaceAll(/`\n/g, '\\\n') // PowerShell goes on after a backtick.
}

const isCurl = (word: string | undefined) => /^(?:.*[/\\])?curl(?:\.exe)?$/i.test(word ?? '')

function withoutCurl({ words, line }: ShellCommand): readonly string[] {
  const [first, ...rest] = words[0] === 'sudo' ? words.slice(1) : words
  if (isCurl(first)) return rest
  return refuseDocument('This is no curl command.', {
    at: { line, column: 1 },
    next: 'Give one curl command or several, each on a line of its own; lines go on after a backslash.',
  })
}

function splitAtNext(command: ShellCommand): ShellCommand[] {
  const parts: string[][] = [[]]
  for (const word of command.words) {
    if (word === '--next' || word === '-:') parts.push(['curl'])
    else parts.at(-1)?.push(word)
  }
  return parts.map((words) => ({ ...command, words }))
}
