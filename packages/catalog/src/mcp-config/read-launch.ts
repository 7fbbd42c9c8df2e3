// How a program is started: its command, its arguments, its environment and where it works.
import { type ConfigText, writtenText } from './config-text.ts'
import { findKeyInArguments } from './key-in-arguments.ts'
import { type Reading, readFixedText, readPlainText, readSealed } from './read-texts.ts'
import { type ServerDraft, ServerFault } from './server-draft.ts'
import type { Members } from './take-members.ts'

const argumentsMax = 200

/** The words of a command line: a list, or one text that holds all. */
export interface Words {
  readonly command: string
  readonly args: readonly string[]
}

/** Takes the command and its arguments. @throws ServerFault where there is none */
export function takeWords(members: Members, reading: Reading): Words | undefined {
  const found = members.take(['command', 'executable'])
  if (found === undefined || found.value === '') return undefined
  const more = members.texts('args', 'argsJson')
  if (Array.isArray(found.value)) {
    const [command, ...args] = found.value.filter((word) => typeof word === 'string')
    if (command === undefined || args.length + 1 < found.value.length) {
      throw new ServerFault('command is no list of words.')
    }
    return { command, args: [...args, ...more] }
  }
  if (typeof found.value !== 'string') throw new ServerFault('command is no text.')
  const isLine = more.length === 0 && /^[^/\\:]*\s/.test(found.value)
  if (!isLine) return { command: found.value, args: more }
  if (/["'\\$`|&;<>]/.test(found.value)) {
    throw new ServerFault('command is a line for a shell: give the program and its args apart.')
  }
  const [command = '', ...args] = found.value.trim().split(/\s+/)
  reading.reasons.push('command is split into the program and its args.')
  return { command, args }
}

type Launch = Pick<ServerDraft, 'command' | 'args' | 'env' | 'cwd' | 'permission'>

/** Reads how a program is started. @throws ServerFault for what the vault cannot keep */
export function readLaunch({ command, args }: Words, members: Members, reading: Reading): Launch {
  if (args.length > argumentsMax) throw new ServerFault(`It has more than ${argumentsMax} args.`)
  const env = new Map(members.pairs('env', 'environment', 'envJson'))
  const words = moveContainerValues(command, args, { env, reading })
  requireNoKeys(words)
  return {
    command: [readFixedText(command, 'command', reading)],
    args: words.map((word, index) => readPlainText(word, `args[${index}]`, reading)),
    env: readSealed([...env], 'env', reading),
    ...readPlace(members, reading),
  }
}

/** `docker run -e NAME=value`: the value goes into the environment, out of which docker takes it. */
function moveContainerValues(
  command: string,
  args: readonly string[],
  { env, reading }: { readonly env: Map<string, string>; readonly reading: Reading },
): readonly string[] {
  if (!/(?:^|[/\\])(?:docker|podman|nerdctl)(?:\.exe)?$/.test(command)) return args
  return args.map((word, index) => {
    const isValue = /^(?:-e|--env)$/.test(args[index - 1] ?? '')
    const [, option = '', name = '', value] =
      /^(-e|--env=)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word) ?? []
    if (value === undefined || (!isValue && option === '')) return word
    if (!env.has(name)) env.set(name, value)
    reading.reasons.push(`args[${index}]: the value of ${name} is moved into env.`)
    return `${option}${name}`
  })
}

function requireNoKeys(args: readonly string[]): void {
  const found = findKeyInArguments(args)
  if (found === undefined) return
  throw new ServerFault(
    `args[${found.index}] holds a key (${found.hint}), and would be kept readable: give it in env, where the program takes it there.`,
  )
}

function readPlace(members: Members, reading: Reading): Pick<Launch, 'cwd' | 'permission'> {
  const permission = members.text('permission') ?? 'workspace'
  if (permission !== 'workspace' && permission !== 'full') {
    throw new ServerFault('permission is neither workspace nor full.')
  }
  const text = members.text('cwd', 'working_dir', 'workingDirectory', 'workdir')
  if (text === undefined) return { permission }
  const cwd: ConfigText = readPlainText(text, 'cwd', reading)
  const isAbsolute = !/^[^/\\~$%]/.test(text) || /^[A-Za-z]:/.test(text)
  if (!isAbsolute || permission === 'full') return { permission, cwd }
  reading.reasons.push(
    `cwd ${writtenText(cwd)} is left out: the program works in a folder of its own, unless an owner gives it the permission full.`,
  )
  return { permission }
}
