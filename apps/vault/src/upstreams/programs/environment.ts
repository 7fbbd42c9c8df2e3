// What a program finds in its environment: what its owner wrote, a few things that every program needs, nothing of the vault's.
import { Problem } from '@sallyport/contracts'
import { markName } from './marked-processes.ts'

/** Where programs find others; an owner may write another PATH. */
const path = '/usr/local/bin:/usr/bin:/bin'
const variablesMax = 200
const bytesMax = 64 * 1024
const argumentsMax = 256
const argumentBytesMax = 64 * 1024

/** These make a listed program load code that nobody listed. */
const loadsCode =
  /^(?:LD_.*|DYLD_.*|GLIBC_TUNABLES|GCONV_PATH|NODE_OPTIONS|NODE_PATH|NODE_REPL_EXTERNAL_MODULE|BUN_OPTIONS|PYTHON(?:STARTUP|PATH|HOME|INSPECT|BREAKPOINT)|PERL5?(?:LIB|OPT|DB)|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|BASH_ENV|ENV|BASH_FUNC_.*|SHELLOPTS|PS4|PROMPT_COMMAND|IFS)$/

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
  let bytes = 0
  for (const [name, value] of entries) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value.includes('\0')) {
      throw refused(
        `The variable ${JSON.stringify(name.slice(0, 64))} cannot stand in an environment.`,
      )
    }
    if (loadsCode.test(name)) {
      throw refused(`The variable ${name} would make the program load code that nobody listed.`)
    }
    bytes += name.length + Buffer.byteLength(value)
  }
  if (entries.length > variablesMax || bytes > bytesMax) {
    throw refused('The environment of the program is too large: 200 variables and 64 KB at most.')
  }
  const own = { PATH: path, LANG: 'C.UTF-8', USER: 'upstream', LOGNAME: 'upstream' }
  return { ...own, ...written, HOME: home, TMPDIR: `${home}/tmp`, [markName]: mark }
}

/**
 * Arguments that the operating system takes.
 * @throws Problem upstream-command-refused, stage `resolve`
 */
export function checkArguments(args: readonly string[]): void {
  const bytes = args.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0)
  if (args.length > argumentsMax || bytes > argumentBytesMax) {
    throw refused('The program has too many arguments: 256 and 64 KB at most.')
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
