import { Problem } from '@sallyport/contracts'
import { exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { AgentPrivateKey } from './client-assertion.ts'
import { type Auth, createClient } from './create-client.ts'

type Answer = Response | Error | Promise<Response>
interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Record<string, string>
  readonly body: unknown
}

const baseUrl = 'https://vault.example.com'

/** Answers each request by a function of it and keeps what was sent. */
function recordingFetch(answer: (sent: Sent, count: number) => Answer) {
  const sent: Sent[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const headers = (init.headers ?? {}) as Record<string, string>
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    const request = { url: String(input), init, headers, body }
    sent.push(request)
    const result = answer(request, sent.length)
    if (result instanceof Error) throw result
    return await result
  }
  return { fetch, sent }
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })

const refusedConnection = () =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  })
const resetConnection = () =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  })

async function agentAuth() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = (await exportJWK(privateKey)) as AgentPrivateKey
  const auth: Auth = { kind: 'agent', agentId: 'agt_1', privateKey: jwk }
  return { auth, publicKey }
}

const isExchange = ({ url }: Sent) => url.endsWith('/v1/agents/token')
const token = (n: number) =>
  json({ access_token: `spt_${n}`, token_type: 'Bearer', expires_in: 600 })
const execute = { method: 'POST', url: 'https://api.example.com/' }

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Problem)) throw new Error(`Expected a Problem, got ${String(error)}`)
  return error
}

describe('what is sent', () => {
  it('puts path parameters into the path, encoded, and the rest into the query of a GET', async () => {
    const { fetch, sent } = recordingFetch(() => json({ entries: [] }))
    const client = createClient({
      baseUrl: `${baseUrl}//`,
      auth: { kind: 'bearer', token: 'spp_x' },
      fetch,
    })
    await client.call('getAgent', { agentId: 'agt_a/b' })
    await client.call('listAudit', { agentId: 'agt_1', limit: 5, cursor: undefined })
    expect(sent.map(({ url }) => url)).toEqual([
      `${baseUrl}/api/v1/agents/agt_a%2Fb`,
      `${baseUrl}/api/v1/audit?agentId=agt_1&limit=5`,
    ])
    expect(sent[0]?.headers.authorization).toBe('Bearer spp_x')
    expect(sent[0]?.init).not.toHaveProperty('body')
  })

  it('sends the rest of a POST as JSON, and neither body nor content type where nothing is left', async () => {
    const { fetch, sent } = recordingFetch(() => json({}))
    const client = createClient({ baseUrl, auth: { kind: 'bearer', token: 't' }, fetch })
    await client.call('renameAgent', { agentId: 'agt_1', name: 'x' })
    await client.call('revokeConnection', { connectionId: 'con_1' })
    expect(sent[0]?.body).toEqual({ name: 'x' })
    expect(sent[0]?.headers['content-type']).toBe('application/json')
    expect(sent[1]?.init).not.toHaveProperty('body')
    expect(sent[1]?.headers).not.toHaveProperty('content-type')
  })

  it.each(['', '.', '..'])(
    'sends nothing for the path parameter %j, which would change the path',
    async (id) => {
      const { fetch, sent } = recordingFetch(() => json({}))
      const client = createClient({ baseUrl, auth: { kind: 'none' }, fetch })
      const problem = await problemOf(client.call('revokeConnection', { connectionId: id }))
      expect(problem.type).toBe('invalid-input')
      expect(sent).toEqual([])
    },
  )

  it('sends cookies only for an owner in a browser, and never follows a redirect', async () => {
    const { fetch, sent } = recordingFetch(() => json({}))
    await createClient({ baseUrl, auth: { kind: 'cookie' }, fetch }).call('listAgents', {})
    await createClient({ baseUrl, auth: { kind: 'none' }, fetch }).call('getHealth', {})
    expect(sent.map(({ init }) => init.credentials)).toEqual(['include', 'omit'])
    expect(sent.map(({ init }) => init.redirect)).toEqual(['manual', 'manual'])
    const moved = recordingFetch(
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
    )
    const client = createClient({
      baseUrl,
      auth: { kind: 'bearer', token: 't' },
      fetch: moved.fetch,
    })
    const problem = await problemOf(client.call('listAgents', {}))
    expect(problem).toMatchObject({
      type: 'vault-invalid-answer',
      detail: expect.stringContaining('evil.example'),
    })
    expect(moved.sent).toHaveLength(1)
  })

  it('hands the export on as a stream', async () => {
    const { fetch } = recordingFetch(() => new Response('{"a":1}\n'))
    const client = createClient({ baseUrl, auth: { kind: 'bearer', token: 't' }, fetch })
    expect(await new Response(await client.call('exportAudit', {})).text()).toBe('{"a":1}\n')
  })
})

