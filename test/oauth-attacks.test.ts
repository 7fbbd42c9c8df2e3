import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOf, operations } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { dumpDatabase } from './fixtures/dump.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import type { Fault } from './fixtures/oauth-provider-faults.ts'
import { connectionOf, type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { addPerson } from './fixtures/people.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// What somebody tries who wants tokens to go elsewhere or to be used when they must not: an API that keeps what it was sent,
// whoever writes to the database, and whoever changes something while a token is being renewed.

const dueAtOnceS = 5
const dayS = 24 * 3600
/** By then a call waits for whatever it has to wait for. */
const onTheirWayMs = 300

let database: TestDatabase
let vault: TestVault
let scene: OAuthScene
let admin: postgres.Sql

beforeAll(async () => {
  database = await startTestDatabase()
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
  scene = await startOAuthScene({ vault })
  admin = openSuperuser(database.urls.owner)
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  scene.provider.api.refuseNext(0)
  scene.provider.api.refuseAll(false)
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(async () => {
  await admin?.end()
  await scene?.stop()
  await vault?.stop()
  await database?.stop()
})

/** An account whose token has to be renewed with the next call; what is got then lives for a day. */
async function dueAccount(of: OAuthScene = scene) {
  of.provider.behaviour.accessTokenSeconds = dueAtOnceS
  const connection = await of.connectForAgent()
  of.provider.behaviour.accessTokenSeconds = dayS
  of.provider.log.clear()
  return connection
}
const refreshes = (of: OAuthScene = scene) =>
  of.provider.log.countTokens({ grantType: 'refresh_token' })

/** An API that answers with every token that it has ever been sent; `refuses` is asked first. */
async function startHoarder(refuses: (requests: number) => boolean = () => false) {
  const kept: string[] = []
  const server: RawServer = await startRawServer({
    answer(socket, { headers }) {
      const given = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
      if (!kept.includes(given)) kept.push(given)
      const isRefused = refuses(server.requests.length)
      const body = kept
        .map(
          (one) =>
            `${one} ${Buffer.from(one).toString('base64')} ${Buffer.from(one).toString('hex')}`,
        )
        .join('\n')
      const head = `HTTP/1.1 ${isRefused ? '401 Unauthorized' : '200 OK'}\r\ncontent-type: text/plain`
      socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    },
  })
  return { server, tokens: () => kept.map((one) => one.replace(/^Bearer /, '')) }
}

async function readThrough(connectionId: string, url: string): Promise<string> {
  const answer = await scene.agent.client
    .call('execute', { connectionId, method: 'GET', url })
    .catch((error: unknown) => error)
  return JSON.stringify(answer)
}

function expectNone(text: string, tokens: readonly string[]): void {
  for (const token of tokens) {
    for (const form of [
      token,
      Buffer.from(`Bearer ${token}`).toString('base64').slice(12, -6),
      Buffer.from(token).toString('hex'),
    ]) {
      expect(text).not.toContain(form)
    }
  }
}

describe('an API that keeps the tokens it was sent', () => {
  it('cannot tell the agent one that was renewed meanwhile, though it may still work', async () => {
    verifies('S-20')
    const hoarder = await startHoarder()
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    const { id } = await scene.connect({}, { origins: [hoarder.server.origin] })
    await vault.addPolicy({ agentId: scene.agent.agentId, connectionId: id })
    const seen: string[] = []
    for (let round = 0; round < 3; round += 1) {
      seen.push(await readThrough(id, `${hoarder.server.origin}/all`))
    }
    expect(hoarder.tokens().length).toBeGreaterThan(2)
    expectNone(seen.at(-1) ?? '', hoarder.tokens().slice(-2))
    await hoarder.server.close()
  })

  it('cannot tell the one that it refused in its answer to the one that came instead', async () => {
    verifies('S-20')
    const hoarder = await startHoarder((requests) => requests === 1)
    const { id } = await scene.connect({}, { origins: [hoarder.server.origin] })
    await vault.addPolicy({ agentId: scene.agent.agentId, connectionId: id })
    const text = await readThrough(id, `${hoarder.server.origin}/all`)
    expect(hoarder.server.requests).toHaveLength(2)
    expect(hoarder.tokens()).toHaveLength(2)
    expect(text).toContain('[redacted]')
    expectNone(text, hoarder.tokens())
    await hoarder.server.close()
  })

  it('cannot tell the one of the account that was connected before', async () => {
    verifies('S-20')
    const hoarder = await startHoarder()
    const input = { origins: [hoarder.server.origin] }
    const { id } = await scene.connect({}, input)
    await vault.addPolicy({ agentId: scene.agent.agentId, connectionId: id })
    await readThrough(id, `${hoarder.server.origin}/all`)
    connectionOf(await scene.reconnect(id))
    const text = await readThrough(id, `${hoarder.server.origin}/all`)
    expect(hoarder.tokens()).toHaveLength(2)
    expectNone(text, hoarder.tokens())
    await hoarder.server.close()
  })
})

describe('whoever writes to the database', () => {
  it('has no account connected by the client of another provider', async () => {
    verifies('S-33')
    const other = await startOAuthScene({ vault })
    const { oauthApp } = await vault.owner.call('createOAuthApp', {
      ...{ provider: 'github', clientId: 'the-real-one', clientSecret: 'a-secret-of-github' },
    })
    await admin`update oauth_apps set provider = 'aside' where id = ${oauthApp.id}`
    await admin`update oauth_apps set provider = 'github' where id = ${other.oauthAppId}`
    const begun = await scene.person.send('POST', '/api/v1/connections/start', {
      body: { service: 'github' },
    })
    expect(begun.status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(begun.body)).not.toContain(new URL(other.provider.endpoints.token).host)
    await admin`delete from oauth_apps where id = ${oauthApp.id}`
    await other.stop()
  })

  it('moves no refresh token to another place by making its OAuth app look unused', async () => {
    verifies('S-33')
    const thief = await startOAuthScene({ vault })
    const own = await startOAuthScene({ vault, withoutIssuer: true })
    const { id } = await dueAccount(own)
    await admin`update connections set oauth_app_id = null where id = ${id}`
    const { token: tokenEndpoint, revocation: revocationEndpoint } = thief.provider.endpoints
    const { clientSecret } = own.client
    await vault.owner
      .call('updateOAuthApp', {
        ...{ oauthAppId: own.oauthAppId, tokenEndpoint, revocationEndpoint, clientSecret },
      })
      .catch(() => {})
    thief.provider.log.clear()
    await own.call(id)
    await vault.owner.call('revokeConnectionByOwner', { connectionId: id })
    expect(thief.provider.log.tokenRequests).toEqual([])
    expect(thief.provider.log.revocations).toEqual([])
    await thief.stop()
    await own.stop()
  })

  it('has no credential that is entered anew go to places that only a row names', async () => {
    verifies('S-33')
    const thief = await startHoarder()
    const id = await vault.addConnection({ origins: [scene.provider.apiOrigin] })
    await admin`update connections set origins = ${[thief.server.origin]} where id = ${id}`
    const credential = { kind: 'bearer', token: 'a-new-secret-0123456789' } as const
    const changed = vault.owner.call('updateConnection', { connectionId: id, credential })
    await expect(changed).rejects.toMatchObject({ type: 'credential-unreadable' })
    await vault.addPolicy({ agentId: scene.agent.agentId, connectionId: id })
    await readThrough(id, `${thief.server.origin}/all`)
    expect(thief.tokens()).toEqual([])
    const origins = [scene.provider.apiOrigin]
    await vault.owner.call('updateConnection', { connectionId: id, credential, origins })
    await thief.server.close()
  })

  it('gives no revoked connection its life back', async () => {
    verifies('S-33')
    const { id } = await scene.connectForAgent()
    const [before] = await admin`select * from connection_tokens where connection_id = ${id}`
    await vault.owner.call('revokeConnectionByOwner', { connectionId: id })
    await admin`update connections set status = 'healthy', revoked_at = null where id = ${id}`.catch(
      () => {},
    )
    await admin`insert into connection_tokens ${admin(before ?? {})}`.catch(() => {})
    scene.provider.log.clear()
    expect((await scene.call(id)).status).toBeGreaterThanOrEqual(400)
    expect(scene.provider.log.apiRequests).toEqual([])
    expect(scene.provider.log.tokenRequests).toEqual([])
  })
})

describe('while a token is being renewed', () => {
  /** A call that waits for a renewal which the provider holds. */
  async function waitingCall() {
    const { id } = await dueAccount()
    scene.provider.faults.set('token', { kind: 'hold' }, 1)
    const call = scene.call(id)
    await scene.provider.faults.whenHeld('token', 1)
    return { id, call, release: () => scene.provider.faults.release('token') }
  }
  const sentUpstream = () => scene.provider.log.apiRequests.length

  it('an agent that is disabled sends nothing', async () => {
    verifies('S-10')
    const agent = await vault.createAgentWithKey('short-lived')
    const { id, call, release } = await waitingCall()
    await vault.addPolicy({ agentId: agent.agentId, connectionId: id })
    const theirs = scene.call(id, { as: agent.client })
    await sleep(onTheirWayMs)
    await vault.owner.call('disableAgent', { agentId: agent.agentId })
    release()
    expect((await theirs).status).toBeGreaterThanOrEqual(400)
    expect(await call).toMatchObject({ status: 200 })
    expect(sentUpstream()).toBe(1)
  })

  it('a workspace that is frozen sends nothing, and what was got is kept', async () => {
    verifies('S-10', 'S-32')
    const { id, call, release } = await waitingCall()
    await vault.owner.call('freezeWorkspace', {})
    release()
    expect((await call).status).toBeGreaterThanOrEqual(400)
    expect(sentUpstream()).toBe(0)
    const asked = refreshes()
    for (let round = 0; round < 3; round += 1) await scene.call(id)
    expect(refreshes()).toBe(asked)
    await scene.person.send('POST', '/api/v1/workspace/unfreeze', { body: {} })
    expect(await scene.call(id)).toMatchObject({ status: 200 })
    expect(refreshes()).toBe(asked)
  })

  it('an approval is not spent for the grant that is connected meanwhile', async () => {
    verifies('S-27', 'S-25')
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    const { id } = await scene.connect({}, { scopes: ['read'] })
    scene.provider.behaviour.accessTokenSeconds = dayS
    await scene.allow(id, 'always')
    const asked = await scene.call(id, { body: 'text' })
    const approvalId = String(asked.body.approvalRequestId)
    const approved = await scene.person.send('POST', `/api/v1/approvals/${approvalId}/approve`, {
      body: {},
    })
    expect(approved.status).toBe(200)
    scene.provider.log.clear()
    scene.provider.faults.set('token', { kind: 'hold' }, 1)
    const redeemed = scene.agent.client
      .call('executeApproval', { approvalId })
      .catch((error: unknown) => error)
    await scene.provider.faults.whenHeld('token', 1)
    connectionOf(await scene.reconnect(id))
    scene.provider.faults.release('token')
    expect(JSON.stringify(await redeemed)).not.toContain('"status":200')
    expect(sentUpstream()).toBe(0)
    const { approval } = await vault.owner.call('getApproval', { approvalId })
    expect(approval.status).not.toBe('consumed')
  })

  it('calls of other connections are not held up, however many wait', async () => {
    verifies('S-44')
    const slow = await startOAuthScene({ vault })
    const ids: string[] = []
    slow.provider.behaviour.accessTokenSeconds = dueAtOnceS
    for (let index = 0; index < 4; index += 1) ids.push((await slow.connectForAgent()).id)
    const { id } = await scene.connectForAgent()
    slow.provider.faults.set('token', { kind: 'hold' })
    const waiting = Array.from({ length: 200 }, (_, index) => slow.call(ids[index % 4] ?? ''))
    await slow.provider.faults.whenHeld('token', 4)
    const mine = await Promise.all(Array.from({ length: 20 }, () => scene.call(id)))
    expect(mine.map(({ status }) => status)).toEqual(mine.map(() => 200))
    slow.provider.faults.clear('token')
    const ended = await Promise.all(waiting)
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set([200]))
    await slow.stop()
  })
})

describe('a token that the upstream refuses', () => {
  type Limits = CallOf<typeof operations.createPolicy>['limits']
  async function limited(limits: Limits) {
    const { id } = await scene.connect()
    const origin = scene.provider.apiOrigin
    await vault.addPolicy({
      ...{ agentId: scene.agent.agentId, connectionId: id, limits },
      allow: [{ origin, methods: ['GET'], paths: ['/api/**'] }],
    })
    return id
  }

  it('is replaced within a limit of one request at a time', async () => {
    const id = await limited({ concurrent: 1 })
    for (let round = 0; round < 3; round += 1) {
      scene.provider.api.refuseNext(1)
      expect(await scene.call(id)).toMatchObject({ status: round === 0 ? 200 : 401 })
    }
  })

  it('again and again has the provider asked no more than now and then, by however many agents', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    scene.provider.api.refuseAll(true)
    scene.provider.log.clear()
    await Promise.all(Array.from({ length: 30 }, () => scene.call(id)))
    for (let round = 0; round < 20; round += 1) await scene.call(id)
    await Promise.all(Array.from({ length: 10 }, () => scene.call(id, { body: 'text' })))
    expect(refreshes()).toBe(1)
  })
})

describe('a person who begins again and again', () => {
  it('has twenty attempts at most, however many at once, and the provider asked for no code in vain', async () => {
    const person = await addPerson(vault, 'admin')
    const start = (method: 'code' | 'device') =>
      person.send('POST', '/api/v1/connections/start', {
        body: { oauthAppId: scene.oauthAppId, origins: [scene.provider.apiOrigin], method },
      })
    scene.provider.log.clear()
    const begun = await Promise.all(Array.from({ length: 30 }, () => start('code')))
    expect(begun.filter(({ status }) => status === 201)).toHaveLength(20)
    for (let round = 0; round < 5; round += 1) {
      expect(await start('device')).toMatchObject({
        status: 429,
        body: { type: 'too-many-attempts' },
      })
    }
    expect(scene.provider.log.deviceRequests).toEqual([])
  })
})

describe('a provider', () => {
  /** Everything that anybody can read: answers, the log, and the database. */
  async function everythingSeen(answers: readonly unknown[]) {
    const { entries } = await vault.owner.call('listAudit', { limit: 100 })
    const dump = await dumpDatabase(database.urls.owner)
    const { connections } = await vault.owner.call('listConnections', { limit: 50 })
    return Buffer.from(
      [JSON.stringify([answers, entries, connections]), vault.output(), ...dump].join('\n'),
    )
  }
  const saying = (status: number, error: string, said: string): Fault => ({
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error, error_description: said }),
  })
  const written = (secret: string) => [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ]

  it('that repeats what it was sent in its refusals has none of it shown, logged or kept', async () => {
    verifies('S-38')
    const { clientSecret } = scene.client
    const answers: unknown[] = []
    const secrets = [clientSecret]
    for (const [at, error] of ['invalid_grant', 'invalid_client', 'server_error'].entries()) {
      const begun = await scene.begin()
      const sentTo = await scene.provider.consent(begun.authorizationUrl)
      const code = new URL(sentTo).searchParams.get('code') ?? ''
      secrets.push(code)
      const said = `No ${written(at === 0 ? code : clientSecret).join(' ')} here`
      scene.provider.faults.set('token', saying(400, error, said), 1)
      answers.push(await scene.finish(sentTo))
      answers.push(await vault.owner.call('listAudit', { limit: 5 }))
      answers.push(await scene.person.send('GET', `/api/v1/connections/flows/${begun.flow.id}`))
    }
    const { id } = await scene.connectForAgent()
    const { refresh_token } = scene.provider.log.tokenRequests.at(-1)?.answer ?? {}
    secrets.push(String(refresh_token))
    const said = saying(400, 'invalid_request', `Not ${written(String(refresh_token)).join(' ')}`)
    scene.provider.faults.set('token', said, 1)
    scene.provider.faults.set('revocation', said, 2)
    scene.provider.api.refuseNext(1)
    answers.push(await scene.call(id), await scene.get(id))
    answers.push(await vault.owner.call('revokeConnectionByOwner', { connectionId: id }))
    expect(JSON.stringify(answers)).toContain('invalid_client')
    const seen = await everythingSeen(answers)
    for (const secret of secrets) expect(findLeak(seen, secret)).toBeUndefined()
  })

  it('that names another issuer’s places gets none of its clients’ secrets there', async () => {
    verifies('S-17')
    const honest = await startOAuthScene({ vault })
    const before = honest.provider.behaviour.rewriteDiscovery
    honest.provider.behaviour.rewriteDiscovery = (document) => ({
      ...document,
      token_endpoint: 'http://169.254.169.254/latest/token',
    })
    const made = await vault.owner
      .call('createOAuthApp', {
        ...{ provider: 'elsewhere', clientId: 'me', clientSecret: 'a-client-secret' },
        issuer: honest.provider.issuer,
      })
      .catch((error: unknown) => error)
    expect(made).toMatchObject({ type: 'origin-not-allowed' })
    honest.provider.behaviour.rewriteDiscovery = before
    await honest.stop()
  })

  it('that writes its tokens where scopes stand has them written down nowhere', async () => {
    verifies('S-38')
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({
      ...answer,
      scope: `read ${answer.access_token} x:${answer.refresh_token} ${'\u202e'}`,
    })
    const { grantedScopes } = await scene.connectForAgent()
    expect(grantedScopes).toEqual(['read'])
    const dump = Buffer.from((await dumpDatabase(database.urls.owner)).join('\n'))
    const { access_token, refresh_token } = scene.provider.log.tokenRequests.at(-1)?.answer ?? {}
    for (const token of [access_token, refresh_token]) {
      expect(findLeak(dump, String(token))).toBeUndefined()
    }
  })

  it('that gives a refresh token without end is not believed', async () => {
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({
      ...answer,
      refresh_token: 'r'.repeat(500_000),
    })
    const { authorizationUrl } = await scene.begin()
    const { status } = await scene.finish(await scene.provider.consent(authorizationUrl))
    expect(status).toBeGreaterThanOrEqual(500)
  })
})
