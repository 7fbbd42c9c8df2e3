import { createCatalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  acme,
  type ConnectRoom,
  granted,
  person,
  setUpConnectRoom,
} from '../../../../../test/fixtures/connect-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import type { Connect } from './connect.ts'

const alice = person('own_1', 'session-1')
const token = person('own_1')
const google = {
  ...acme,
  ...{ provider: 'google', baseScopes: ['openid', 'email'], revokesWholeAccount: true },
}

type Start = Parameters<Connect['start']>[1]
const custom: Start = {
  ...{ service: 'custom', method: 'code', oauthAppId: 'oap_1' },
  origins: ['https://api.acme.example'],
}
const begin = (room: ConnectRoom, over: Partial<Start> = {}, who = alice) =>
  room.connect.start(who, { ...custom, ...over })
const finish = (room: ConnectRoom, who = alice) =>
  room.connect.finish(who, { state: room.state(), code: 'c', iss: 'https://acme.example' })
const typeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof Problem ? error.type : `none: ${error}`
}
const statusOf = async (room: ConnectRoom, flowId: string) =>
  (await room.connect.get(alice, { flowId })).flow

describe('beginning to connect an account', () => {
  it('asks for what provider and service want, what the actions need and what the owner adds, each once', async () => {
    const room = setUpConnectRoom()
    room.clients.set('oap_1', google)
    const { flow } = await begin(room, {
      ...{ service: 'google-gmail', oauthAppId: undefined, origins: undefined },
      ...{ actions: ['gmail-read', 'gmail-send'], scopes: ['openid', 'extra'] },
    })
    expect(flow).toMatchObject({ provider: 'google', service: 'google-gmail', label: 'Gmail' })
    expect(new Set(flow.scopes).size).toBe(flow.scopes.length)
    expect(flow.scopes).toEqual(
      expect.arrayContaining([
        ...['openid', 'email', 'extra', 'https://www.googleapis.com/auth/gmail.readonly'],
      ]),
    )
    const { connection } = await finish(room)
    expect(connection).toMatchObject({
      ...{ service: 'google-gmail', provider: 'google', label: 'Gmail (alice@example.com)' },
      ...{ origins: ['https://gmail.googleapis.com'], requestedScopes: flow.scopes },
    })
  })

  it('sends PKCE unless the provider refuses it, and a nonce where an id token comes', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    room.clients.set('oap_1', { ...acme, pkce: false, baseScopes: [] })
    await begin(room)
    const [usual, without] = room.provider.requests
    expect(usual).toMatchObject({ verifier: expect.any(String), nonce: expect.any(String) })
    expect(without?.verifier).toBeUndefined()
    expect(without?.nonce).toBeUndefined()
  })

  it.each<[string, Partial<Start>, string]>([
    [
      'no app for the provider',
      { service: 'google-gmail', oauthAppId: undefined },
      'oauth-app-missing',
    ],
    ['no app that is named', { oauthAppId: 'oap_9' }, 'oauth-app-not-found'],
    ['an API of one’s own without an app', { oauthAppId: undefined }, 'invalid-input'],
    ['an app of another provider', { service: 'google-gmail' }, 'invalid-input'],
    ['a service that takes keys', { service: 'openai' }, 'invalid-input'],
    ['a service that is none', { service: 'nobody' }, 'invalid-input'],
    ['an action of another service', { actions: ['gmail-read'] }, 'unknown-action-template'],
    ['no origins', { origins: undefined }, 'invalid-input'],
    [
      'an origin that is not allowed',
      { origins: ['https://forbidden.example'] },
      'origin-not-allowed',
    ],
    ['a test URL elsewhere', { testUrl: 'https://evil.example/' }, 'origin-not-allowed'],
    ['a header that agents never send', { requestHeaders: ['cookie'] }, 'invalid-input'],
  ])('is refused before anybody goes anywhere: %s', async (_name, over, type) => {
    const room = setUpConnectRoom()
    expect(await typeOf(begin(room, over))).toBe(type)
    expect(room.flows.size).toBe(0)
    expect(room.provider.requests).toEqual([])
  })

  it('is bounded for each person', async () => {
    const room = setUpConnectRoom()
    for (let n = 0; n < 20; n++) await begin(room)
    expect(await typeOf(begin(room))).toBe('too-many-attempts')
    await begin(room, {}, person('own_2', 'other'))
    room.clock.nowMs += 600_000
    await begin(room)
  })

  it('does not lead to a service of which there can be only one, and is there', async () => {
    const catalog = createCatalog()
    const findService = (id: string) => {
      const service = catalog.findService(id)
      return service && { ...service, singleton: true }
    }
    const room = setUpConnectRoom({ catalog: { ...catalog, findService } })
    room.clients.set('oap_1', google)
    const only = { service: 'google-gmail', oauthAppId: undefined, origins: undefined }
    await begin(room, only)
    const first = room.state()
    await begin(room, only)
    await finish(room)
    expect(await typeOf(begin(room, only))).toBe('connection-exists')
    const late = room.connect.finish(alice, { state: first, code: 'c', iss: acme.issuer })
    expect(await typeOf(late)).toBe('connection-exists')
    // The same account is connected, and this provider would end that grant as well.
    expect(room.provider.revoked).toEqual([])
    expect(room.connections.size).toBe(1)
  })

  it('names the connection as the owner says, and never longer than a name may be', async () => {
    const room = setUpConnectRoom()
    await begin(room, { label: 'Mine' })
    expect((await finish(room)).connection.label).toBe('Mine')
    room.provider.exchange = async () => ({ ...granted, account: '😀'.repeat(200) })
    await begin(room)
    const { label } = (await finish(room)).connection
    expect([...label].length).toBeLessThanOrEqual(120)
    expect(label).not.toMatch(/\p{Surrogate}/u)
  })

  it('keeps what was granted as the provider says, else as it was asked for', async () => {
    const room = setUpConnectRoom()
    room.provider.exchange = async () => ({ ...granted, scopes: ['openid', 'less'] })
    await begin(room, { scopes: ['less', 'more'] })
    expect((await finish(room)).connection).toMatchObject({
      ...{ requestedScopes: ['openid', 'less', 'more'], grantedScopes: ['openid', 'less'] },
    })
    room.provider.exchange = async () => granted
    await begin(room, { scopes: ['more'] })
    expect((await finish(room)).connection.grantedScopes).toEqual(['openid', 'more'])
  })
})

