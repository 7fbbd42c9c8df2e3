import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOAuthProvider, type OAuthProvider } from '../fixtures/oauth-provider.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { goOnInBrowser } from './go-on-in-browser.ts'
import { binary, createPerson, type Person } from './sallyport.ts'

// Accounts and OAuth clients from a terminal. What a person does in the browser is done by a visitor with their session.

let vault: TestVault
let provider: OAuthProvider
let person: Person
/** The one that the provider knows. */
let clientSecret: string

beforeAll(async () => {
  vault = await startVault()
  provider = await createOAuthProvider()
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
})
afterAll(async () => {
  person?.leave()
  await provider?.close()
  await vault?.stop()
})

const redirectUri = async () =>
  (await person.json<{ redirectUri: string }>(['oauth-apps', 'list'])).redirectUri

describe('an OAuth app', () => {
  it('is kept by one command, with its secret from stdin, and listed with what to register', async () => {
    const client = await provider.clientFor({ redirectUris: [await redirectUri()] })
    const { oauthApp } = await person.json<{ oauthApp: { id: string; provider: string } }>(
      ['oauth-apps', 'add', 'local', '--issuer', provider.issuer, '--client-id', client.clientId],
      [client.clientSecret],
    )
    ;({ clientSecret } = client)
    expect(oauthApp.provider).toBe('local')
    const { stdout } = await person.run(['oauth-apps', 'list'])
    expect(stdout).toContain(client.clientId)
    expect(stdout).toContain('/api/v1/connections/callback')
    expect(person.printed()).not.toContain(client.clientSecret)
  })

  it.each([
    ['oauth-apps', 'add', 'by-key', '--issuer', 'https://id.example', '--client-id', 'x'],
    ['connections', 'add', '--service', 'custom', '--origin', 'https://api.example.com'].concat([
      '--label',
      'By key',
      '--kind',
      'oauth2-client-credentials',
      '--client-id',
      'x',
    ]),
  ])('that proves itself by a key asks for no secret: %s %s', async (...args) => {
    const { code, stderr } = await person.run(
      [...args, '--client-authentication', 'private_key_jwt'],
      ['a secret that nobody asked for'],
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain('--private-key-file')
  })

  it('goes by another secret once one came from stdin, and shows neither', async () => {
    const change = ['oauth-apps', 'change-secret', 'local']
    const wrong = 'not-the-secret-0123456789'
    const changed = await person.run(change, [wrong])
    expect([changed.code, changed.stderr]).toEqual([0, ''])
    expect(changed.stdout).toMatch(/^\S.* has another secret\.\n$/)
    const { flow } = await person.json<{ flow: { id: string } }>([
      ...['connections', 'connect', 'custom', '--app', 'local', '--label', 'Refused'],
      ...['--origin', provider.apiOrigin, '--scope', 'read', '--no-wait'],
    ])
    const refused = await goOnInBrowser(vault, provider, { flowId: flow.id })
    expect(refused.status).not.toBe(200)

    const { oauthApps } = await person.json<{ oauthApps: { id: string }[] }>(['oauth-apps', 'list'])
    const byId = ['oauth-apps', 'change-secret', oauthApps[0]?.id ?? '']
    const back = await person.run([...byId, '--json'], [clientSecret])
    expect(JSON.parse(back.stdout)).toMatchObject({ oauthApp: { provider: 'local' } })
    for (const secret of [wrong, clientSecret]) expect(person.printed()).not.toContain(secret)
  })

  it('keeps its secret where another one does not come, or is of an app that is not there', async () => {
    const secret = 'a-secret-that-nobody-takes-0123456789'
    for (const [args, secrets, said] of [
      [['local'], [], /^sallyport: New client secret: nothing came on stdin\. .*\n$/],
      [
        ['nowhere'],
        [secret],
        /^sallyport: There is no OAuth app for "nowhere"\. `sallyport oauth-apps add nowhere` adds one\.\n$/,
      ],
      [
        ['oap_00000000000000000000000000'],
        [secret],
        /^sallyport: There is no such OAuth app\. List the OAuth apps to see which there are\.\n$/,
      ],
      [[], [secret], /^sallyport: missing required argument 'app'\. .*--help.*\n$/],
      [['local', '--client-secret', secret], [], /^sallyport: .*--client-secret.*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await person.run(
        ['oauth-apps', 'change-secret', ...args],
        [...secrets],
      )
      expect([args, code, stdout]).toEqual([args, 1, ''])
      expect(stderr).toMatch(said)
      expect(stderr).not.toContain(secret)
    }
  })

  it('that is not there is named with the command that adds it', async () => {
    const { code, stderr } = await person.run(['oauth-apps', 'remove', 'nowhere'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('oauth-apps add nowhere')
  })
})

describe('an account', () => {
  it('is connected by the link that the command prints and waits for', async () => {
    const args = ['connections', 'connect', 'custom', '--app', 'local', '--label', 'Local account']
    const more = ['--origin', provider.apiOrigin, '--scope', 'read', '--no-browser']
    const started = await person.json<{ flow: { id: string; continueUrl: string } }>([
      ...args,
      ...more,
      '--no-wait',
    ])
    expect(started.flow.continueUrl).toContain(`/connections/flows/${started.flow.id}`)
    const { status, body } = await goOnInBrowser(vault, provider, { flowId: started.flow.id })
    expect(status).toBe(200)
    expect(body.connection).toMatchObject({ label: 'Local account', status: 'healthy' })
  })

  it('answers the waiting command once it is connected, with what was granted', async () => {
    const args = ['connections', 'connect', 'custom', '--app', 'local', '--label', 'Second']
    const waiting = start([...args, '--origin', provider.apiOrigin, '--scope', 'read'])
    const flowId = await waiting.flowId
    await goOnInBrowser(vault, provider, { flowId, account: 'bob' })
    const { code, stdout, stderr } = await waiting.ended
    expect(code).toBe(0)
    expect(stderr).toContain(flowId)
    expect(stdout).toContain('Second')
    expect(stdout).toMatch(/Granted: .*read/)
  })

  it('is reconnected under the same id', async () => {
    const { connections } = await person.json<{ connections: { id: string; label: string }[] }>([
      'connections',
      'list',
    ])
    const before = connections.find(({ label }) => label === 'Second')
    const { flow } = await person.json<{ flow: { id: string } }>([
      'connections',
      'reconnect',
      'Second',
      '--no-wait',
    ])
    const { body } = await goOnInBrowser(vault, provider, { flowId: flow.id, account: 'bob' })
    expect(body.connection).toMatchObject({ id: before?.id, status: 'healthy' })
  })

  it('is connected by a code that is typed in elsewhere', async () => {
    const started = await person.json<{ flow: { userCode: string; verificationUri: string } }>([
      'connections',
      'connect',
      'custom',
      '--app',
      'local',
      '--label',
      'By code',
      '--origin',
      provider.apiOrigin,
      '--scope',
      'read',
      '--device',
      '--no-wait',
    ])
    expect(started.flow.userCode).not.toBe('')
    expect(started.flow.verificationUri).toContain(provider.issuer)
  })

  it('of a service that has none is answered with the command for its key', async () => {
    const { code, stderr } = await person.run(['connections', 'connect', 'openai'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('connections add --service openai')
  })
})

describe('a credential of a service', () => {
  it('is asked for as the catalog says, without an option for where it goes', async () => {
    const { connection } = await person.json<{ connection: { credential: { kind: string } } }>(
      ['connections', 'add', '--service', 'anthropic', '--label', 'Claude'],
      ['sk-ant-0123456789abcdef'],
    )
    expect(connection.credential.kind).toBe('header')
  })
})

/** Runs the command and hears which attempt to connect it has begun while it still waits. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [binary, ...args], {
    env: { PATH: process.env.PATH ?? '', ...person.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const flowId = new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
      const found = /connections\/flows\/(flw_[a-z0-9]+)/.exec(stderr)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.on('close', () => reject(new Error(`it ended before it named a link: ${stderr}`)))
  })
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { flowId, ended }
}
