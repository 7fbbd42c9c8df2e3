import { writeFileSync } from 'node:fs'
import type { Connection, Toolset } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { showChanges, turnChanges } from '../tools/show-changes.ts'
import { requireYes } from './confirm.ts'
import { findConnection, listAllConnections } from './lookup.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { findToolset, listToolsOf } from './tool-lookups.ts'
import { addUpgradeCommand } from './upgrade-toolset.ts'

/** `sallyport toolsets …`: tools under one name, and what they were before. */
export function addToolsetCommands(program: Command, run: RunCommand): void {
  const toolsets = program.command('toolsets').description('Toolsets and their versions')

  toolsets
    .command('list')
    .description('List toolsets, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listToolsets', options)
        const text = table(
          ['name', 'from', 'tools', 'agents', 'version', 'connection'],
          page.toolsets.map(rowOf),
        )
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  toolsets
    .command('show <toolset>')
    .description('Show a toolset with its tools (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const toolset = await findToolset(client, wanted)
        const tools = await listToolsOf(client, toolset.id)
        const rows = tools.map(({ name, status, method = '', url = '', agents }) => [
          ...[name, status, method, url, String(agents)],
        ])
        terminal.answer(
          { toolset, tools },
          [
            `${toolset.id}  ${rowOf(toolset).join('  ')}`,
            table(['tool', 'status', 'method', 'url', 'agents'], rows),
          ].join('\n'),
        )
      }),
    )

  toolsets
    .command('delete <toolset>')
    .description('Delete a toolset with its tools and grants; its connection stays (id or name)')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, { yes?: boolean }]) => {
        const client = await owner()
        const { id, name, agentCount } = await findToolset(client, wanted)
        const agents = agentCount === 1 ? '1 agent has' : `${agentCount} agents have`
        await requireYes(terminal, `Delete ${name}? ${agents} tools of it.`, {
          ...{ yes: options.yes, isSafe: agentCount === 0 },
        })
        const answer = await client.call('deleteToolset', { toolsetId: id })
        terminal.answer(answer, `${name} is deleted.`)
      }),
    )
  addExportCommand(toolsets, run)
  addVersionCommands(toolsets, run)
  addTemplateCommands(toolsets, run)
  addTemplateUse(toolsets, run)
  addUpgradeCommand(toolsets, run)
}

const rowOf = ({ name, format, template, toolCount, agentCount, version, connection }: Toolset) => [
  name,
  template ?? format,
  String(toolCount),
  String(agentCount),
  String(version),
  connection?.label ?? '',
]

function addExportCommand(toolsets: Command, run: RunCommand): void {
  toolsets
    .command('export <toolset>')
    .description('Write a toolset as a document, without any secret (id or name)')
    .addOption(
      new Option('--format <format>', 'as what').choices(['higress', 'openapi']).default('openapi'),
    )
    .option('--out <file>', 'into this file, which must not be there')
    .action(
      run(
        async (
          { terminal, owner },
          [wanted, { format, out }]: [string, { format: 'higress' | 'openapi'; out?: string }],
        ) => {
          const client = await owner()
          const { id: toolsetId } = await findToolset(client, wanted)
          const answer = await client.call('exportToolset', { toolsetId, format })
          for (const note of answer.notes) terminal.note(`Note: ${note}`)
          if (out === undefined) return terminal.answer(answer, answer.document.trimEnd())
          // Never over another file.
          writeFileSync(out, answer.document, { flag: 'wx' })
          terminal.answer(answer, `Written  ${out}`)
        },
      ),
    )
}