describe('what a token began', () => {
  it('goes on in a session of the same person alone, with a state that only that session has', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { flow, authorizationUrl } = await begin(room, {}, token)
    expect(authorizationUrl).toBeUndefined()
    expect(room.provider.requests).toEqual([])
    expect(flow.continueUrl).toBe(`https://vault.example/connections/flows/${flow.id}`)
    // Whoever goes on sees where the token is to go, and as it was sealed.
    expect(flow.origins).toEqual(custom.origins)
    const { id: flowId } = flow
    expect(await typeOf(room.connect.continueFlow(token, { flowId }))).toBe('session-required')
    const other = person('own_2', 'session-2')
    expect(await typeOf(room.connect.continueFlow(other, { flowId }))).toBe(
      'connect-flow-not-found',
    )
    const continued = await room.connect.continueFlow(alice, { flowId })
    expect(continued.authorizationUrl).toContain(room.state())
    expect(continued.flow.continueUrl).toBeUndefined()
    expect(await typeOf(finish(room, person('own_1', 'session-2')))).toBe('connect-flow-refused')
    expect((await finish(room)).connection.status).toBe('healthy')
  })

  it('is good for the session that continued it last', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { flow } = await begin(room, {}, token)
    await room.connect.continueFlow(alice, { flowId: flow.id })
    const before = room.state()
    await room.connect.continueFlow(person('own_1', 'session-2'), { flowId: flow.id })
    for (const state of [before, room.state()]) {
      const ended = room.connect.finish(alice, { state, code: 'c', iss: acme.issuer })
      expect(await typeOf(ended)).toBe('connect-flow-refused')
    }
    expect((await finish(room, person('own_1', 'session-2'))).connection.status).toBe('healthy')
  })

  it.each([
    ['finished', async (room: ConnectRoom) => void (await finish(room))],
    ['over', async (room: ConnectRoom) => Object.assign(room.clock, { nowMs: Date.now() * 2 })],
  ])('cannot be continued once it is %s', async (_name, end) => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    await end(room)
    expect(await typeOf(room.connect.continueFlow(alice, { flowId: flow.id }))).toBe(
      'connect-flow-not-found',
    )
  })
})

