import type { CallOf, operations } from '@sallyport/contracts'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEvents } from './fixtures/event-reader.ts'
import { alice, bob } from './fixtures/oauth-provider.ts'
import { connectionOf, type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { addPerson } from './fixtures/people.ts'
import { verifies } from './verifies.ts'

// An account is connected, as owners do it: an OAuth app of their own, a person's consent, more scopes, another secret.

let scene: OAuthScene
beforeAll(async () => {
  scene = await startOAuthScene()
})
afterAll(() => scene?.stop())

type CreateApp = CallOf<typeof operations.createOAuthApp>

const owner = () => scene.vault.owner
const clientSecret = 'an-app-secret-of-the-owner'
const addApp = (input: Partial<CreateApp> & { provider: string }) =>
  owner().call('createOAuthApp', { clientId: 'client-1', clientSecret, ...input })
const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Problem) return error
  throw new Error(`no problem: ${error}`)
}
const auditOf = async (operation: string) =>
  (await owner().call('listAudit', { operation, limit: 20 })).entries

describe('an OAuth app of the workspace’s own', () => {
  it('is kept, listed with the redirect URI to register, changed and forgotten, each recorded without the secret', async () => {
    verifies('S-38')
    const { oauthApp } = await addApp({ provider: 'hubspot' })
    expect(oauthApp).toMatchObject({ provider: 'hubspot', secretHint: '••••wner', connections: 0 })
    const oauthAppId = oauthApp.id
    const { oauthApps, redirectUri } = await owner().call('listOAuthApps', {})
    expect(oauthApps.map(({ id }) => id)).toContain(oauthAppId)
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/api\/v1\/connections\/callback$/)
    const changed = await owner().call('updateOAuthApp', { oauthAppId, name: 'Ours' })
    expect(changed.oauthApp).toMatchObject({ name: 'Ours', clientId: 'client-1' })
    await owner().call('deleteOAuthApp', { oauthAppId })
    expect((await problemOf(owner().call('getOAuthApp', { oauthAppId }))).type).toBe(
      'oauth-app-not-found',
    )
    for (const operation of ['createOAuthApp', 'updateOAuthApp', 'deleteOAuthApp']) {
      const [entry] = await auditOf(operation)
      expect(entry).toMatchObject({ outcome: 'done', detail: { oauthAppId, provider: 'hubspot' } })
      expect(JSON.stringify(entry)).not.toContain(clientSecret)
    }
  })

  it('reads the metadata of its issuer, and refuses those of another', async () => {
    const { issuer, endpoints } = scene.provider
    const { oauthApp } = await addApp({ provider: 'by-issuer', issuer })
    expect(oauthApp).toMatchObject({
      ...{ issuer, authorizationEndpoint: endpoints.authorization, tokenEndpoint: endpoints.token },
      revocationEndpoint: endpoints.revocation,
    })
    scene.provider.behaviour.rewriteDiscovery = (document) => ({
      ...document,
      issuer: 'https://evil.example',
    })
    const other = await problemOf(addApp({ provider: 'other', issuer }))
    scene.provider.behaviour.rewriteDiscovery = undefined
    expect(other.type).toBe('provider-refused')
  })

  it('stays what it is while an account is connected with it', async () => {
    await scene.connect()
    const { oauthAppId } = scene
    const elsewhere = { oauthAppId, clientSecret, tokenEndpoint: 'https://evil.example/token' }
    expect((await problemOf(owner().call('updateOAuthApp', elsewhere))).type).toBe(
      'oauth-app-in-use',
    )
    expect((await problemOf(owner().call('deleteOAuthApp', { oauthAppId }))).type).toBe(
      'oauth-app-in-use',
    )
  })

  it('is out of reach of who may only look', async () => {
    verifies('S-08')
    const auditor = await addPerson(scene.vault, 'auditor')
    const body = { provider: 'dropbox', clientId: 'c', clientSecret }
    expect((await auditor.send('POST', '/api/v1/oauth-apps', { body })).status).toBe(403)
    const start = { oauthAppId: scene.oauthAppId, origins: [scene.provider.apiOrigin] }
    const begun = await auditor.send('POST', '/api/v1/connections/start', { body: start })
    expect(begun.status).toBe(403)
  })
})

describe('a service of the catalog', () => {
  it('leads to its provider, with the scopes of the actions and PKCE', async () => {
    await addApp({ provider: 'google' })
    const { body } = await scene.person.send('POST', '/api/v1/connections/start', {
      body: { service: 'google-gmail', actions: ['gmail-read'] },
    })
    const url = new URL(String(body.authorizationUrl))
    expect(`${url.origin}${url.pathname}`).toBe('https://accounts.google.com/o/oauth2/v2/auth')
    const { redirectUri } = await owner().call('listOAuthApps', {})
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ client_id: 'client-1', redirect_uri: redirectUri, response_type: 'code' },
      ...{ access_type: 'offline', prompt: 'consent', code_challenge_method: 'S256' },
    })
    const scopes = url.searchParams.get('scope')?.split(' ')
    expect(scopes).toContain('https://www.googleapis.com/auth/gmail.readonly')
    expect(scopes).toContain('openid')
    expect(new Set(scopes).size).toBe(scopes?.length)
  })

  it('has no account connected without an app, and agents are told where there is one', async () => {
    const missing = await problemOf(owner().call('startConnection', { service: 'asana' }))
    expect(missing).toMatchObject({
      type: 'oauth-app-missing',
      next: expect.stringMatching(/OAuth app/),
    })
    await addApp({ provider: 'linear' })
    const { oauthStatus } = await scene.agent.client.call('listServices', {})
    expect(oauthStatus).toMatchObject({ linear: true, asana: false })
  })
})