describe('an agent’s key', () => {
  it('signs an assertion of at most a minute for the vault’s issuer, another one for each exchange', async () => {
    const { auth, publicKey } = await agentAuth()
    let nowMs = Date.now()
    const { fetch, sent } = recordingFetch((request, n) =>
      isExchange(request) ? token(n) : json({}),
    )
    const client = createClient({ baseUrl: `${baseUrl}/`, auth, fetch, now: () => nowMs })
    await client.call('listServices', {})
    nowMs += 500_000
    await client.call('listServices', {})
    const bodies = sent.filter(isExchange).map(({ body }) => body as { client_assertion: string })
    const payloads = await Promise.all(
      bodies.map(({ client_assertion }) =>
        jwtVerify(client_assertion, publicKey, {
          algorithms: ['ES256'],
          audience: baseUrl,
          issuer: 'agt_1',
          subject: 'agt_1',
          currentDate: new Date(nowMs - 499_000),
          clockTolerance: 600,
        }),
      ),
    )
    expect(payloads).toHaveLength(2)
    for (const { payload, protectedHeader } of payloads) {
      expect(payload.aud).toBe(baseUrl)
      expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(60)
      expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'typ'])
    }
    expect(payloads[0]?.payload.jti).not.toBe(payloads[1]?.payload.jti)
    expect(bodies[0]).toMatchObject({ grant_type: 'client_credentials' })
  })

  it('makes one exchange however many calls wait for it', async () => {
    const { auth } = await agentAuth()
    const { fetch, sent } = recordingFetch((request) => (isExchange(request) ? token(1) : json({})))
    const client = createClient({ baseUrl, auth, fetch })
    await Promise.all(Array.from({ length: 20 }, () => client.call('listServices', {})))
    expect(sent.filter(isExchange)).toHaveLength(1)
    expect(new Set(sent.slice(1).map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer spt_1']),
    )
  })

  it('renews the token before it expires', async () => {
    const { auth } = await agentAuth()
    let nowMs = 1_000_000
    const { fetch, sent } = recordingFetch((request, n) =>
      isExchange(request) ? token(n) : json({}),
    )
    const client = createClient({ baseUrl, auth, fetch, now: () => nowMs })
    await client.call('listServices', {})
    nowMs += 400_000
    await client.call('listServices', {})
    expect(sent.filter(isExchange)).toHaveLength(1)
    nowMs += 199_000 // 1 s before its end
    await client.call('listServices', {})
    expect(sent.filter(isExchange)).toHaveLength(2)
  })

  it('goes once more after a 401 with a new token, a POST as well, and not a third time', async () => {
    const { auth } = await agentAuth()
    const { fetch, sent } = recordingFetch((request, n) => {
      if (isExchange(request)) return token(n)
      const good = request.headers.authorization === 'Bearer spt_3'
      return good ? json({ done: true }) : json({ type: 'unauthenticated', detail: 'No.' }, 401)
    })
    const client = createClient({ baseUrl, auth, fetch })
    expect(await client.call('execute', execute)).toEqual({ done: true })
    const never = recordingFetch((request, n) =>
      isExchange(request) ? token(n) : json({ type: 'unauthenticated', detail: 'No.' }, 401),
    )
    const refused = createClient({ baseUrl, auth, fetch: never.fetch })
    expect((await problemOf(refused.call('execute', execute))).type).toBe('unauthenticated')
    expect(never.sent).toHaveLength(4)
    expect(sent).toHaveLength(4)
  })

  it('tells every waiting call of a failed exchange, and tries anew for the next', async () => {
    const { auth } = await agentAuth()
    let good = false
    const { fetch, sent } = recordingFetch((request, n) => {
      if (!isExchange(request)) return json({})
      return good ? token(n) : json({ error: 'invalid_client', error_description: 'Refused.' }, 401)
    })
    const client = createClient({ baseUrl, auth, fetch })
    const problems = await Promise.all(
      [1, 2, 3].map(() => problemOf(client.call('listServices', {}))),
    )
    expect(problems.map(({ type }) => type)).toEqual(Array(3).fill('invalid-client'))
    expect(sent).toHaveLength(1)
    good = true
    await client.call('listServices', {})
  })

  it('passes on that the clock is off', async () => {
    const { auth } = await agentAuth()
    const body = {
      error: 'invalid_client',
      error_description: 'Refused.',
      reason: 'clock_skew',
      hint: 'Set it.',
    }
    const { fetch } = recordingFetch(() => json(body, 401))
    const problem = await problemOf(createClient({ baseUrl, auth, fetch }).call('listServices', {}))
    expect(problem).toMatchObject({
      type: 'invalid-client',
      next: 'Set it.',
      extra: { reason: 'clock_skew' },
    })
  })

  it('lets a caller that gives up go, without ending the exchange for the others', async () => {
    const { auth } = await agentAuth()
    let answer = (_: Response) => {}
    const exchange = new Promise<Response>((resolve) => {
      answer = resolve
    })
    const { fetch } = recordingFetch((request) =>
      isExchange(request) ? exchange : json({ ok: 1 }),
    )
    const client = createClient({ baseUrl, auth, fetch })
    const aborter = new AbortController()
    const given = client.call('listServices', {}, { signal: aborter.signal })
    const stays = client.call('listServices', {})
    aborter.abort(new Error('gave up'))
    await expect(given).rejects.toThrow('gave up')
    answer(token(1))
    expect(await stays).toEqual({ ok: 1 })
  })

  it('never puts the key or the assertion into an error', async () => {
    const { auth } = await agentAuth()
    if (auth.kind !== 'agent') throw new Error('an agent')
    const broken: Auth = { ...auth, privateKey: { ...auth.privateKey, x: auth.privateKey.y } }
    const client = createClient({
      baseUrl,
      auth: broken,
      fetch: recordingFetch(() => json({})).fetch,
    })
    const problem = await problemOf(client.call('listServices', {}))
    expect(problem.type).toBe('invalid-client')
    expect(JSON.stringify([problem, String(problem.stack), String(problem.cause)])).not.toContain(
      auth.privateKey.d,
    )
    expect(await importJWK({ ...auth.privateKey }, 'ES256')).toBeDefined()
  })
})