describe('an attempt', () => {
  it('is nobody else’s: to see, to continue, to give up', async () => {
    verifies('S-09')
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    const ref = { flowId: flow.id }
    for (const other of [
      person('own_2', 'session-1'),
      person('own_1', 'session-1', { workspaceId: 'wsp_2' }),
    ]) {
      expect(await typeOf(room.connect.get(other, ref))).toBe('connect-flow-not-found')
      expect(await typeOf(room.connect.cancel(other, ref))).toBe('connect-flow-not-found')
      expect(await typeOf(room.connect.continueFlow(other, ref))).toBe('connect-flow-not-found')
    }
    expect(await room.connect.cancel(alice, ref)).toEqual({ deleted: true })
    expect(await typeOf(finish(room))).toBe('connect-flow-refused')
  })

  it('is recorded: begun, given up, and what came of it', async () => {
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    await finish(room)
    const given = await begin(room)
    await room.connect.cancel(alice, { flowId: given.flow.id })
    expect(room.events.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['startConnection', 'done'],
      ['finishConnection', 'done'],
      ['startConnection', 'done'],
      ['cancelConnectFlow', 'done'],
    ])
    expect(room.events[1]).toMatchObject({
      ...{ ownerId: 'own_1', workspaceId: 'wsp_1', connectionId: expect.any(String) },
      detail: { flowId: flow.id, account: 'alice@example.com', oauthAppId: 'oap_1', isNew: true },
    })
  })
})

