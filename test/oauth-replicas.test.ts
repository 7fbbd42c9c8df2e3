import type postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dumpDatabase } from './fixtures/dump.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { connectionOf, type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import type { Person } from './fixtures/people.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two processes on one database: an account is one account over both.

const dueAtOnceS = 5
const dayS = 24 * 3600

let replicas: Replicas
let scene: OAuthScene
let clients: TestAgent['client'][]
let admin: postgres.Sql

beforeAll(async () => {
  replicas = await startReplicas()
  scene = await startOAuthScene({ vault: replicas.first })
  clients = [scene.agent.client, replicas.second.clientOf(scene.agent)]
  admin = openSuperuser(replicas.database.urls.owner)
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(async () => {
  await admin?.end()
  await scene?.stop()
  await replicas?.stop()
})

const at = (index: number) => clients[index % 2] ?? scene.agent.client
const refreshes = () => scene.provider.log.countTokens({ grantType: 'refresh_token' })
const callBoth = (connectionId: string, count: number, path?: string) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      scene.call(connectionId, { as: at(index), ...(path !== undefined && { path }) }),
    ),
  )

async function dueAccount() {
  scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
  const connection = await scene.connectForAgent()
  scene.provider.behaviour.accessTokenSeconds = dayS
  scene.provider.log.clear()
  return connection
}

describe('two replicas', () => {
  it('renew once for a hundred calls that come when the token ends, again and again', async () => {
    verifies('S-32')
    for (let round = 0; round < 4; round += 1) {
      const { id } = await dueAccount()
      const calls = await callBoth(id, 100)
      expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
      expect(refreshes()).toBe(1)
    }
    expect(scene.provider.log.reused()).toEqual([])
  })

  it('renew once while the provider takes its time, and nobody is sent away', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    scene.provider.faults.set('token', { kind: 'delay', delayMs: 6_000, afterWork: true }, 1)
    const calls = await callBoth(id, 40)
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(refreshes()).toBe(1)
  })

  it('renew once when the upstream refuses the token to both', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    const token = scene.provider.log.tokenRequests.at(-1)?.answer?.access_token
    await callBoth(id, 4)
    scene.provider.api.refuseToken(String(token))
    const calls = await callBoth(id, 40)
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(refreshes()).toBe(1)
  })

  it('both know at once that the grant is gone', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    scene.provider.revokeGrants()
    const calls = await callBoth(id, 20)
    expect(new Set(calls.map(({ problem }) => problem))).toEqual(
      new Set(['connection-needs-reauth']),
    )
    expect(refreshes()).toBe(1)
    expect((await scene.get(id)).status).toBe('needs_reauth')
  })

  it('both use the new account’s token after it was connected again on one of them', async () => {
    const { id } = await dueAccount()
    await callBoth(id, 4)
    scene.provider.revokeGrants()
    expect((await scene.reconnect(id)).status).toBe(200)
    const calls = await callBoth(id, 10)
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
  })

  it('both stop at once when it is revoked on one of them', async () => {
    verifies('S-10')
    const { id } = await scene.connectForAgent()
    await callBoth(id, 4)
    await scene.vault.owner.call('revokeConnectionByOwner', { connectionId: id })
    const calls = await callBoth(id, 6)
    expect(new Set(calls.map(({ problem }) => problem))).toEqual(new Set(['connection-revoked']))
  })

  it('take a callback once over both', async () => {
    verifies('S-31')
    const { authorizationUrl } = await scene.begin()
    const { pathname, search } = new URL(await scene.provider.consent(authorizationUrl))
    const { cookie } = scene.person
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        fetch(`${index % 2 === 0 ? replicas.first.url : replicas.second.url}${pathname}${search}`, {
          headers: { cookie, origin: replicas.first.url },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(scene.provider.log.countTokens({ grantType: 'authorization_code' })).toBe(1)
  })

  it('finish on one what was begun on the other', async () => {
    const { authorizationUrl } = await scene.begin()
    const { pathname, search } = new URL(await scene.provider.consent(authorizationUrl))
    const there = sameSessionAt(replicas.second.url, scene.person)
    expect(connectionOf(await there.send('GET', `${pathname}${search}`)).status).toBe('healthy')
  })
})

