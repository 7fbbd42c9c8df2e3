import type { Command } from 'commander'
import { CommandError, printable } from '../terminal.ts'
import { showChanges } from '../tools/show-changes.ts'
import { untrustedBlock, windowWidth } from '../untrusted-block.ts'
import { requireYes } from './confirm.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { findServer } from './server-lookups.ts'
import { howItIs } from './show-server.ts'

interface AcceptOptions {
  readonly tool?: string[]
  readonly yes?: boolean
}

/** What a server says of its tools now, and letting it hold. */
export function addServerChangeCommands(servers: Command, run: RunCommand): void {
  servers
    .command('changes <server>')
    .description('Say how its tools differ from those that an owner has seen (id or name)')
    .action(
      run(async ({ terminal, owner, streams }, [wanted]: [string]) => {
        const client = await owner()
        const { id: serverId } = await findServer(client, wanted)
        const answer = await client.call('getMcpServerChanges', { serverId })
        terminal.answer(answer, describeChanges(answer, windowWidth(streams.stderr)))
      }),
    )

  servers
    .command('accept <server>')
    .description('Let its tools be what the changes say that they are now (id or name)')
    .option('--tool <tool>', 'these alone (repeat)', collect)
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async ({ terminal, owner, streams }, [wanted, options]: [string, AcceptOptions]) => {
        const client = await owner()
        const { id: serverId, name } = await findServer(client, wanted)
        const looked = await client.call('getMcpServerChanges', { serverId })
        const { tool: tools } = options
        const known = new Set(looked.changes.map((change) => change.name))
        const unknown = tools?.find((tool) => !known.has(tool))
        if (unknown !== undefined) {
          throw new CommandError(`No tool called "${unknown}" has changed.`)
        }
        const changes = looked.changes.filter((one) => tools?.includes(one.name) !== false)
        if (changes.every(({ change }) => change === 'same')) {
          return terminal.answer(looked, 'Nothing changes.')
        }
        terminal.note(describeChanges({ ...looked, changes }, windowWidth(streams.stderr)))
        await requireYes(terminal, `Let the tools of ${name} be so?`, options)
        const answer = await client.call('acceptMcpServerChanges', {
          ...{ serverId, expects: looked.expects },
          ...(tools !== undefined && { tools }),
        })
        terminal.answer(answer, `${name}: ${howItIs(answer.server)}`)
      }),
    )
}

type Change = Parameters<typeof showChanges>[0][number] & { readonly description: string }
interface Changes {
  readonly changes: readonly Change[]
  readonly refused: readonly { readonly name?: string | undefined; readonly reason: string }[]
}

/** The differences, and under what is new to everybody its whole description: models would be told it. */
function describeChanges({ changes, refused }: Changes, width: number): string {
  const differing = changes.filter(({ change }) => change !== 'same')
  return [
    ...(differing.length === 0 ? ['Nothing changes.'] : []),
    ...differing.flatMap((change) => [
      showChanges([change]),
      ...(change.change === 'removed' || change.description === ''
        ? []
        : [untrustedBlock(change.description, { width })]),
    ]),
    ...refused.map(
      ({ name, reason }) =>
        `  refused${name === undefined ? '' : ` ${printable(name)}`}: ${printable(reason)}`,
    ),
  ].join('\n')
}
