import { createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AuditDecision, type AuditEntry } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { verifyExportFile } from '@sallyport/vault/offline-verify'
import { type Command, Option } from 'commander'
import { CommandError, printable, table } from '../terminal.ts'
import { idOfAgent, idOfConnection } from './lookup.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

interface ListOptions {
  readonly agent?: string
  readonly connection?: string
  readonly decision?: AuditEntry['decision']
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
}

interface VerifyOptions {
  readonly publicKey?: string
  readonly rootKeyFile?: string
  readonly checkpoints?: string
}

/** `sallyport audit …`: what was attempted, and the proof that nobody changed it. */
export function addAuditCommands(program: Command, run: RunCommand): void {
  const audit = program.command('audit').description('What was attempted, and its proof')
  addList(audit, run)
  addExport(audit, run)
  addVerify(audit, run)
}

function addList(audit: Command, run: RunCommand): void {
  audit
    .command('list')
    .description('Read the log, newest first')
    .option('--agent <agent>', 'only this agent’s (id or name)')
    .option('--connection <connection>', 'only this connection’s (id or label)')
    .addOption(new Option('--decision <decision>', 'only these').choices(AuditDecision.options))
    .option('--from <time>', 'from this time, such as 2027-01-31T09:00:00Z')
    .option('--to <time>', 'until this time')
    .option('--limit <n>', 'entries on a page, 200 at most', readCount)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const { agent, connection, ...rest } = options
        const client = await owner()
        const page = await client.call('listAudit', {
          ...rest,
          ...(agent !== undefined && { agentId: await idOfAgent(client, agent) }),
          ...(connection !== undefined && {
            connectionId: await idOfConnection(client, connection),
          }),
        })
        const text = table(
          ['seq', 'at', 'operation', 'decision', 'outcome', 'request'],
          page.entries.map(row),
        )
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
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
    .description('Write the whole log as JSON Lines (- for stdout); `audit verify` takes it')
    .action(
      run(async ({ terminal, streams, owner }, [file]: [string]) => {
        const source = await openExport(await owner())
        if (file === '-') {
          await pipeline(source, streams.stdout, { end: false })
          return
        }
        await pipeline(source, createWriteStream(file, { mode: 0o600 }))
        terminal.answer({ file }, `Written: ${file}`)
      }),
    )

  audit
    .command('key')
    .description('Print the public key that signs the log, to keep elsewhere for `audit verify`')
    .action(
      run(async ({ terminal, owner }) => {
        const source = await openExport(await owner())
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

async function openExport(client: Client): Promise<Readable> {
  const stream = await client.call('exportAudit', {})
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
      '--root-key-file <file>',
      'proves each record by itself, for those who hold the root key',
    )
    .option(
      '--checkpoints <file>',
      'the append-only file of checkpoints: proves newer entries were not removed',
    )
    .action(
      run(async ({ terminal, owner }, [file, options]: [string | undefined, VerifyOptions]) => {
        const result =
          file === undefined
            ? await (await owner()).call('verifyAudit', {})
            : await verifyFile(file, options)
        const text = result.ok
          ? `Verified: ${result.checked} records, none changed, added or removed.`
          : `Record ${result.firstBad ?? '?'} is not as it was written. ${result.reason ?? ''}`
        const trust =
          file !== undefined && options.publicKey === undefined && options.rootKeyFile === undefined
            ? '\nThe key was taken from the file itself. --public-key proves that it is your vault’s.'
            : ''
        terminal.answer(result, printable(text) + trust)
        if (!result.ok) throw new CommandError('The audit log does not verify.')
      }),
    )
}

async function verifyFile(file: string, options: VerifyOptions) {
  const { publicKey, rootKeyFile, checkpoints } = options
  for (const path of [file, publicKey, rootKeyFile, checkpoints]) {
    if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isFile()) continue
    throw new CommandError(`There is no file ${path}.`)
  }
  try {
    return await verifyExportFile(file, {
      ...(publicKey !== undefined && { publicKey: readPublicKey(publicKey) }),
      ...(rootKeyFile !== undefined && { rootKey: readFileSync(rootKeyFile, 'utf8') }),
      ...(checkpoints !== undefined && { checkpointsPath: checkpoints }),
    })
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new CommandError(`${rootKeyFile} does not hold a root key: 32 bytes in base64.`)
  }
}

function readPublicKey(file: string): KeyObject {
  const text = readFileSync(file, 'utf8')
  try {
    return text.trimStart().startsWith('{')
      ? createPublicKey({ key: JSON.parse(text), format: 'jwk' })
      : createPublicKey(text)
  } catch {
    throw new CommandError(`${file} is not an Ed25519 public key (JWK or PEM).`)
  }
}
