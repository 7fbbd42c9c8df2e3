import { writeFileSync } from 'node:fs'
import type { Alert } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

let vault: TestVault
let person: Person
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>

/** Every secret that goes in, by what it is. */
const secrets = {
  bearer: 'sk-bearer-0123456789abcdef',
  header: 'sk-header-0123456789abcdef',
  query: 'sk-query-0123456789abcdef',
  basic: 'sk-basic-0123456789abcdef',
  path: 'sk-path-0123456789abcdef',
} as const

beforeAll(async () => {
  upstream = await startEchoUpstream()
  vault = await startVault()
  person = createPerson(vault.url)
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await upstream?.close()
})

const origin = () => upstream.origin
const oneSentence = /^sallyport: [^\n]+\n$/

describe('before signing in', () => {
  it('asks nobody where nobody can be asked, and says what to give', async () => {
    const { code, stdout, stderr } = await person.run(['agents', 'list'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/sallyport: .*login --email.*\n$/)
  })

  it('takes no wrong password', async () => {
    const { code, stderr } = await person.run(
      ['login', '--email', ownerEmail],
      ['not the password'],
    )
    expect(code).toBe(1)
    expect(stderr).toContain('sallyport: What was given to sign in with is not right.')
    expect(stderr).toContain('open the link that it printed')
    expect(person.files()).toEqual([])
  })

  it('keeps the sign-in in a file that its user alone can read', async () => {
    const { code, stdout } = await person.run(['login', '--email', ownerEmail], [ownerPassword])
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(`Signed in to ${vault.url} until 20`),
    ])
    expect(person.files().map(({ path, mode }) => [path.split('/').at(-1), mode])).toEqual([
      ['tokens.json', 0o600],
    ])
  })

  it('leaves no earlier token behind when signing in again', async () => {
    const before = JSON.parse(person.files()[0]?.text ?? '')[vault.url].token
    await person.run(['login', '--email', ownerEmail], [ownerPassword])
    const old = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: before })
    const { code, stderr } = await old.run(['agents', 'list'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('SALLYPORT_OWNER_TOKEN')])
    old.leave()
  })
})

