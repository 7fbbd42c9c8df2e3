import {
  type CallOf,
  type ImportPreview,
  importFormats,
  type operations,
} from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, type Terminal } from '../terminal.ts'
import { showChanges } from '../tools/show-changes.ts'
import { showPreview } from '../tools/show-preview.ts'
import { askScheme } from './ask-scheme.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { howToPass } from './how-to-pass.ts'
import { findConnection } from './lookup.ts'
import { collect } from './option-values.ts'
import { readDocument } from './read-document.ts'
import type { RunCommand } from './run-command.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { findToolset, lookForToolset } from './tool-lookups.ts'

interface ImportOptions {
  readonly name?: string
  readonly format?: (typeof importFormats)[number]
  readonly server?: string
  readonly variable?: string[]
  readonly scheme?: string
  readonly connection?: string
  readonly only?: string[]
  readonly except?: string[]
  readonly dryRun?: boolean
  readonly update?: boolean
  readonly yes?: boolean
  readonly secretFile?: string
}

/** `sallyport import`: tools from the documents that people have, in one command. */
export function addImportCommand(program: Command, run: RunCommand): void {
  program
    .command('import <file>')
    .description(
      'Make tools of OpenAPI, Swagger, curl commands, Higress or genai-toolbox YAML (- for stdin)',
    )
    .option('--name <name>', 'of the toolset, such as stock-index (default: by the document)')
    .addOption(new Option('--format <format>', 'where it is not found out').choices(importFormats))
    .option('--server <url>', 'one of the document’s servers, or another')
    .option('--variable <name=value>', 'of the server’s URL (repeat)', collect)
    .option('--scheme <name>', 'by which of its security schemes to sign in')
    .option('--connection <connection>', 'a connection that is there, in place of a new key')
    .option('--only <tool>', 'take these alone; a last * stands for any rest (repeat)', collect)
    .option('--except <tool>', 'leave these out (repeat)', collect)
    .addOption(
      new Option(
        '--secret-file <file>',
        'a file with the key, in place of being asked for it',
      ).conflicts('connection'),
    )
    .option('--update', 'bring a newer document into the toolset of that name')
    .option('--dry-run', 'only show what would become of it')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async (context, [file, options]: [string, ImportOptions]) => {
        const document = await readDocument(context, file)
        const source = { document, ...choicesOf(options) }
        const isPiped = file === '-'
        const rest = (asked: CommandContext) => importFrom(asked, { source, options, isPiped })
        await (isPiped ? context.afterStdin(rest) : rest(context))
      }),
    )
}

interface Given extends Making {
  /** Whether stdin was the document. */
  readonly isPiped: boolean
}

async function importFrom({ terminal, owner, settings }: CommandContext, given: Given) {
  const client = await owner()
  if (given.options.update === true) return updateToolset(client, terminal, given)
  return makeToolset(client, terminal, { ...given, urlOption: settings.urlOption })
}

type Source = CallOf<typeof operations.previewToolset>

const choicesOf = ({ format, server, variable, scheme }: ImportOptions) => ({
  ...(format !== undefined && { format }),
  ...(server !== undefined && { server }),
  ...(variable !== undefined && { variables: Object.fromEntries(variable.map(splitVariable)) }),
  ...(scheme !== undefined && { securityScheme: scheme }),
})

function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new CommandError(`--variable ${text} is not name=value.`)
}

interface Making {
  readonly source: Source
  readonly options: ImportOptions
}

async function makeToolset(
  client: Client,
  terminal: Terminal,
  { source, options, urlOption, isPiped }: Given & { readonly urlOption: string },
): Promise<void> {
  const named = options.name === undefined ? {} : { name: options.name }
  const preview = await client.call('previewToolset', { ...source, ...named })
  if (options.dryRun === true) return terminal.answer(preview, showPreview(preview))
  terminal.note(showPreview(preview))
  const name = options.name ?? preview.name
  // Before a key is asked for in vain.
  if ((await lookForToolset(client, name)) !== undefined) {
    throw new CommandError(
      `There is a toolset called ${name} already. Give this one another with --name, or bring a newer document into that one with --update.`,
    )
  }
  const tools = chooseTools(preview, options)
  if (preview.origin === undefined) {
    throw new CommandError('The document names no server: give it with --server.')
  }
  const kept = await chooseCredential(client, terminal, { preview, tools, options, isPiped })
  const count = preview.counts.taken + preview.counts.changed - tools.length
  await requireYes(terminal, `Make the toolset ${name} of ${counted(count)}?`, {
    ...{ yes: options.yes, isSafe: true },
  })
  const { toolset } = await client.call('createToolset', {
    ...source,
    ...kept,
    ...(tools.length > 0 && { tools }),
    ...{ name, expects: preview.digest },
  })
  const isOfCaller = 'credential' in kept && kept.credential.kind === 'caller'
  const lines = toolset.tools.map((tool) => `  ${toolset.name}.${tool.name}`)
  terminal.answer(
    { toolset },
    [
      `${toolset.id}  ${toolset.name}, ${counted(toolset.toolCount)}. No agent has any of it yet.`,
      ...lines.slice(0, 20),
      ...(lines.length > 20 ? [`  … and ${lines.length - 20} more`] : []),
      ...(isOfCaller && toolset.connection !== undefined ? howToPass(toolset.connection.id) : []),
      `Next: npx sallyport grant ${toolset.name} --agent <agent>${urlOption}`,
    ].join('\n'),
  )
}

