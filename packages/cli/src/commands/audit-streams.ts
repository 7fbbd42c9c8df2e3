import type { AuditStream, CallOf, operations } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { withFreshSignIn } from '../fresh-sign-in.ts'
import { CommandError, table } from '../terminal.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import type { RunCommand } from './run-command.ts'
import { addTargets, type StreamTarget } from './stream-targets.ts'

type NewStream = CallOf<typeof operations.createAuditStream>

interface CommonOptions {
  readonly label?: string
  readonly only?: AuditStream['sends'][number]
  readonly format: AuditStream['format']
  readonly fromBeginning?: true
}

/** `sallyport audit streams …`: where the audit log is sent as it grows. */
export function addAuditStreamCommands(audit: Command, run: RunCommand): void {
  const streams = audit
    .command('streams')
    .description('Where the log is sent as it grows: webhooks, syslog servers, buckets')
  addReading(streams, run)
  const add = streams.command('add').description('Send the log somewhere, from now on')
  addTargets({
    below: add,
    before: '',
    also: withCommon,
    run: (read) =>
      run(async (context, [place, options]: [string, CommonOptions]) =>
        create(context, options, await read(context.terminal, place, options)),
      ),
  })
  addUpdate(streams, run)
  addRetarget(streams, run)
  addChanges(streams, run)
}

function addReading(streams: Command, run: RunCommand): void {
  streams
    .command('list')
    .description('List them, and how far each has got')
    .action(
      run(async ({ terminal, owner }) => {
        const answer = await (await owner()).call('listAuditStreams', {})
        const head = ['id', 'kind', 'label', 'target', 'status', 'at', 'behind']
        const text = table(head, answer.streams.map(row))
        terminal.answer(answer, answer.streams.length === 0 ? 'The log is sent nowhere.' : text)
      }),
    )

  streams
    .command('show <stream>')
    .description('Show one (id or label)')
    .action(
      run(async ({ terminal, owner }, [given]: [string]) => {
        const stream = await findStream(await owner(), given)
        terminal.answer({ stream }, describe(stream))
      }),
    )
}

const row = (stream: AuditStream) => [
  stream.id,
  stream.kind,
  stream.label,
  stream.target,
  stream.status,
  String(stream.lastSeq),
  String(stream.behind),
]

function describe(stream: AuditStream): string {
  const { lastDeliveredAt, lastError, nextAttemptAt, failures } = stream
  const lines = [
    `${stream.id}  ${stream.label} (${stream.kind}, ${stream.target})`,
    `Sends: ${stream.sends.join(' and ')} as ${stream.format}`,
    `Status: ${stream.status}; delivered up to record ${stream.lastSeq}, ${stream.behind} behind`,
    ...(lastDeliveredAt === undefined ? [] : [`Last taken: ${lastDeliveredAt}`]),
    ...(lastError === undefined ? [] : [`Last error (${failures} in a row): ${lastError}`]),
    ...(nextAttemptAt === undefined ? [] : [`Tried again: ${nextAttemptAt}`]),
  ]
  return lines.join('\n')
}

/** By its id, or by a label that only one has. */
async function findStream(client: Client, given: string): Promise<AuditStream> {
  const { streams } = await client.call('listAuditStreams', {})
  const byId = streams.find(({ id }) => id === given)
  const byLabel = streams.filter(({ label }) => label === given)
  const found = byId ?? (byLabel.length === 1 ? byLabel[0] : undefined)
  if (found !== undefined) return found
  if (byLabel.length > 1) throw new CommandError(`Several streams are called ${given}: use an id.`)
  throw new CommandError(
    `There is no audit stream ${given}. List them: sallyport audit streams list`,
  )
}

const sends = ['entries', 'checkpoints'] as const
const formats = ['jsonl', 'ocsf'] as const

const withCommon = (command: Command): Command =>
  command
    .option('--label <label>', 'a name for people')
    .addOption(new Option('--only <what>', 'send only these').choices(sends))
    .addOption(
      new Option('--format <format>', 'how entries are written').choices(formats).default('jsonl'),
    )
    .option('--from-beginning', 'send all that is there first, not only what is to come')

