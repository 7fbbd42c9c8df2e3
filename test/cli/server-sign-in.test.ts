import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOAuthProvider, type OAuthProvider } from '../fixtures/oauth-provider.ts'
import { type GuardedServer, startGuardedServer } from '../fixtures/upstreams/guarded-server.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { goOnInBrowser } from './go-on-in-browser.ts'
import { createPerson, type Person } from './sallyport.ts'

// Signing in to MCP servers from a terminal.

let vault: TestVault
let provider: OAuthProvider
let server: GuardedServer
let person: Person
const secret = 'client-secret-0123456789'

beforeAll(async () => {
  ;[vault, provider] = await Promise.all([
    startVault(),
    createOAuthProvider({ takesRegistrations: true, knowsResources: true }),
  ])
  server = await startGuardedServer(provider)
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await server?.stop()
  await provider?.close()
})

async function add(): Promise<string> {
  const name = `signed ${randomBytes(4).toString('hex')}`
  await vault.owner.call('createMcpServer', { name, transport: 'http', url: server.url })
  return name
}

const signIn = (name: string, ...more: string[]) => ['servers', 'sign-in', name, ...more]

interface Begun {
  readonly flow: { readonly id: string }
}
/** By the link that the command prints; answers which client the authorization server was asked by. */
async function signInByLink(name: string, more: readonly string[], secrets: string[] = []) {
  const { flow } = await person.json<Begun>([...signIn(name, '--no-wait'), ...more], secrets)
  const finished = await goOnInBrowser(vault, provider, { flowId: flow.id })
  expect(finished, JSON.stringify(finished.body)).toMatchObject({ status: 200 })
  return provider.log.tokenRequests.at(-1)?.clientId
}

describe('sallyport servers sign-in', () => {
  it('says how a server is signed in to, leads there, uses its client again, and signs out', async () => {
    const name = await add()
    const looked = await person.run(signIn(name, '--look', '--issuer', provider.issuer))
    expect([looked.code, looked.stderr]).toEqual([0, ''])
    expect(looked.stdout).toContain(`at        ${provider.issuer}`)
    const { redirectUri } = await vault.owner.call('listOAuthApps', {})
    expect(looked.stdout).toContain(`redirect  ${redirectUri}`)

    const first = await signInByLink(name, [])
    const shown = await person.run(['servers', 'show', name])
    expect(shown.stdout).toMatch(/status +connected, 7 tools/)
    expect(shown.stdout).toMatch(/sign-in +signed in/)
    expect(await signInByLink(name, [])).toBe(first)
    const other = await signInByLink(name, ['--new-client', '--scope', 'read'])
    expect(other).not.toBe(first)

    const out = await person.run(['servers', 'sign-out', name])
    expect([out.code, out.stdout]).toEqual([0, `${name} is signed out of.\n`])
    const after = await person.run(['servers', 'show', name])
    expect(after.stdout).toMatch(/sign-in +wanted/)
  })

  it('takes a client that was registered by hand: with its secret from stdin, for itself, or without one', async () => {
    const { redirectUri } = await vault.owner.call('listOAuthApps', {})
    const client = { redirectUris: [redirectUri], clientSecret: secret }
    const { clientId } = await provider.clientFor(client)
    const name = await add()
    expect(await signInByLink(name, ['--client-id', clientId], [secret])).toBe(clientId)

    const itself = signIn(name, '--client-id', clientId, '--client-credentials')
    const { code, stdout } = await person.run(itself, [secret])
    expect([code, stdout]).toEqual([0, `${name}: connected, 7 tools\n`])

    const open = { redirectUris: [redirectUri], authMethod: 'none' as const }
    const grants = { grantTypes: ['authorization_code', 'refresh_token'] }
    const { clientId: openId } = await provider.clientFor({ ...open, ...grants })
    const told = ['--client-id', openId, '--public-client']
    expect(await signInByLink(name, told)).toBe(openId)
    expect(person.printed()).not.toContain(secret)
    expect(
      person
        .files()
        .map(({ text }) => text)
        .join(),
    ).not.toContain(secret)
  })

  it.each([
    [['--client-credentials'], '--client-id'],
    [['--public-client'], '--client-id'],
    [['--issuer', 'https://other.example'], 'issuer must be one that the server names'],
  ])('refuses %j in one sentence', async (more, said) => {
    const { code, stdout, stderr } = await person.run(signIn(await add(), ...more))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(said)
  })
})
