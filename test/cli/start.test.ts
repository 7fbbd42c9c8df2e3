import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runProgram } from '../fixtures/run-program.ts'
import { spawnVault } from '../fixtures/vault.ts'
import { binary, createPerson } from './sallyport.ts'

const folder = mkdtempSync(join(tmpdir(), 'start-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As an operator has it who set nothing. */
const env = { SALLYPORT_LOG_LEVEL: '', SALLYPORT_EGRESS_ALLOW_CIDRS: '' }

async function stop({ child, exited }: ReturnType<typeof spawnVault>) {
  child.kill('SIGTERM')
  return exited
}

describe('starting the vault', () => {
  it('prints the ready line, the owner’s link and two commands at the first start, then the ready line alone', async () => {
    const first = spawnVault(folder, env)
    const url = await first.ready
    const person = createPerson(url, { SALLYPORT_DATA_DIR: join(folder, 'data') })
    await expect.poll(() => first.output().split('\n').length).toBeGreaterThan(6)
    const token = readFileSync(join(folder, 'data', 'setup-token'), 'utf8').trim()
    expect(first.output().split('\n')).toEqual([
      `Sallyport is ready at ${url}`,
      '',
      `  You are its first owner: http://localhost:${new URL(url).port}/setup#token=${token}`,
      '',
      '  The page leads you on. Or, in another terminal, in this folder:',
      expect.stringMatching(/^ {4}npx sallyport connect claude .*\S$/),
      expect.stringMatching(/^ {4}npx sallyport connections add .*\S$/),
      '',
    ])

    const password = 'correct horse battery staple'
    const { stderr } = await person.run(['login', '--email', 'me@example.com'], [password])
    expect(stderr).toBe(`The vault at ${url} has no owner yet: you become the first one.\n`)
    expect(await stop(first)).toBe(0)
    expect(first.output().split('\n')).toHaveLength(8)

    const second = spawnVault(folder, { ...env, SALLYPORT_PORT: new URL(url).port })
    await second.ready
    expect(await person.json(['doctor'])).toMatchObject({ ok: true })
    expect(await stop(second)).toBe(0)
    expect(second.output()).toBe(`Sallyport is ready at ${url}\n`)
    expect(person.printed()).not.toContain(password)
    person.leave()
  })

  it('says in one sentence what is wrong with a setting, and starts nothing', async () => {
    const { code, stdout, stderr } = await runProgram(process.execPath, [binary, 'up'], {
      env: { SALLYPORT_PORT: '70000', SALLYPORT_DATA_DIR: join(folder, 'none') },
    })
    expect([code, stdout]).toEqual([78, ''])
    expect(stderr).toMatch(/^sallyport: SALLYPORT_PORT .*\n$/)
  })
})
