import type { CallOf, operations } from '@sallyport/contracts'
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { readCount } from './option-values.ts'

// Where an audit stream sends, as it is given at a terminal: secrets are asked for and stand in no argument.

/** As the operations take it. */
export type StreamTarget = CallOf<typeof operations.createAuditStream>['target']

type Asking = Pick<Terminal, 'askSecret'>

interface TargetOptions {
  readonly authorization?: true
  readonly array?: true
  readonly port?: number
  readonly plainTcp?: true
  readonly endpoint?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly sessionToken?: true
  readonly prefix?: string
  readonly every?: number
}

/** Reads the target that the place and the options name, and asks for its secrets. */
export type ReadTarget = (terminal: Asking, place: string, options: object) => Promise<StreamTarget>

/** Adds a command for each kind of place below another one. */
export function addTargets({
  below,
  before,
  also = (command) => command,
  run,
}: {
  readonly below: Command
  /** Arguments that stand before the place. */
  readonly before: string
  /** Adds what is an option of all of them. */
  readonly also?: (command: Command) => Command
  readonly run: (read: ReadTarget) => (...given: unknown[]) => Promise<void>
}): void {
  also(below.command(`webhook ${before}<url>`))
    .description('POST batches to a URL, signed; the secret to check them by is printed once')
    .option('--authorization', 'ask for an Authorization header, such as “Splunk …”')
    .option('--array', 'one JSON array instead of a JSON object a line')
    .action(run(readWebhook))
  also(below.command(`syslog ${before}<host>`))
    .description('Send RFC 5424 messages to a syslog server over TLS')
    .option('--port <port>', 'default: 6514', readCount)
    .option('--plain-tcp', 'without TLS, where the operator lists the address as private')
    .action(run(readSyslog))
  also(below.command(`s3 ${before}<bucket>`))
    .description('Put gzipped objects into a bucket that speaks S3; the secret key is asked for')
    .requiredOption('--endpoint <url>', 'such as https://s3.eu-central-1.amazonaws.com')
    .requiredOption('--region <region>', 'such as eu-central-1')
    .requiredOption('--access-key-id <id>', 'of a key that may put objects there')
    .option('--session-token', 'of temporary credentials: ask for it too')
    .option('--prefix <prefix>', 'what the names of objects begin with')
    .option('--every <seconds>', 'how long to wait for more (default: 60)', readCount)
    .action(run(readS3))
}

const readWebhook: ReadTarget = async (terminal, url, options: TargetOptions) => ({
  ...{ kind: 'webhook', url, body: options.array === true ? 'array' : 'lines' },
  ...(options.authorization === true && {
    authorization: await terminal.askSecret('Authorization header'),
  }),
})

const readSyslog: ReadTarget = async (_terminal, host, { port, plainTcp }: TargetOptions) => ({
  ...{ kind: 'syslog', host, tls: plainTcp !== true },
  ...(port !== undefined && { port }),
})

const readS3: ReadTarget = async (terminal, bucket, options: TargetOptions) => {
  const { endpoint = '', region = '', accessKeyId = '', prefix, every } = options
  return {
    ...{ kind: 's3', bucket, endpoint, region, accessKeyId },
    secretAccessKey: await terminal.askSecret('Secret access key'),
    ...(options.sessionToken === true && {
      sessionToken: await terminal.askSecret('Session token'),
    }),
    ...(prefix !== undefined && { prefix }),
    ...(every !== undefined && { everySeconds: every }),
  }
}
