import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHttpReceiver } from '../fixtures/http-receiver.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

interface Verdict {
  readonly ok: boolean
  readonly checked: number
  readonly firstBad?: number
}
interface Line {
  readonly type: string
  readonly seq: number
  readonly entry: string
}

let vault: TestVault
let person: Person
/** Verifies with nothing but files: no token, and an address where no vault is. */
let offline: Person
let lines: string[]

const file = (name: string) => join(person.project, name)
const checkpoints = () => join(vault.dataDir, 'audit-checkpoints.jsonl')

beforeAll(async () => {
  vault = await startVault()
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
  offline = createPerson('http://127.0.0.1:9')
  for (const name of ['one', 'two', 'three', 'four']) await vault.createAgentWithKey(name)
  await person.run(['audit', 'export', 'log.jsonl'])
  lines = readFileSync(file('log.jsonl'), 'utf8').trimEnd().split('\n')
  const { stdout } = await person.run(['audit', 'key'])
  writeFileSync(file('key.json'), stdout)
  const { workspaceId } = JSON.parse(lines[0] ?? '{}')
  const operator = createPerson(vault.url, { SALLYPORT_DATA_DIR: vault.dataDir })
  const printed = await operator.run(['keys', 'audit-key', workspaceId])
  writeFileSync(file('audit-key'), printed.stdout)
  operator.leave()
})
afterAll(async () => {
  offline?.leave()
  person?.leave()
  await vault?.stop()
})

/** The command's verdict; the verifier that is one file, run by Node alone in an empty folder, must give the very same. */
async function verify(name: string, ...options: string[]) {
  const args = [file(name), ...options, '--json']
  const ended = await offline.run(['audit', 'verify', ...args])
  const bare = await runVerifier(args)
  expect([bare.code, bare.stderr]).toEqual([ended.code, ended.stderr.replace(/^sallyport: /, '')])
  expect(JSON.parse(bare.stdout)).toEqual(JSON.parse(ended.stdout))
  return { ...ended, verdict: JSON.parse(ended.stdout) as Verdict }
}

const builtVerifier = fileURLToPath(
  new URL('../../packages/cli/dist/verify-audit.mjs', import.meta.url),
)

/** Copied into a folder of its own: nothing of the repository is beside it. */
function runVerifier(args: readonly string[]) {
  const alone = file('alone')
  mkdirSync(alone, { recursive: true })
  const program = join(alone, 'verify-audit.mjs')
  writeFileSync(program, readFileSync(builtVerifier))
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd: alone, env: {} },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** Writes the export with one record changed, and answers its number. */
function tamper(
  name: string,
  change: (line: Line, index: number) => string | string[] | undefined,
) {
  const changed = lines.flatMap((text, index) => change(JSON.parse(text), index) ?? text)
  writeFileSync(file(name), `${changed.join('\n')}\n`)
}
const isRecord = (seq: number) => (line: Line) => line.type === 'record' && line.seq === seq

describe('the log', () => {
  it('is listed newest first, by page, agent and decision', async () => {
    const { stdout } = await person.run(['audit', 'list', '--limit', '3'])
    expect(stdout).toMatch(/bootstrapAgent[\s\S]*createAgent[\s\S]*More: --cursor /)
    const cursor = /--cursor (\S+)/.exec(stdout)?.[1] ?? ''
    const next = await person.json(['audit', 'list', '--limit', '1', '--cursor', cursor])
    expect(next).toMatchObject({ entries: [{ seq: expect.any(Number) }] })
    const byName = await person.json<{ entries: object[] }>(['audit', 'list', '--agent', 'two'])
    expect(byName.entries).toHaveLength(2)
    const denied = await person.json(['audit', 'list', '--decision', 'deny'])
    expect(denied).toMatchObject({ entries: [] })
  })

  it('is verified by the vault', async () => {
    verifies('S-37')
    expect(await person.json(['audit', 'verify'])).toMatchObject({ ok: true })
  })

  it('is exported into a file for its user alone, and to stdout', async () => {
    expect(statSync(file('log.jsonl')).mode & 0o777).toBe(0o600)
    const { stdout } = await person.run(['audit', 'export', '-'])
    expect(stdout.split('\n').slice(1, 4)).toEqual(lines.slice(1, 4))
  })
})