describe('connections', () => {
  it('keeps each kind of credential, with the secret from stdin', async () => {
    verifies('S-38')
    const options = {
      bearer: [],
      header: ['--name', 'x-api-key', '--prefix', 'Key '],
      query: ['--name', 'key'],
      basic: ['--username', 'someone'],
      path: ['--name', 'token'],
    }
    for (const [kind, more] of Object.entries(options)) {
      const args = ['connections', 'add', '--label', `my ${kind}`, '--origin', origin()]
      const answer = await person.json(
        [...args, '--kind', kind, ...more],
        [secrets[kind as keyof typeof secrets]],
      )
      expect(answer).toMatchObject({
        connection: { label: `my ${kind}`, origins: [origin()], credential: { hint: '••••cdef' } },
      })
    }
    const { stdout } = await person.run(['connections', 'list'])
    for (const kind of Object.keys(options)) expect(stdout).toContain(`my ${kind}`)
  })

  it('knows the origins of a service of the catalog', async () => {
    const args = ['connections', 'add', '--service', 'github', '--label', 'hub']
    expect(await person.json(args, ['ghp_0123456789abcdef'])).toMatchObject({
      connection: { service: 'github', origins: ['https://api.github.com'] },
    })
    const wrong = await person.run(['connections', 'add', '--service', 'gihub', '--label', 'x'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('github')])
  })

  it('prints the command that comes next, ready to paste', async () => {
    const args = ['connections', 'add', '--label', "it's mine", '--origin', origin()]
    const { stdout } = await person.run(args, [secrets.bearer])
    expect(stdout).toContain(`npx sallyport connect claude --allow 'it'\\''s mine'\n`)
  })

  it('takes no secret as an argument, and does not repeat one', async () => {
    for (const argument of ['--token=hunter2hunter2', '--value=hunter2hunter2', 'hunter2hunter2']) {
      const { code, stdout, stderr } = await person.run(['connections', 'add', argument])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(oneSentence)
      expect(stderr).not.toContain('hunter2')
    }
  })

  it('tries a credential, and destroys a revoked one', async () => {
    const tried = ['connections', 'test', 'my bearer', '--test-url', `${origin()}/me`]
    expect(await person.json(tried)).toMatchObject({ success: true, status: 200 })
    expect((await person.run(['connections', 'revoke', 'my path'])).stdout).toContain('destroyed')
    const { code, stderr } = await person.run(['connections', 'revoke', 'my path'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no connection "my path"')])
  })
})

describe('agents and policies', () => {
  it('adds an agent, with its key in a file of mode 0600 or with a code', async () => {
    const enrolled = await person.json<{ keyPath: string }>([
      'agents',
      'create',
      'worker',
      '--enrol',
    ])
    const key = person.files().find(({ path }) => path === enrolled.keyPath)
    expect(key?.mode).toBe(0o600)
    expect(await person.json(['agents', 'create', 'other'])).toMatchObject({
      bootstrapSecret: expect.stringMatching(/^spb_/),
    })
    expect(await person.json(['agents', 'code', 'other'])).toMatchObject({
      bootstrapSecret: expect.stringMatching(/^spb_/),
    })
  })

  it('disables, enables, stops, resets, renames and deletes by name', async () => {
    for (const [command, status] of [
      [['agents', 'disable'], 'disabled'],
      [['agents', 'enable'], 'active'],
      [['agents', 'stop'], 'active'],
      [['agents', 'reset'], 'active'],
    ] as const) {
      expect(await person.json([...command, 'worker'])).toMatchObject({ agent: { status } })
    }
    await person.json(['agents', 'rename', 'other', 'extra'])
    expect(await person.json(['agents', 'delete', 'extra'])).toEqual({ deleted: true })
    const { agents } = await person.json<{ agents: { name: string }[] }>(['agents', 'list'])
    expect(agents.map(({ name }) => name)).toEqual(['worker'])
  })

  it('allows more, shows it by names, replaces it and takes it away', async () => {
    const pair = ['worker', 'my bearer']
    await person.json(['policies', 'allow', ...pair, '--path', '/a', '--per-hour', '7'])
    await person.json(['policies', 'allow', ...pair, '--method', 'post', '--approval', 'never'])
    expect(await person.json(['policies', 'show', ...pair])).toMatchObject({
      policy: {
        allow: [
          { methods: ['GET'], paths: ['/a'] },
          { methods: ['POST'], paths: ['/**'], approval: 'never' },
        ],
        limits: { perHour: 7 },
        // What was allowed before is asked about as before.
        approval: 'writes',
      },
    })
    expect((await person.run(['policies', 'list'])).stdout).toMatch(
      /worker\s+my bearer\s+writes\s.*POST \/\*\* \(never\)/,
    )
    const document = { allow: [], approval: 'never', limits: {}, windows: [] }
    await person.json(['policies', 'set', ...pair, '-'], [JSON.stringify(document)])
    expect(await person.json(['policies', 'show', ...pair])).toMatchObject({ policy: document })
    expect(await person.json(['policies', 'delete', ...pair])).toEqual({ deleted: true })
    expect((await person.run(['policies', 'show', ...pair])).code).toBe(1)
  })

  it('says when an owner is asked, about all and about what is granted apart', async () => {
    const allow = ['policies', 'allow', 'worker', 'my header', '--method', 'POST']
    expect((await person.run(allow)).stdout).toContain('approval: writes')
    const never = await person.run([...allow, '--path', '/log', '--approval', 'never'])
    expect(never.stdout).toMatch(/approval: writes\n.*\n.*\/log {2}approval: never/)
  })
})

describe('alerts', () => {
  interface Page {
    readonly alerts: readonly Alert[]
    readonly openCount: number
    readonly nextCursor?: string
  }
  const alertsOf = async (agent: string) =>
    (await person.json<Page>(['alerts', 'list', '--agent', agent])).alerts

  /** An agent whose limit of one call a day refuses the second, which raises an alert within seconds. */
  async function reachLimit(name: string, connectionId: string) {
    const { agentId, client } = await vault.createAgentWithKey(name)
    await vault.addPolicy({ agentId, connectionId, limits: { perDay: 1 } })
    const input = { connectionId, method: 'GET', url: `${origin()}/limited` } as const
    await client.call('execute', input)
    await expect(client.call('execute', input)).rejects.toMatchObject({ type: 'limit-exceeded' })
  }

  it('are listed as they are asked for, and acknowledged one by one and all at once', async () => {
    const connectionId = await vault.addConnection({ origins: [origin()], label: 'limited' })
    for (const name of ['eager', 'keen']) await reachLimit(name, connectionId)
    for (const name of ['eager', 'keen']) {
      await expect.poll(() => alertsOf(name), { timeout: 30_000 }).toHaveLength(1)
    }
    const [alert] = await alertsOf('eager')
    const { id = '', sentence = '' } = alert ?? {}
    const listed = await person.run([
      ...['alerts', 'list', '--status', 'open', '--kind', 'limit_reached', '--agent', 'eager'],
    ])
    expect([listed.code, listed.stderr]).toEqual([0, ''])
    expect(listed.stdout).toMatch(
      /^id +last seen +status +agent +what\nalr_\w+ +20\S+Z +open +eager +/,
    )
    expect(listed.stdout).toContain(sentence)
    const other = ['alerts', 'list', '--kind', 'new_host', '--agent', 'eager']
    expect((await person.json<Page>(other)).alerts).toEqual([])
    const first = await person.run(['alerts', 'list', '--limit', '1'])
    const cursor = /^More: --cursor (\S+)$/m.exec(first.stdout)?.[1] ?? ''
    const next = await person.run(['alerts', 'list', '--limit', '1', '--cursor', cursor])
    const names = [first, next].map(({ stdout }) => /(eager|keen)/.exec(stdout)?.[1])
    expect(names.toSorted()).toEqual(['eager', 'keen'])

    const one = await person.run(['alerts', 'acknowledge', id])
    expect([one.code, one.stdout, one.stderr]).toEqual([0, `Acknowledged: ${sentence}\n`, ''])
    const done = await person.json<Page>(['alerts', 'list', '--status', 'acknowledged'])
    expect(done.alerts.map((each) => each.id)).toEqual([id])
    const again = await person.run(['alerts', 'acknowledge', '--agent', 'eager'])
    expect(again.stdout).toBe('Acknowledged 0.\n')
    expect((await person.run(['alerts', 'acknowledge'])).stdout).toMatch(
      /^Acknowledged [1-9]\d*\.\n$/,
    )
    expect(await person.json(['alerts', 'list', '--status', 'open'])).toMatchObject({
      ...{ alerts: [], openCount: 0 },
    })
    for (const name of ['eager', 'keen']) await person.json(['agents', 'delete', name])
  })

  it('that are not there, of nobody and of no kind are refused in a sentence', async () => {
    for (const [args, said] of [
      [
        ['acknowledge', 'alr_00000000000000000000000000'],
        /^sallyport: There is no such alert in this workspace\. List the alerts to find its id\.\n$/,
      ],
      [['acknowledge', 'no id at all'], oneSentence],
      [
        ['acknowledge', '--agent', 'nobody'],
        /^sallyport: There is no agent "nobody"\. `sallyport agents list` shows them\.\n$/,
      ],
      [['list', '--agent', 'nobody'], /^sallyport: There is no agent "nobody"\./],
      [['list', '--kind', 'odd'], /^sallyport: .*--kind.*'odd' is invalid.*\n$/],
      [['list', '--status', 'maybe'], /^sallyport: .*--status.*'maybe' is invalid.*\n$/],
      [['list', '--limit', 'many'], oneSentence],
      [['acknowledge', 'one', 'two'], /^sallyport: too many arguments.*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await person.run(['alerts', ...args])
      expect([args, code, stdout]).toEqual([args, 1, ''])
      expect(stderr).toMatch(said)
    }
  })
})

describe('wrong usage', () => {
  it.each([
    [['nosuch']],
    [['agents', 'nosuch']],
    [['agents', 'create']],
    [['agents', 'create', 'a', 'b']],
    [['connect', 'emacs']],
    [['connections', 'add', '--kind', 'magic']],
    [['policies', 'allow', 'worker', 'my bearer', '--per-hour', '-1']],
    [['policies', 'allow', 'worker', 'my bearer', '--method', 'BREW']],
    [['policies', 'set', 'worker', 'my bearer', '/nonexistent']],
    [['audit', 'list', '--limit', 'many']],
    [['approvals', 'list', '--status', 'maybe']],
    [['approvals', 'show', 'apr_00000000000000000000000000']],
    [['approvals', 'show', 'nonsense']],
    [['approvals', 'approve', 'apr_00000000000000000000000000']],
    [['approvals', 'approve', 'apr_00000000000000000000000000', '--yes']],
    [['approvals', 'deny', 'apr_00000000000000000000000000', '--note', 'No.']],
    [['capability-requests', 'list', '--status', 'expired']],
    [['capability-requests', 'show', 'cap_00000000000000000000000000']],
    [['capability-requests', 'approve', 'cap_00000000000000000000000000', '--yes']],
    [['capability-requests', 'approve', 'cap_00000000000000000000000000', '--method', 'BREW']],
    [['capability-requests', 'deny', 'cap_00000000000000000000000000']],
    [['audit', 'list', '--decision', 'maybe']],
    [['audit', 'export', '/nonexistent/file']],
    [['audit', 'verify', '/nonexistent']],
    [['--url', 'nonsense', 'agents', 'list']],
  ])('%j is one sentence on stderr and a failure', async (args) => {
    const { code, stdout, stderr } = await person.run(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(oneSentence)
  })

  it('is one sentence of its own process, too, which ends as a failure', async () => {
    const { code, stdout, stderr } = await person.start(['audit', 'export', '/nonexistent/file'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(oneSentence)
  })

  it('is helped by --help at every command', async () => {
    const { stdout } = await person.run(['--help'])
    const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]+)\b/gm)].map(([, name = '']) => name)
    expect(names).toContain('doctor')
    expect((await person.start(['--help'])).stdout).toBe(stdout)
    for (const name of names) {
      const help = await person.run(name === 'help' ? ['help'] : [name, '--help'])
      expect([name, help.code, help.stderr]).toEqual([name, 0, ''])
      expect(help.stdout).toContain('Usage: sallyport')
    }
  })
})

describe('a vault that is not there', () => {
  it('is one sentence on stderr for every command, before anything is asked', async () => {
    const stranger = createPerson('http://127.0.0.1:9')
    for (const args of [
      ['agents', 'list'],
      ['login', '--email', 'a@b.example'],
      ['connections', 'add'],
    ]) {
      const { code, stdout, stderr } = await stranger.run(args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(oneSentence)
      expect(stderr).toContain('could not be reached')
    }
    const doctor = await stranger.run(['doctor'])
    expect(doctor.code).toBe(1)
    expect(doctor.stdout).toMatch(/FAIL {2}vault/)
    stranger.leave()
  })
})

describe('a sign-in that has ended', () => {
  it('is not used any more, and said to be so', async () => {
    const guest = createPerson(vault.url)
    await guest.run(['login', '--email', ownerEmail], [ownerPassword])
    const [{ path = '', text = '' } = {}] = guest.files()
    const stored = JSON.parse(text)
    const expiresAt = '2026-01-01T00:00:00.000Z'
    const change = (entry: object) =>
      writeFileSync(path, JSON.stringify({ [vault.url]: { ...stored[vault.url], ...entry } }))
    change({ expiresAt })
    const late = await guest.run(['agents', 'list'])
    expect([late.code, late.stdout]).toEqual([1, ''])
    expect(late.stderr).toContain(`The sign-in here ended at ${expiresAt}.`)
    change({ token: 'spp_of-another-vault' })
    const { code, stderr } = await guest.run(['agents', 'list'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^sallyport: .*npx sallyport login/)])
    const doctor = await guest.run(['doctor'])
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/FAIL {2}owner/)])
    guest.leave()
  })
})

describe('signing out', () => {
  it('forgets the token here', async () => {
    const guest = createPerson(vault.url)
    await guest.run(['login', '--email', ownerEmail], [ownerPassword])
    expect(await guest.json(['logout'])).toMatchObject({ signedIn: false })
    expect(guest.files().map(({ text }) => JSON.parse(text))).toEqual([{}])
    expect((await guest.run(['agents', 'list'])).code).toBe(1)
    guest.leave()
  })
})

describe('all of it together', () => {
  it('printed no secret and kept none but the sign-in and agents’ keys, each for its user alone', () => {
    verifies('S-38')
    for (const secret of [...Object.values(secrets), ownerPassword]) {
      expect(person.printed()).not.toContain(secret)
      expect(vault.output()).not.toContain(secret)
      for (const { text } of person.files()) expect(text).not.toContain(secret)
    }
    expect(person.printed()).not.toMatch(/spp_[\w-]{43}/)
    for (const { path, mode, text } of person.files()) {
      expect(path).toMatch(/\/sallyport\/(tokens|keys\/agt_\w+)\.json$/)
      expect([path, mode]).toEqual([path, 0o600])
      if (path.includes('/keys/')) expect(person.printed()).not.toContain(JSON.parse(text).d)
    }
  })
})
