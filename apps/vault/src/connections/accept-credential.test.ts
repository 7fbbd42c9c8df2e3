import { generateKeyPairSync } from 'node:crypto'
import { type CredentialInput, Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  type CredentialRoom,
  createCredentialRoom,
  nowMs,
  origin,
  owner,
} from '../../../../test/fixtures/credential-room.ts'
import { verifies } from '../../../../test/verifies.ts'

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()
const client = {
  kind: 'oauth2-client-credentials',
  tokenEndpoint: 'https://login.example.com/token',
  clientId: 'client',
  clientAuthentication: 'client_secret_basic',
  clientSecret: 'correct-horse-battery',
  scopes: ['read'],
} satisfies CredentialInput
const account = {
  kind: 'jwt-service-account',
  tokenEndpoint: 'https://login.example.com/token',
  issuer: 'robot@project.example',
  privateKey,
  keyId: 'key-0123456789',
  scopes: ['read'],
} satisfies CredentialInput
const aws = {
  kind: 'aws-sigv4',
  accessKeyId: 'AKIDEXAMPLE0123456',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
} satisfies CredentialInput
const imported = { kind: 'oauth2', refreshToken: 'a-refresh-token-0123' } satisfies CredentialInput
const bearer = { kind: 'bearer', token: 'a-token-0123456789' } satisfies CredentialInput

const { clientSecret: _secret, ...secretless } = client
const { scopes: _scopes, ...scopeless } = imported as typeof imported & { scopes?: string[] }

describe('a credential that cannot work', () => {
  it.each<[string, CredentialInput, string]>([
    ['a client without its secret', secretless, 'credential.clientSecret'],
    ['a secret and a key', { ...client, privateKey }, 'credential.privateKey'],
    ['a key id without a key', { ...client, keyId: 'k1' }, 'credential.keyId'],
    [
      'a client that signs, without its key',
      { ...secretless, clientAuthentication: 'private_key_jwt' },
      'credential.privateKey',
    ],
    [
      'a client that signs, with a secret',
      { ...client, clientAuthentication: 'private_key_jwt', privateKey },
      'credential.clientSecret',
    ],
    [
      'a key that is none',
      { ...account, privateKey: `-----BEGIN PRIVATE KEY-----\n${'x'.repeat(60)}\n` },
      'credential.privateKey',
    ],
    ['AWS keys for a host that is not of AWS', aws, 'credential.region'],
    ['AWS keys that name half of it', { ...aws, region: 'eu-west-1' }, 'credential.service'],
    [
      'a token endpoint that the operator excludes',
      { ...client, tokenEndpoint: 'http://login.example.com/token' },
      'credential.tokenEndpoint',
    ],
  ])('is told by the field, and nobody is asked: %s', async (_, credential, field) => {
    const { create, refusal, provider, rows } = createCredentialRoom()
    const problem = await refusal(create(credential))
    expect(['invalid-input', 'origin-not-allowed']).toContain(problem.type)
    expect(problem.fields?.[0]?.field).toBe(field)
    expect(provider.asked).toEqual([])
    expect(rows.size).toBe(0)
  })

  it('is refused before anybody is asked where its secret stands in the clear', async () => {
    verifies('S-38')
    const { create, refusal, provider } = createCredentialRoom()
    const cases: [CredentialInput, Parameters<typeof create>[1]][] = [
      [client, { label: `for ${client.clientSecret}` }],
      [client, { testUrl: `${origin}/?s=${client.clientSecret}` }],
      [{ ...client, scopes: [client.clientSecret] }, {}],
      [client, { requestHeaders: [client.clientSecret] }],
      [client, { origins: [`https://${client.clientSecret}.example.com`] }],
      [imported, { label: imported.refreshToken, oauthAppId: 'oap_own' }],
      [{ ...aws, region: 'eu-west-1', service: 's3' }, { label: aws.secretAccessKey }],
    ]
    for (const [credential, more] of cases) {
      expect((await refusal(create(credential, more))).type).toBe('invalid-input')
    }
    expect(provider.asked).toEqual([])
  })

  it('is not kept where its provider refuses it, and that it was shown to one is on record', async () => {
    verifies('S-38')
    const { create, refusal, provider, rows, events } = createCredentialRoom()
    for (const type of ['provider-refused', 'provider-unavailable'] as const) {
      provider.answer = () => {
        throw new Problem(type, 'It said no.')
      }
      const problem = await refusal(create(client))
      expect(problem.type).toBe(type)
      expect(events.at(-1)).toMatchObject({
        outcome: 'failed',
        problem: type,
        reason: 'It said no.',
      })
      expect(problem.auditId).toBe(events.at(-1)?.auditId)
    }
    expect(rows.size).toBe(0)
    expect(JSON.stringify(events)).not.toContain(client.clientSecret)
  })
})

