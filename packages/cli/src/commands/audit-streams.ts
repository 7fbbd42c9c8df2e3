import type { AuditStream, CallOf, operations } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { withFreshSignIn } from '../fresh-sign-in.ts'
import { CommandError, table } from '../terminal.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

type NewStream = CallOf<typeof operations.createAuditStream>

interface CommonOptions {
  readonly label?: string
  readonly only?: AuditStream['sends'][number]
  readonly format: AuditStream['format']
  readonly fromBeginning?: true
}
interface WebhookOptions extends CommonOptions {
  readonly authorization?: true
  readonly array?: true
}
interface SyslogOptions extends CommonOptions {
  readonly port?: number
  readonly plainTcp?: true
}
interface S3Options extends CommonOptions {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly prefix?: string
  readonly every?: number
}

/** `sallyport audit streams …`: where the audit log is sent as it grows. */
export function addAuditStreamCommands(audit: Command, run: RunCommand): void {
  const streams = audit
    .command('streams')
    .description('Where the log is sent as it grows: webhooks, syslog servers, buckets')
  addReading(streams, run)
  const add = streams.command('add').description('Send the log somewhere, from now on')
  addWebhook(add, run)
  addSyslog(add, run)
  addS3(add, run)
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

const withCommon = (command: Command): Command =>
  command
    .option('--label <label>', 'a name for people')
    .addOption(new Option('--only <what>', 'send only these').choices(['entries', 'checkpoints']))
    .addOption(
      new Option('--format <format>', 'how entries are written')
        .choices(['jsonl', 'ocsf'])
        .default('jsonl'),
    )
    .option('--from-beginning', 'send all that is there first, not only what is to come')

function addWebhook(add: Command, run: RunCommand): void {
  withCommon(add.command('webhook <url>'))
    .description('POST batches to a URL, signed; the secret to check them by is printed once')
    .option('--authorization', 'ask for an Authorization header, such as “Splunk …”')
    .option('--array', 'one JSON array instead of a JSON object a line')
    .action(
      run(async (context, [url, options]: [string, WebhookOptions]) => {
        const { terminal } = context
        const authorization =
          options.authorization === true
            ? await terminal.askSecret('Authorization header')
            : undefined
        await create(context, options, {
          ...{ kind: 'webhook', url, body: options.array === true ? 'array' : 'lines' },
          ...(authorization !== undefined && { authorization }),
        })
      }),
    )
}

function addSyslog(add: Command, run: RunCommand): void {
  withCommon(add.command('syslog <host>'))
    .description('Send RFC 5424 messages to a syslog server over TLS')
    .option('--port <port>', 'default: 6514', readCount)
    .option('--plain-tcp', 'without TLS, where the operator lists the address as private')
    .action(
      run(async (context, [host, options]: [string, SyslogOptions]) => {
        const { port } = options
        const tls = options.plainTcp !== true
        await create(context, options, {
          ...{ kind: 'syslog', host, tls },
          ...(port !== undefined && { port }),
        })
      }),
    )
}

function addS3(add: Command, run: RunCommand): void {
  withCommon(add.command('s3 <bucket>'))
    .description('Put gzipped objects into a bucket that speaks S3; the secret key is asked for')
    .requiredOption('--endpoint <url>', 'such as https://s3.eu-central-1.amazonaws.com')
    .requiredOption('--region <region>', 'such as eu-central-1')
    .requiredOption('--access-key-id <id>', 'of a key that may put objects there')
    .option('--prefix <prefix>', 'what the names of objects begin with')
    .option('--every <seconds>', 'how long to wait for more (default: 60)', readCount)
    .action(
      run(async (context, [bucket, options]: [string, S3Options]) => {
        const { endpoint, region, accessKeyId, prefix, every } = options
        const secretAccessKey = await context.terminal.askSecret('Secret access key')
        await create(context, options, {
          ...{ kind: 's3', bucket, endpoint, region, accessKeyId, secretAccessKey },
          ...(prefix !== undefined && { prefix }),
          ...(every !== undefined && { everySeconds: every }),
        })
      }),
    )
}

async function create(
  { terminal, settings, owner }: CommandContext,
  { label, only, format, fromBeginning }: CommonOptions,
  target: NewStream['target'],
): Promise<void> {
  const input: NewStream = {
    ...{ format, target, from: fromBeginning === true ? 'beginning' : 'now' },
    ...(label !== undefined && { label }),
    ...(only !== undefined && { sends: [only] }),
  }
  const made = await withFreshSignIn(await owner(), {
    ...{ settings, terminal, call: (client) => client.call('createAuditStream', input) },
  })
  const { stream, secret } = made
  const text = [
    `${stream.id}  ${stream.label} (${stream.target})`,
    ...(secret === undefined ? [] : [`Check signatures with (shown this once): ${secret}`]),
    `Next: npx sallyport audit streams test ${stream.id}${settings.urlOption}`,
  ]
  terminal.answer(made, text.join('\n'))
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