async function create(
  { terminal, settings, owner }: CommandContext,
  { label, only, format, fromBeginning }: CommonOptions,
  target: StreamTarget,
): Promise<void> {
  const input: NewStream = {
    ...{ format, target, from: fromBeginning === true ? 'beginning' : 'now' },
    ...(label !== undefined && { label }),
    ...(only !== undefined && { sends: [only] }),
  }
  const made = await withFreshSignIn(await owner(), {
    ...{ settings, terminal, call: (client) => client.call('createAuditStream', input) },
  })
  const { stream } = made
  const next = `Next: npx sallyport audit streams test ${stream.id}${settings.urlOption}`
  terminal.answer(
    made,
    [`${stream.id}  ${stream.label} (${stream.target})`, ...tellSecret(made), next].join('\n'),
  )
}

const tellSecret = ({ secret }: { readonly secret?: string | undefined }) =>
  secret === undefined ? [] : [`Check signatures with (shown this once): ${secret}`]

interface UpdateOptions {
  readonly label?: string
  readonly sends?: AuditStream['sends'][number] | 'both'
  readonly format?: AuditStream['format']
}

function addUpdate(streams: Command, run: RunCommand): void {
  streams
    .command('update <stream>')
    .description('Change what it is called, what it sends and how; what was delivered stays so')
    .option('--label <label>', 'a name for people')
    .addOption(new Option('--sends <what>', 'what is sent').choices([...sends, 'both']))
    .addOption(new Option('--format <format>', 'how entries are written').choices(formats))
    .action(
      run(async ({ terminal, owner }, [given, options]: [string, UpdateOptions]) => {
        const { label, format } = options
        const what = options.sends === 'both' ? [...sends] : options.sends && [options.sends]
        if (label === undefined && format === undefined && what === undefined) {
          throw new CommandError('Nothing is to be changed: give --label, --sends or --format.')
        }
        const client = await owner()
        const { id: streamId, version } = await findStream(client, given)
        const changed = await client.call('updateAuditStream', {
          ...{ streamId, version },
          ...(label !== undefined && { label }),
          ...(format !== undefined && { format }),
          ...(what !== undefined && { sends: what }),
        })
        terminal.answer(changed, describe(changed.stream))
      }),
    )
}

function addRetarget(streams: Command, run: RunCommand): void {
  const retarget = streams
    .command('retarget')
    .description(
      'Send one somewhere else of the same kind, or with other secrets, from where it is: what is not given is not kept',
    )
  addTargets({
    below: retarget,
    before: '<stream> ',
    run: (read) =>
      run(async (context, [given, place, options]: [string, string, never]) => {
        const { terminal, settings, owner } = context
        const client = await owner()
        const { id: streamId, version } = await findStream(client, given)
        const target = await read(terminal, place, options)
        const changed = await withFreshSignIn(client, {
          ...{ settings, terminal },
          call: (fresh) => fresh.call('updateAuditStream', { streamId, version, target }),
        })
        terminal.answer(changed, [describe(changed.stream), ...tellSecret(changed)].join('\n'))
      }),
  })
}

function addChanges(streams: Command, run: RunCommand): void {
  for (const [name, enabled, about] of [
    ['enable', true, 'Go on sending, from where it stopped'],
    ['disable', false, 'Send nothing until it is enabled again'],
  ] as const) {
    streams
      .command(`${name} <stream>`)
      .description(about)
      .action(
        run(async ({ terminal, owner }, [given]: [string]) => {
          const client = await owner()
          const { id: streamId, version } = await findStream(client, given)
          const changed = await client.call('updateAuditStream', { streamId, version, enabled })
          terminal.answer(changed, describe(changed.stream))
        }),
      )
  }

  streams
    .command('test <stream>')
    .description('Send one line at once and say what came of it')
    .action(
      run(async ({ terminal, owner }, [given]: [string]) => {
        const client = await owner()
        const { id: streamId } = await findStream(client, given)
        const result = await client.call('testAuditStream', { streamId })
        terminal.answer(result, `${result.delivered ? 'Taken' : 'Not taken'}: ${result.message}`)
        if (!result.delivered) throw new CommandError('The test was not taken.')
      }),
    )

  streams
    .command('remove <stream>')
    .description('Send the log there no more')
    .option('--yes', 'without being asked')
    .action(
      run(async ({ terminal, owner }, [given, { yes }]: [string, { yes?: boolean }]) => {
        const client = await owner()
        const { id: streamId, label } = await findStream(client, given)
        await requireYes(terminal, `Stop sending the audit log to ${label} for good?`, { yes })
        const answer = await client.call('deleteAuditStream', { streamId })
        terminal.answer(answer, `Removed: ${label}`)
      }),
    )
}