describe('connecting an account again', () => {
  async function connected(room: ConnectRoom) {
    await begin(room)
    return (await finish(room)).connection
  }
  const again = (room: ConnectRoom, connectionId: string, over: object = {}) =>
    room.connect.reconnect(alice, { connectionId, method: 'code', ...over })

  it('keeps the connection, asks for what it was asked for and more, and heals it', async () => {
    const room = setUpConnectRoom()
    const before = await connected(room)
    const row = room.connections.get(before.id)
    if (row !== undefined) {
      room.connections.set(before.id, { ...row, status: 'needs_reauth', statusReason: 'Gone.' })
    }
    const { flow } = await again(room, before.id, { scopes: ['write'] })
    expect(flow).toMatchObject({ connectionId: before.id, scopes: ['openid', 'write'] })
    expect(room.provider.requests.at(-1)).toMatchObject({ loginHint: 'alice@example.com' })
    expect(room.provider.requests[0]?.loginHint).toBeUndefined()
    const { connection } = await finish(room)
    expect(connection).toMatchObject({
      ...{ id: before.id, status: 'healthy', label: before.label, origins: before.origins },
      grantedScopes: ['openid', 'write'],
    })
    expect(connection.statusReason).toBeUndefined()
    expect(room.connections.get(before.id)?.version).toBe(2)
    expect(room.events.at(-1)).toMatchObject({ detail: { isNew: false } })
  })

  it.each([
    ['another account', { account: 'bob@example.com', subject: 'bob' }],
    ['nobody knows whose', { account: undefined, subject: undefined }],
  ])('with %s changes nothing and gives the grant back', async (_name, whose) => {
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    const before = room.connections.get(id)
    const { flow } = await again(room, id)
    const { account: _account, subject: _subject, ...rest } = granted
    const answer = { ...rest, refreshToken: 'bobs-refresh-token' }
    room.provider.exchange = async () =>
      whose.subject === undefined
        ? answer
        : { ...answer, account: whose.account ?? '', subject: whose.subject }
    expect(await typeOf(finish(room))).toBe('different-account')
    expect(room.connections.get(id)).toBe(before)
    expect(room.provider.revoked).toEqual(['bobs-refresh-token'])
    expect(room.events.at(-2)).toMatchObject({
      ...{ operation: 'revokeAtProvider', outcome: 'done', detail: { outcome: 'revoked' } },
    })
    expect(await statusOf(room, flow.id)).toMatchObject({
      ...{ status: 'failed', problem: { type: 'different-account' } },
    })
  })

  it('asks for no more scopes than anybody has', async () => {
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    const some = (from: number) => Array.from({ length: 100 }, (_, n) => `scope-${from + n}`)
    for (const from of [0, 100]) {
      const begun = again(room, id, { scopes: some(from) })
      if (from === 0) await begun.then(() => finish(room))
      else expect(await typeOf(begun)).toBe('invalid-input')
    }
  })

  it('is refused for what is revoked, now or meanwhile, and gives the grant back', async () => {
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    await again(room, id)
    const row = room.connections.get(id)
    if (row !== undefined) room.connections.set(id, { ...row, status: 'revoked', sealed: null })
    expect(await typeOf(finish(room))).toBe('connection-revoked')
    expect(room.connections.get(id)?.status).toBe('revoked')
    expect(room.provider.revoked).toEqual(['refresh-token-1'])
    expect(await typeOf(again(room, id))).toBe('connection-revoked')
  })

  it('is refused for what is not there, for another workspace’s and for a key', async () => {
    verifies('S-09')
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    expect(await typeOf(again(room, 'con_none'))).toBe('connection-not-found')
    const stranger = person('own_1', 'session-1', { workspaceId: 'wsp_2' })
    const theirs = room.connect.reconnect(stranger, { connectionId: id, method: 'code' })
    expect(await typeOf(theirs)).toBe('connection-not-found')
    const row = room.connections.get(id)
    if (row !== undefined) room.connections.set(id, { ...row, credentialKind: 'bearer' })
    expect(await typeOf(again(room, id))).toBe('not-an-oauth-connection')
  })

  it('works out anew where the connection changes meanwhile, and ends where it keeps changing', async () => {
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    await again(room, id)
    room.provider.exchange = async () => {
      await again(room, id)
      const newer = room.provider.requests.at(-1)?.state ?? ''
      room.provider.exchange = async () => granted
      await room.connect.finish(alice, { state: newer, code: 'c', iss: acme.issuer })
      return granted
    }
    await finish(room)
    expect(room.connections.get(id)?.version).toBe(3)
  })

  it('leaves a grant at the provider where it cannot be given back, and says the same', async () => {
    const room = setUpConnectRoom()
    const { id } = await connected(room)
    await again(room, id)
    room.provider.exchange = async () => ({ ...granted, subject: 'bob', account: 'bob' })
    room.provider.revoke = () => Promise.reject(new Problem('provider-unavailable'))
    expect(await typeOf(finish(room))).toBe('different-account')
  })
})

