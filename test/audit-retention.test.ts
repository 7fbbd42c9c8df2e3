import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findRunningPostgres } from '../apps/vault/src/store/embedded/reach-embedded-postgres.ts'
import { type HttpReceiver, startHttpReceiver } from './fixtures/http-receiver.ts'
import { runProgram } from './fixtures/run-program.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// A vault whose first entries are older than the operator keeps: they go when they may, and the rest goes on being proof.

const folder = mkdtempSync(join(tmpdir(), 'retention-'))
const clock = join(folder, 'clock.mjs')
// The process lives six weeks ago; PostgreSQL, which decides what may go, lives today.
writeFileSync(
  clock,
  `const Real = Date
const behindMs = 45 * 86_400_000
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length > 0) super(...given)
    else super(Real.now() - behindMs)
  }
  static now() {
    return Real.now() - behindMs
  }
}
`,
)
const metricsToken = 'metrics-token-0123456789abcdef'
const keeping = { SALLYPORT_AUDIT_RETENTION_DAYS: '30', SALLYPORT_METRICS_TOKEN: metricsToken }
const verifier = fileURLToPath(new URL('../packages/cli/dist/verify-audit.mjs', import.meta.url))

let vault: TestVault
let receiver: HttpReceiver
let token: string

const post = (path: string, body: unknown, cookie = '') =>
  fetch(`${vault.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: vault.url, cookie },
    body: JSON.stringify(body),
  })
const owner = () => createClient({ baseUrl: vault.url, auth: { kind: 'bearer', token } })

beforeAll(async () => {
  receiver = await startHttpReceiver()
  vault = await startVault({ bare: true, own: true, env: { NODE_OPTIONS: `--import=${clock}` } })
  const setupToken = readFileSync(join(vault.dataDir, 'setup-token'), 'utf8').trim()
  const person = { email: ownerEmail, password: ownerPassword }
  const setUp = await post('/api/v1/setup', { setupToken, ...person })
  const cookie = setUp.headers.getSetCookie()[0]?.split(';', 1)[0]
  const scopes = ['audit:read', 'agents:write', 'workspace:write']
  const made = await post('/api/v1/tokens', { name: 'test', scopes, expiresInDays: 90 }, cookie)
  token = ((await made.json()) as { secret: string }).secret
})
afterAll(async () => {
  await vault?.stop()
  await receiver?.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Line {
  readonly type: string
  readonly seq: number
}
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** Writes an export to a file, and answers the numbers of its records with what verifying it without the vault says. */
async function exportLog(name: string) {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${vault.url}/api/v1/audit/export`, { headers })
  const text = await answer.text()
  writeFileSync(join(folder, name), text)
  const seqs = linesOf(text).flatMap(({ type, seq }) => (type === 'record' ? [seq] : []))
  return { seqs, ...(await verify(name)) }
}
const verify = (name: string) => runProgram(process.execPath, [verifier, join(folder, name)])

/** Starts the vault today, and waits until it has looked for what may be removed. */
async function startToday(): Promise<void> {
  await vault.terminate()
  await vault.restart({ NODE_OPTIONS: '', ...keeping })
  const hasLooked = async () => {
    const headers = { authorization: `Bearer ${metricsToken}` }
    const text = await (await fetch(`${vault.url}/metrics`, { headers })).text()
    return /sallyport_job_runs_total\{job_name="prune_audit",outcome="done"\} [1-9]/.test(text)
  }
  await expect.poll(hasLooked, { timeout: 20_000 }).toBe(true)
}

const delivered = () =>
  receiver
    .at('/in')
    .flatMap(({ body }) => linesOf(body))
    .flatMap(({ type, seq }) => (type === 'record' ? [seq] : []))

it('removes what is older than the operator keeps once it was delivered, and what is left verifies', async () => {
  verifies('S-37')
  receiver.answer = () => ({ status: 500 })
  const target = { kind: 'webhook', url: `${receiver.origin}/in` } as const
  const { stream } = await owner().call('createAuditStream', { target, from: 'beginning' })
  for (const name of ['one', 'two', 'three']) await owner().call('createAgent', { name })
  const before = await exportLog('before.jsonl')
  const last = before.seqs.at(-1) ?? 0
  expect(before).toMatchObject({ code: 0, seqs: before.seqs.map((_, i) => i + 1) })
  expect(last).toBeGreaterThan(4)

  // The stream's other side has taken none of it.
  await startToday()
  expect((await exportLog('held.jsonl')).seqs[0]).toBe(1)
  receiver.requests.length = 0
  receiver.answer = () => ({ status: 200 })
  const { version } = (await owner().call('getAuditStream', { streamId: stream.id })).stream
  await owner().call('updateAuditStream', { streamId: stream.id, version, enabled: true })
  await expect.poll(() => delivered().includes(last), { timeout: 20_000 }).toBe(true)

  await startToday()
  const after = await exportLog('after.jsonl')
  expect(after.seqs[0]).toBeGreaterThanOrEqual(last)
  expect([after.code, after.stdout]).toEqual([
    0,
    expect.stringMatching(/from record \d+ on; earlier/),
  ])
  expect(await owner().call('verifyAudit', {})).toMatchObject({ ok: true, start: {} })
  const { entries } = await owner().call('listAudit', { operation: 'pruneAudit' })
  expect(entries.map(({ detail }) => detail)).toEqual([
    { firstSeq: 1, lastSeq: (after.seqs[0] ?? 0) - 1, records: (after.seqs[0] ?? 0) - 1 },
  ])
  // What was taken away before goes on being what it was, and the stream leaves out nothing.
  expect((await verify('before.jsonl')).code).toBe(0)
  await expect
    .poll(() => delivered().includes(after.seqs.at(-1) ?? 0), { timeout: 20_000 })
    .toBe(true)
  const all = [...new Set(delivered())].toSorted((a, b) => a - b)
  expect(all).toEqual(all.map((_, i) => i + 1))

  const found = await findRunningPostgres({
    dataDir: vault.dataDir,
    randomBytes: () => Buffer.of(),
  })
  const app = openSuperuser(found?.appUrl ?? '')
  await expect(app`delete from audit_records`).rejects.toThrow(/permission denied|append-only/)
  await app.end({ timeout: 1 })
})
