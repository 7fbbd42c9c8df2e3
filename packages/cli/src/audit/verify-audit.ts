import { parseArgs } from 'node:util'
import {
  asciiJson,
  describeTrust,
  describeVerdict,
  describeWhose,
  notVerified,
  UnusableFileError,
  verifyFile,
} from './verify-file.ts'

// The entry point of verify-audit.mjs, which is `sallyport audit verify` for an export as one file that needs nothing but Node:
// the same verdicts and the same exit codes. docs/audit-format.md says what is computed.

const usage = `Usage: node verify-audit.mjs <export.jsonl> [options]

Verifies an exported audit log of Sallyport without the vault. Exit code 0: it is as it was written.

  --public-key <file>     the vault’s Ed25519 key (JWK or PEM), from a source you trust
  --checkpoints <file>    the append-only file of checkpoints: proves newer entries were not removed
  --audit-key-file <file> proves each record by itself, with what “sallyport keys audit-key” printed
  --root-key-file <file>  the same for installations whose audit keys come from their root key
  --json                  print the verdict as JSON
`

const { stdout, stderr } = process

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'public-key': { type: 'string' },
      'audit-key-file': { type: 'string' },
      'root-key-file': { type: 'string' },
      checkpoints: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  return { values, positionals }
}

async function run(): Promise<number> {
  const { values, positionals } = readArguments()
  const [file, ...rest] = positionals
  if (values.help === true) {
    stdout.write(usage)
    return 0
  }
  if (file === undefined || rest.length > 0) throw new UnusableFileError(usage)
  const options = {
    publicKey: values['public-key'],
    auditKeyFile: values['audit-key-file'],
    rootKeyFile: values['root-key-file'],
    checkpoints: values.checkpoints,
  }
  const verdict = await verifyFile(file, options)
  const text = `${describeVerdict(verdict)}${describeWhose(verdict)}${describeTrust(options)}`
  stdout.write(`${values.json === true ? asciiJson(verdict) : text}\n`)
  if (verdict.ok) return 0
  stderr.write(`${notVerified}\n`)
  return 1
}

try {
  process.exitCode = await run()
} catch (thrown) {
  stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`)
  process.exitCode = 1
}
