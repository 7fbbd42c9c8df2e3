import { Argument, type Command } from 'commander'
import { generateAgentKey, writeAgentKey } from '../agent-key.ts'
import {
  type ClientName,
  checkServer,
  clientNames,
  serverCommand,
  writeClientConfig,
} from '../clients/client-config.ts'
import type { Process } from './context.ts'
import { findConnection } from './lookup.ts'
import type { RunCommand } from './run-command.ts'

interface ConnectOptions {
  readonly name?: string
  readonly server: string
  readonly allow?: string[]
}

const agentNames: Readonly<Record<ClientName, string>> = {
  claude: 'Claude Code',
  mcporter: 'mcporter',
  opencode: 'OpenCode',
  json: 'MCP client',
}

/** `sallyport connect <client>`: from nothing to a working MCP client in one command. */
export function addConnectCommand(program: Command, run: RunCommand, process: Process): void {
  program
    .command('connect')
    .description('Make an agent with a key of its own and write an MCP client’s configuration')
    .addArgument(new Argument('<client>', 'whose configuration').choices(clientNames))
    .option('--name <name>', 'the agent’s name')
    .option('--server <name>', 'the name of the server in the configuration', 'sallyport')
    .option(
      '--allow <connection>',
      'let it read (GET) through this connection (repeat; id or label)',
      (value, before: string[] = []) => [...before, value],
    )
    .action(
      run(
        async ({ terminal, settings, owner }, [client, options]: [ClientName, ConnectOptions]) => {
          const vault = await owner()
          const connections = await Promise.all(
            (options.allow ?? []).map((wanted) => findConnection(vault, wanted)),
          )
          const { publicKey, privateKey } = await generateAgentKey()
          const made = await vault.call('createAgent', { name: options.name ?? agentNames[client] })
          const agentId = made.agent.id
          const keyPath = writeAgentKey(settings, agentId, privateKey)
          await vault.call('bootstrapAgent', { bootstrapSecret: made.bootstrapSecret, publicKey })
          for (const { id, origins } of connections) {
            await vault.call('createPolicy', {
              agentId,
              connectionId: id,
              approval: 'never',
              allow: origins.map((origin) => ({ origin, methods: ['GET'], paths: ['/**'] })),
            })
          }
          const server = serverCommand({
            SALLYPORT_BASE_URL: settings.baseUrl,
            SALLYPORT_AGENT_ID: agentId,
            SALLYPORT_PRIVATE_KEY_PATH: keyPath,
          })
          const written = writeClientConfig(client, server, {
            directory: process.directory,
            name: options.server,
          })
          const checked = await checkServer(server, process.environment)
          const where = 'path' in written ? `Written: ${written.path}` : written.paste
          terminal.answer(
            { agentId, keyPath, ...written, check: checked },
            `${where}\nAgent: ${agentId} (${made.agent.name}), its key: ${keyPath}\n${checked}`,
          )
        },
      ),
    )
}
