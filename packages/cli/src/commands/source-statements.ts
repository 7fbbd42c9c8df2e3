import type { CallOf, putSourceTools, SourceTool } from '@sallyport/contracts'
import type { Command } from 'commander'
import { parse, stringify, YAMLParseError } from 'yaml'
import { CommandError, printable } from '../terminal.ts'
import { showChanges } from '../tools/show-changes.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { readDocument } from './read-document.ts'
import { readTextFile } from './read-text-file.ts'
import type { RunCommand } from './run-command.ts'
import { findSource } from './server-lookups.ts'

type Statement = CallOf<typeof putSourceTools>['tools'][number]

interface StatementsOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `sources statements`: what a source’s tools are, out and in. */
export function addStatementsCommand(sources: Command, run: RunCommand): void {
  sources
    .command('statements <source> [file]')
    .description('Print the statements that are its tools as YAML, or make those of a file so')
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(
        async (
          context,
          [wanted, file, options]: [string, string | undefined, StatementsOptions],
        ) => {
          if (file === undefined) return printStatements(context, wanted)
          const tools = parseStatements(await readDocument(context, file), file)
          const rest = (asked: CommandContext) => putStatements(asked, { wanted, tools, options })
          await (file === '-' ? context.afterStdin(rest) : rest(context))
        },
      ),
    )
}

async function printStatements({ terminal, owner }: CommandContext, wanted: string): Promise<void> {
  const client = await owner()
  const { id: sourceId } = await findSource(client, wanted)
  const { source } = await client.call('getSource', { sourceId })
  const tools = source.tools.filter(({ run: what }) => what === 'statement').map(asWritten)
  terminal.answer({ tools, version: source.version }, stringify({ tools }).trimEnd())
}

const asWritten = ({
  name,
  title,
  description,
  statement,
  parameters,
  writes,
  tags,
}: SourceTool) => ({
  name,
  ...(title !== undefined && { title }),
  description,
  statement: statement ?? '',
  ...(parameters.length > 0 && { parameters: parameters.map(withoutDefaults) }),
  ...(writes && { writes }),
  ...(tags !== undefined && tags.length > 0 && { tags }),
})

const withoutDefaults = ({ required, description, ...rest }: SourceTool['parameters'][number]) => ({
  ...rest,
  ...(description === '' ? {} : { description }),
  ...(required ? {} : { required }),
})

interface Putting {
  readonly wanted: string
  readonly tools: Statement[]
  readonly options: StatementsOptions
}

async function putStatements(
  { terminal, owner, settings }: CommandContext,
  { wanted, tools, options }: Putting,
): Promise<void> {
  const client = await owner()
  const { id: sourceId, name } = await findSource(client, wanted)
  const looked = await client.call('putSourceTools', { sourceId, tools, dryRun: true })
  const { changes, notes } = looked
  const shown = [showChanges(changes), ...notes.map((note) => `Note: ${printable(note)}`)].join(
    '\n',
  )
  const isSame = changes.every(({ change }) => change === 'same')
  if (options.dryRun === true || isSame) return terminal.answer(looked, shown)
  terminal.note(shown)
  const isSafe = changes.every(({ agentCount, change }) => agentCount === 0 || change === 'same')
  await requireYes(terminal, `Make the tools of ${name} so?`, { yes: options.yes, isSafe })
  const answer = await client.call('putSourceTools', {
    ...{ sourceId, tools, version: looked.source.version },
  })
  const { source } = answer
  const counted = source.toolCount === 1 ? '1 tool' : `${source.toolCount} tools`
  terminal.answer(
    answer,
    [
      `${name} is at version ${source.version} with ${counted}.`,
      `Next: npx sallyport grant ${name} --agent <agent>${settings.urlOption}`,
    ].join('\n'),
  )
}

/** The statements of a file; CommandError where it is none of these. */
export const readStatements = (file: string): Statement[] =>
  parseStatements(readTextFile(file), file)

/** Aliases of YAML that one document may follow: what is written by hand has a few. */
const aliasesMax = 100

/**
 * A list of statements, `tools:` with one, or `tools:` with each under its name, as genai-toolbox writes them. What each may hold is
 * the vault’s to say.
 */
function parseStatements(text: string, file: string): Statement[] {
  const value = parseYaml(text, file)
  const tools = isObject(value) && value.tools !== undefined ? value.tools : value
  if (Array.isArray(tools) && tools.every(isObject)) return tools as unknown as Statement[]
  if (isObject(tools) && Object.values(tools).every(isObject)) {
    return Object.entries(tools).map(([name, tool]) => {
      const { kind: _kind, type: _type, source: _source, ...rest } = tool as Record<string, unknown>
      return { name, ...rest } as unknown as Statement
    })
  }
  throw new CommandError(
    `${file} holds no statements: write a list under tools, each with a name, a description and a statement.`,
  )
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: aliasesMax, schema: 'core' })
  } catch (thrown) {
    if (!(thrown instanceof YAMLParseError) && !(thrown instanceof ReferenceError)) throw thrown
    const [first = ''] = thrown.message.split('\n')
    throw new CommandError(`${file} is no YAML: ${first}`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
