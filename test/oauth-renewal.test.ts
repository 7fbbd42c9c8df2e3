import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import {
  brokenJson,
  type Fault,
  maintenancePage,
  oauthError,
  tooMany,
  unavailable,
} from './fixtures/oauth-provider-faults.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { eventually } from './fixtures/scene.ts'
import { verifies } from './verifies.ts'

// How the vault keeps an account connected: when it renews, what it does with each answer, and what it never does twice.

/** So short a life that the token is due from its first second on. */
const dueAtOnceS = 5
const dayS = 24 * 3600

let scene: OAuthScene

beforeAll(async () => {
  scene = await startOAuthScene()
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  scene.provider.api.refuseAll(false)
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

/** An account whose access token has to be renewed with the next call. What is got then lives for a day. */
async function dueAccount(of = scene) {
  of.provider.behaviour.accessTokenSeconds = dueAtOnceS
  const connection = await of.connectForAgent()
  of.provider.behaviour.accessTokenSeconds = dayS
  of.provider.log.clear()
  return connection
}
const refreshes = (of = scene) => of.provider.log.countTokens({ grantType: 'refresh_token' })

describe('a token that works', () => {
  it('is used as it is, however often', async () => {
    const { id } = await scene.connectForAgent()
    const calls = await Promise.all(Array.from({ length: 20 }, () => scene.call(id)))
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(refreshes()).toBe(0)
  })

  it('is used without end where the provider names none, until the upstream refuses it', async () => {
    scene.provider.behaviour.rewriteTokenAnswer = ({ expires_in, ...rest }) => rest
    const { id, token } = await scene.connectForAgent()
    expect(token?.accessTokenExpiresAt).toBeUndefined()
    expect((await scene.call(id)).status).toBe(200)
    expect(refreshes()).toBe(0)
    scene.provider.api.refuseNext(1)
    expect((await scene.call(id)).status).toBe(200)
    expect(refreshes()).toBe(1)
  })
})

describe('a token that ends', () => {
  it('is renewed once for a hundred calls', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    const calls = await Promise.all(Array.from({ length: 100 }, () => scene.call(id)))
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(refreshes()).toBe(1)
    const after = await scene.get(id)
    expect(after.token).toMatchObject({ lastRenewedAt: expect.any(String) })
    expect(after.token?.lastFailure).toBeUndefined()
  })

  it('is renewed with the newest refresh token each time', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    for (let round = 0; round < 4; round += 1) expect((await scene.call(id)).status).toBe(200)
    expect(scene.provider.log.refreshes().size).toBeGreaterThanOrEqual(2)
    expect(scene.provider.log.reused()).toEqual([])
    expect((await scene.get(id)).status).toBe('healthy')
  })

  it('is renewed with the refresh token that is there where the provider gives no new one', async () => {
    scene.provider.behaviour.rotation = false
    const { id } = await dueAccount()
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    scene.provider.behaviour.rewriteTokenAnswer = ({ refresh_token, ...rest }) => rest
    for (let round = 0; round < 3; round += 1) expect((await scene.call(id)).status).toBe(200)
    expect(scene.provider.log.refreshes().size).toBe(1)
    expect(refreshes()).toBeGreaterThanOrEqual(2)
  })

  it('is not renewed for a request that the policy denies', async () => {
    const { id } = await dueAccount()
    expect(await scene.call(id, { path: '/elsewhere' })).toMatchObject({ problem: 'policy-denied' })
    expect(refreshes()).toBe(0)
  })

  it('leaves an approval as good as it was', async () => {
    scene.provider.behaviour.accessTokenSeconds = dueAtOnceS
    const { id } = await scene.connect()
    await scene.allow(id, 'always')
    scene.provider.behaviour.accessTokenSeconds = dayS
    scene.provider.log.clear()
    const asked = await scene.call(id)
    expect(refreshes()).toBe(0)
    const approvalId = String(asked.body.approvalRequestId)
    await scene.vault.owner.call('approveRequest', { approvalId })
    const redeemed = await scene.agent.client.call('executeApproval', { approvalId })
    expect(redeemed).toMatchObject({ status: 200 })
    expect(refreshes()).toBe(1)
  })
})