describe('repeating', () => {
  const client = (fetch: typeof globalThis.fetch) =>
    createClient({ baseUrl, auth: { kind: 'bearer', token: 't' }, fetch })

  it('repeats any request when no connection came about', async () => {
    const { fetch, sent } = recordingFetch((_, n) =>
      n < 3 ? refusedConnection() : json({ ok: 1 }),
    )
    expect(await client(fetch).call('execute', execute)).toEqual({ ok: 1 })
    expect(sent).toHaveLength(3)
  })

  it('sends what may have been sent never twice, and says that it is not known', async () => {
    const { fetch, sent } = recordingFetch(() => resetConnection())
    const problem = await problemOf(client(fetch).call('execute', execute))
    expect(problem).toMatchObject({
      type: 'vault-unreachable',
      next: expect.stringContaining('not known'),
    })
    expect(sent).toHaveLength(1)
    const busy = recordingFetch(() => json({ type: 'overloaded', detail: 'Busy.' }, 503))
    await problemOf(client(busy.fetch).call('execute', execute))
    expect(busy.sent).toHaveLength(1)
  })

  it('does not repeat where only one of several addresses refused the connection', async () => {
    const mixed = new AggregateError([refusedConnection(), resetConnection()])
    const { fetch, sent } = recordingFetch(() => new TypeError('fetch failed', { cause: mixed }))
    await problemOf(client(fetch).call('execute', execute))
    expect(sent).toHaveLength(1)
  })

  it('repeats a GET after a failure that passes, and not against a longer Retry-After', async () => {
    const { fetch, sent } = recordingFetch((_, n) =>
      n === 1 ? resetConnection() : json({ ok: 1 }),
    )
    await client(fetch).call('listServices', {})
    expect(sent).toHaveLength(2)
    const later = recordingFetch(() =>
      json({ type: 'overloaded', detail: 'Busy.' }, 503, { 'retry-after': '30' }),
    )
    const problem = await problemOf(client(later.fetch).call('listServices', {}))
    expect(problem.retryAfterSeconds).toBe(30)
    expect(later.sent).toHaveLength(1)
  })

  it('does not repeat a decision', async () => {
    const { fetch, sent } = recordingFetch(() =>
      json({ type: 'policy-denied', detail: 'No.' }, 403),
    )
    await problemOf(client(fetch).call('listServices', {}))
    expect(sent).toHaveLength(1)
  })

  it('ends a request at its time limit, the reading of the body included', async () => {
    const hanging = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array([123])),
    })
    const fetch: typeof globalThis.fetch = async (_, init) => {
      const stop = new TransformStream()
      hanging.pipeTo(stop.writable, init?.signal ? { signal: init.signal } : {}).catch(() => {})
      return new Response(stop.readable)
    }
    const problem = await problemOf(client(fetch).call('execute', execute, { timeoutMs: 30 }))
    expect(problem.type).toBe('vault-timeout')
  })

  it('adds to the time limit what the vault was asked to wait, or what the operation may take', async () => {
    const slow = () => new Promise<Response>((resolve) => setTimeout(resolve, 60, json({})))
    const held: typeof globalThis.fetch = (_, init = {}) =>
      new Promise((resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        slow().then(resolve, reject)
      })
    const patient = createClient({
      baseUrl,
      auth: { kind: 'bearer', token: 't' },
      fetch: held,
      requestTimeoutMs: 20,
    })
    const approvalId = 'apr_00000000000000000000000000'
    expect(await patient.call('getMyApproval', { approvalId, waitSeconds: 2.00001 })).toEqual({})
    const impatient = patient.call('executeApproval', { approvalId, waitSeconds: 0 })
    expect(await problemOf(impatient)).toMatchObject({ type: 'vault-timeout' })
    // What installs, tries or signs in takes longer than most, and says so itself.
    const installing = { package: 'some-server@1.0.0', installer: 'npm' } as const
    expect(await patient.call('installMcpPackage', installing)).toEqual({})
  })
})

