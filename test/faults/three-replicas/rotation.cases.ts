import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createPerson } from '../../cli/sallyport.ts'
import { eventually } from '../../fixtures/scene.ts'
import { aPath, type End, type Subject } from '../../fixtures/trio.ts'
import { verifies } from '../../verifies.ts'
import { type GivenTrio, many, sleep } from './shared-state.cases.ts'

const command = fileURLToPath(new URL('../../../packages/cli/bin/sallyport.js', import.meta.url))
const stageMsMax = 40_000

/** Where a rotation stands still while somebody else has a lock, in the order in which it comes by. */
const stages = {
  root: [
    'lock table root_keys in share mode',
    'select 1 from installation_secrets for update',
    'select 1 from workspace_keys for update',
    'lock table installation in share mode',
  ],
  workspace: ['select 1 from connections for update', 'lock table workspace_keys in share mode'],
}

/** kill −9 at each stage of a rotation, whose statement then goes through or not, while all replicas serve. */
export function rotation({ trio }: GivenTrio): void {
  const environment = () => ({
    DATABASE_URL: trio().replicas.database.urls.owner,
    SALLYPORT_ROOT_KEY_FILE: trio().rootKeyFile,
  })

  /** Begins it, lets it come as far as the lock, and ends it there. */
  async function killAt(lock: string, args: readonly string[], goesThrough: boolean) {
    const { admin } = trio()
    await admin.begin(async (locked) => {
      await locked.unsafe(lock)
      const child = spawn(process.execPath, [command, 'keys', 'rotate', ...args], {
        env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...environment() },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (data) => {
        said += String(data)
      })
      const exited = new Promise((resolve) => child.once('exit', resolve))
      const stands = await eventually(async () => (await waiting()).length > 0, stageMsMax)
      expect(stands, `${lock}: ${said}`).toBe(true)
      child.kill('SIGKILL')
      await exited
      for (const { pid } of goesThrough ? [] : await waiting()) {
        await locked`select pg_terminate_backend(${pid})`
      }
    })
  }

  const waiting = () => trio().admin<{ pid: number }[]>`
    select pid from pg_stat_activity where application_name = 'sallyport keys' and wait_event_type = 'Lock'
      and datname = current_database()`

  /** Calls at all three until told to stop; answers what did not go through. */
  function keepCalling(subject: Subject) {
    const failed: End[] = []
    let stopped = false
    const running = many(3, async (at) => {
      while (!stopped) {
        const end = await subject.send(aPath(), at)
        if (end !== 200) failed.push(end)
        await sleep(20)
      }
    })
    return async () => {
      stopped = true
      await running
      return failed
    }
  }

  it('are whole after a kill −9 at each stage of their rotation, and no call of any replica fails for it', async () => {
    verifies('S-35', 'S-43')
    const { replicas, third, rootKeyFile } = trio()
    const subjects = await many(2, () => trio().subject())
    const [subject] = subjects
    if (subject === undefined) throw new Error('no subject')
    await many(3, (at) => subject.send(aPath(), at))
    const operator = createPerson('http://127.0.0.1:9', environment())
    writeFileSync(`${rootKeyFile}.next`, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
    const stop = keepCalling(subject)
    let goesThrough = false
    for (const [what, locks] of Object.entries(stages)) {
      const args = what === 'root' ? ['root'] : ['workspace', '--all']
      for (const lock of locks) {
        await killAt(lock, args, goesThrough)
        goesThrough = !goesThrough
        for (const other of subjects) {
          expect(await many(3, (at) => other.send(aPath(), at))).toEqual([200, 200, 200])
        }
      }
      const { code, stderr } = await operator.run(['keys', 'rotate', ...args])
      expect([code, stderr]).toEqual([0, expect.any(String)])
    }
    // A replica that a busy machine holds up for seconds ends what it cannot vouch for meanwhile; nothing else fails.
    expect((await stop()).filter((end) => end !== 'request-stopped')).toEqual([])
    const { stdout } = await operator.run(['keys', 'status', '--json'])
    const { rootKeys, workspaces } = JSON.parse(stdout)
    expect([rootKeys, workspaces[0].keys].map(({ length }) => length)).toEqual([1, 1])
    operator.leave()
    await third.kill()
    await third.restart()
    expect(await subject.send(aPath(), 2)).toBe(200)
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  }, 180_000)
}
