import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  acme,
  type ConnectRoom,
  granted,
  person,
  setUpConnectRoom,
} from '../../../../../test/fixtures/connect-room.ts'
import { verifies } from '../../../../../test/verifies.ts'

const alice = person('own_1', 'session-1')
const issuer = 'https://acme.example'

const begin = (room: ConnectRoom, who = alice) =>
  room.connect.start(who, {
    ...{ service: 'custom', method: 'code', oauthAppId: 'oap_1', scopes: ['read'] },
    origins: ['https://api.acme.example'],
  })
const finish = (room: ConnectRoom, over: object = {}, who = alice) =>
  room.connect.finish(who, { state: room.state(), code: 'the-code', iss: issuer, ...over })
const refusal = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Problem) return error
  throw new Error(`not refused: ${error}`)
}
const said = ({ type, detail, next, status }: Problem) => ({ type, detail, next, status })
/** What somebody gets who made a state up. */
const nobodys = async (room: ConnectRoom) =>
  said(await refusal(finish(room, { state: 'never-sent' })))

describe('an answer that is not for this session', () => {
  it.each([
    ['another session of the same person', person('own_1', 'session-2')],
    ['another person', person('own_2', 'session-3')],
    ['another person in the same browser', person('own_2', 'session-1')],
    ['another workspace', person('own_1', 'session-1', { workspaceId: 'wsp_2' })],
  ])('is refused alike, recorded, and burns nothing: %s', async (_name, thief) => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    const problem = await refusal(finish(room, {}, thief))
    expect(said(problem)).toEqual(await nobodys(room))
    expect(room.provider.exchanges).toEqual([])
    expect(room.events).toContainEqual(
      expect.objectContaining({
        ...{ auditId: problem.auditId, operation: 'finishConnection', outcome: 'refused' },
        ...{ problem: 'connect-flow-refused', workspaceId: thief.workspaceId },
      }),
    )
    expect((await finish(room)).connection.status).toBe('healthy')
  })

  it('does not say to another workspace that there is such an attempt, in the log either', async () => {
    verifies('S-09')
    const room = setUpConnectRoom()
    await begin(room)
    const stranger = person('own_9', 'session-9', { workspaceId: 'wsp_2' })
    await refusal(finish(room, {}, stranger))
    await refusal(finish(room, { state: 'never-sent' }, stranger))
    const [one, other] = room.events.slice(-2)
    expect({ ...one, auditId: '' }).toEqual({ ...other, auditId: '' })
  })

  it('is refused to a token', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    expect((await refusal(finish(room, {}, person('own_1')))).type).toBe('session-required')
    expect(room.provider.exchanges).toEqual([])
  })

  it('is refused whatever the state is', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 500 }), async (state) => {
        expect((await refusal(finish(room, { state }))).type).toBe('connect-flow-refused')
      }),
    )
    expect(room.provider.exchanges).toEqual([])
  })
})