describe('a refresh token that is imported', () => {
  it('needs the client that it was given to', async () => {
    const { create, refusal, provider } = createCredentialRoom()
    const missing = await refusal(create(imported, { service: 'slack', origins: undefined }))
    expect(missing.type).toBe('oauth-app-missing')
    const other = { service: 'google-gmail', origins: undefined, oauthAppId: 'oap_own' }
    expect((await refusal(create(imported, other))).fields?.[0]?.field).toBe('oauthAppId')
    expect((await refusal(create(imported, { oauthAppId: 'oap_none' }))).type).toBe(
      'oauth-app-not-found',
    )
    expect((await refusal(create(imported))).fields?.[0]?.field).toBe('oauthAppId')
    expect((await refusal(create(client, { oauthAppId: 'oap_own' }))).fields?.[0]?.field).toBe(
      'oauthAppId',
    )
    expect(provider.asked).toEqual([])
  })

  it('that its provider does not take is refused, not a connection to be reconnected', async () => {
    const { create, refusal, provider, rows } = createCredentialRoom()
    provider.answer = () => {
      throw new Problem('connection-needs-reauth', 'Not any more.', { next: 'Reconnect it.' })
    }
    const problem = await refusal(create(imported, { oauthAppId: 'oap_own' }))
    expect([problem.type, problem.detail]).toEqual(['provider-refused', 'Not any more.'])
    expect(rows.size).toBe(0)
  })

  it('is kept with its tokens and never with its connection, and lives on where it is not rotated', async () => {
    verifies('S-33')
    for (const rotated of [undefined, 'the-next-refresh-token']) {
      const room = createCredentialRoom()
      room.provider.answer = () => ({
        accessToken: 'an-access-token',
        ...(rotated !== undefined && { refreshToken: rotated }),
        scopes: ['read', 'write'],
        account: 'ada@example.com',
      })
      const { connection } = await room.create(scopeless, { oauthAppId: 'oap_own' })
      expect(connection).toMatchObject({
        ...{ provider: 'my-idp', grantedScopes: ['read', 'write'], requestedScopes: [] },
        credential: { kind: 'oauth2', hint: '' },
        token: { oauthAppId: 'oap_own', account: 'ada@example.com', renewable: true },
      })
      expect(room.provider.asked).toEqual([`refresh my-idp ${imported.refreshToken}`])
      const sealed = room.rows.get(connection.id)?.sealed?.toString()
      expect(sealed).toContain('{"kind":"oauth2","oauthAppId":"oap_own","place":"there"}')
      expect(sealed).not.toMatch(/refresh-token|access-token/)
      const kept = room.tokens.get(connection.id)?.sealed.toString()
      expect(kept).toContain(`"refreshToken":"${rotated ?? imported.refreshToken}"`)
    }
  })
})

describe('a credential that is accepted', () => {
  it('shows the end of what is known of it, and never a private key', async () => {
    verifies('S-38')
    const room = createCredentialRoom()
    const hintOf = async (credential: CredentialInput) =>
      (await room.create(credential)).connection.credential?.hint
    const scope = { region: 'eu-west-1', service: 's3' }
    expect(await hintOf(client)).toBe('••••tery')
    expect(await hintOf(account)).toBe('••••6789')
    const { keyId: _keyId, ...nameless } = account
    expect(await hintOf(nameless)).toBe('')
    expect(await hintOf({ ...aws, ...scope })).toBe('••••3456')
  })

  it('keeps the scopes that were granted, and none that holds a secret or is no scope', async () => {
    verifies('S-38')
    const room = createCredentialRoom()
    room.provider.answer = () => ({
      accessToken: 'an-access-token',
      scopes: ['read', 'read', `x${client.clientSecret}`, 'a"b', 'x'.repeat(300)],
    })
    const { connection } = await room.create(client)
    expect([connection.requestedScopes, connection.grantedScopes]).toEqual([['read'], ['read']])
    const silent = createCredentialRoom()
    expect((await silent.create(client)).connection.grantedScopes).toEqual(['read'])
  })
})

