import type { CallOf, importSources as operation } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError, printable, type Terminal } from '../terminal.ts'
import { type SourcesPreview, showSources } from '../tools/show-sources.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { askValue } from './secret-value.ts'
import { secretsFromFile } from './secrets-from-file.ts'

/** What the command line says of a document of SQL sources. */
interface ImportSourcesOptions {
  readonly name?: string
  readonly only?: string[]
  readonly except?: string[]
  readonly set?: string[]
  readonly secretFile?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

interface Given {
  readonly document: string
  readonly options: ImportSourcesOptions
  /** Whether stdin was the document. */
  readonly isPiped: boolean
  /** `--variable` as pairs. */
  readonly variables: Readonly<Record<string, string>>
}

/** Tools of SQL, as genai-toolbox and Higress write them: by how they name their kind, since the vault reads the rest. */
export const looksLikeSources = (document: string): boolean =>
  /(?:^|[{,])[ \t]*(?:-[ \t]+)?["']?(?:kind|type)["']?[ \t]*:[ \t]*["']?[a-z0-9-]{1,60}-sql\b/m.test(
    document,
  ) || /^[ \t]*(?:-[ \t]+)?["']?db_(?:tool|source)s?["']?[ \t]*:/m.test(document)

type Input = CallOf<typeof operation>
type Chosen = NonNullable<Input['sources']>[number]

/** Makes SQL sources and their tools of a document, asking for what it does not say. */
export async function importSources(context: CommandContext, given: Given): Promise<void> {
  const { terminal, settings, withFreshSignIn } = context
  const { options, document } = given
  const client = await context.owner()
  const source = {
    document,
    ...(Object.keys(given.variables).length > 0 && { variables: { ...given.variables } }),
  }
  const preview = await client.call('previewSources', source)
  if ('variables' in source) await refusePasswords(client, document, preview)
  if (options.dryRun === true) return terminal.answer(preview, showSources(preview))
  terminal.note(showSources(preview))
  const taken = preview.sources.filter(({ outcome }) => outcome === 'taken')
  if (taken.length === 0) throw new CommandError('None of it can be taken.')
  const tools = leaveOut(preview, options)
  const sources = await fillSources(terminal, { ...given, taken })
  const counted = taken.length === 1 ? '1 source' : `${taken.length} sources`
  await requireYes(terminal, `Keep ${counted}?`, { yes: options.yes, isSafe: true })
  const answer = await withFreshSignIn((asked) =>
    asked.call('importSources', {
      ...source,
      ...{ sources, expects: preview.digest },
      ...(tools.length > 0 && { tools }),
    }),
  )
  const [first] = answer.sources
  terminal.answer(
    answer,
    [
      ...answer.sources.map(
        ({ id, name, toolCount }) =>
          `${id}  ${name}, ${toolCount === 1 ? '1 tool' : `${toolCount} tools`}.`,
      ),
      ...answer.notes.map((note) => `Note: ${printable(note)}`),
      'No agent has any of it yet.',
      ...(first === undefined
        ? []
        : [`Next: npx sallyport grant ${first.name} --agent <agent>${settings.urlOption}`]),
    ].join('\n'),
  )
}

/** Throws CommandError where a variable that was an argument fills in a password. */
async function refusePasswords(
  client: Client,
  document: string,
  preview: SourcesPreview,
): Promise<void> {
  const bare = await client.call('previewSources', { document })
  const had = new Set(bare.sources.filter(({ hasPassword }) => hasPassword).map(({ key }) => key))
  const filled = preview.sources.find(({ key, hasPassword }) => hasPassword && !had.has(key))
  if (filled === undefined) return
  throw new CommandError(
    `--variable fills in the password of ${filled.key}: a password is asked for, or read from stdin, and never an argument.`,
  )
}

/** `--only` and `--except`, by the names of the tools. Throws CommandError for names that are not there. */
function leaveOut(preview: SourcesPreview, { only, except }: ImportSourcesOptions) {
  const tools = preview.sources
    .flatMap((source) => source.tools)
    .filter(({ outcome }) => outcome !== 'refused')
  const fits = (pattern: string, { key, name }: (typeof tools)[number]) =>
    [key, name].some((text) =>
      pattern.endsWith('*') ? text?.startsWith(pattern.slice(0, -1)) : text === pattern,
    )
  for (const pattern of [...(only ?? []), ...(except ?? [])]) {
    if (tools.some((tool) => fits(pattern, tool))) continue
    throw new CommandError(`No tool of it is called ${pattern}. \`--dry-run\` shows them.`)
  }
  return tools
    .filter(
      (tool) =>
        only?.some((pattern) => fits(pattern, tool)) === false ||
        except?.some((pattern) => fits(pattern, tool)) === true,
    )
    .map(({ key }) => ({ key, take: false }))
}

interface Filling extends Given {
  readonly taken: SourcesPreview['sources']
}

async function fillSources(terminal: Terminal, filling: Filling): Promise<Chosen[]> {
  const { taken, options, isPiped } = filling
  if (options.name !== undefined && taken.length !== 1) {
    throw new CommandError('--name is for a document with one source.')
  }
  const set = readSet(options.set, taken)
  const secrets = secretsFromFile(terminal, options.secretFile)
  const chosen: Chosen[] = []
  for (const { key, asks } of taken) {
    const own = set.get(key) ?? new Map<string, string>()
    for (const { field } of asks) {
      if (own.has(field)) continue
      if (field !== 'password') {
        own.set(
          field,
          await terminal.ask(`${field} of ${printable(key)}`, {
            option: `--set ${key}.${field}=…`,
          }),
        )
        continue
      }
      if (isPiped && !terminal.interactive && options.secretFile === undefined) {
        throw new CommandError(
          `The document came on stdin, so the password of ${key} cannot: name a file with --secret-file.`,
        )
      }
      own.set(field, await askValue(secrets, `Password of ${printable(key)}`))
    }
    const { name } = options
    chosen.push({ key, ...(name !== undefined && { name }), ...settingsOf(own) } as Chosen)
  }
  return chosen
}

const booleans: ReadonlySet<string> = new Set(['query', 'schemaTools'])
const settable: ReadonlySet<string> = new Set([
  ...['name', 'host', 'port', 'database', 'path', 'tls', 'user', ...booleans],
])

/** `--set source.field=value`, by source. Throws CommandError for what cannot be set so. */
function readSet(
  given: readonly string[] = [],
  taken: SourcesPreview['sources'],
): Map<string, Map<string, string>> {
  const set = new Map<string, Map<string, string>>()
  for (const text of given) {
    const [, key, field = '', value = ''] = /^(.*)\.([A-Za-z]+)=(.*)$/s.exec(text) ?? []
    if (key === undefined) throw new CommandError(`--set ${text} is not source.field=value.`)
    if (field === 'password') {
      throw new CommandError(
        `--set ${key}.password: a password is asked for, or read from stdin, and never an argument.`,
      )
    }
    if (!settable.has(field)) {
      throw new CommandError(`--set ${key}.${field}: it is none of ${[...settable].join(', ')}.`)
    }
    if (!taken.some((source) => source.key === key)) {
      throw new CommandError(`--set ${key}.${field}: the document has no source ${key}.`)
    }
    set.set(key, (set.get(key) ?? new Map()).set(field, value))
  }
  return set
}

const settingsOf = (given: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    [...given].map(([field, value]) => [
      field,
      field === 'port' ? Number(value) : booleans.has(field) ? value === 'true' : value,
    ]),
  )