describe('an answer', () => {
  it('counts once: of ten at once one is exchanged, and none later', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    const ends = await Promise.allSettled(Array.from({ length: 10 }, () => finish(room)))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(said(await refusal(finish(room)))).toEqual(await nobodys(room))
    expect(room.provider.exchanges).toHaveLength(1)
    expect(room.connections.size).toBe(1)
  })

  it('is over after ten minutes', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    room.clock.nowMs = Date.parse(flow.expiresAt)
    expect(said(await refusal(finish(room)))).toEqual(await nobodys(room))
    expect(await room.connect.get(alice, { flowId: flow.id })).toMatchObject({
      flow: { status: 'expired' },
    })
  })

  it.each([
    ['another issuer', 'https://evil.example'],
    ['the issuer with a slash', `${issuer}/`],
    ['the issuer in capitals', 'https://ACME.example'],
    ['none, though it is promised', undefined],
    ['an empty one', ''],
  ])(
    'that names %s is refused before the code goes anywhere, and is used up',
    async (_name, iss) => {
      verifies('S-31')
      const room = setUpConnectRoom()
      const { flow } = await begin(room)
      expect(said(await refusal(finish(room, { iss })))).toEqual(await nobodys(room))
      expect(room.provider.exchanges).toEqual([])
      expect(said(await refusal(finish(room)))).toEqual(await nobodys(room))
      const { flow: after } = await room.connect.get(alice, { flowId: flow.id })
      expect(after).toMatchObject({ status: 'failed', problem: { type: 'connect-flow-refused' } })
      expect(after.problem?.detail).toMatch(/provider/)
    },
  )

  it.each([
    [undefined, true],
    ['https://acme.example/login', true],
    ['https://acme.example', true],
    ['https://acme.example.evil.example', false],
    ['https://evil.example', false],
    ['http://acme.example', false],
    ['acme.example', false],
  ])('of a provider without a known issuer may name its own place alone: %s', async (iss, good) => {
    verifies('S-31')
    const room = setUpConnectRoom()
    const { issuer: _issuer, ...unnamed } = acme
    room.clients.set('oap_1', { ...unnamed, sendsIssuer: false })
    await begin(room)
    const ended = finish(room, { iss })
    if (good) await ended
    else expect((await refusal(ended)).type).toBe('connect-flow-refused')
    expect(room.provider.exchanges).toHaveLength(good ? 1 : 0)
  })

  it('is exchanged with the verifier and the nonce of its own attempt, whoever’s state is swapped in', async () => {
    verifies('S-31')
    const room = setUpConnectRoom()
    await begin(room)
    await begin(room)
    const [one, other] = room.provider.requests
    await finish(room, { state: one?.state, code: 'code-for-the-other' })
    const [exchange] = room.provider.exchanges
    expect(exchange).toMatchObject({ verifier: one?.verifier, nonce: one?.nonce })
    expect(one?.verifier).not.toBe(other?.verifier)
    expect(one?.verifier).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it.each([
    ['access_denied', 'authorization-refused'],
    ['consent_required', 'authorization-refused'],
    ['temporarily_unavailable', 'provider-unavailable'],
    ['server_error', 'provider-unavailable'],
    ['invalid_scope', 'provider-refused'],
    ['toString', 'provider-refused'],
    ['\u202e\u0000', 'provider-refused'],
    ['x'.repeat(200), 'provider-refused'],
  ])('with the error %j says so, once, and exchanges nothing', async (error, type) => {
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    const error_description = `No. ${'\u202e'}${'token '.repeat(200)}`
    const problem = await refusal(finish(room, { error, error_description }))
    expect(problem.type).toBe(type)
    expect(problem.detail.length).toBeLessThan(400)
    expect(problem.detail).toMatch(/^[\x20-\x7e“”’…]*$/)
    const { flow: after } = await room.connect.get(alice, { flowId: flow.id })
    expect(after).toMatchObject({ status: 'failed', problem: { type, detail: problem.detail } })
    expect(room.events.at(-1)).toMatchObject({ outcome: 'failed', problem: type })
    expect((await refusal(finish(room))).type).toBe('connect-flow-refused')
    expect(room.provider.exchanges).toEqual([])
  })

  it('with neither code nor error is used up, and says so', async () => {
    const room = setUpConnectRoom()
    await begin(room)
    expect((await refusal(finish(room, { code: undefined }))).type).toBe('provider-unavailable')
    expect((await refusal(finish(room))).type).toBe('connect-flow-refused')
  })

  it('is refused where the OAuth app leads elsewhere since, and where it is gone', async () => {
    verifies('S-31')
    for (const change of [
      { tokenEndpoint: 'https://evil.example/token' },
      { clientId: 'another' },
      { issuer: 'https://evil.example' },
      { authorizationEndpoint: 'https://evil.example/auth' },
    ]) {
      const room = setUpConnectRoom()
      await begin(room)
      room.clients.set('oap_1', { ...acme, ...change })
      expect((await refusal(finish(room))).type).toBe('provider-refused')
      expect(room.provider.exchanges).toEqual([])
    }
    const room = setUpConnectRoom()
    await begin(room)
    room.clients.clear()
    expect((await refusal(finish(room))).type).toBe('oauth-app-missing')
  })
})