describe('an export for other programs', () => {
  it('is CSV or OCSF, of what the filters let through', async () => {
    await person.run(['audit', 'export', 'log.csv', '--format', 'csv', '--agent', 'two'])
    const csv = readFileSync(file('log.csv'), 'utf8')
    expect(csv).toMatch(/^id,seq,at,[^\n]*\r\n(aud_[^\n]*\r\n){2}$/)
    const ocsf = await person.run(['audit', 'export', '-', '--format', 'ocsf', '--agent', 'two'])
    const events = ocsf.stdout.trimEnd().split('\n')
    expect(events).toHaveLength(2)
    expect(JSON.parse(events[0] ?? '')).toMatchObject({ class_uid: 6003, category_uid: 6 })
  })

  it('has no filters where it is the chain: a part of it could not be verified', async () => {
    const { code, stderr } = await person.run(['audit', 'export', '-', '--agent', 'two'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/takes no filter/)
  })
})

describe('where the log is sent', () => {
  it('is added, listed, tested, turned off and on, and removed', async () => {
    const receiver = await startHttpReceiver()
    const url = `${receiver.origin}/in`
    const { run } = person
    expect((await run(['audit', 'streams', 'list'])).stdout).toBe('The log is sent nowhere.\n')
    const added = await run([
      'audit',
      'streams',
      'add',
      'webhook',
      url,
      '--label',
      'SIEM',
      '--from-beginning',
    ])
    expect(added.stdout).toMatch(/^ast_\w+ {2}SIEM [\s\S]*shown this once\): whsec_\S+\n/)
    const tested = await run(['audit', 'streams', 'test', 'SIEM'])
    expect([tested.code, tested.stdout]).toEqual([0, 'Taken: HTTP 200: ok\n'])
    await expect.poll(() => receiver.at('/in').length, { timeout: 15_000 }).toBeGreaterThan(1)
    receiver.answer = () => ({ status: 500 })
    expect(await run(['audit', 'streams', 'test', 'SIEM'])).toMatchObject({ code: 1 })
    expect((await run(['audit', 'streams', 'disable', 'SIEM'])).stdout).toMatch(/Status: disabled/)
    expect((await run(['audit', 'streams', 'enable', 'SIEM'])).stdout).toMatch(
      /Status: (active|failing)/,
    )
    expect((await run(['audit', 'streams', 'show', 'SIEM'])).stdout).toMatch(
      /Sends: entries and checkpoints as jsonl/,
    )
    expect((await run(['audit', 'streams', 'show', 'nobody'])).stderr).toMatch(
      /There is no audit stream nobody/,
    )
    const updated = await run([
      'audit',
      'streams',
      'update',
      'SIEM',
      '--label',
      'Other',
      '--sends',
      'entries',
    ])
    expect(updated.stdout).toMatch(/Other \(webhook[\s\S]*Sends: entries as jsonl/)
    expect((await run(['audit', 'streams', 'update', 'Other'])).stderr).toMatch(
      /Nothing is to be changed/,
    )
    const moved = await run(
      ['audit', 'streams', 'retarget', 'webhook', 'Other', `${url}/2`, '--authorization'],
      ['Splunk a-token-0123456789'],
    )
    expect(moved.stdout).toMatch(/Other \(webhook[\s\S]*shown this once\): whsec_\S+\n/)
    expect(moved.stdout).not.toContain('a-token')
    expect(
      (await run(['audit', 'streams', 'update', 'Other', '--label', 'SIEM', '--sends', 'both']))
        .code,
    ).toBe(0)
    const bucket = ['--endpoint', receiver.origin, '--region', 'eu-central-1']
    const made = await run(
      ['audit', 'streams', 'add', 's3', 'logs', ...bucket, '--access-key-id', 'AKIA1', '--json'],
      ['a-secret-access-key-0123456789'],
    )
    expect(JSON.parse(made.stdout)).toMatchObject({ stream: { kind: 's3', status: 'active' } })
    const key = ['--access-key-id', 'AKIA2', '--prefix', 'vault']
    const elsewhere = await run(
      ['audit', 'streams', 'retarget', 's3', 'S3 bucket', 'others', ...bucket, ...key],
      ['another-secret-access-key-0123456789'],
    )
    expect([elsewhere.code, elsewhere.stdout]).toEqual([
      0,
      expect.stringMatching(/S3 bucket \(s3, .*others/),
    ])
    expect(elsewhere.stdout + made.stdout).not.toContain('secret-access-key')
    const lost = await run(['audit', 'streams', 'retarget', 's3', 'S3 bucket', 'others'])
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/^sallyport: .*--endpoint/)])
    const syslog = await run([
      'audit',
      'streams',
      'add',
      'syslog',
      '127.0.0.1',
      '--plain-tcp',
      '--only',
      'checkpoints',
    ])
    expect(syslog.stdout).toMatch(/Syslog \(127\.0\.0\.1:6514 \(plain TCP\)\)/)
    const port = ['--port', '6515', '--plain-tcp']
    const other = await run([
      'audit',
      'streams',
      'retarget',
      'syslog',
      'Syslog',
      '127.0.0.1',
      ...port,
    ])
    expect([other.code, other.stdout]).toEqual([
      0,
      expect.stringContaining('127.0.0.1:6515 (plain TCP)'),
    ])
    const mixed = await run([
      'audit',
      'streams',
      'retarget',
      'syslog',
      'SIEM',
      '127.0.0.1',
      ...port,
    ])
    expect([mixed.code, mixed.stdout]).toEqual([1, ''])
    expect(mixed.stderr).toBe(
      'sallyport: The stream is of the kind webhook. Make another stream for another kind of place.\n',
    )
    for (const label of ['SIEM', 'S3 bucket', 'Syslog']) {
      expect((await run(['audit', 'streams', 'remove', label, '--yes'])).code).toBe(0)
    }
    await receiver.close()
  })
})