const counted = (count: number) => (count === 1 ? '1 tool' : `${count} tools`)

type Choice = NonNullable<CallOf<typeof operations.createToolset>['tools']>[number]

/** What is left out, by --only and --except. */
function chooseTools(preview: ImportPreview, { only, except }: ImportOptions): Choice[] {
  const takeable = preview.tools.filter(({ outcome }) => outcome !== 'refused')
  const [refused] = preview.tools
  if (takeable.length === 0) {
    throw new CommandError(
      `Nothing of it can be a tool: ${refused?.reason ?? 'it describes no operation'}`,
    )
  }
  const fits = (pattern: string, { name, key }: { name?: string | undefined; key: string }) =>
    [name, key].some((text) =>
      pattern.endsWith('*') ? text?.startsWith(pattern.slice(0, -1)) : text === pattern,
    )
  for (const pattern of [...(only ?? []), ...(except ?? [])]) {
    if (takeable.some((tool) => fits(pattern, tool))) continue
    throw new CommandError(`No operation is called ${pattern}. \`--dry-run\` shows them.`)
  }
  const isLeft = (tool: (typeof takeable)[number]) =>
    (only !== undefined && !only.some((pattern) => fits(pattern, tool))) ||
    except?.some((pattern) => fits(pattern, tool)) === true
  const left = takeable.filter(isLeft).map(({ key }) => ({ key, take: false }))
  // What was left out of the toolset before comes in by its name alone.
  const taken = takeable
    .filter((tool) => tool.leftOut === true && only !== undefined && !isLeft(tool))
    .map(({ key }) => ({ key, take: true }))
  if (left.length < takeable.length) return [...left, ...taken]
  throw new CommandError('--only and --except leave nothing.')
}

interface Choosing {
  readonly preview: ImportPreview
  readonly tools: Choice[]
  readonly options: ImportOptions
  /** Whether stdin was the document. */
  readonly isPiped: boolean
}

/** A connection that was named, the key that stood in the document, one that is asked for, or none where none is needed. */
async function chooseCredential(
  client: Client,
  terminal: Terminal,
  { preview, tools, options, isPiped }: Choosing,
) {
  if (options.connection !== undefined) {
    return { connectionId: (await findConnection(client, options.connection)).id }
  }
  const left = new Set(tools.map(({ key }) => key))
  const needsKey = preview.tools.some(
    ({ outcome, key, credential }) =>
      outcome !== 'refused' && !left.has(key) && credential === 'connection',
  )
  if (!needsKey) return {}
  const found = preview.secretsFound.find(({ scheme }) => scheme !== undefined)
  if (found !== undefined && options.secretFile === undefined) return {}
  const { securitySchemes } = preview
  const scheme =
    options.scheme === undefined
      ? (securitySchemes.find(({ kind }) => kind !== undefined) ?? securitySchemes[0])
      : securitySchemes.find(({ name }) => name === options.scheme)
  if (scheme === undefined) return {}
  if (isPiped && !terminal.interactive && options.secretFile === undefined) {
    throw new CommandError(
      'The document came on stdin, so its key cannot: name a file with --secret-file, or a connection with --connection.',
    )
  }
  return { credential: await askScheme(secretsFromFile(terminal, options.secretFile), scheme) }
}

async function updateToolset(
  client: Client,
  terminal: Terminal,
  { source, options }: Making,
): Promise<void> {
  if (options.name === undefined) {
    throw new CommandError('Which toolset is it for? Name it with --name.')
  }
  if (options.connection !== undefined || options.secretFile !== undefined) {
    throw new CommandError(
      'A newer document keeps the key: --connection and --secret-file go with a new toolset.',
    )
  }
  const { id: toolsetId, name, version } = await findToolset(client, options.name)
  const whole = await client.call('previewToolset', { ...source, toolsetId })
  const tools = chooseTools(whole, options)
  // What is shown is what is done: with what is taken and left out.
  const chosen = tools.length > 0 ? { tools } : {}
  const preview =
    tools.length > 0
      ? await client.call('previewToolset', { ...source, ...chosen, toolsetId })
      : whole
  const changes = preview.changes ?? []
  const shown = showChanges(changes)
  if (options.dryRun === true) return terminal.answer(preview, shown)
  if (changes.every(({ change }) => change === 'same')) return terminal.answer(preview, shown)
  terminal.note(shown)
  await requireYes(terminal, `Change ${name} so?`, options)
  const answer = await client.call('replaceToolsetSource', {
    ...{ ...source, ...chosen },
    ...{ toolsetId, version, expects: preview.digest },
  })
  const { toolset } = answer
  terminal.answer(
    answer,
    `${toolset.name} is at version ${toolset.version} with ${counted(toolset.toolCount)}.`,
  )
}