describe('whoever edits the row of an attempt', () => {
  it.each([
    ['its session', { sessionHash: person('own_1', 'session-2').sessionHash ?? null }],
    ['its maker', { ownerId: 'own_2' }],
    ['its version', { version: 5 }],
    ['its seal', { sealed: new Uint8Array([1]) }],
  ])('has no account connected for somebody else: %s', async (what, over) => {
    verifies('S-33')
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    const row = room.flows.get(flow.id)
    if (row !== undefined) room.flows.set(flow.id, { ...row, ...over })
    const who =
      what === 'its session'
        ? person('own_1', 'session-2')
        : person('ownerId' in over ? 'own_2' : 'own_1', 'session-1')
    const problem = await refusal(finish(room, {}, who))
    expect(['connect-flow-refused', 'credential-unreadable']).toContain(problem.type)
    expect(room.events.at(-1)).toMatchObject({ auditId: problem.auditId, problem: problem.type })
    expect(room.provider.exchanges).toEqual([])
  })

  it('changes nothing of what is connected', async () => {
    verifies('S-33')
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    const row = room.flows.get(flow.id)
    if (row !== undefined) {
      room.flows.set(flow.id, {
        ...row,
        ...{ scopes: ['admin'], label: 'evil', service: 'github', oauthAppId: 'oap_9' },
        connectionId: 'con_9',
      })
    }
    const { connection } = await finish(room)
    expect(connection).toMatchObject({
      ...{ service: 'custom', requestedScopes: ['openid', 'read'] },
      origins: ['https://api.acme.example'],
    })
  })
})

describe('what came to nothing', () => {
  it('is used up, and says why, where the provider refuses or fails', async () => {
    const failures = [
      new Problem('provider-refused', 'Acme refused (invalid_client).', { next: 'Check it.' }),
      new Problem('provider-unavailable', 'Acme answered 503.', { next: 'Later.' }),
    ]
    for (const failure of failures) {
      const room = setUpConnectRoom()
      const { flow } = await begin(room)
      room.provider.exchange = () => Promise.reject(failure)
      expect(await refusal(finish(room))).toBe(failure)
      const { flow: after } = await room.connect.get(alice, { flowId: flow.id })
      const { type, detail, next } = failure
      expect(after).toMatchObject({ status: 'failed', problem: { type, detail, next } })
      expect((await refusal(finish(room))).type).toBe('connect-flow-refused')
      expect(room.connections.size).toBe(0)
      expect(room.events.at(-2)).toMatchObject({ outcome: 'failed', auditId: failure.auditId })
    }
  })

  it('says that it was cut short where the vault ended amid it', async () => {
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    room.provider.exchange = () => new Promise(() => {})
    void finish(room)
    await new Promise((resolve) => setImmediate(resolve))
    expect((await room.connect.get(alice, { flowId: flow.id })).flow.status).toBe('waiting')
    room.clock.nowMs += 60_000
    expect(await room.connect.get(alice, { flowId: flow.id })).toMatchObject({
      flow: { status: 'failed', problem: { detail: expect.stringContaining('stopped') } },
    })
    expect((await refusal(finish(room))).type).toBe('connect-flow-refused')
  })

  it('gives the grant back where the attempt was given up while it was being finished', async () => {
    const room = setUpConnectRoom()
    const { flow } = await begin(room)
    room.provider.exchange = async () => {
      await room.connect.cancel(alice, { flowId: flow.id })
      return granted
    }
    expect((await refusal(finish(room))).type).toBe('connect-flow-refused')
    expect(room.provider.revoked).toEqual(['refresh-token-1'])
    expect(room.connections.size).toBe(0)
  })

  it('holds no secret in what is said, kept or recorded', async () => {
    verifies('S-38')
    const room = setUpConnectRoom()
    await begin(room)
    await finish(room)
    await begin(room)
    const [, exchange] = room.provider.requests
    await refusal(finish(room, { error: 'access_denied' }))
    const open = JSON.stringify([
      room.events,
      [...room.flows.values()].map(({ sealed: _sealed, ...row }) => row),
    ])
    const secrets = ['the-code', 'access-token-1', 'refresh-token-1', 'the-client-secret']
    for (const secret of [...secrets, exchange?.state, exchange?.verifier, exchange?.nonce]) {
      expect(secret).toBeTruthy()
      expect(open).not.toContain(secret)
    }
  })
})
