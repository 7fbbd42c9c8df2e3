import type { CallOf, ImportPreview, importFormats, operations } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError, type Terminal } from '../terminal.ts'
import { showChanges } from '../tools/show-changes.ts'
import { showPreview } from '../tools/show-preview.ts'
import { askScheme } from './ask-scheme.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { howToPass } from './how-to-pass.ts'
import { findConnection } from './lookup.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { findToolset, lookForToolset } from './tool-lookups.ts'

/** What the command line says of a document that describes an API. */
export interface ImportToolsOptions {
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

interface Given extends Making {
  /** Whether stdin was the document. */
  readonly isPiped: boolean
}

/** Makes a toolset of a document, or brings a newer one into the toolset that is there. */
export async function importTools(
  { terminal, owner, settings }: CommandContext,
  { document, options, isPiped }: Omit<Given, 'source'> & { readonly document: string },
): Promise<void> {
  const client = await owner()
  const given = { source: { document, ...choicesOf(options) }, options, isPiped }
  if (options.update === true) return updateToolset(client, terminal, given)
  return makeToolset(client, terminal, { ...given, urlOption: settings.urlOption })
}

type Source = CallOf<typeof operations.previewToolset>

const choicesOf = ({ format, server, variable, scheme }: ImportToolsOptions) => ({
  ...(format !== undefined && { format }),
  ...(server !== undefined && { server }),
  ...(variable !== undefined && { variables: Object.fromEntries(variable.map(splitVariable)) }),
  ...(scheme !== undefined && { securityScheme: scheme }),
})

/** `--variable name=value` as a pair. Throws CommandError for anything else. */
export function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new CommandError(`--variable ${text} is not name=value.`)
}

interface Making {
  readonly source: Source
  readonly options: ImportToolsOptions
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
function chooseTools(preview: ImportPreview, { only, except }: ImportToolsOptions): Choice[] {
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
  readonly options: ImportToolsOptions
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
