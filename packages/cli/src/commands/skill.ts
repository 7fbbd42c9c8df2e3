import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem, type Tool, type Toolset } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, printable, type Terminal } from '../terminal.ts'
import { convertArguments } from '../tools/convert-arguments.ts'
import { exampleArguments } from '../tools/example-arguments.ts'
import { outcomeOf } from '../tools/show-result.ts'
import { type SkillTool, writeSkill } from '../tools/write-skill.ts'
import { findAgent } from './lookup.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { findToolset, listGrantedTools, listToolsOf } from './tool-lookups.ts'

interface SkillOptions {
  readonly out?: string
  readonly runWrites?: boolean
  readonly run: boolean
  readonly example?: string[]
  readonly agent?: string
}

/** Of an answer in a skill: enough to see its shape. */
const answerCharsMax = 1500
/** What is written down for one toolset. */
const toolsMax = 100
const errorsFrom = 300

/** `sallyport skill`: what an agent reads to use a toolset, with examples that were run. */
export function addSkillCommand(program: Command, run: RunCommand): void {
  program
    .command('skill <toolset>')
    .description('Write a SKILL.md for a toolset, with examples that are run (id or name)')
    .option('--out <directory>', 'where to (default: the toolset’s name; - prints it)')
    .option('--agent <agent>', 'only the tools that this agent has (id or name)')
    .option('--example <tool:key=value>', 'an argument of an example (repeat)', collect)
    .option('--run-writes', 'run examples of tools that change something, too')
    .option('--no-run', 'run nothing')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, SkillOptions]) => {
        const client = await owner()
        const toolset = await findToolset(client, wanted)
        const listed = await listFor(client, toolset, options.agent)
        refuseUnknown(options.example, listed)
        if (listed.length > toolsMax) {
          terminal.note(`Written down are the first ${toolsMax} of ${listed.length} tools.`)
        }
        const tools: SkillTool[] = []
        for (const { id } of listed.slice(0, toolsMax)) {
          const { tool } = await client.call('getTool', { toolId: id })
          const example = await runExample(client, terminal, { tool, options })
          if ('none' in example) terminal.note(`${tool.name}: no example, ${example.none}`)
          tools.push({ tool, example })
        }
        const { name, title, description } = toolset
        const day = new Date().toISOString().slice(0, 10)
        const text = writeSkill({ name, title, description, tools, day })
        tell(terminal, { text, out: options.out ?? name, tools })
      }),
    )
}

/** An example of no tool would be left out without a word. */
function refuseUnknown(examples: readonly string[] = [], tools: readonly { name: string }[]): void {
  for (const text of examples) {
    const [name, ...rest] = text.split(':')
    if (rest.length === 0) {
      throw new CommandError(`--example ${text} is not tool:key=value.`)
    }
    if (tools.some((tool) => tool.name === name)) continue
    throw new CommandError(`--example ${text}: there is no tool "${name}" among those.`)
  }
}

/** The active tools; of an agent, those that it has. */
async function listFor(client: Client, toolset: Toolset, wanted: string | undefined) {
  const active = (await listToolsOf(client, toolset.id)).filter(({ status }) => status === 'active')
  if (active.length === 0) throw new CommandError(`${toolset.name} has no tools.`)
  if (wanted === undefined) return active
  const agent = await findAgent(client, wanted)
  const granted = new Set((await listGrantedTools(client, agent.id)).map(({ toolId }) => toolId))
  const had = active.filter(({ id }) => granted.has(id))
  if (had.length > 0) return had
  throw new CommandError(`${agent.name} has no tools of ${toolset.name}.`)
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

function tell(
  terminal: Terminal,
  { text, out, tools }: { text: string; out: string; tools: readonly SkillTool[] },
): void {
  const ran = tools.filter(({ example }) => 'args' in example).length
  if (out === '-') {
    terminal.answer({ skill: text, tools: tools.length, ran }, text.trimEnd())
    return
  }
  mkdirSync(out, { recursive: true })
  const path = join(out, 'SKILL.md')
  writeFileSync(path, text)
  terminal.answer(
    { path, tools: tools.length, ran },
    `Written  ${path}: ${counted(tools.length, 'tool')}, ${counted(ran, 'example')} that ${ran === 1 ? 'was' : 'were'} run.`,
  )
}

interface Running {
  readonly tool: Tool
  readonly options: SkillOptions
}

async function runExample(
  client: Client,
  terminal: Terminal,
  { tool, options }: Running,
): Promise<SkillTool['example']> {
  if (!options.run) return { none: 'none was run.' }
  const isRead = tool.annotations.readOnlyHint === true
  if (!isRead && options.runWrites !== true)
    return { none: 'it changes something, so it was not run.' }
  const args = await argumentsFor(terminal, tool, options)
  if ('none' in args) return args
  try {
    const { sent } = await client.call('tryTool', {
      ...{ toolId: tool.id, arguments: args.args, send: true },
    })
    if (sent === undefined) return { none: 'nothing was sent.' }
    const { text, failure } = outcomeOf(tool, sent)
    if (failure !== undefined) return { none: `the one that was run failed. ${failure}` }
    if (sent.status >= errorsFrom)
      return { none: `the API answered the one that was run with status ${sent.status}.` }
    return { args: args.args, status: sent.status, answer: shorten(text) }
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    return { none: `the one that was tried was refused (${printable(thrown.detail)})` }
  }
}

/** What the schema names and --example says; the rest is asked for, where somebody can be asked. */
async function argumentsFor(
  terminal: Terminal,
  tool: Tool,
  { example = [] }: SkillOptions,
): Promise<{ readonly args: Record<string, unknown> } | { readonly none: string }> {
  const own = example
    .filter((text) => text.startsWith(`${tool.name}:`))
    .map((text) => text.slice(tool.name.length + 1))
  const { args: known, missing } = exampleArguments(tool.inputSchema)
  const args = convertArguments(own, tool.inputSchema, known)
  const lacking = missing.filter((path) => !holds(args, path))
  const [first] = lacking
  if (first === undefined) return { args }
  if (!terminal.interactive) {
    return { none: `its schema names no value for ${lacking.join(', ')}.` }
  }
  const words: string[] = []
  for (const path of lacking) {
    const text = await terminal.ask(`${tool.name}: an example for ${path} (- for none)`, {
      default: '-',
    })
    if (text === '-') return { none: `nobody named a value for ${path}.` }
    words.push(`${path}=${text}`)
  }
  return { args: convertArguments(words, tool.inputSchema, args) }
}

const holds = (args: unknown, path: string): boolean =>
  path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined,
      args,
    ) !== undefined

const shorten = (text: string): string =>
  text.length > answerCharsMax
    ? `${text.slice(0, answerCharsMax)}\n… (${text.length} characters)`
    : text