/** The same session, at another replica. */
function sameSessionAt(url: string, { cookie }: Person): Pick<Person, 'send'> {
  return {
    async send(method, path) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { cookie, origin: replicas.first.url },
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
  }
}

describe('a token that is about to end', () => {
  /** As time would: the token has this long left of an hour. */
  const leave = (connectionId: string, seconds: number) => admin`
    update connection_tokens set renewed_at = now() - interval '1 hour',
      access_expires_at = now() + make_interval(secs => ${seconds})
    where connection_id = ${connectionId}`

  it('is renewed beside the calls, which go on with it however slow the provider is', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    await leave(id, 60)
    scene.provider.log.clear()
    scene.provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const calls = await callBoth(id, 20)
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    await scene.provider.faults.whenHeld('token', 1)
    expect(Math.max(...calls.map(({ tookMs }) => tookMs))).toBeLessThan(5_000)
    expect(refreshes()).toBe(1)
    scene.provider.faults.clear()
    const renewed = async () => (await scene.get(id)).token?.accessTokenExpiresAt ?? ''
    await expect
      .poll(async () => Date.parse(await renewed()) - Date.now(), { timeout: 10_000 })
      .toBeGreaterThan(600_000)
    await callBoth(id, 10)
    expect(refreshes()).toBe(1)
  })

  it('that ended is never sent upstream', async () => {
    const { id } = await scene.connectForAgent()
    const token = scene.provider.log.tokenRequests.at(-1)?.answer?.access_token
    await leave(id, -1)
    scene.provider.log.clear()
    await callBoth(id, 6)
    expect(scene.provider.log.apiRequests.filter((one) => one.token === token)).toEqual([])
  })
})

describe('in the database', () => {
  it('stands no token, client secret, verifier, code or state that can be read', async () => {
    verifies('S-38')
    const begun = await scene.begin()
    const waiting = new URL(begun.authorizationUrl).searchParams.get('state') ?? ''
    await dueAccount()
    const connection = await scene.connectForAgent()
    await callBoth(connection.id, 4)
    const dump = Buffer.from((await dumpDatabase(replicas.database.urls.owner)).join('\n'))
    const secrets = scene.provider.log.tokenRequests.flatMap(({ params, answer }) => [
      params.refresh_token,
      params.code,
      params.code_verifier,
      answer?.access_token,
      answer?.refresh_token,
    ])
    for (const secret of [...secrets, waiting, scene.client.clientSecret]) {
      if (typeof secret === 'string') expect(findLeak(dump, secret)).toBeUndefined()
    }
  })

  it('a row moved to another connection opens nothing and harms nobody else', async () => {
    verifies('S-33')
    const mine = await scene.connectForAgent({ account: 'alice' })
    const theirs = await scene.connectForAgent({ account: 'bob' })
    await admin`update connection_tokens set sealed = (select sealed from connection_tokens
      where connection_id = ${theirs.id}) where connection_id = ${mine.id}`
    const [moved] = await callBoth(mine.id, 1)
    expect(moved?.status).toBeGreaterThanOrEqual(400)
    expect(moved?.body.account).toBeUndefined()
    expect(await scene.call(theirs.id)).toMatchObject({ body: { account: 'bob' } })
  })

  it('endpoints that were edited send no secret elsewhere', async () => {
    verifies('S-33')
    const thief = await startOAuthScene({ vault: replicas.first })
    const { id } = await dueAccount()
    await admin`update oauth_apps set token_endpoint = ${thief.provider.endpoints.token},
      issuer = ${thief.provider.issuer}, authorization_endpoint = ${thief.provider.endpoints.authorization}
      where id = ${scene.oauthAppId}`
    thief.provider.log.clear()
    await callBoth(id, 4)
    expect(thief.provider.log.tokenRequests).toEqual([])
    await admin`update connections set oauth_app_id = ${thief.oauthAppId} where id = ${id}`
    await callBoth(id, 4)
    expect(thief.provider.log.tokenRequests).toEqual([])
    await thief.stop()
  })
})