function addVersionCommands(toolsets: Command, run: RunCommand): void {
  toolsets
    .command('versions <toolset>')
    .description('List what a toolset was before, newest first (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: toolsetId } = await findToolset(client, wanted)
        const page = await client.call('listToolsetVersions', { toolsetId })
        const rows = page.versions.map(({ version, at, cause, toolCount, changes }) => [
          ...[String(version), at, cause, String(toolCount)],
          `+${changes.added} -${changes.removed} ~${changes.changed}`,
        ])
        terminal.answer(page, table(['version', 'at', 'by', 'tools', 'changes'], rows))
      }),
    )

  toolsets
    .command('diff <toolset>')
    .argument('<version>', 'as `versions` lists it', readCount)
    .description('Say how a toolset differs now from what it was then')
    .action(
      run(async ({ terminal, owner }, [wanted, version]: [string, number]) => {
        const client = await owner()
        const { id: toolsetId } = await findToolset(client, wanted)
        const answer = await client.call('compareToolsetVersions', {
          ...{ toolsetId, version },
        })
        terminal.answer(answer, showChanges(answer.changes))
      }),
    )

  toolsets
    .command('restore <toolset>')
    .argument('<version>', 'as `versions` lists it', readCount)
    .description('Make a toolset what it was then, as a new version')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(
        async (
          { terminal, owner },
          [wanted, version, options]: [string, number, { yes?: boolean }],
        ) => {
          const client = await owner()
          const toolset = await findToolset(client, wanted)
          requireRestorable(toolset, version)
          const { id: toolsetId, name, version: current } = toolset
          const { changes } = await client.call('compareToolsetVersions', { toolsetId, version })
          terminal.note(showChanges(turnChanges(changes)))
          await requireYes(terminal, `Make ${name} what it was in version ${version}?`, options)
          const answer = await client.call('restoreToolsetVersion', {
            ...{ toolsetId, version, current },
          })
          terminal.answer(answer, `${name} is at version ${answer.toolset.version}.`)
        },
      ),
    )
}

/** Said before anybody is asked: the vault refuses it, since these tools follow what they belong to. */
function requireRestorable({ name, format }: Toolset, version: number): void {
  if (format === 'sql') {
    throw new CommandError(
      `${name} has the statements of a database, and is not restored by itself. \`sallyport toolsets diff ${name} ${version} --json\` says what they were, \`sallyport sources statements ${name} <file>\` puts them.`,
    )
  }
  if (format === 'mcp') {
    throw new CommandError(
      `${name} has the tools that its MCP server offers, and is not restored by itself. Have the server offer them again (\`sallyport servers show ${name}\` says how it stands), or disable in the dashboard those that nobody is to call.`,
    )
  }
}

function addTemplateCommands(toolsets: Command, run: RunCommand): void {
  toolsets
    .command('templates')
    .description('List the ready toolsets of the catalog')
    .option('--service <service>', 'of this service alone')
    .action(
      run(async ({ terminal, owner }, [options]: [{ service?: string }]) => {
        const answer = await (await owner()).call('listToolsetTemplates', options)
        const rows = answer.templates.map(({ id, version, title, tools, origins }) => [
          ...[`${id}@${version}`, title, String(tools.length), origins.join(' ')],
        ])
        terminal.answer(answer, table(['template', 'title', 'tools', 'origins'], rows))
      }),
    )
}

interface AddOptions {
  readonly connection?: string
  readonly name?: string
}

function addTemplateUse(toolsets: Command, run: RunCommand): void {
  toolsets
    .command('add <template>')
    .description(
      'Make a ready toolset of the catalog, such as github, for a connection of its service',
    )
    .option(
      '--connection <connection>',
      'whose key it goes by (default: the only one of the service)',
    )
    .option('--name <name>', 'of the toolset (default: the template’s)')
    .action(
      run(async ({ terminal, owner, settings }, [wanted, options]: [string, AddOptions]) => {
        const client = await owner()
        const { templates } = await client.call('listToolsetTemplates', {})
        const [id] = wanted.split('@')
        const template = templates.find((one) => one.id === id)
        if (template === undefined) {
          const ids = templates.map((one) => one.id).join(', ')
          throw new CommandError(`There is no template "${wanted}". Templates: ${ids}.`)
        }
        const connection =
          options.connection === undefined
            ? await onlyConnection(client, template.service)
            : await findConnection(client, options.connection)
        const { toolset } = await client.call('createToolset', {
          ...{ template: wanted, name: options.name ?? template.id, connectionId: connection.id },
        })
        terminal.answer(
          { toolset },
          [
            `${toolset.id}  ${toolset.name}, ${toolset.toolCount} tools. No agent has them yet.`,
            `Next: npx sallyport grant ${toolset.name} --agent <agent>${settings.urlOption}`,
          ].join('\n'),
        )
      }),
    )
}

async function onlyConnection(client: Client, service: string): Promise<Connection> {
  const all = await listAllConnections(client)
  const fitting = all.filter((one) => one.service === service && one.status !== 'revoked')
  const [only, ...others] = fitting
  if (only !== undefined && others.length === 0) return only
  if (only === undefined) {
    throw new CommandError(
      `There is no connection of ${service}: \`sallyport connections add --service ${service}\` makes one.`,
    )
  }
  const labels = fitting.map(({ label }) => label).join(', ')
  throw new CommandError(
    `More than one connection is of ${service}: name it with --connection (${labels}).`,
  )
}
