import { isMcpConfig } from '@sallyport/catalog'
import { importFormats } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { importServers } from './import-servers.ts'
import { importSources, looksLikeSources } from './import-sources.ts'
import { type ImportToolsOptions, importTools, splitVariable } from './import-tools.ts'
import { collect } from './option-values.ts'
import { readDocument } from './read-document.ts'
import type { RunCommand } from './run-command.ts'

interface ImportOptions extends ImportToolsOptions {
  readonly fromEnv?: string[]
  readonly set?: string[]
}

/** `sallyport import`: tools from the documents that people have, in one command. */
export function addImportCommand(program: Command, run: RunCommand): void {
  program
    .command('import <file>')
    .description(
      'Take over OpenAPI, Swagger, curl commands, Higress or genai-toolbox YAML, or an mcp.json (- for stdin)',
    )
    .option('--name <name>', 'of the toolset, such as stock-index (default: by the document)')
    .addOption(new Option('--format <format>', 'where it is not found out').choices(importFormats))
    .option('--server <url>', 'one of the document’s servers, or another')
    .option('--variable <name=value>', 'what the document leaves open, no secret (repeat)', collect)
    .option(
      '--from-env <name>',
      'mcp.json: a variable of this shell as its value (repeat)',
      collect,
    )
    .option('--set <source.field=value>', 'SQL: of a source of the document (repeat)', collect)
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
        const isPiped = file === '-'
        const rest = (asked: CommandContext) => importAny(asked, { document, options, isPiped })
        await (isPiped ? context.afterStdin(rest) : rest(context))
      }),
    )
}

interface Asked {
  readonly document: string
  readonly options: ImportOptions
  readonly isPiped: boolean
}

/** By what the document is: servers, databases, or an API. */
async function importAny(context: CommandContext, asked: Asked): Promise<void> {
  const { options } = asked
  const kind = kindOf(asked)
  if (kind !== 'tools') {
    refuseOthers(options, kind)
    const variables = Object.fromEntries((options.variable ?? []).map(splitVariable))
    const given = { ...asked, variables }
    return kind === 'servers' ? importServers(context, given) : importSources(context, given)
  }
  return importTools(context, asked)
}

function kindOf({ document, options }: Asked): 'servers' | 'sources' | 'tools' {
  if (options.format !== undefined) return 'tools'
  if (isMcpConfig(document)) return 'servers'
  return looksLikeSources(document) ? 'sources' : 'tools'
}

/** What would be passed over without a word. */
function refuseOthers(options: ImportOptions, kind: 'servers' | 'sources'): void {
  const given = {
    ...{ '--server': options.server, '--scheme': options.scheme, '--update': options.update },
    '--connection': options.connection,
    ...(kind === 'servers' ? { '--set': options.set } : { '--from-env': options.fromEnv }),
  }
  const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? []
  if (name === undefined) return
  const what = kind === 'servers' ? 'a file of MCP servers' : 'a document of SQL sources'
  throw new CommandError(`${name} means nothing for ${what}. Nothing was done.`)
}