describe('a refusal by the upstream', () => {
  it('renews the token and sends a read once more', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    scene.provider.api.refuseNext(1)
    expect((await scene.call(id)).status).toBe(200)
    expect(refreshes()).toBe(1)
    expect(scene.provider.log.apiRequests.map(({ status }) => status)).toEqual([401, 200])
  })

  it('renews the token but never sends a write twice', async () => {
    const { id } = await scene.connectForAgent()
    scene.provider.api.refuseNext(1)
    const refused = await scene.call(id, { path: '/api/echo', body: 'pay 5' })
    expect(refused.status).toBe(401)
    expect(scene.provider.log.apiRequests).toHaveLength(1)
    expect(await scene.call(id, { path: '/api/echo', body: 'pay 6' })).toMatchObject({
      status: 200,
    })
    expect(scene.provider.log.apiRequests).toHaveLength(2)
  })

  it('that stays a refusal is passed on, and does not wear the provider out', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    scene.provider.api.refuseAll(true)
    for (let round = 0; round < 10; round += 1) expect((await scene.call(id)).status).toBe(401)
    expect(refreshes()).toBeLessThanOrEqual(1)
    expect((await scene.get(id)).status).toBe('healthy')
  })

  it('of many calls at once renews once', async () => {
    verifies('S-32')
    const { id } = await scene.connectForAgent()
    const token = scene.provider.log.tokenRequests.at(-1)?.answer?.access_token
    scene.provider.api.refuseToken(String(token))
    const calls = await Promise.all(Array.from({ length: 30 }, () => scene.call(id)))
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect(refreshes()).toBe(1)
  })
})

describe('invalid_grant', () => {
  it('alone ends it: an owner is asked to reconnect and the agent is told where', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    scene.provider.revokeGrants()
    const refused = await scene.call(id)
    expect(refused).toMatchObject({ problem: 'connection-needs-reauth' })
    expect(refused.next).toMatch(new RegExp(`http://[^/ ]+/connections/${id}`))
    const connection = await scene.get(id)
    expect(connection.status).toBe('needs_reauth')
    expect(connection.statusReason).toEqual(expect.any(String))
    const { connections } = await scene.agent.client.call('listMyConnections', {})
    expect(connections.find((one) => one.id === id)?.status).toBe('needs_reauth')

    const asked = refreshes()
    expect((await scene.call(id)).problem).toBe('connection-needs-reauth')
    expect(refreshes()).toBe(asked)
  })

  it('is mended by connecting again; the policies are still there', async () => {
    verifies('S-32')
    const { id } = await dueAccount()
    scene.provider.revokeGrants()
    await scene.call(id)
    const answer = await scene.reconnect(id)
    expect(answer).toMatchObject({ status: 200, body: { connection: { id, status: 'healthy' } } })
    const after = await scene.get(id)
    expect(after.statusReason).toBeUndefined()
    expect(await scene.call(id)).toMatchObject({ status: 200, body: { account: 'alice' } })
  })

  it('stands in the audit log', async () => {
    const { id } = await dueAccount()
    scene.provider.revokeGrants()
    await scene.call(id)
    const { entries } = await scene.vault.owner.call('listAudit', { limit: 20 })
    const found = entries.find((entry) => /reauth/i.test(entry.operation))
    expect(found).toMatchObject({ connectionId: id })
  })
})

const invalidGrantPage: Fault = {
  kind: 'answer',
  status: 400,
  headers: { 'content-type': 'text/html' },
  body: '<h1>invalid_grant</h1>',
}
const redirect: Fault = {
  kind: 'answer',
  status: 302,
  headers: { location: 'http://127.0.0.1:1/login' },
}
const json = (body: string): Fault => ({
  kind: 'answer',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body,
})
const hiccups: [string, Fault][] = [
  ['503', unavailable],
  ['500 with an OAuth error', oauthError('server_error', 500)],
  ['429', tooMany('2')],
  ['a page', maintenancePage],
  ['half an answer', brokenJson],
  ['an empty answer', json('')],
  ['an answer without a token', json('{"token_type":"Bearer"}')],
  ['an answer whose token is no text', json('{"access_token":7,"token_type":"Bearer"}')],
  ['a token of another type', json('{"access_token":"abcdefghijkl","token_type":"mac"}')],
  ['null', json('null')],
  ['a reset', { kind: 'reset' }],
  ['noise', { kind: 'raw', bytes: '\0\x01\x02 not http\r\n\r\n' }],
  ['silence', { kind: 'hold' }],
  ['an answer without end', { kind: 'endless' }],
  ['a redirect', redirect],
  ['invalid_client', oauthError('invalid_client', 401)],
  ['unauthorized_client', oauthError('unauthorized_client')],
  ['invalid_request', oauthError('invalid_request')],
  ['invalid_scope', oauthError('invalid_scope')],
  ['temporarily_unavailable', oauthError('temporarily_unavailable')],
  ['an unknown error', oauthError('please_wait')],
  ['a page that says invalid_grant', invalidGrantPage],
]

