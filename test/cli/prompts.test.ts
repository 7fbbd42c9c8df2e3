import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { binary, createPerson, type Person } from './sallyport.ts'
import { hasTerminal, runAtTerminal } from './typed.ts'

const secret = 'sk-typed-0123456789abcdef'
const down = '\u001b[B'
const ctrlC = '\u0003'

// Without `script` (util-linux) there is no terminal to type at; what is read from stdin is tried in commands.test.ts.
describe.skipIf(!hasTerminal)('at a terminal', () => {
  let vault: TestVault
  let person: Person
  let upstream: Awaited<ReturnType<typeof startEchoUpstream>>

  beforeAll(async () => {
    upstream = await startEchoUpstream()
    vault = await startVault({ bare: true })
    person = createPerson(vault.url, { SALLYPORT_DATA_DIR: vault.dataDir })
  })
  afterAll(async () => {
    person?.leave()
    await vault?.stop()
    await upstream?.close()
  })

  const type = (args: readonly string[], answers: readonly (readonly [string, string])[]) =>
    runAtTerminal([process.execPath, binary, ...args], {
      environment: person.environment,
      cwd: person.project,
      answers,
    })

  it('ends at Ctrl-C in a prompt, with nothing done', async () => {
    const { code, shown } = await type(['login'], [['E-mail', ctrlC]])
    expect(code).toBe(130)
    expect(shown).toContain('sallyport: Stopped.')
    expect(person.files()).toEqual([])
  })

  it('goes from nothing to a connected agent in one command and one paste', async () => {
    verifies('S-38')
    const { code, shown, untyped } = await type(
      ['connect', 'claude'],
      [
        ['project', '\r'],
        ['E-mail', `${ownerEmail}\r`],
        ['Choose a password', 'too short\r'],
        ['At least 12', '\u0015'],
        ['Choose a password', `${ownerPassword}\r`],
        ['Once more', 'a slip of the hand\r'],
        ['not the same', '\u0015'],
        ['Once more', `${ownerPassword}\r`],
        ['may the agent', '\r'],
        ['which API', '\r'],
        ['label', 'typed\r'],
        ['address', `${upstream.origin}/docs/start?x=1\r`],
        ['take it', `${down}\r`],
        ['Name of the header', 'x-api-key\r'],
        ['Paste', `${secret}\r`],
      ],
    )
    expect([code, untyped]).toEqual([0, 0])
    expect(shown).toContain('you become the first one')
    expect(shown).toContain(`GET  ${upstream.origin}  /**`)
    for (const hidden of [secret, ownerPassword]) expect(shown).not.toContain(hidden)
    const config = JSON.parse(readFileSync(join(person.project, '.mcp.json'), 'utf8'))
    expect(config.mcpServers.sallyport.env.SALLYPORT_BASE_URL).toBe(vault.url)
    const { connections } = await person.json<{ connections: object[] }>(['connections', 'list'])
    expect(connections).toMatchObject([
      { label: 'typed', origins: [upstream.origin], credential: { kind: 'header' } },
    ])
  })

  it('shows no secret while it is typed', async () => {
    const args = ['connections', 'add', '--label', 'more', '--origin', upstream.origin]
    const { code, shown } = await type([...args, '--kind', 'bearer'], [['Paste', `${secret}\r`]])
    expect(code).toBe(0)
    expect(shown).not.toContain('sk-typed')
    expect(shown).toContain('•')
  })

  it('shows what a document would become, asks for its keys one by one, and then whether to go on', async () => {
    verifies('S-38')
    const file = join(person.project, 'call.sh')
    const keys = `-H "X-Api-Key: $KEY" -H "X-App-Key: $APP_KEY"`
    writeFileSync(file, `curl "${upstream.origin}/v1/index?symbol=a" ${keys}`)
    const args = ['import', file, '--name', 'typed-tools']
    const asked = [
      ['Paste', `${secret}\r`],
      ['Paste', `${secret}-2\r`],
    ] as const
    const no = await type(args, [...asked, ['Make the toolset', `${down}\r`]])
    expect([no.code, no.shown.includes('Nothing was done')]).toEqual([1, true])
    const yes = await type(args, [...asked, ['Make the toolset', '\r']])
    expect([yes.code, yes.untyped]).toEqual([0, 0])
    expect(yes.shown).toContain('1 taken, 0 changed, 0 refused')
    expect(yes.shown).not.toContain('sk-typed')
    const { connections } = await person.json<{ connections: object[] }>(['connections', 'list'])
    expect(connections[0]).toMatchObject({ label: 'typed-tools', credential: { kind: 'several' } })
  })

  it('takes a document that is pasted, and asks on at the terminal', async () => {
    const asked = await type(
      ['import', '-', '--name', 'pasted'],
      [
        ['Paste the document', `curl "${upstream.origin}/v1/ping" -H "X-Api-Key: $KEY"\r\u0004`],
        ['Paste the key', `${secret}\r`],
        ['Make the toolset', '\r'],
      ],
    )
    expect([asked.code, asked.untyped]).toEqual([0, 0])
    expect(asked.shown).toContain('pasted.get_v1_ping')
    expect(asked.shown).not.toContain('sk-typed')
  })
})
