import {
  type Remember,
  type RememberedApproval,
  rememberedMinutesMax,
  rememberedUsesMax,
} from '@sallyport/contracts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, printable, table } from '../terminal.ts'
import { idOfAgent, idOfConnection } from './lookup.ts'
import { collect, readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

/** Options of `approve` that make a yes count for more than one request. */
export interface RememberOptions {
  readonly remember?: Remember['scope']
  readonly fields?: readonly string[]
  readonly uses?: number
  readonly for?: number
}

interface ListOptions {
  readonly policy?: string
  readonly agent?: string
  readonly connection?: string
  readonly status?: RememberedApproval['status']
  readonly limit?: number
  readonly cursor?: string
}

const minutesOf = { m: 1, h: 60, d: 24 * 60 } as const

/** Reads a length of time such as 30m, 8h or 7d, in minutes. Throws what commander prints. */
function readMinutes(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,6})([mhd])$/.exec(text) ?? []
  const minutes = Number(count) * (minutesOf[unit as keyof typeof minutesOf] ?? Number.NaN)
  if (minutes <= rememberedMinutesMax) return minutes
  throw new InvalidArgumentError('It must be a time such as 30m, 8h or 7d, at most 90d.')
}

/** Adds the options to `approve`. */
export const withRememberOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--remember <scope>', 'let it count for more requests like this one').choices([
        'exact',
        'fields',
      ]),
    )
    .option('--fields <name>', 'what has to be the same (repeat), as `show` names it', collect)
    .option('--uses <n>', `for how many more requests, ${rememberedUsesMax} at most`, readCount)
    .option('--for <time>', 'how long: 30m, 8h, 7d', readMinutes)

/** What is to be remembered; undefined where nothing is. Throws CommandError where half of it is missing. */
export function readRemember(options: RememberOptions): Remember | undefined {
  const { remember: scope, fields, uses, for: expiresInMinutes } = options
  if (scope === undefined) {
    if (fields === undefined && uses === undefined && expiresInMinutes === undefined)
      return undefined
    throw new CommandError('--fields, --uses and --for say how to remember: give --remember too.')
  }
  if (uses === undefined || expiresInMinutes === undefined) {
    throw new CommandError('Say for how many requests and how long: --uses 10 --for 8h.')
  }
  if (scope === 'fields' && fields === undefined) {
    throw new CommandError('Say what has to be the same: --fields body.channel.')
  }
  return { scope, uses, expiresInMinutes, ...(fields !== undefined && { fields: [...fields] }) }
}

/** What was remembered, in a sentence. */
export function describeRemembered(one: RememberedApproval): string {
  const same =
    one.scope === 'exact'
      ? 'the very same'
      : `the same ${one.fields.map(({ name }) => name).join(', ')}`
  return printable(
    `It counts for ${one.uses} times more with ${same}, until ${one.expiresAt}: ${one.id}`,
  )
}

/** `sallyport approvals remembered|forget`. */
export function addRememberedCommands(approvals: Command, run: RunCommand): void {
  approvals
    .command('remembered')
    .description('List the answers that count for more than one request, newest first')
    .option('--policy <policy>', 'only this policy’s')
    .option('--agent <agent>', 'only this agent’s (id or name)')
    .option('--connection <connection>', 'only this connection’s (id or label)')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        ...['active', 'used_up', 'expired', 'revoked'],
      ]),
    )
    .option('--limit <n>', 'answers on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const { policy, agent, connection, ...rest } = options
        const client = await owner()
        const page = await client.call('listRememberedApprovals', {
          ...rest,
          ...(policy !== undefined && { policyId: policy }),
          ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
          ...(connection !== undefined && {
            connectionId: await idOfConnection(client, connection),
          }),
        })
        const head = ['id', 'status', 'agent', 'request', 'the same', 'used', 'until']
        const text = table(head, page.rememberedApprovals.map(row))
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )

  approvals
    .command('forget <remembered>')
    .description('Be asked again from now on')
    .action(
      run(async ({ terminal, owner }, [rememberedApprovalId]: [string]) => {
        const answer = await (await owner()).call('revokeRememberedApproval', {
          rememberedApprovalId,
        })
        const { used, uses } = answer.rememberedApproval
        terminal.answer(answer, `Forgotten: it was used ${used} of ${uses} times.`)
      }),
    )
}

const row = (one: RememberedApproval) => [
  one.id,
  one.status,
  one.agent.name,
  printable(`${one.method} ${one.origin}${one.path}`),
  one.scope === 'exact'
    ? 'everything'
    : printable(
        one.fields
          .map(({ name, value }) => (value === undefined ? name : `${name}: ${value}`))
          .join(', '),
      ),
  `${one.used}/${one.uses}`,
  one.expiresAt,
]
