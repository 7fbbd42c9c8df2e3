import { writeFileSync } from 'node:fs'
import { type Approval, ApprovalStatus } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, printable, table } from '../terminal.ts'
import { windowWidth } from '../untrusted-block.ts'
import type { CommandContext } from './context.ts'
import { idOfAgent, idOfConnection } from './lookup.ts'
import { readCount } from './option-values.ts'
import {
  addRememberedCommands,
  describeRemembered,
  type RememberOptions,
  readRemember,
  withRememberOptions,
} from './remembered-approvals.ts'
import type { RunCommand } from './run-command.ts'
import { describeApproval } from './show-approval.ts'

interface ListOptions {
  readonly status?: ApprovalStatus
  readonly agent?: string
  readonly connection?: string
  readonly limit?: number
  readonly cursor?: string
}

/** `sallyport approvals …`: what agents ask, one exact request each, and the owner's answer. */
export function addApprovalCommands(program: Command, run: RunCommand): void {
  const approvals = program
    .command('approvals')
    .description('Requests of agents that wait for your answer')
  addList(approvals, run)
  addShow(approvals, run)
  addAnswers(approvals, run)
  addRememberedCommands(approvals, run)
}

function addList(approvals: Command, run: RunCommand): void {
  approvals
    .command('list')
    .description('List them, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(ApprovalStatus.options))
    .option('--agent <agent>', 'only this agent’s (id or name)')
    .option('--connection <connection>', 'only this connection’s (id or label)')
    .option('--limit <n>', 'approvals on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const { agent, connection, ...rest } = options
        const client = await owner()
        const page = await client.call('listApprovals', {
          ...rest,
          ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
          ...(connection !== undefined && {
            connectionId: await idOfConnection(client, connection),
          }),
        })
        const head = ['id', 'status', 'agent', 'request', 'asked', 'expires']
        const text = `${table(head, page.approvals.map(row))}\n${page.pendingCount} pending`
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
}

const requestCharsMax = 70

const row = ({ id, status, agent, method, host, path, createdAt, expiresAt }: Approval) => [
  id,
  status,
  agent.name,
  shorten(`${method} ${host}${path}`),
  createdAt,
  expiresAt,
]

const shorten = (text: string) =>
  text.length > requestCharsMax ? `${text.slice(0, requestCharsMax - 1)}…` : text

function addShow(approvals: Command, run: RunCommand): void {
  approvals
    .command('show <approval>')
    .description('Show exactly what would be sent, and why')
    .option('--body <file>', 'write the exact bytes of the body to a new file')
    .action(
      run(async (context, [approvalId, options]: [string, { body?: string }]) => {
        const { terminal, owner } = context
        const { approval } = await (await owner()).call('getApproval', { approvalId })
        if (options.body !== undefined) writeBody(options.body, approval.request?.body?.base64)
        terminal.answer({ approval }, describeApproval(approval, pageOf(context)))
      }),
    )
}

const pageOf = ({ streams }: CommandContext) => ({
  width: windowWidth(streams.stdout),
  nowMs: Date.now(),
})

function writeBody(file: string, base64: string | undefined): void {
  if (base64 === undefined) throw new CommandError('The request has no body that is still kept.')
  // Nothing that is there is written over: an agent's bytes must not become a file of the owner's.
  writeFileSync(file, Buffer.from(base64, 'base64'), { mode: 0o600, flag: 'wx' })
}

type ApproveOptions = RememberOptions & { readonly yes?: boolean }

function addAnswers(approvals: Command, run: RunCommand): void {
  withRememberOptions(
    approvals
      .command('approve <approval>')
      .description('Let exactly this request be sent, once')
      .option('--yes', 'without showing it and asking first'),
  ).action(
    run(async (context, [approvalId, options]: [string, ApproveOptions]) => {
      const remember = readRemember(options)
      if (options.yes !== true && !(await isWanted(context, approvalId))) {
        context.terminal.answer({ approved: false }, 'Not approved. It waits for an answer.')
        return
      }
      const answer = await context.withFreshSignIn((signedIn) =>
        signedIn.call('approveRequest', { approvalId, ...(remember && { remember }) }),
      )
      const { approval, rememberedApproval } = answer
      const more = rememberedApproval && describeRemembered(rememberedApproval)
      const said = describeApproved(approval)
      context.terminal.answer(answer, more === undefined ? said : `${said}\n${more}`)
    }),
  )

  approvals
    .command('deny <approval>')
    .description('Deny a request; also one that was approved and has not been sent')
    .option('--note <text>', 'a sentence for the agent')
    .action(
      run(async ({ terminal, owner }, [approvalId, options]: [string, { note?: string }]) => {
        const client = await owner()
        const answer = await client.call('denyRequest', { approvalId, ...options })
        const { method, host } = answer.approval
        terminal.answer(answer, printable(`Denied: ${method} to ${host} will not be sent.`))
      }),
    )
}

/** Shows the request and asks. What is shown is what is sent: a request that was frozen does not change. */
async function isWanted(context: CommandContext, approvalId: string): Promise<boolean> {
  const { terminal, owner } = context
  if (!terminal.interactive) {
    throw new CommandError('Nobody can be asked here: look with `show`, and approve with --yes.')
  }
  const { approval } = await (await owner()).call('getApproval', { approvalId })
  terminal.note(`${describeApproval(approval, pageOf(context))}\n`)
  return terminal.choose('Let exactly this be sent, once?', [
    { value: false, name: 'No, leave it' },
    { value: true, name: 'Yes, approve it' },
  ])
}

function describeApproved({ status, method, host, path, ...approval }: Approval): string {
  const what = printable(`${method} ${host}${path}`)
  return status === 'pending'
    ? `Approved by you: ${what} needs ${approval.ownersNeeded - approval.approvedBy.length} more owner.`
    : `Approved: ${what} may be sent once, by the agent, until ${approval.expiresAt}.`
}
