import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { hasTerminal } from './cli/typed.ts'
import { runProgram } from './fixtures/run-program.ts'

const demo = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url))
// Directly below the system's: the path of the database's socket is short.
const folder = mkdtempSync(join(tmpdir(), 'demo-'))
const env = { TMPDIR: folder }
const timeoutMs = 60_000
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs it at a terminal and does in the browser's place what the page does: signs in and answers. */
async function approveInBrowser(answer: 'approve' | 'deny' = 'approve'): Promise<string> {
  const child = spawn('script', ['-qfec', `'${process.execPath}' '${demo}'`, '/dev/null'], {
    env: { PATH: process.env.PATH, SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let shown = ''
  let answering: Promise<void> | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const asked =
      /(http:\S+)\/approvals\/(apr_\w+)\s+e-mail +(\S+)\s+password +(\S+) .*demo alone/.exec(shown)
    if (asked === null) return
    const [, url = '', id = '', email = '', password = ''] = asked
    answering ??= answerAs({ url, email, password }, `/api/v1/approvals/${id}/${answer}`)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  await answering
  expect([code, shown]).toEqual([0, expect.any(String)])
  return shown
}

interface Page {
  readonly url: string
  readonly email: string
  readonly password: string
}

async function answerAs({ url, email, password }: Page, path: string): Promise<void> {
  const post = (at: string, body: unknown, cookie = '') =>
    fetch(`${url}${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie },
      body: JSON.stringify(body),
    })
  const signedIn = await post('/api/v1/session', { email, password })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0]
  expect((await post(path, {}, cookie)).status).toBe(200)
}

describe('the demo', () => {
  it('shows refusal, question, approval, answer and a verified log, and leaves nothing behind', async () => {
    const args = [demo, '--yes']
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { env, timeoutMs })
    // What had to be installed or built first is said there.
    expect([code, stderr.replace(/^(Built|Installing) .*\n/gm, '')]).toEqual([0, ''])
    const order = [
      /the model sees: .*"type":"policy-denied"/,
      /✓ nothing reached the API/,
      /policies allow 'demo agent' 'Billing API' --method POST/,
      /approval: writes/,
      /Waiting for the owner to approve POST to 127\.0\.0\.1:\d+: http\S+\/approvals\/apr_/,
      /approvals show apr_/,
      /The agent’s reason, in its own words:\n.*│ The user asked me/,
      /│ {3}"amount": 4200/,
      /approvals approve apr_\w+ --yes\n +Approved: POST/,
      /the API received: POST \/v1\/invoices\n +authorization: Bearer bill_•+\n/,
      /the agent got: {4}201 .*\[redacted\]/,
      /✓ once, and the API saw the real key/,
      /the model sees: .*"type":"approval-consumed"/,
      /✓ an approval is good for one call/,
      /execute +allow +sent 201/,
      /approveRequest +none +done/,
      /execute +require_approval +refused/,
      /✓ the vault verifies its own chain/,
      /✓ the export verifies without the vault/,
      /Record \d+ is not as it was written/,
      /All of it held, in [\d.]+ s\./,
    ]
    let from = 0
    for (const said of order) {
      const at = stdout.slice(from).search(said)
      expect(at, String(said)).toBeGreaterThanOrEqual(0)
      from += at
    }
    expect(stdout).not.toMatch(/bill_live_|sp[tcbp]_[\w-]{43}/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('says so where it is no terminal, and asks nobody', async () => {
    const { code, stdout } = await runProgram(process.execPath, [demo], { env, timeoutMs })
    expect([code, stdout]).toEqual([0, expect.stringContaining('as with --yes')])
  })

  it('takes no other option', async () => {
    const { code, stderr } = await runProgram(process.execPath, [demo, '--no'], { env, timeoutMs })
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no option --no here')])
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(!hasTerminal)('waits at a terminal for the person in the browser', async () => {
    const shown = await approveInBrowser()
    for (const part of ['Your turn', '✓ the call went through', 'All of it held']) {
      expect(shown).toContain(part)
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(!hasTerminal)('goes on where the person says no', async () => {
    const shown = await approveInBrowser('deny')
    for (const part of ['approval-denied', 'you said no', 'All of it held']) {
      expect(shown).toContain(part)
    }
  })

  it('cleans up when it is interrupted, however often', async () => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { mode: 0o755 })
    const child = spawn(process.execPath, [demo], { env: { ...process.env, ...env } })
    const press = () => child.kill('SIGINT')
    let pressing: NodeJS.Timeout | undefined
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      if (printed.includes('sallyport connect')) pressing ??= setInterval(press, 20)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    clearInterval(pressing)
    expect([code, printed.includes('All of it held')]).toEqual([130, false])
    expect(readdirSync(folder)).toEqual([])
  })
})
