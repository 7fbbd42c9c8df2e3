import type { Source } from '@sallyport/contracts'
import type { Command } from 'commander'
import { CommandError, table } from '../terminal.ts'
import { requireYes } from './confirm.ts'
import type { RunCommand } from './run-command.ts'
import { findSource } from './server-lookups.ts'
import { describeCheck, describeSource, whereOfSource } from './show-source.ts'
import { addSourceSettingCommands } from './source-settings.ts'
import { addStatementsCommand } from './source-statements.ts'

/** `sallyport sources …`: databases, and the statements of them that are tools. */
export function addSourceCommands(program: Command, run: RunCommand): void {
  const sources = program.command('sources').description('Databases, and statements as tools')

  sources
    .command('list')
    .description('List them, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listSources', options)
        const text = table(
          ['name', 'dialect', 'where', 'user', 'tools', 'test'],
          page.sources.map(rowOf),
        )
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  sources
    .command('show <source>')
    .description('Show one with its tools (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: sourceId } = await findSource(client, wanted)
        const answer = await client.call('getSource', { sourceId })
        terminal.answer(answer, describeSource(answer.source, answer.source.tools))
      }),
    )

  addSourceSettingCommands(sources, run)
  addStatementsCommand(sources, run)

  sources
    .command('remove <source>')
    .description('Delete it with its tools, their grants, and its password (id or name)')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, { yes?: boolean }]) => {
        const client = await owner()
        const { id: sourceId, name, toolsetId } = await findSource(client, wanted)
        const { toolset } = await client.call('getToolset', { toolsetId })
        const { agentCount } = toolset
        const agents = agentCount === 1 ? '1 agent has' : `${agentCount} agents have`
        await requireYes(terminal, `Delete ${name}? ${agents} tools of it.`, {
          ...{ yes: options.yes, isSafe: agentCount === 0 },
        })
        const answer = await client.call('deleteSource', { sourceId })
        terminal.answer(answer, `${name} is deleted.`)
      }),
    )

  sources
    .command('test <source>')
    .description('Sign in to its database, and look at what its role may do (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: sourceId } = await findSource(client, wanted)
        const answer = await client.call('testSource', { sourceId })
        terminal.answer(answer, describeCheck(answer.check))
        if (!answer.check.ok) throw new CommandError('The test did not succeed.')
      }),
    )
}

const rowOf = (source: Source) => [
  ...[source.name, source.dialect, whereOfSource(source), source.user ?? ''],
  String(source.toolCount),
  source.check === undefined ? '' : source.check.ok ? 'works' : source.check.stage,
]