describe('the verifier', () => {
  it('is printed by the command, as the one file that it is', async () => {
    verifies('S-37')
    const { stdout } = await offline.run(['audit', 'verifier'])
    expect(stdout).toBe(readFileSync(builtVerifier, 'utf8'))
    const imports = [...stdout.matchAll(/^(?:import .*|\} )from "([^"]+)";$/gm)]
    expect(imports.length).toBeGreaterThan(3)
    expect(imports.map(([, name]) => name).filter((name) => !name?.startsWith('node:'))).toEqual([])
  })

  it('says the same of a good export in words, and leaves nothing behind', async () => {
    verifies('S-37')
    const proofs = ['--public-key', file('key.json'), '--checkpoints', checkpoints()]
    const { code, stdout } = await runVerifier([file('log.jsonl'), ...proofs])
    // A sound log of another workspace proves nothing of this one.
    expect(stdout).toMatch(
      /^Verified: \d+ records, none changed, added or removed\.\nIt is the log of wsp_\w+\.\n$/,
    )
    expect([code, readdirSync(file('alone'))]).toEqual([0, ['verify-audit.mjs']])
  })
})

describe('an export, without the vault', () => {
  it('verifies with nothing but the file, and says that its key is taken on trust', async () => {
    verifies('S-37')
    const { code, stdout } = await offline.run(['audit', 'verify', file('log.jsonl')])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^Verified: \d+ records.*\nIt is the log of.*\n.*taken from the file itself/,
    )
  })

  it('verifies with the public key, the audit key and the checkpoints', async () => {
    for (const proof of [
      ['--public-key', file('key.json')],
      ['--audit-key-file', file('audit-key')],
      ['--checkpoints', checkpoints()],
    ]) {
      const { code, verdict } = await verify('log.jsonl', ...proof)
      expect([proof[0], code, verdict.ok]).toEqual([proof[0], 0, true])
    }
  })

  it('names the record that was changed, and fails', async () => {
    verifies('S-37')
    for (const seq of [1, 4, 7]) {
      tamper('changed.jsonl', (line) => {
        const entry = line.entry?.replace('"v":1', '"v":2')
        return isRecord(seq)(line) ? JSON.stringify({ ...line, entry }) : undefined
      })
      const { code, verdict, stderr } = await verify('changed.jsonl')
      expect([seq, code, verdict.ok, verdict.firstBad]).toEqual([seq, 1, false, seq])
      expect(stderr).toBe('sallyport: The audit log does not verify.\n')
    }
  })

  it('names the first record that was removed, exchanged or added', async () => {
    verifies('S-37')
    tamper('removed.jsonl', (line) => (isRecord(3)(line) ? [] : undefined))
    expect((await verify('removed.jsonl')).verdict).toMatchObject({ ok: false, firstBad: 3 })
    tamper('added.jsonl', (line) =>
      isRecord(3)(line) ? [JSON.stringify(line), JSON.stringify(line)] : undefined,
    )
    expect((await verify('added.jsonl')).verdict).toMatchObject({ ok: false, firstBad: 3 })
    tamper('cut.jsonl', (_, index) => (index >= 5 ? [] : undefined))
    expect((await verify('cut.jsonl')).verdict.ok).toBe(false)
  })

  it('that somebody made up steers no terminal, and ends no verifier in anything but its verdict', async () => {
    verifies('S-28')
    const { publicKey } = JSON.parse(lines[0] ?? '')
    const head = { type: 'header', format: 'sallyport-audit-v1', publicKey }
    const workspaceId = '\u001b]0;own\u0007\u009b31m\u202e'
    const end = JSON.stringify({ type: 'end', records: 0, checkpoints: 0 })
    const record = (entry: string) =>
      `{"type":"record","seq":1,"hash":"${'0'.repeat(64)}","mac":"${'0'.repeat(64)}","entry":${entry}}`
    const files: Record<string, readonly string[]> = {
      steering: [JSON.stringify({ ...head, workspaceId }), end],
      deep: [lines[0] ?? '', record('['.repeat(400_000) + ']'.repeat(400_000)), end],
      long: [lines[0] ?? '', `{"type":"record","entry":"${'x'.repeat(3_000_000)}"}`, end],
      proto: [
        `{"__proto__":{"type":"header"},"constructor":1,${(lines[0] ?? '').slice(1)}`,
        '{"__proto__":null,"type":"toString"}',
        end,
      ],
      twice: [(lines[0] ?? '').replace('{', '{"workspaceId":"wsp_other",'), ...lines.slice(1, -1)],
    }
    for (const [name, made] of Object.entries(files)) {
      writeFileSync(file(name), `${made.join('\n')}\n`)
      for (const args of name === 'steering' ? [[], ['--json']] : [[]]) {
        const { code, stdout, stderr } = await runVerifier([file(name), ...args])
        expect([name, code, stderr]).toEqual([name, name === 'steering' ? 0 : 1, expect.anything()])
        expect([name, `${stdout}${stderr}`]).toEqual([
          name,
          expect.stringMatching(/^[\n\x20-\x7e’“”]*$/),
        ])
      }
    }
  })

  it('made by another vault is not this one’s, however sound it is', async () => {
    verifies('S-37')
    const other = await startVault({ own: true })
    const stranger = createPerson(other.url, { SALLYPORT_OWNER_TOKEN: other.ownerToken })
    await stranger.run(['audit', 'export', 'log.jsonl'])
    const theirs = join(stranger.project, 'log.jsonl')
    const alone = await offline.run(['audit', 'verify', theirs])
    expect(alone.code).toBe(0)
    for (const proof of [
      ['--public-key', file('key.json')],
      ['--audit-key-file', file('audit-key')],
    ]) {
      expect((await offline.run(['audit', 'verify', theirs, ...proof])).code).toBe(1)
    }
    stranger.leave()
    await other.stop()
  })

  it('says in one sentence what is no export, no key and no file', async () => {
    writeFileSync(file('garbage'), 'garbage\n')
    for (const args of [
      [file('nothing')],
      [person.project],
      [file('log.jsonl'), '--public-key', file('garbage')],
      [file('log.jsonl'), '--public-key', file('nothing')],
      [file('log.jsonl'), '--root-key-file', file('garbage')],
      [file('log.jsonl'), '--audit-key-file', file('garbage')],
      [file('garbage')],
    ]) {
      const { code, stderr } = await offline.run(['audit', 'verify', ...args])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^sallyport: [^\n]+\n$/)
    }
    rmSync(file('garbage'))
  })
})
