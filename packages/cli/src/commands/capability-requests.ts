import {
  CapabilityRequest,
  type CapabilityRequestDetail,
  type GuardLevel,
  guardLevels,
  type HttpMethod,
} from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, printable, table } from '../terminal.ts'
import { windowWidth } from '../untrusted-block.ts'
import type { CommandContext } from './context.ts'
import { idOfConnection } from './lookup.ts'
import { collect, readCount, readEnd, readMethod } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { describeCapabilityRequest } from './show-capability-request.ts'

interface ListOptions {
  readonly status?: CapabilityRequest['status']
  readonly limit?: number
  readonly cursor?: string
}

interface ApproveOptions {
  readonly connection?: string
  readonly method?: HttpMethod[]
  readonly approval?: 'always' | 'writes' | 'never'
  readonly until?: string
  readonly guard?: GuardLevel
  readonly ownDomain?: string[]
  readonly yes?: boolean
}

/** `sallyport capability-requests …`: what agents ask to be allowed from now on, and the owner's answer. */
export function addCapabilityRequestCommands(program: Command, run: RunCommand): void {
  const requests = program
    .command('capability-requests')
    .description('What agents ask to be allowed from now on')
  addList(requests, run)
  addApprove(requests, run)

  requests
    .command('show <request>')
    .description('Show what it would allow, and where it can be granted')
    .action(
      run(async (context, [capabilityRequestId]: [string]) => {
        const client = await context.owner()
        const answer = await client.call('getCapabilityRequest', { capabilityRequestId })
        context.terminal.answer(answer, describe(context, answer.capabilityRequest))
      }),
    )

  requests
    .command('deny <request>')
    .description('Deny it')
    .option('--note <text>', 'a sentence for the agent')
    .action(
      run(async ({ terminal, owner }, [id, options]: [string, { note?: string }]) => {
        const input = { capabilityRequestId: id, ...options }
        const answer = await (await owner()).call('denyCapabilityRequest', input)
        const { agentName, actionTemplateId } = answer.capabilityRequest
        terminal.answer(answer, printable(`Denied: ${agentName} does not get ${actionTemplateId}.`))
      }),
    )
}

const describe = ({ streams }: CommandContext, request: CapabilityRequestDetail) =>
  describeCapabilityRequest(request, { width: windowWidth(streams.stdout) })

function addList(requests: Command, run: RunCommand): void {
  requests
    .command('list')
    .description('List them, newest first')
    .addOption(
      new Option('--status <status>', 'only these').choices(CapabilityRequest.shape.status.options),
    )
    .option('--limit <n>', 'requests on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const page = await (await owner()).call('listCapabilityRequests', options)
        const rows = page.capabilityRequests.map((request) => [
          request.id,
          request.status,
          request.agentName,
          request.actionTemplateId,
          request.createdAt,
        ])
        const text = table(['id', 'status', 'agent', 'action', 'asked'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
}

function addApprove(requests: Command, run: RunCommand): void {
  requests
    .command('approve <request>')
    .description('Grant it; adds to the agent’s policy for the connection')
    .option('--connection <connection>', 'on which (id or label), where the service has several')
    .option('--method <method>', 'only these of its methods (repeat)', readMethod)
    .addOption(
      new Option('--approval <mode>', 'when an owner is asked').choices([
        'always',
        'writes',
        'never',
      ]),
    )
    .option('--until <time>', 'end date, RFC 3339', readEnd)
    .addOption(
      new Option('--guard <level>', 'rules that keep back what the action could do').choices(
        guardLevels,
      ),
    )
    .option('--own-domain <domain>', 'who is not outside, for the guard (repeat)', collect)
    .option('--yes', 'without showing it and asking first')
    .action(
      run(async (context, [capabilityRequestId, options]: [string, ApproveOptions]) => {
        const client = await context.owner()
        const { capabilityRequest } = await client.call('getCapabilityRequest', {
          capabilityRequestId,
        })
        const { connection, approval, until, guard, ownDomain = [] } = options
        if (guard === undefined && ownDomain.length > 0) {
          throw new CommandError('--own-domain is for a guard: give --guard too.')
        }
        const input = {
          capabilityRequestId,
          ...(connection !== undefined && {
            connectionId: await idOfConnection(client, connection),
          }),
          ...narrowed(capabilityRequest, options),
          ...(approval !== undefined && { approval }),
          ...(until !== undefined && { expiresAt: until }),
          ...(guard !== undefined && { guard: { level: guard, domains: ownDomain } }),
        }
        if (options.yes !== true && !(await isWanted(context, capabilityRequest))) {
          context.terminal.answer({ approved: false }, 'Not granted. It waits for an answer.')
          return
        }
        const answer = await context.withFreshSignIn((signedIn) =>
          signedIn.call('approveCapabilityRequest', input),
        )
        const { agentName, actionTemplateId } = answer.capabilityRequest
        context.terminal.answer(
          answer,
          printable(`Granted: ${agentName} may use ${actionTemplateId} (${answer.policy.id}).`),
        )
      }),
    )
}

/** What the action allows, of these methods only. */
function narrowed({ action }: CapabilityRequestDetail, { method: wanted }: ApproveOptions) {
  if (wanted === undefined) return {}
  const allow = (action?.allow ?? []).flatMap(({ actionTemplateId: _, ...entry }) => {
    const methods = entry.methods.filter((method) => wanted.includes(method))
    return methods.length === 0 ? [] : [{ ...entry, methods }]
  })
  if (allow.length > 0) return { allow }
  throw new CommandError(`The action allows nothing with ${wanted.join(', ')}.`)
}

async function isWanted(context: CommandContext, request: CapabilityRequestDetail) {
  const { terminal } = context
  if (!terminal.interactive) {
    throw new CommandError('Nobody can be asked here: look with `show`, and approve with --yes.')
  }
  terminal.note(`${describe(context, request)}\n`)
  return terminal.choose('Grant it?', [
    { value: false, name: 'No, leave it' },
    { value: true, name: 'Yes, grant it' },
  ])
}