describe('a change of a credential', () => {
  const update = (room: CredentialRoom, connectionId: string, change: object) =>
    room.connections.update(owner, { connectionId, ...change })

  it('asks nobody for whoever has to sign in first, or changed something that cannot be', async () => {
    const room = createCredentialRoom()
    const { id } = (await room.create(bearer)).connection
    const stale = { ...owner, authenticatedAtMs: nowMs - 3_600_000 }
    const change = { connectionId: id, credential: client }
    const problem = await room.refusal(room.connections.update(stale, change))
    expect(problem.type).toBe('fresh-sign-in-required')
    const wrong = { credential: client, testUrl: 'https://other.example/' }
    expect((await room.refusal(update(room, id, wrong))).type).toBe('origin-not-allowed')
    const leaking = { credential: client, label: client.clientSecret }
    expect((await room.refusal(update(room, id, leaking))).type).toBe('invalid-input')
    expect(room.provider.asked).toEqual([])
  })

  it('is tried once, however often somebody else is faster, and leaves all as it was where it is refused', async () => {
    const room = createCredentialRoom()
    const { id } = (await room.create(imported, { oauthAppId: 'oap_own' })).connection
    room.provider.asked.length = 0
    room.races.lost = 3
    await update(room, id, { credential: { ...imported, refreshToken: 'another-refresh-token' } })
    expect(room.provider.asked).toEqual(['refresh my-idp another-refresh-token'])
    expect(room.tokens.get(id)).toMatchObject({ version: 2 })
    const before = room.rows.get(id)
    room.provider.answer = () => {
      throw new Problem('provider-refused', 'No.')
    }
    expect((await room.refusal(update(room, id, { credential: client }))).type).toBe(
      'provider-refused',
    )
    expect(room.rows.get(id)).toEqual(before)
    expect(room.events.at(-1)).toMatchObject({ operation: 'updateConnection', outcome: 'failed' })
  })

  it('takes the tokens away with the credential that they were got with', async () => {
    const room = createCredentialRoom()
    const { id } = (await room.create(client)).connection
    expect(room.tokens.has(id)).toBe(true)
    const { connection } = await update(room, id, { credential: bearer })
    expect(room.tokens.has(id)).toBe(false)
    expect(connection).toMatchObject({ credential: { kind: 'bearer' }, grantedScopes: [] })
    expect(connection).not.toHaveProperty('token')
  })

  it('seals the tokens for the origins that they may go to from now on', async () => {
    verifies('S-33')
    const room = createCredentialRoom()
    const { id } = (await room.create(client)).connection
    const origins = [origin, 'https://b.example.com']
    await update(room, id, { origins })
    expect(JSON.parse(room.tokens.get(id)?.sealed.toString() ?? '')).toMatchObject({ origins })
    expect(room.tokens.get(id)).toMatchObject({ version: 2 })
    expect(room.provider.asked).toHaveLength(1)
  })

  it('makes no account of a key where nothing says whose it would be', async () => {
    const room = createCredentialRoom()
    const { id } = (await room.create(bearer)).connection
    const problem = await room.refusal(update(room, id, { credential: imported }))
    expect(problem.fields?.[0]?.field).toBe('credential.kind')
    const mail = await room.create(bearer, { service: 'google-gmail', origins: undefined })
    const { connection } = await update(room, mail.connection.id, { credential: imported })
    expect(connection.token).toMatchObject({ oauthAppId: 'oap_google' })
  })

  it('mends a connection that had to be reconnected', async () => {
    const room = createCredentialRoom()
    const { id } = (await room.create(client)).connection
    const row = room.rows.get(id)
    if (row !== undefined) {
      room.rows.set(id, { ...row, status: 'needs_reauth', statusReason: 'It ended.' })
    }
    expect((await update(room, id, { label: 'Still' })).connection).toMatchObject({
      ...{ status: 'needs_reauth', statusReason: 'It ended.' },
    })
    const { connection } = await update(room, id, { credential: client })
    expect(connection.status).toBe('healthy')
    expect(connection).not.toHaveProperty('statusReason')
  })

  it('lets AWS keys go to no host that they cannot be signed for', async () => {
    const room = createCredentialRoom()
    const origins = ['https://dynamodb.eu-west-1.amazonaws.com']
    const { id } = (await room.create(aws, { origins })).connection
    const problem = await room.refusal(update(room, id, { origins: [...origins, origin] }))
    expect(problem.fields?.[0]).toEqual({
      field: 'credential.region',
      message: `must be given: ${origin} does not say it`,
    })
  })
})