describe('an account', () => {
  it('is connected by a person whom a token sent, with an entry in the log and news for screens', async () => {
    verifies('S-31')
    const screen = await readEvents(scene.vault.url, { cookie: scene.person.cookie })
    const { flow } = await owner().call('startConnection', {
      ...{ oauthAppId: scene.oauthAppId, origins: [scene.provider.apiOrigin] },
      ...{ scopes: ['openid', 'email', 'read'], returnTo: '/connections?from=cli' },
    })
    const path = `/api/v1/connections/flows/${flow.id}`
    const { body } = await scene.person.send('POST', `${path}/continue`, { body: {} })
    const url = String(body.authorizationUrl)
    const sentTo = await scene.provider.consent(url, { account: alice.sub })
    const finished = await scene.finish(sentTo)
    const connection = connectionOf(finished)
    expect(connection).toMatchObject({
      ...{
        label: 'Acme (alice@example.com)',
        status: 'healthy',
        provider: `acme-${scene.provider.port}`,
      },
      ...{ service: 'custom', credential: { kind: 'oauth2' } },
      token: { account: 'alice@example.com', renewable: true },
    })
    expect(finished.body.flow).toMatchObject({
      ...{ status: 'connected', connectionId: connection.id, returnTo: '/connections?from=cli' },
    })
    expect((await owner().call('getConnectFlow', { flowId: flow.id })).flow.status).toBe(
      'connected',
    )
    const [entry] = await auditOf('finishConnection')
    expect(entry).toMatchObject({
      ...{ outcome: 'done', connectionId: connection.id, ownerId: scene.person.id },
      detail: {
        flowId: flow.id,
        account: 'alice@example.com',
        grantedScopes: connection.grantedScopes,
      },
    })
    await expect
      .poll(() => screen.told())
      .toContainEqual({ type: 'changed', noun: 'connections', id: connection.id })
    screen.close()
  })

  it('is asked for more, keeps its policies, and approvals for the old grant are stale', async () => {
    const connection = await scene.connect({ account: bob.sub })
    await scene.allow(connection.id, 'always')
    const post = { connectionId: connection.id, url: `${scene.provider.apiOrigin}/api/echo` }
    const asked = await scene.agent.client.call('execute', { ...post, method: 'POST', body: 'x' })
    if (!('approvalRequestId' in asked)) throw new Error('not asked')
    const after = connectionOf(
      await scene.reconnect(connection.id, { account: bob.sub }, { scopes: ['write'] }),
    )
    expect(after).toMatchObject({ id: connection.id, label: connection.label, status: 'healthy' })
    expect(after.requestedScopes).toEqual(expect.arrayContaining(['read', 'write']))
    const { approvalRequestId: approvalId } = asked
    const approve = owner().call('approveRequest', { approvalId })
    expect(['approval-stale', 'approval-not-pending', 'approval-cancelled']).toContain(
      (
        await problemOf(
          approve.then(() => scene.agent.client.call('executeApproval', { approvalId })),
        )
      ).type,
    )
    const { policies } = await owner().call('listPolicies', { limit: 100 })
    expect(policies.map(({ connectionId }) => connectionId)).toContain(connection.id)
  })

  it('that was not let in is asked for anew, and the log says why', async () => {
    const { authorizationUrl, flow } = await scene.begin()
    const sentTo = await scene.provider.consent(authorizationUrl, { deny: true })
    const refused = await scene.finish(sentTo)
    expect(refused.body).toMatchObject({ type: 'authorization-refused' })
    const [entry] = await auditOf('finishConnection')
    expect(entry).toMatchObject({
      ...{ id: refused.body.auditId, outcome: 'failed', problem: 'authorization-refused' },
      detail: { flowId: flow.id },
    })
  })
})

describe('the address that providers lead back to', () => {
  const callback = '/api/v1/connections/callback'

  it.each([
    ['no state', ''],
    ['a state without end', `?state=${'x'.repeat(501)}`],
    ['a code without end', `?state=x&code=${'x'.repeat(4097)}`],
    ['an error without end', `?state=x&error=${'x'.repeat(201)}`],
    ['two states', '?state=x&state=y'],
  ])('refuses %s as what it is', async (_name, query) => {
    const answer = await scene.person.send('GET', `${callback}${query}`)
    expect(answer).toMatchObject({ status: 400, body: { type: 'invalid-input' } })
  })

  it('takes what providers add of their own, and no other method', async () => {
    const extra = '?state=x&code=c&session_state=1&authuser=0&scope=a%20b'
    expect((await scene.person.send('GET', `${callback}${extra}`)).body.type).toBe(
      'connect-flow-refused',
    )
    expect((await scene.person.send('POST', callback, { body: { state: 'x' } })).status).toBe(405)
  })

  it('is used by no other site in a person’s name', async () => {
    verifies('S-42')
    const { authorizationUrl } = await scene.begin()
    const sentTo = new URL(await scene.provider.consent(authorizationUrl))
    const url = `${scene.vault.url}${sentTo.pathname}${sentTo.search}`
    for (const site of ['cross-site', 'same-site']) {
      const headers = { cookie: scene.person.cookie, 'sec-fetch-site': site }
      expect((await fetch(url, { headers })).status).toBe(403)
    }
    expect(connectionOf(await scene.finish(sentTo.href)).status).toBe('healthy')
  })
})
