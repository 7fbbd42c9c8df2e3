import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { runProgram } from './fixtures/run-program.ts'

const demo = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url))
// Directly below the system's: the path of the database's socket is short.
const folder = mkdtempSync(join(tmpdir(), 'demo-'))
const env = { TMPDIR: folder }
const timeoutMs = 60_000
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the demo', () => {
  it('shows refusal, policy, answer and a verified log, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await runProgram(process.execPath, [demo], { env, timeoutMs })
    // What had to be installed or built first is said there.
    expect([code, stderr.replace(/^(Built|Installing) .*\n/gm, '')]).toEqual([0, ''])
    const order = [
      /the model sees: .*"type":"policy-denied"/,
      /✓ nothing reached the API/,
      /approvals come later/,
      /policies allow 'demo agent' 'Billing API' --method POST/,
      /the API received: POST \/v1\/invoices\n +authorization: Bearer bill_•+\n/,
      /the agent got: {4}201 .*\[redacted\]/,
      /✓ once, and the API saw the real key/,
      /execute +allow +sent 201/,
      /execute +deny +refused/,
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

  it('cleans up when it is interrupted', async () => {
    const child = spawn(process.execPath, [demo], { env: { ...process.env, ...env } })
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      if (printed.includes('sallyport connect')) child.kill('SIGINT')
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect([code, printed.includes('All of it held')]).toEqual([130, false])
    expect(readdirSync(folder)).toEqual([])
  })
})