describe('what comes back', () => {
  const problemFor = (response: () => Response) =>
    problemOf(
      createClient({ baseUrl, auth: { kind: 'none' }, fetch: recordingFetch(response).fetch }).call(
        'execute',
        execute,
      ),
    )

  it('turns a problem body back into the same problem', async () => {
    const problem = await problemFor(() =>
      json(
        {
          type: 'limit-exceeded',
          title: 'x',
          status: 429,
          detail: 'Used up.',
          error: 'Used up. Wait.',
          next: 'Wait.',
          fixableBy: 'wait',
          retryAfterSeconds: 7,
          fields: [{ field: 'a', message: 'b' }],
          auditId: 'aud_1',
          suggestions: ['z'],
        },
        429,
      ),
    )
    expect(problem).toMatchObject({
      type: 'limit-exceeded',
      status: 429,
      detail: 'Used up.',
      next: 'Wait.',
      fixableBy: 'wait',
      retryAfterSeconds: 7,
      fields: [{ field: 'a', message: 'b' }],
      auditId: 'aud_1',
      extra: { suggestions: ['z'] },
    })
  })

  it('keeps what it understands of a problem that it does not know', async () => {
    const problem = await problemFor(() =>
      json({ type: 'brand-new', detail: 'New.', next: 'Do.' }, 429),
    )
    expect(problem).toMatchObject({ type: 'limit-exceeded', detail: 'New.', next: 'Do.' })
  })

  it.each([
    ['a proxy’s page', () => new Response('<html>Bad gateway</html>', { status: 502 })],
    ['a success that is not JSON', () => new Response('hello')],
    ['an empty success', () => new Response('')],
    ['a JSON list', () => json([1])],
    ['an error without a sentence', () => json({ code: 5 }, 500)],
  ])('says of %s that it is not a vault’s answer', async (_, response) => {
    expect((await problemFor(response)).type).toBe('vault-invalid-answer')
  })

  it('takes type names only from the table, not from what every object has', async () => {
    const problem = await problemFor(() => json({ type: 'constructor', detail: 'x' }, 400))
    expect(problem.type).toBe('invalid-input')
  })
})
