import type { Command } from 'commander'
import { enrolAgent } from '../agent-key.ts'
import { printable, table } from '../terminal.ts'
import { addAgentTokenCommand } from './agent-tokens.ts'
import { findAgent } from './lookup.ts'
import type { RunCommand } from './run-command.ts'

/** `sallyport agents …`: the programs that act, and the keys that they sign in with. */
export function addAgentCommands(program: Command, run: RunCommand): void {
  const agents = program.command('agents').description('Agents and their keys')

  agents
    .command('list')
    .description('List agents, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listAgents', options)
        const rows = page.agents.map(({ id, name, status, createdAt, lastSeenAt }) => [
          id,
          name,
          status,
          createdAt,
          lastSeenAt ?? 'never',
        ])
        const text = table(['id', 'name', 'status', 'created', 'last seen'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  agents
    .command('create <name>')
    .description('Add an agent and print the code with which it enrols its key')
    .option('--enrol', 'make its key here as well, and enrol it')
    .action(
      run(async (context, [name, options]: [string, { enrol?: boolean }]) => {
        const client = await context.owner()
        if (options.enrol === true) {
          const { id, keyPath } = await enrolAgent(client, context.settings, name)
          context.terminal.answer({ agentId: id, keyPath }, `${id}\nIts key: ${keyPath}`)
          return
        }
        const made = await client.call('createAgent', { name })
        context.terminal.answer(
          made,
          [
            made.agent.id,
            `Enrolment code, once, within an hour: ${made.bootstrapSecret}`,
            'To call granted tools alone, no key is needed: `sallyport grant`, then `sallyport connect … --agent`.',
          ].join('\n'),
        )
      }),
    )
  addAgentChanges(agents, run)
  addAgentTokenCommand(agents, run)
}

function addAgentChanges(agents: Command, run: RunCommand): void {
  const simple = [
    ['disable', 'disableAgent', 'Refuse everything from an agent at once', ''],
    ['enable', 'enableAgent', 'Let a disabled agent sign in again', ''],
    ['stop', 'stopAgent', 'End an agent’s running calls', 'Its running calls have ended.'],
    [
      ...(['reset', 'resetAgent'] as const),
      'End an agent’s tokens, running calls and open requests',
      'Its tokens, running calls and open requests have ended: clients with a token have to be connected again.',
    ],
  ] as const
  for (const [verb, operation, description, done] of simple) {
    agents
      .command(`${verb} <agent>`)
      .description(`${description} (id or name)`)
      .action(
        run(async ({ terminal, owner }, [wanted]: [string]) => {
          const client = await owner()
          const { id } = await findAgent(client, wanted)
          const answer = await client.call(operation, { agentId: id })
          terminal.answer(
            answer,
            printable(`${answer.agent.name} is ${answer.agent.status}. ${done}`.trim()),
          )
        }),
      )
  }

  agents
    .command('code <agent>')
    .description('Issue a new enrolment code, for a new key (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id } = await findAgent(client, wanted)
        const answer = await client.call('issueBootstrapSecret', { agentId: id })
        terminal.answer(answer, `Enrolment code, once, within an hour: ${answer.bootstrapSecret}`)
      }),
    )

  agents
    .command('rename <agent> <name>')
    .description('Rename an agent (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted, name]: [string, string]) => {
        const client = await owner()
        const { id } = await findAgent(client, wanted)
        const answer = await client.call('renameAgent', { agentId: id, name })
        terminal.answer(answer, `${id} is now called ${answer.agent.name}.`)
      }),
    )

  agents
    .command('delete <agent>')
    .description('Delete an agent with its key, tokens and policies (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id, name } = await findAgent(client, wanted)
        terminal.answer(await client.call('deleteAgent', { agentId: id }), `${name} is deleted.`)
      }),
    )
}
