import type { ReadVariable } from '@sallyport/catalog'
import { CommandError, printable, type Terminal } from '../terminal.ts'
import type { Process } from './context.ts'
import { askValue, readNamedEnvironment } from './secret-value.ts'

/** Where the values of a file’s variables come from, beside being asked for. */
export interface VariableSources {
  /** The person’s terminal, or the lines of a file. */
  readonly terminal: Terminal
  readonly environment: Process['environment']
  /** `--from-env`: names whose values are taken from this environment. */
  readonly fromEnvironment: ReadonlySet<string>
  /** `--variable name=value`: for what is no secret. */
  readonly given: ReadonlyMap<string, string>
  /** Variables that the vault has already. */
  readonly kept: ReadonlySet<string>
}

/** What is written into the servers, and what is kept as variables. */
export interface AskedVariables {
  readonly plain: ReadonlyMap<string, string>
  readonly sealed: ReadonlyMap<string, string>
  /** Those that were there already, and are used as they are. */
  readonly reused: readonly string[]
}

/** Asks for what servers refer to. Throws CommandError where something is lacking, or named that nothing refers to. */
export async function askVariables(
  variables: readonly ReadVariable[],
  sources: VariableSources,
): Promise<AskedVariables> {
  const { given, fromEnvironment, kept } = sources
  requireKnown(variables, given.keys(), '--variable')
  requireKnown(variables, fromEnvironment, '--from-env')
  const plain = new Map<string, string>()
  const sealed = new Map<string, string>()
  const reused: string[] = []
  for (const variable of variables) {
    const { name, kind } = variable
    if (kind === 'plain') plain.set(name, await askPlain(variable, sources))
    else if (fromEnvironment.has(name)) {
      sealed.set(name, readNamedEnvironment(sources.environment, name))
    } else if (given.has(name)) {
      throw new CommandError(
        `--variable ${name}: its value is asked for, or read from stdin, and never an argument.`,
      )
    } else if (kept.has(name)) reused.push(name)
    else {
      const value = await askSealed(variable, sources.terminal)
      // No variable is empty: what the file lets be nothing is nothing where it stands.
      if (value === '') plain.set(name, '')
      else sealed.set(name, value)
    }
  }
  return { plain, sealed, reused }
}

function requireKnown(
  variables: readonly ReadVariable[],
  named: Iterable<string>,
  option: string,
): void {
  for (const name of named) {
    if (variables.some((variable) => variable.name === name)) continue
    throw new CommandError(`${option} ${name}: none of the servers refers to it.`)
  }
}

const questionOf = ({ name, description }: ReadVariable): string =>
  printable(description === undefined ? name : `${name} (${description})`)

async function askPlain(variable: ReadVariable, sources: VariableSources): Promise<string> {
  const { name, proposal, options } = variable
  const { terminal, given, fromEnvironment, environment } = sources
  const known = given.get(name)
  if (known !== undefined) return known
  if (fromEnvironment.has(name)) return readNamedEnvironment(environment, name)
  if (options !== undefined && terminal.interactive) return choose(variable, terminal)
  if (proposal === '') return ''
  return terminal.ask(questionOf(variable), {
    option: `--variable ${name}=…`,
    ...(proposal !== undefined && { default: proposal }),
  })
}

async function askSealed(variable: ReadVariable, terminal: Terminal): Promise<string> {
  const { proposal, options } = variable
  if (!terminal.interactive) return proposal ?? askValue(terminal, questionOf(variable))
  if (options !== undefined) return choose(variable, terminal)
  if (proposal === undefined) return askValue(terminal, questionOf(variable))
  const takes = await terminal.choose(questionOf(variable), [
    {
      value: true,
      name:
        proposal === ''
          ? 'leave it empty, as the file does'
          : `${printable(proposal)}, as the file has it`,
    },
    { value: false, name: 'another' },
  ])
  return takes ? proposal : askValue(terminal, questionOf(variable))
}

function choose(variable: ReadVariable, terminal: Terminal): Promise<string> {
  const choices = (variable.options ?? []).map((value) => ({ value, name: printable(value) }))
  return terminal.choose(questionOf(variable), choices)
}
