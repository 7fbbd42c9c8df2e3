import { createPublicKey, type KeyObject } from 'node:crypto'
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AuditEntry } from '@sallyport/contracts'
import { verifyExportFile } from '@sallyport/vault/offline-verify'
import type { Command } from 'commander'
import { CommandError, printable, table } from '../terminal.ts'
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
    .option('--agent <id>', 'only this agent’s')
    .option('--connection <id>', 'only this connection’s')
    .option('--decision <decision>', 'allow, deny, require_approval or none')
    .option('--from <time>', 'RFC 3339')
    .option('--to <time>', 'RFC 3339')
    .option('--limit <n>', 'entries on a page, 200 at most', Number)
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [ListOptions]) => {
        const { agent, connection, ...rest } = options
        const page = await (await owner()).call('listAudit', {
          ...rest,
          ...(agent !== undefined && { agentId: agent }),
          ...(connection !== undefined && { connectionId: connection }),
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
      run(async ({ terminal, owner }, [file]: [string]) => {
        const stream = await (await owner()).call('exportAudit', {})
        const source = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0])
        if (file === '-') {
          await pipeline(source, process.stdout, { end: false })
          return
        }
        await pipeline(source, createWriteStream(file, { mode: 0o600 }))
        terminal.answer({ file }, `Written: ${file}`)
      }),
    )
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
          ? `Verified: ${result.checked} records, none changed.`
          : `Not as it was written: record ${result.firstBad ?? '?'} is the first bad one. ${result.reason ?? ''}`
        terminal.answer(result, printable(text))
        if (!result.ok) throw new CommandError('The audit log does not verify.')
      }),
    )
}

async function verifyFile(file: string, options: VerifyOptions) {
  const { publicKey, rootKeyFile, checkpoints } = options
  for (const path of [file, publicKey, rootKeyFile, checkpoints]) {
    if (path !== undefined && !existsSync(path)) throw new CommandError(`There is no file ${path}.`)
  }
  return verifyExportFile(file, {
    ...(publicKey !== undefined && { publicKey: readPublicKey(publicKey) }),
    ...(rootKeyFile !== undefined && { rootKey: readFileSync(rootKeyFile, 'utf8') }),
    ...(checkpoints !== undefined && { checkpointsPath: checkpoints }),
  })
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
