import { createHash, createHmac } from 'node:crypto'
import { type CallOf, type CredentialInput, type operations, Problem } from '@sallyport/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findLeak } from './fixtures/find-leak.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { unavailable } from './fixtures/oauth-provider-faults.ts'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { type RawServer, type ReceivedRequest, startRawServer } from './fixtures/raw-server.ts'
import { verifies } from './verifies.ts'

// What each kind of credential does to a request, and what becomes of a request whose access token is due, refused or not to
// be had. The provider is real; what stands for AWS says back all that it hears, as its error pages do.

let scene: OAuthScene
let aws: RawServer

beforeAll(async () => {
  scene = await startOAuthScene()
  aws = await startRawServer({
    answer(socket, { line, headers, body }) {
      const text = `${line}\n${headers.map((header) => header.join(': ')).join('\n')}\n${body}`
      const head = `content-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}`
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${text}`)
    },
  })
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  scene.provider.api.refuseNext(0)
  scene.provider.api.refuseAll(false)
  Object.assign(scene.provider.behaviour, defaultBehaviour())
  aws.requests.length = 0
})
afterAll(async () => {
  await scene?.stop()
  await aws?.close()
})

type Execute = CallOf<typeof operations.execute>

/** What came of a call; a problem is an answer too. */
const execute = async (input: Execute) => {
  const ended = await scene.agent.client.call('execute', input).catch((error: unknown) => error)
  if (!(ended instanceof Problem)) return ended as Record<string, unknown>
  const { type, next, auditId, retryAfterSeconds } = ended
  return { problem: type, next, auditId, retryAfterSeconds }
}
const me = (connectionId: string, more: Partial<Execute> = {}): Execute => ({
  ...{ connectionId, method: 'GET', url: `${scene.provider.apiOrigin}/api/me` },
  ...more,
})
/** The entry once its outcome is written, which happens beside the answer. */
async function entryOf(auditId: unknown) {
  const read = async () =>
    (await scene.vault.owner.call('listAudit', { limit: 50 })).entries.find(
      (entry) => entry.id === auditId,
    )
  await expect.poll(async () => (await read())?.outcome).not.toBe('pending')
  return read()
}
const tokenRequests = () => scene.provider.log.tokenRequests.length
/** Access tokens that are due as soon as they are there. */
const dueAtOnceSeconds = 5

async function clientCredentials(): Promise<Extract<CredentialInput, { clientId: string }>> {
  const client = await scene.provider.clientFor()
  const tokenEndpoint = scene.provider.endpoints.token
  return {
    ...{ kind: 'oauth2-client-credentials', tokenEndpoint, ...client },
    ...{ clientAuthentication: 'client_secret_basic', scopes: ['read'] },
  }
}

type Policy = Partial<CallOf<typeof operations.createPolicy>>

/** A connection of a client, which the agent may use for everything unless told otherwise. */
async function connected(policy: Policy = {}): Promise<string> {
  const id = await scene.vault.addConnection({
    ...{ label: 'Robot', origins: [scene.provider.apiOrigin] },
    credential: await clientCredentials(),
  })
  const origin = scene.provider.apiOrigin
  await scene.vault.addPolicy({
    ...{ agentId: scene.agent.agentId, connectionId: id, approval: 'never' },
    allow: [{ origin, methods: ['GET', 'HEAD', 'POST'], paths: ['/api/**'] }],
    ...policy,
  })
  scene.provider.log.clear()
  return id
}

/** The same with an access token that is due. */
async function due(policy?: Policy): Promise<string> {
  scene.provider.behaviour.accessTokenSeconds = dueAtOnceSeconds
  const id = await connected(policy)
  scene.provider.behaviour.accessTokenSeconds = 3600
  return id
}

describe('an access token that is due', () => {
  it('is left as it is by whatever sends nothing', async () => {
    verifies('S-32')
    const id = await due({ approval: 'writes' })
    const url = `${scene.provider.apiOrigin}/elsewhere`
    expect(await execute(me(id, { url }))).toMatchObject({ problem: 'policy-denied' })
    expect(await execute(me(id, { dryRun: true }))).toMatchObject({ decision: 'allow' })
    expect(await execute(me(id, { method: 'POST', body: { a: 1 } }))).toMatchObject({
      approvalRequired: true,
    })
    const draft = {
      allow: [{ origin: scene.provider.apiOrigin, methods: ['GET'], paths: ['/**'] }],
    }
    const tried = await scene.vault.owner.call('tryPolicy', {
      connectionId: id,
      draft: draft as never,
      request: { method: 'GET', url },
    })
    expect(tried.decision).toBe('allow')
    expect(await execute(me(id, { headers: { 'x-y': 'a\nb' } }))).toMatchObject({
      problem: 'invalid-header',
    })
    expect(tokenRequests()).toBe(0)
    expect(await execute(me(id))).toMatchObject({ status: 200 })
    expect(tokenRequests()).toBe(1)
  })

  it('that cannot be renewed uses up neither approval nor limit, and says when to come back', async () => {
    verifies('S-25', 'S-29')
    const id = await due({ approval: 'always', limits: { perHour: 1 } })
    const asked = await execute(me(id))
    const approvalId = String(asked.approvalRequestId)
    await scene.vault.owner.call('approveRequest', { approvalId })
    // It has run out, and not only nearly.
    await new Promise((resolve) => setTimeout(resolve, dueAtOnceSeconds * 1000))
    scene.provider.faults.set('token', unavailable)
    const failed = await execute(me(id, { approvalId }))
    expect(failed).toMatchObject({ problem: 'token-refresh-failed' })
    expect(failed.retryAfterSeconds).toBeGreaterThan(0)
    expect(await entryOf(failed.auditId)).toMatchObject({ outcome: 'refused' })
    expect(scene.provider.log.apiRequests).toEqual([])
    scene.provider.faults.clear()
    await new Promise((resolve) => setTimeout(resolve, Number(failed.retryAfterSeconds) * 1000))
    expect(await execute(me(id, { approvalId }))).toMatchObject({ status: 200 })
  }, 60_000)
})

describe('an upstream that refuses an access token', () => {
  it('is asked once more by an attempt of its own, which the limits count', async () => {
    verifies('S-29', 'S-36')
    const id = await connected({ limits: { perHour: 2 } })
    scene.provider.api.refuseNext(1)
    const answer = await execute(me(id))
    expect(answer).toMatchObject({ status: 200 })
    const second = await entryOf(answer.auditId)
    const first = await entryOf(Object(second?.detail).again)
    expect(second).toMatchObject({ outcome: 'sent', status: 200 })
    expect(first).toMatchObject({
      outcome: 'sent',
      status: 401,
      requestDigest: second?.requestDigest,
    })
    expect(await execute(me(id))).toMatchObject({ problem: 'limit-exceeded' })
  })

  it('is asked once more where one request at a time is allowed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await connected({ limits: { concurrent: 1 } })
      scene.provider.api.refuseNext(1)
      expect(await execute(me(id))).toMatchObject({ status: 200 })
    }
  })

  it('is asked for the head once more, and for nothing else', async () => {
    const id = await connected()
    scene.provider.api.refuseNext(1)
    expect(await execute(me(id, { method: 'HEAD' }))).toMatchObject({ status: 200 })
    scene.provider.api.refuseAll(true)
    scene.provider.log.clear()
    expect(await execute(me(id, { method: 'POST', body: 'pay' }))).toMatchObject({ status: 401 })
    expect(scene.provider.log.apiRequests).toHaveLength(1)
  })

  it('gets what an owner approved once and not twice', async () => {
    verifies('S-25')
    const id = await connected({ approval: 'always' })
    const approvalId = String((await execute(me(id))).approvalRequestId)
    await scene.vault.owner.call('approveRequest', { approvalId })
    scene.provider.api.refuseNext(1)
    expect(await execute(me(id, { approvalId }))).toMatchObject({ status: 401 })
    expect(scene.provider.log.apiRequests).toHaveLength(1)
    expect(await execute(me(id, { approvalId }))).toMatchObject({ problem: 'approval-consumed' })
  })

  it('is not asked again where no new token is to be had, and that is on record', async () => {
    const id = await connected()
    scene.provider.api.refuseAll(true)
    scene.provider.faults.set('token', unavailable)
    const answer = await execute(me(id))
    expect(answer).toMatchObject({ problem: 'token-refresh-failed' })
    expect(await entryOf(answer.auditId)).toMatchObject({
      ...{ outcome: 'refused', problem: 'token-refresh-failed' },
      detail: { again: expect.stringMatching(/^aud_/) },
    })
    expect(scene.provider.log.apiRequests).toHaveLength(1)
  })

  it('is asked once more by the test of a connection, too', async () => {
    const id = await connected()
    scene.provider.api.refuseNext(1)
    const url = `${scene.provider.apiOrigin}/api/me`
    const tested = await scene.vault.owner.call('testConnection', { connectionId: id, url })
    expect(tested).toMatchObject({ success: true, status: 200 })
    expect(await entryOf(tested.auditId)).toMatchObject({ outcome: 'sent', status: 200 })
  })
})

describe('a connection whose credential changes', () => {
  it('keeps its tokens when it may go elsewhere, and they go on working', async () => {
    verifies('S-33')
    const id = await connected()
    expect(await execute(me(id))).toMatchObject({ status: 200 })
    await scene.vault.owner.call('updateConnection', {
      connectionId: id,
      origins: [scene.provider.apiOrigin, aws.origin],
    })
    expect(await execute(me(id))).toMatchObject({ status: 200 })
    await scene.vault.terminate()
    await scene.vault.restart()
    expect(await execute(me(id))).toMatchObject({ status: 200 })
    expect(tokenRequests()).toBe(0)
  })

  it('becomes another kind, and back, with its policies as they were', async () => {
    const id = await connected()
    const change = (credential: CredentialInput) =>
      scene.vault.owner.call('updateConnection', { connectionId: id, credential })
    const { connection } = await change({ kind: 'bearer', token: 'nobody-takes-this-token' })
    expect(connection).not.toHaveProperty('token')
    expect(await execute(me(id))).toMatchObject({ status: 401 })
    const wrong = { ...(await clientCredentials()), clientSecret: 'not-the-secret-at-all' }
    await expect(change(wrong)).rejects.toMatchObject({ type: 'provider-refused' })
    expect(await execute(me(id))).toMatchObject({ status: 401 })
    const right = await change(await clientCredentials())
    expect(right.connection).toMatchObject({ token: { renewable: true }, grantedScopes: ['read'] })
    expect(await execute(me(id))).toMatchObject({ status: 200 })
  })
})

describe('a request that is signed for AWS', () => {
  const keys = {
    accessKeyId: 'AKIDEXAMPLE0123456',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: 'FQoGZXIvYXdzEXAMPLEsessionTOKEN0123456789',
  }
  const connect = async (service: string) => {
    const id = await scene.vault.addConnection({
      ...{ label: service, origins: [aws.origin], requestHeaders: ['x-amz-target'] },
      credential: { kind: 'aws-sigv4', ...keys, region: 'eu-west-1', service },
    })
    const allow = [{ origin: aws.origin, methods: ['GET', 'PUT', 'POST'], paths: ['/**'] }]
    await scene.vault.addPolicy({
      ...{ agentId: scene.agent.agentId, connectionId: id, approval: 'never' },
      allow: allow as never,
    })
    return id
  }

  /** The signature as AWS computes it, from what came over the wire. */
  function signatureOf({ method, headers, body }: ReceivedRequest, path: string, query = '') {
    const value = (wanted: string) =>
      headers.filter(([name]) => name.toLowerCase() === wanted).map(([, text]) => text.trim())
    const [authorization = ''] = value('authorization')
    const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? ''
    const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? ''
    const lines = signed.split(';').map((name) => `${name}:${value(name).join(',')}\n`)
    const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
    const canonical = [method, path, query, lines.join(''), signed, sha(body)].join('\n')
    const text = `AWS4-HMAC-SHA256\n${value('x-amz-date')[0]}\n${scope}\n${sha(canonical)}`
    const key = scope
      .split('/')
      .reduce<string | Buffer>(
        (so, part) => createHmac('sha256', so).update(part).digest(),
        `AWS4${keys.secretAccessKey}`,
      )
    return {
      signed: signed.split(';'),
      isRight:
        authorization.endsWith(
          `Signature=${createHmac('sha256', key).update(text).digest('hex')}`,
        ) &&
        value('x-amz-content-sha256')[0] === sha(body) &&
        value('x-amz-security-token')[0] === keys.sessionToken,
      headers: value,
    }
  }

  it('carries the signature of exactly what is sent, whatever the agent says', async () => {
    verifies('S-18')
    const id = await connect('dynamodb')
    const answer = await execute({
      ...{
        connectionId: id,
        method: 'POST',
        url: `${aws.origin}/a%20b?z=1`,
        query: { 'a b': 'c+d' },
      },
      headers: {
        ...{ 'x-amz-target': 'DynamoDB_20120810.GetItem', 'x-amz-date': '20000101T000000Z' },
        ...{ 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', 'x-amz-security-token': 'mine' },
        'content-type': 'application/x-amz-json-1.0',
      },
      body: '{"Key":1}',
    })
    expect(answer).toMatchObject({ status: 200 })
    const [request] = aws.requests
    if (request === undefined) throw new Error('nothing came')
    const seen = signatureOf(request, '/a%2520b', 'a%20b=c%2Bd&z=1')
    expect(seen.isRight).toBe(true)
    expect(seen.signed).toEqual([
      ...['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date'],
      ...['x-amz-security-token', 'x-amz-target'],
    ])
    for (const name of ['authorization', 'x-amz-date', 'x-amz-security-token']) {
      expect(seen.headers(name)).toHaveLength(1)
    }
    expect(seen.headers('x-amz-date')[0]).not.toBe('20000101T000000Z')
  })

  it('is signed by the path that S3 reads', async () => {
    const id = await connect('s3')
    const url = `${aws.origin}/bucket/a%20b$c`
    expect(await execute({ connectionId: id, method: 'GET', url })).toMatchObject({ status: 200 })
    const [request] = aws.requests
    if (request === undefined) throw new Error('nothing came')
    expect(signatureOf(request, '/bucket/a%20b%24c').isRight).toBe(true)
  })

  it('shows its agent neither key nor session token nor the signature, which would be good for a while', async () => {
    verifies('S-20')
    const id = await connect('sqs')
    const url = `${aws.origin}/queue`
    const answer = await execute({ connectionId: id, method: 'GET', url })
    const sent = aws.requests[0]?.headers.find(([name]) => name.toLowerCase() === 'authorization')
    const signature = /Signature=([0-9a-f]{64})/.exec(sent?.[1] ?? '')?.[1] ?? ''
    expect(signature).toHaveLength(64)
    for (const secret of [signature, keys.secretAccessKey, keys.sessionToken]) {
      expect(findLeak(Buffer.from(JSON.stringify(answer)), secret)).toBeUndefined()
    }
    const dry = await execute({ connectionId: id, method: 'GET', url, dryRun: true })
    expect(Object.keys(Object(dry.wouldSend).headers)).not.toContain('authorization')
  })
})

describe('keys that go to more places than one, and none at all', () => {
  const secrets = ['first-of-several-0001', 'second-of-several-02', 'third-of-several-003']
  const [first = '', second = '', third = ''] = secrets
  const several: CredentialInput = {
    kind: 'several',
    parts: [
      { kind: 'header', name: 'DD-Api-Key', value: first },
      { kind: 'cookie', name: 'sid', value: second },
      { kind: 'query', name: 'app_key', value: third },
    ],
  }
  const connect = async (credential: CredentialInput) => {
    const id = await scene.vault.addConnection({
      ...{ label: credential.kind, origins: [aws.origin], credential },
      requestHeaders: ['dd-api-key', 'x-own'],
    })
    await scene.vault.addPolicy({
      ...{ agentId: scene.agent.agentId, connectionId: id, approval: 'never' },
      allow: [{ origin: aws.origin, methods: ['GET'], paths: ['/**'] }] as never,
    })
    return id
  }
  const valuesOf = ({ headers }: ReceivedRequest, wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, text]) => text.trim())

  it('each arrive once and never come back, whatever the agent sends in their places', async () => {
    verifies('S-18', 'S-20')
    const id = await connect(several)
    const answer = await execute({
      ...{ connectionId: id, method: 'GET', url: `${aws.origin}/a?b=c` },
      headers: { 'dd-api-key': 'mine', Cookie: 'sid=mine', 'x-own': '1', authorization: 'mine' },
    })
    expect(answer).toMatchObject({ status: 200 })
    const [request] = aws.requests
    if (request === undefined) throw new Error('nothing came')
    expect(request.target).toBe(`/a?b=c&app_key=${third}`)
    expect(valuesOf(request, 'dd-api-key')).toEqual([first])
    expect(valuesOf(request, 'cookie')).toEqual([`sid=${second}`])
    expect(valuesOf(request, 'x-own')).toEqual(['1'])
    expect(valuesOf(request, 'authorization')).toEqual([])
    for (const secret of secrets) {
      expect(findLeak(Buffer.from(JSON.stringify(answer)), secret)).toBeUndefined()
    }
    const taken = { connectionId: id, method: 'GET' as const, url: `${aws.origin}/a?App_Key=x` }
    expect(await execute(taken)).toMatchObject({ problem: 'invalid-query' })
  })

  it('are refused by the part that would never arrive', async () => {
    verifies('S-38')
    const parts = [
      { kind: 'bearer' as const, token: first },
      { kind: 'header' as const, name: 'authorization', value: second },
    ]
    const label = 'two in one'
    const made = scene.vault.owner.call('createConnection', {
      ...{ label, origins: [aws.origin], credential: { kind: 'several', parts } },
    })
    const problem = await made.catch((thrown: unknown) => thrown)
    expect(problem).toMatchObject({
      ...{ type: 'invalid-input', fields: [{ field: 'credential.parts[1]' }] },
    })
    expect(JSON.stringify([problem, Object(problem).message])).not.toMatch(/of-several/)
  })

  it('may be none, and then nothing is put on, and the test of the connection works', async () => {
    const id = await connect({ kind: 'none' })
    const url = `${aws.origin}/open`
    expect(await execute({ connectionId: id, method: 'GET', url })).toMatchObject({ status: 200 })
    const names = aws.requests[0]?.headers.map(([name]) => name.toLowerCase()) ?? []
    expect(names.filter((name) => /auth|cookie|key/.test(name))).toEqual([])
    const tested = await scene.vault.owner.call('testConnection', { connectionId: id, url })
    expect(tested).toMatchObject({ success: true, status: 200 })
    const { connection } = await scene.vault.owner.call('updateConnection', {
      ...{ connectionId: id, origins: [aws.origin, scene.provider.apiOrigin] },
    })
    expect(connection.credential).toEqual({ kind: 'none', hint: '' })
    expect(await execute({ connectionId: id, method: 'GET', url })).toMatchObject({ status: 200 })
    await scene.vault.owner.call('updateConnection', { connectionId: id, credential: several })
    expect(await execute({ connectionId: id, method: 'GET', url })).toMatchObject({ status: 200 })
    expect(valuesOf(aws.requests.at(-1) as ReceivedRequest, 'dd-api-key')).toEqual([first])
  })
})
