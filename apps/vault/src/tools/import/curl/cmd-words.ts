import type { ShellCommand } from './shell-words.ts'
import { markOf } from './variable-marks.ts'

/**
 * Whether a text was written for the command prompt of Windows, as browsers copy requests for it: `^"` begins its words. In a
 * body for another shell it may stand as well.
 */
export const isForCmd = (text: string): boolean => /\^\n|[ \t]\^"/.test(text)

/**
 * Takes commands of cmd.exe apart: `^` escapes and continues lines, `"` quotes, `\"` is a quote within, `%NAME%` a variable.
 * Everything else is what it is, so nothing has to be refused.
 */
export function readCmdWords(text: string): ShellCommand[] {
  const commands: ShellCommand[] = []
  let line = 1
  for (const raw of text.split(/(?<!\^)\n/)) {
    const plain = raw.replaceAll('^\n', ' ').replaceAll(/\^([\s\S])/g, '$1')
    const words = [...plain.matchAll(/(?:"(?:\\["\\]|[^"])*"?|[^\s"])+/g)].map(([word]) =>
      withVariables(unquote(word)),
    )
    if (words.length > 0) commands.push({ words, line })
    line += raw.split('\n').length
  }
  return commands
}

const unquote = (word: string): string =>
  word.replaceAll(/"((?:\\["\\]|[^"])*)"?/g, (_, within: string) =>
    within.replaceAll(/\\(["\\])/g, '$1'),
  )

const withVariables = (word: string): string =>
  word.replaceAll(/%([A-Za-z_][A-Za-z0-9_]*)%/g, (_, name: string) => markOf(name))
