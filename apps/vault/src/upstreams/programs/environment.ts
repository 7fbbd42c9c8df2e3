// What a program finds in its environment: what its owner wrote, a few things that every program needs, nothing of the vault's.
import { existsSync, realpathSync, statSync } from 'node:fs'
import { normalize } from 'node:path'
import { Problem } from '@sallyport/contracts'
import {
  argumentBytes,
  argumentBytesMax,
  argumentsMax,
  environmentBytes,
  environmentBytesMax,
  isFixedPath,
  loadsCode,
  variablesMax,
} from '../kept/program-bounds.ts'
import { markName } from './marked-processes.ts'

/** Where programs find others; an owner may write another PATH. */
const usualPath = '/usr/local/bin:/usr/bin:/bin'

/**
 * Makes the whole environment of a program: PATH, HOME, TMPDIR, LANG, USER and LOGNAME, the mark by which its processes are
 * found, and what its owner wrote, which wins but for HOME, TMPDIR and the mark.
 * @throws Problem upstream-command-refused, stage `resolve`, for a name or a value that no environment has, and for variables
 * that make programs load other code
 */
export function createEnvironment(
  written: Readonly<Record<string, string>>,
  { home, mark }: { readonly home: string; readonly mark: string },
): Record<string, string> {
  const entries = Object.entries(written)
  for (const [name, value] of entries) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value.includes('\0')) {
      throw refused(
        `The variable ${JSON.stringify(name.slice(0, 64))} cannot stand in an environment.`,
      )
    }
    if (loadsCode.test(name)) {
      throw refused(`The variable ${name} would make the program load code that nobody listed.`)
    }
  }
  if (entries.length > variablesMax || environmentBytes(written) > environmentBytesMax) {
    throw refused(
      `The environment of the program is too large: ${variablesMax} variables and 64 KB at most.`,
    )
  }
  if (written.PATH !== undefined) requireOthersPath(written.PATH, home)
  const own = { PATH: usualPath, LANG: 'C.UTF-8', USER: 'upstream', LOGNAME: 'upstream' }
  return { ...own, ...written, HOME: home, TMPDIR: `${home}/tmp`, [markName]: mark }
}

/**
 * Programs that are scripts say by name alone what runs them (`#!/usr/bin/env node`), and PATH says which program that is: none that
 * the server itself, or anybody else on the machine, can have put there.
 */
function requireOthersPath(path: string, home: string): void {
  const real = (directory: string) => (existsSync(directory) ? realpathSync(directory) : directory)
  const isSafe = (directory: string) => {
    const at = normalize(real(directory))
    if (`${at}/`.startsWith(`${real(home)}/`)) return false
    const found = statSync(at, { throwIfNoEntry: false })
    return found === undefined || (found.mode & 0o002) === 0
  }
  if (isFixedPath(path) && path.split(':').every(isSafe)) return
  throw refused(
    'The variable PATH names a directory in which the program itself, or everybody, can put other programs.',
  )
}

/**
 * Arguments that the operating system takes.
 * @throws Problem upstream-command-refused, stage `resolve`
 */
export function checkArguments(args: readonly string[]): void {
  if (args.length > argumentsMax || argumentBytes(args) > argumentBytesMax) {
    throw refused(`The program has too many arguments: ${argumentsMax} and 64 KB at most.`)
  }
  if (args.some((argument) => argument.includes('\0'))) {
    throw refused('An argument of the program holds a NUL character.')
  }
}

function refused(detail: string): Problem {
  return new Problem('upstream-command-refused', detail, {
    next: 'The owner changes the settings of the server.',
    extra: { stage: 'resolve' },
  })
}