describe('a token endpoint that answers', () => {
  it.concurrent.each(hiccups)(
    '%s costs no account: the present token goes on being used, and renewing goes on by itself',
    async (...[, fault]) => {
      verifies('S-32')
      const own = await startOAuthScene({ vault: scene.vault })
      const { id } = await own.connectForAgent()
      const present = String(own.provider.log.tokenRequests.at(-1)?.answer?.access_token)
      own.provider.faults.set('token', fault)
      own.provider.api.refuseNext(1)
      expect(await own.call(id), 'there is no other token').toMatchObject({
        problem: 'token-refresh-failed',
      })
      const meanwhile = await own.get(id)
      expect(meanwhile.status).toBe('healthy')
      expect(meanwhile.token?.lastFailure?.problem).toMatch(/^provider-(unavailable|refused)$/)
      expect(await own.call(id), 'what works is kept').toMatchObject({ status: 200 })

      own.provider.faults.clear()
      own.provider.api.refuseToken(present)
      expect(await eventually(async () => (await own.call(id)).status === 200, 45_000)).toBe(true)
      expect(own.provider.log.reused()).toEqual([])
      expect((await own.get(id)).token?.lastFailure).toBeUndefined()
      await own.stop()
    },
    120_000,
  )

  it.concurrent.each(
    hiccups.filter(([name]) => ['503', 'silence', 'invalid_client'].includes(name)),
  )(
    '%s until the token has ended is told to the agent as a matter of time',
    async (...[, fault]) => {
      verifies('S-32')
      const own = await startOAuthScene({ vault: scene.vault })
      const { id } = await dueAccount(own)
      own.provider.faults.set('token', fault)
      await sleep(dueAtOnceS * 1000)
      const refused = await own.call(id)
      expect(refused).toMatchObject({ status: 503, problem: 'token-refresh-failed' })
      expect(refused.retryAfterSeconds).toBeGreaterThan(0)
      expect(refused.tookMs).toBeLessThan(20_000)
      expect((await own.get(id)).status).toBe('healthy')
      own.provider.faults.clear()
      expect(await eventually(async () => (await own.call(id)).status === 200, 45_000)).toBe(true)
      await own.stop()
    },
    120_000,
  )

  it.each([
    ['a reset', { kind: 'reset', afterWork: true } as const],
    ['a 502', { kind: 'answer', status: 502, body: 'bad gateway', afterWork: true } as const],
  ])('%s after it has done its work costs no account where it forgives', async (...[, fault]) => {
    verifies('S-32')
    scene.provider.behaviour.reuseGraceSeconds = 600
    const { id } = await dueAccount()
    scene.provider.faults.set('token', fault, 1)
    await scene.call(id)
    expect(scene.provider.log.countTokens({ processed: true, status: 200 })).toBe(1)
    await sleep(dueAtOnceS * 1000)
    expect(await eventually(async () => (await scene.call(id)).status === 200, 45_000)).toBe(true)
    expect((await scene.get(id)).status).toBe('healthy')
  })

  it('429 with Retry-After is left alone for so long', async () => {
    const { id } = await dueAccount()
    scene.provider.faults.set('token', tooMany('120'))
    await sleep(dueAtOnceS * 1000)
    const refused = await scene.call(id)
    expect(refused).toMatchObject({ problem: 'token-refresh-failed' })
    expect(refused.retryAfterSeconds).toBeGreaterThan(60)
    const asked = refreshes()
    for (let round = 0; round < 5; round += 1) await scene.call(id)
    expect(refreshes()).toBe(asked)
  })
})

describe('an access token', () => {
  it('never reaches the agent, though the upstream sends it back', async () => {
    verifies('S-20')
    const { id } = await dueAccount()
    const { status, body } = await scene.call(id, { path: '/api/leak' })
    expect(status).toBe(200)
    const issued = scene.provider.log.tokenRequests.map(({ answer }) =>
      String(answer?.access_token),
    )
    for (const token of issued) expect(JSON.stringify(body)).not.toContain(token)
    expect(JSON.stringify(body)).toContain('[redacted]')
  })

  it('is in no view, log or audit entry, nor is a refresh token or the client secret', async () => {
    verifies('S-38')
    const { id } = await dueAccount()
    await scene.call(id)
    const { owner } = scene.vault
    const seen = JSON.stringify([
      await scene.get(id),
      await owner.call('listOAuthApps', {}),
      await owner.call('listAudit', { limit: 200 }),
      scene.vault.output(),
    ])
    const issued = scene.provider.log.tokenRequests.flatMap(({ answer, params }) => [
      String(answer?.access_token),
      String(answer?.refresh_token),
      String(params.refresh_token),
    ])
    for (const secret of [...issued, scene.client.clientSecret]) expect(seen).not.toContain(secret)
  })
})
