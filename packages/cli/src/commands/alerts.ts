import { Alert, AlertKind } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { printable, table } from '../terminal.ts'
import { idOfAgent } from './lookup.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

interface ListOptions {
  readonly status?: Alert['status']
  readonly kind?: AlertKind
  readonly agent?: string
  readonly limit?: number
  readonly cursor?: string
}

/** `sallyport alerts …`: what agents did that they do not usually do. */
export function addAlertCommands(program: Command, run: RunCommand): void {
  const alerts = program
    .command('alerts')
    .description('What agents did that they do not usually do')
  addList(alerts, run)

  alerts
    .command('acknowledge [alert]')
    .description('Say that it was looked at; without an id, that all were')
    .option('--agent <agent>', 'only those of this agent (id or name)')
    .action(
      run(async ({ terminal, owner }, [alertId, options]: [string?, { agent?: string }?]) => {
        const client = await owner()
        if (alertId !== undefined) {
          const answer = await client.call('acknowledgeAlert', { alertId })
          terminal.answer(answer, printable(`Acknowledged: ${answer.alert.sentence}`))
          return
        }
        const agent = options?.agent
        const answer = await client.call(
          'acknowledgeAlerts',
          agent === undefined ? {} : { agentId: await idOfAgent(client, agent) },
        )
        terminal.answer(answer, `Acknowledged ${answer.acknowledged}.`)
      }),
    )
}

function addList(alerts: Command, run: RunCommand): void {
  alerts
    .command('list')
    .description('List them, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(Alert.shape.status.options))
    .addOption(new Option('--kind <kind>', 'only these').choices(AlertKind.options))
    .option('--agent <agent>', 'only those of this agent (id or name)')
    .option('--limit <n>', 'alerts on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [{ agent, ...options }]: [ListOptions]) => {
        const client = await owner()
        const page = await client.call('listAlerts', {
          ...options,
          ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
        })
        const rows = page.alerts.map((alert) => [
          alert.id,
          alert.lastAt,
          alert.status,
          alert.agent.name,
          alert.agentDisabled ? `${alert.sentence} The agent was disabled.` : alert.sentence,
        ])
        const text = table(['id', 'last seen', 'status', 'agent', 'what'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
}
