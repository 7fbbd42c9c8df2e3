import { CommandError, type Terminal } from '../terminal.ts'
import { readTextFile } from './read-text-file.ts'

/**
 * The same terminal, whose secrets are the lines of a file, one after the other; the terminal itself where no file is named, or
 * `-`: it reads stdin by itself.
 */
export function secretsFromFile(terminal: Terminal, file: string | undefined): Terminal {
  if (file === undefined || file === '-') return terminal
  const lines = readTextFile(file).split(/\r?\n/)
  return {
    ...terminal,
    askSecret(question) {
      const line = lines.shift()
      if (line !== undefined && line !== '') return Promise.resolve(line)
      return Promise.reject(new CommandError(`${question}: ${file} has no line left for it.`))
    },
  }
}
