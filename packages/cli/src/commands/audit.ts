import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AuditDecision, type AuditEntry, AuditExportFormat } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import {
  describeTrust,
  describeVerdict,
  describeWhose,
  notVerified,
  type Verdict,
  type VerifyFileOptions,
  verifyFile,
} from '../audit/verify-file.ts'
import { CommandError, printable, table } from '../terminal.ts'
import { addAuditStreamCommands } from './audit-streams.ts'
import { idOfAgent, idOfConnection } from './lookup.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

interface FilterOptions {
  readonly agent?: string
  readonly connection?: string
  readonly decision?: AuditEntry['decision']
  readonly from?: string
  readonly to?: string
}

interface ListOptions extends FilterOptions {
  readonly limit?: number
  readonly cursor?: string
}

interface ExportOptions extends FilterOptions {
  readonly format: AuditExportFormat
}

/** `sallyport audit …`: what was attempted, and the proof that nobody changed it. */
export function addAuditCommands(program: Command, run: RunCommand): void {
  const audit = program.command('audit').description('What was attempted, and its proof')
  addList(audit, run)
  addExport(audit, run)
  addKey(audit, run)
  addVerify(audit, run)
  addVerifier(audit, run)
  addAuditStreamCommands(audit, run)
}

function addList(audit: Command, run: RunCommand): void {
  audit
    .command('list')
    .description('Read the log, newest first')
    .addOption(agentOption())
    .addOption(connectionOption())
    .addOption(decisionOption())
    .addOption(fromOption())
    .addOption(toOption())
    .option('--limit <n>', 'entries on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const client = await owner()
        const page = await client.call('listAudit', await readFilters(client, options))
        const text = table(
          ['seq', 'at', 'operation', 'decision', 'outcome', 'request'],
          page.entries.map(row),
        )
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
}

const agentOption = () => new Option('--agent <agent>', 'only this agent’s (id or name)')
const connectionOption = () =>
  new Option('--connection <connection>', 'only this connection’s (id or label)')
const decisionOption = () =>
  new Option('--decision <decision>', 'only these').choices(AuditDecision.options)
const fromOption = () => new Option('--from <time>', 'from this time, such as 2027-01-31T09:00:00Z')
const toOption = () => new Option('--to <time>', 'until this time')

/** The options as the vault takes them: names become ids. */
async function readFilters<T extends FilterOptions>(client: Client, options: T) {
  const { agent, connection, ...rest } = options
  return {
    ...rest,
    ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
    ...(connection !== undefined && { connectionId: await idOfConnection(client, connection) }),
  }
}

const row = (entry: AuditEntry) => [
  String(entry.seq),
  entry.at,
  entry.operation,
  entry.decision,
  entry.status === undefined ? entry.outcome : `${entry.outcome} ${entry.status}`,
  [entry.method, entry.host, entry.path].filter(Boolean).join(' ') || (entry.reason ?? ''),
]

function addExport(audit: Command, run: RunCommand): void {
  audit
    .command('export <file>')
    .description('Write the log to a file (- for stdout); `audit verify` takes the whole of it')
    .addOption(
      new Option(
        '--format <format>',
        'jsonl: the chain, which can be verified, without filters; csv and ocsf: entries',
      )
        .choices(AuditExportFormat.options)
        .default('jsonl'),
    )
    .addOption(agentOption())
    .addOption(connectionOption())
    .addOption(decisionOption())
    .addOption(fromOption())
    .addOption(toOption())
    .action(
      run(async ({ terminal, streams, owner }, [file, options]: [string, ExportOptions]) => {
        const client = await owner()
        const source = await openExport(client, await readFilters(client, options))
        if (file === '-') {
          await pipeline(source, streams.stdout, { end: false })
          return
        }
        await pipeline(source, createWriteStream(file, { mode: 0o600 }))
        terminal.answer({ file, format: options.format }, `Written: ${file}`)
      }),
    )
}

function addKey(audit: Command, run: RunCommand): void {
  audit
    .command('key')
    .description('Print the public key that signs the log, to keep elsewhere for `audit verify`')
    .action(
      run(async ({ terminal, owner }) => {
        const source = await openExport(await owner(), {})
        const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })
        try {
          const [header] = await once(lines, 'line')
          const { publicKey } = JSON.parse(String(header))
          terminal.answer(publicKey, JSON.stringify(publicKey))
        } finally {
          lines.close()
          source.destroy()
        }
      }),
    )
}

async function openExport(
  client: Client,
  asked: Parameters<typeof client.call<'exportAudit'>>[1],
): Promise<Readable> {
  const stream = await client.call('exportAudit', asked)
  return Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0])
}

function addVerify(audit: Command, run: RunCommand): void {
  audit
    .command('verify [export]')
    .description(
      'Verify an export without the vault; without a file, ask the vault to verify its log',
    )
    .option('--public-key <file>', 'the vault’s Ed25519 key (JWK or PEM), from a source you trust')
    .option(
      '--audit-key-file <file>',
      'proves each record by itself, with what `sallyport keys audit-key` printed',
    )
    .option(
      '--root-key-file <file>',
      'the same for installations whose audit keys come from their root key',
    )
    .option(
      '--checkpoints <file>',
      'the append-only file of checkpoints: proves newer entries were not removed',
    )
    .action(
      run(async ({ terminal, owner }, [file, options]: [string | undefined, VerifyFileOptions]) => {
        const result: Verdict =
          file === undefined
            ? await (await owner()).call('verifyAudit', {})
            : await verifyFile(file, options)
        const trust = file === undefined ? '' : describeWhose(result) + describeTrust(options)
        terminal.answer(result, printable(describeVerdict(result)) + trust)
        if (!result.ok) throw new CommandError(notVerified)
      }),
    )
}

/** Built beside the command; see build.mjs. */
const verifierFile = new URL('verify-audit.mjs', import.meta.url)

function addVerifier(audit: Command, run: RunCommand): void {
  audit
    .command('verifier')
    .description(
      'Print a program that verifies exports and needs nothing but Node (> verify-audit.mjs)',
    )
    .action(
      run(async ({ streams }) => {
        await pipeline(createReadStream(verifierFile), streams.stdout, { end: false })
      }),
    )
}
