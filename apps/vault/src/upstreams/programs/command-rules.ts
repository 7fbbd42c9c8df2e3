// Which programs may be run: those that the operator listed, by absolute path, and nothing that leads around the list.
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { Problem } from '@sallyport/contracts'

/** What the operator's list says of a command. */
export interface CommandCheck {
  readonly command: string
  readonly isAllowed: boolean
  /** Is there such a file, whether it may be run or not? */
  readonly isThere: boolean
  /** The path that would be run: always one of the operator's. */
  readonly path?: string | undefined
  /** One sentence, for owners. */
  readonly message: string
  /** What the operator does about it, where something is missing. */
  readonly next?: string | undefined
}

export interface CommandRules {
  /** Says whether a command could be run, and if not, why and what to do. */
  check(command: string): CommandCheck
  /**
   * The path to run.
   * @throws Problem upstream-command-refused, stage `resolve`
   */
  resolve(command: string): string
}

const variable = 'SALLYPORT_UPSTREAM_COMMANDS'
const commandCharsMax = 1024
/** Where a command without a path is looked for, to tell its path to whoever asks. */
const usualDirectories = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

/** What the usual launchers come with. */
const installs = new Map([
  ['npx', 'npx comes with Node.js (https://nodejs.org)'],
  ['npm', 'npm comes with Node.js (https://nodejs.org)'],
  ['node', 'node comes with Node.js (https://nodejs.org)'],
  ['uvx', 'uvx comes with uv (https://docs.astral.sh/uv)'],
  ['uv', 'uv is at https://docs.astral.sh/uv'],
  ['bunx', 'bunx comes with Bun (https://bun.sh)'],
  ['bun', 'bun is at https://bun.sh'],
  ['python3', 'python3 comes with most systems (https://www.python.org)'],
  ['docker', 'docker is at https://docs.docker.com/engine/install'],
])

/**
 * Reads the operator's list: absolute paths of programs, separated by colons; a path that ends with a slash stands for the
 * programs directly in that directory. Undefined: none may be run.
 * @throws RangeError with a sentence for a path that is not absolute
 */
export function readCommandList(text: string | undefined): readonly string[] | undefined {
  const entries = (text ?? '').split(':').filter((entry) => entry !== '')
  if (entries.length === 0) return undefined
  for (const entry of entries) {
    if (!isAbsolute(entry)) {
      throw new RangeError(`"${entry}" is not an absolute path; write one such as /usr/bin/npx`)
    }
  }
  return entries
}

/**
 * The path that a bare name stands for: the operator's program of that name, or one in a directory of theirs. Anything else stays as it
 * is, to be refused by the rules.
 */
export function pathOfName(list: readonly string[], command: string): string {
  if (/^\.{0,2}$|[/\0]/.test(command)) return command
  const named = list.find((path) => !path.endsWith('/') && basename(path) === command)
  const inDirectories = list.filter((path) => path.endsWith('/')).map((path) => join(path, command))
  return named ?? inDirectories.find((path) => real(path) !== undefined) ?? command
}

/** Makes the rules from the list that `readCommandList` read. Files are looked at each time: links and modes change. */
export function createCommandRules(list: readonly string[] | undefined): CommandRules {
  const files = (list ?? []).filter((entry) => !entry.endsWith('/'))
  const directories = (list ?? []).filter((entry) => entry.endsWith('/'))
  const listed = (path: string) =>
    files.some((entry) => path === settle(entry)) ||
    directories.some((entry) => dirname(path) === real(entry))

  function check(command: string): CommandCheck {
    const fault = faultOf(command)
    if (fault !== undefined) return fault
    // The last is the file behind all links. What is run is always the path that is listed: programs look at their name.
    const candidates = [settle(normalize(command)), real(command)]
    const path = candidates.find((candidate) => candidate !== undefined && listed(candidate))
    if (path !== undefined) return { command, path, ...stateOf(path) }
    const isThere = isProgram(command)
    return {
      ...{ command, isAllowed: false, isThere },
      message: `${command} is not in the operator’s list of programs.`,
      next: isThere ? addTo(command) : `${installOf(command)} ${addTo(command)}`,
    }
  }

  function faultOf(command: string): CommandCheck | undefined {
    const refuse = (message: string, next?: string, isThere = false): CommandCheck => ({
      ...{ command: command.slice(0, commandCharsMax), isAllowed: false, isThere },
      ...{ message, next },
    })
    if (command === '' || command.length > commandCharsMax || command.includes('\0')) {
      return refuse('A command is the path of a program, of 1024 characters at most.')
    }
    const path = isAbsolute(command) ? command : findUsual(command)
    const isThere = path !== undefined && isProgram(path)
    if (list === undefined) {
      return refuse(
        'This vault runs no programs: its operator has listed none.',
        addTo(path),
        isThere,
      )
    }
    if (isAbsolute(command)) return undefined
    if (command.includes('/')) {
      return refuse(`${command} is not an absolute path.`, 'Write the path from its first /.')
    }
    const usual = files.find((entry) => basename(entry) === command)
    if (usual !== undefined) {
      return refuse(`${command} is not an absolute path.`, `Write ${usual}.`, isThere)
    }
    if (path === undefined) {
      return refuse(
        `There is no ${command} where programs usually are on the machine of the vault.`,
        `${installOf(command)} Where it stands elsewhere, write its absolute path.`,
      )
    }
    return refuse(`${path} is not in the operator’s list of programs.`, addTo(path), isThere)
  }

  return {
    check,
    resolve(command) {
      const found = check(command)
      if (found.isAllowed && found.path !== undefined) return found.path
      throw new Problem('upstream-command-refused', found.message, {
        ...(found.next !== undefined && { next: found.next }),
        extra: { stage: 'resolve' },
      })
    },
  }
}

function stateOf(path: string): Omit<CommandCheck, 'command' | 'path'> {
  try {
    const { mode } = statSync(path)
    if (!statSync(path).isFile()) {
      return { isAllowed: false, isThere: true, message: `${path} is not a program.` }
    }
    accessSync(path, constants.X_OK)
    if ((mode & 0o002) !== 0) {
      return {
        ...{ isAllowed: false, isThere: true },
        message: `${path} can be changed by everybody on its machine.`,
        next: `The operator takes that right away: chmod o-w ${path}.`,
      }
    }
    return { isAllowed: true, isThere: true, message: `${path} can be run.` }
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT'
    return {
      ...{ isAllowed: false, isThere: !isMissing },
      message: isMissing ? `There is no ${path}.` : `${path} cannot be run by the vault.`,
      next: isMissing ? installOf(path) : `The operator makes it executable: chmod a+rx ${path}.`,
    }
  }
}

/** Of files that are no programs owners are not told which the machine has. */
function isProgram(path: string): boolean {
  try {
    const found = statSync(path)
    return found.isFile() && (found.mode & 0o111) !== 0
  } catch {
    return false
  }
}

const addTo = (path: string | undefined) =>
  `The operator adds ${path ?? 'the absolute path of the program'} to ${variable} and starts the vault again.`

function installOf(command: string): string {
  const name = basename(command)
  const known = installs.get(name)
  return known === undefined
    ? `The operator installs ${name} on the machine of the vault.`
    : `The operator installs it on the machine of the vault: ${known}.`
}

function findUsual(command: string): string | undefined {
  if (command.includes('/')) return undefined
  return usualDirectories.map((directory) => join(directory, command)).find((path) => real(path))
}

/** The path with the links of its directories followed, where they are there, and its own name kept. */
function settle(path: string): string {
  return join(real(dirname(path)) ?? normalize(dirname(path)), basename(path))
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