describe('connecting by a device code', () => {
  const device = (room: ConnectRoom) => begin(room, { method: 'device' }, token)
  const wait = (room: ConnectRoom, seconds: number) => {
    room.clock.nowMs += seconds * 1000
  }

  it('shows the code, asks no more often than the provider wants, and connects', async () => {
    const room = setUpConnectRoom()
    const { flow, authorizationUrl } = await device(room)
    expect(authorizationUrl).toBeUndefined()
    expect(flow).toMatchObject({
      ...{ method: 'device', status: 'waiting', userCode: 'ABCD' },
      verificationUri: 'https://acme.example/device',
    })
    expect(flow.continueUrl).toBeUndefined()
    await statusOf(room, flow.id)
    expect(room.provider.deviceAsked).toEqual([])
    wait(room, 5)
    await statusOf(room, flow.id)
    await statusOf(room, flow.id)
    expect(room.provider.deviceAsked).toEqual(['the-device-code'])
    room.provider.device = async () => 'slow-down'
    wait(room, 5)
    await statusOf(room, flow.id)
    wait(room, 9)
    await statusOf(room, flow.id)
    expect(room.provider.deviceAsked).toHaveLength(2)
    room.provider.device = async () => granted
    wait(room, 1)
    const done = await statusOf(room, flow.id)
    expect(done).toMatchObject({ status: 'connected', connectionId: expect.any(String) })
    expect(room.connections.get(done.connectionId ?? '')).toMatchObject({ status: 'healthy' })
  })

  it('asks once, however many look at once', async () => {
    const room = setUpConnectRoom()
    const { flow } = await device(room)
    wait(room, 5)
    room.provider.device = async () => granted
    await Promise.all(Array.from({ length: 10 }, () => statusOf(room, flow.id)))
    expect(room.provider.deviceAsked).toHaveLength(1)
    expect(room.connections.size).toBe(1)
  })

  it('goes on where the provider does not answer, and asks less often', async () => {
    const room = setUpConnectRoom()
    const { flow } = await device(room)
    room.provider.device = () => Promise.reject(new Problem('provider-unavailable'))
    wait(room, 5)
    expect((await statusOf(room, flow.id)).status).toBe('waiting')
    wait(room, 9)
    await statusOf(room, flow.id)
    expect(room.provider.deviceAsked).toHaveLength(1)
    wait(room, 1)
    await statusOf(room, flow.id)
    expect(room.provider.deviceAsked).toHaveLength(2)
  })

  it.each(['authorization-refused', 'provider-refused'] as const)(
    'ends where the answer is %s, and asks no more',
    async (type) => {
      const room = setUpConnectRoom()
      const { flow } = await device(room)
      room.provider.device = () => Promise.reject(new Problem(type, 'No.'))
      wait(room, 5)
      expect(await statusOf(room, flow.id)).toMatchObject({ status: 'failed', problem: { type } })
      wait(room, 60)
      await statusOf(room, flow.id)
      expect(room.provider.deviceAsked).toHaveLength(1)
    },
  )

  it('gives back what is granted after it was given up, and asks nobody after its end', async () => {
    const room = setUpConnectRoom()
    const { flow } = await device(room)
    wait(room, 5)
    room.provider.device = async () => {
      await room.connect.cancel(alice, { flowId: flow.id })
      return granted
    }
    await room.connect.get(alice, { flowId: flow.id })
    expect(room.provider.revoked).toEqual(['refresh-token-1'])
    expect(room.connections.size).toBe(0)
    const late = await device(room)
    wait(room, 600)
    expect((await statusOf(room, late.flow.id)).status).toBe('expired')
    expect(room.provider.deviceAsked).toHaveLength(1)
  })

  it('is refused where the provider has none', async () => {
    const room = setUpConnectRoom()
    const { deviceAuthorizationEndpoint: _none, ...without } = acme
    room.clients.set('oap_1', without)
    expect(await typeOf(device(room))).toBe('provider-refused')
  })

  it('cannot be finished by a callback', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { flow } = await device(room)
    expect(await typeOf(room.connect.continueFlow(alice, { flowId: flow.id }))).toBe(
      'connect-flow-not-found',
    )
    expect(room.flows.get(flow.id)).toMatchObject({ stateHash: null, sessionHash: null })
  })
})
