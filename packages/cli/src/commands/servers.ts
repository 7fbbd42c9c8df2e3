import type { McpServer } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, printable, shellWord, table } from '../terminal.ts'
import { untrustedBlock, windowWidth } from '../untrusted-block.ts'
import { requireYes } from './confirm.ts'
import type { RunCommand } from './run-command.ts'
import { addServerChangeCommands } from './server-changes.ts'
import { findServer } from './server-lookups.ts'
import { addServerSettingCommands } from './server-settings.ts'
import { addServerSignInCommands } from './server-sign-in.ts'
import { describeServer, howItIs } from './show-server.ts'

/** `sallyport servers …`: upstream MCP servers, whose tools agents are granted like any other. */
export function addServerCommands(program: Command, run: RunCommand): void {
  const servers = program.command('servers').description('MCP servers behind the vault')

  servers
    .command('list')
    .description('List them, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listMcpServers', options)
        const head = ['name', 'toolset', 'transport', 'status', 'tools', 'held', 'where']
        const failing = page.servers.filter(({ lastFailure }) => lastFailure !== undefined)
        const text = [
          table(head, page.servers.map(rowOf)),
          ...failing.map((server) => `${printable(server.name)}: ${howItIs(server)}`),
          ...(page.nextCursor === undefined ? [] : [`More: --cursor ${page.nextCursor}`]),
        ]
        terminal.answer(page, text.join('\n'))
      }),
    )

  servers
    .command('show <server>')
    .description('Show one, its secrets masked (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const server = await findServer(client, wanted)
        const isProgram = server.transport === 'stdio'
        const programs = isProgram ? await client.call('getMcpPrograms', {}) : undefined
        terminal.answer(
          { server, ...(isProgram && { programs }) },
          describeServer(server, programs),
        )
      }),
    )

  addServerSettingCommands(servers, run)
  addSwitches(servers, run)
  addTries(servers, run)
  addServerChangeCommands(servers, run)
  addServerSignInCommands(servers, run)
  addInstallCommand(servers, run)
}

const rowOf = (server: McpServer) => {
  const { name, toolset, transport, status, enabled, toolCount, heldCount } = server
  const where = server.url ?? [server.command ?? '', ...server.args].join(' ')
  return [
    ...[name, toolset, transport, enabled ? status : 'disabled'],
    ...[String(toolCount), heldCount === 0 ? '' : String(heldCount)],
    where.length > 60 ? `${where.slice(0, 59)}…` : where,
  ]
}

function addSwitches(servers: Command, run: RunCommand): void {
  const addSwitch = (verb: 'enable' | 'disable', description: string) =>
    servers
      .command(`${verb} <server>`)
      .description(description)
      .action(
        run(async ({ terminal, owner }, [wanted]: [string]) => {
          const client = await owner()
          const { id: serverId } = await findServer(client, wanted)
          const answer = await client.call('toggleMcpServer', {
            ...{ serverId, enabled: verb === 'enable' },
          })
          terminal.answer(answer, `${answer.server.name}: ${howItIs(answer.server)}`)
        }),
      )
  addSwitch('enable', 'Connect to it, and let agents have what they were granted')
  addSwitch('disable', 'Disconnect it, and take its tools from everybody until it is enabled')

  servers
    .command('remove <server>')
    .description('Delete it with its secrets, its tools and their grants (id or name)')
    .option('-y, --yes', 'do not ask before it is done')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, { yes?: boolean }]) => {
        const client = await owner()
        const { id: serverId, name, toolsetId } = await findServer(client, wanted)
        const { toolset } = await client.call('getToolset', { toolsetId })
        const { agentCount } = toolset
        const agents = agentCount === 1 ? '1 agent has' : `${agentCount} agents have`
        await requireYes(terminal, `Delete ${name}? ${agents} tools of it.`, {
          ...{ yes: options.yes, isSafe: agentCount === 0 },
        })
        const answer = await client.call('deleteMcpServer', { serverId })
        terminal.answer(answer, `${name} is deleted.`)
      }),
    )
}

function notConnected(failed: readonly { readonly name: string }[]): string {
  const [first, ...more] = failed
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  return `There is no connection to ${printable(first?.name ?? '')}${others}.`
}

function addTries(servers: Command, run: RunCommand): void {
  servers
    .command('test <server>')
    .description('Connect to it once more, beside the connection that serves (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: serverId } = await findServer(client, wanted)
        const tried = await client.call('testMcpServer', { serverId })
        const names = tried.discoveredTools.map((name) => `  ${printable(name)}`)
        const time = `${Math.round(tried.latencyMs)} ms`
        const stage = tried.stage === undefined ? '' : `${tried.stage}: `
        terminal.answer(
          tried,
          [
            `${stage}${printable(tried.message)} (${time}, ${tried.toolCount} tools)`,
            ...names,
          ].join('\n'),
        )
        if (!tried.success) throw new CommandError('The test did not succeed.')
      }),
    )

  servers
    .command('refresh [server]')
    .description('Connect anew and read its tools, or those of all; calls go on meanwhile')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string | undefined]) => {
        const client = await owner()
        const answer =
          wanted === undefined
            ? await client.call('refreshMcpServers', {})
            : await client.call('refreshMcpServer', {
                serverId: (await findServer(client, wanted)).id,
              })
        const all = 'servers' in answer ? answer.servers : [answer.server]
        const lines = all.map((server) => `${printable(server.name)}: ${howItIs(server)}`)
        terminal.answer(answer, lines.length === 0 ? 'No server is enabled.' : lines.join('\n'))
        const failed = all.filter(({ enabled, status }) => enabled && status === 'error')
        if (failed.length > 0) throw new CommandError(notConnected(failed))
      }),
    )

  servers
    .command('log <server>')
    .description('Show the end of what its program wrote to standard error, without secrets')
    .action(
      run(async ({ terminal, owner, streams }, [wanted]: [string]) => {
        const client = await owner()
        const { id: serverId, name } = await findServer(client, wanted)
        const answer = await client.call('getMcpServerLog', { serverId })
        terminal.answer(
          answer,
          answer.log.trim() === ''
            ? `${name} wrote nothing.`
            : untrustedBlock(answer.log.trimEnd(), { width: windowWidth(streams.stderr) }),
        )
      }),
    )
}

function addInstallCommand(servers: Command, run: RunCommand): void {
  servers
    .command('install <package>')
    .description('Install a package with an MCP server in it, where the operator lets owners do so')
    .addOption(
      new Option('--with <installer>', 'what installs it').choices(installers).default('npm'),
    )
    .action(
      run(async (context, [name, options]: [string, { with: (typeof installers)[number] }]) => {
        const input = { package: name, installer: options.with }
        const installed = await context.withFreshSignIn((client) =>
          client.call('installMcpPackage', input),
        )
        const { version, binName, binPath } = installed
        const lines = [
          `${printable(installed.package)} ${version} is installed: ${printable(binPath)}`,
          `Next: npx sallyport servers add ${shellWord(binName)} -- ${shellWord(binPath)}`,
        ]
        context.terminal.answer(installed, lines.join('\n'))
      }),
    )
}

const installers = ['npm', 'uv', 'bun'] as const
