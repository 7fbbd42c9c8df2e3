import { createCatalog } from '@sallyport/catalog'
import {
  createConnection,
  type InputOf,
  Problem,
  type RevokedAtProvider,
} from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import type { ConnectionStore, EndedTokens, StoredConnection } from './connection-store.ts'
import { createConnections } from './connections.ts'
import type { ConnectionEvent, Probe } from './connections-needs.ts'
import type { CredentialContext } from './credential-opener.ts'

const nowMs = 1_763_690_000_000
const owner: AuthenticatedOwner = {
  ownerId: 'own_1',
  workspaceId: 'wsp_1',
  email: 'ada@example.com',
  role: 'owner',
  scopes: new Set(),
  via: 'session',
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  authenticatedAtMs: nowMs,
}
const stranger = { ...owner, ownerId: 'own_2', workspaceId: 'wsp_2' }
const agent = { agentId: 'agt_1', workspaceId: 'wsp_1' }
const origin = 'https://api.example.com'

/** Rows in memory, with the compare-and-set and the singleton rule of the real one. */
function createShelf() {
  const rows = new Map<string, StoredConnection>()
  const policies = new Set<string>()
  const shelf = { rows, policies, lostRaces: 0, ended: undefined as EndedTokens | undefined }
  const isOf = (workspaceId: string) => (row: StoredConnection) => row.workspaceId === workspaceId
  const newestFirst = () =>
    [...rows.values()].sort((a, b) =>
      `${+b.createdAt}${b.id}` > `${+a.createdAt}${a.id}` ? 1 : -1,
    )
  const store: ConnectionStore = {
    async insert(row) {
      const twin = [...rows.values()].find(
        (one) => one.singleton && one.service === row.service && one.status !== 'revoked',
      )
      if (twin !== undefined && row.singleton) return undefined
      rows.set(row.id, row)
      return row
    },
    find: async (workspaceId, id) => {
      const row = rows.get(id)
      return row !== undefined && isOf(workspaceId)(row) ? row : undefined
    },
    list: async (workspaceId, { limit, after }) => {
      const all = newestFirst().filter(isOf(workspaceId))
      const start = after === undefined ? 0 : all.findIndex((row) => row.id === after.id) + 1
      return all.slice(start, start + limit)
    },
    listForAgent: async ({ agentId, workspaceId }, { limit }) =>
      newestFirst()
        .filter((row) => isOf(workspaceId)(row) && policies.has(`${agentId} ${row.id}`))
        .slice(0, limit)
        .map((connection) => ({
          connection,
          policy: {
            id: 'pol_1',
            document: { allow: [], approval: 'never', limits: {}, windows: [] },
          },
        })),
    async update({ workspaceId, id, version }, changes) {
      if (shelf.lostRaces > 0) {
        shelf.lostRaces--
        return undefined
      }
      const row = rows.get(id)
      if (row === undefined || !isOf(workspaceId)(row)) return undefined
      if (row.version !== version || row.status === 'revoked') return undefined
      rows.set(id, { ...row, ...changes })
      return rows.get(id)
    },
    async revoke({ workspaceId, id, agentId, now }) {
      const row = rows.get(id)
      if (row === undefined || !isOf(workspaceId)(row)) return undefined
      if (agentId !== undefined && !policies.has(`${agentId} ${id}`)) return undefined
      if (row.status !== 'revoked') {
        const revoked = { sealed: null, revokedAt: now, version: row.version + 1 }
        rows.set(id, { ...row, ...revoked, status: 'revoked' })
      }
      const connection = rows.get(id)
      const ended = shelf.ended
      shelf.ended = undefined
      return connection && { connection, ...(ended && { ended }) }
    },
  }
  return { shelf, store }
}

/** Seals by writing the context in front; opens only where it is the same. */
const keyring = {
  seal: async (context: CredentialContext, plaintext: Uint8Array) =>
    Buffer.from(`${contextText(context)}\n${Buffer.from(plaintext).toString('utf8')}`),
  open: async (context: CredentialContext, sealed: Uint8Array) => {
    const [head, text = ''] = Buffer.from(sealed).toString('utf8').split('\n')
    if (head !== contextText(context)) throw new Problem('credential-unreadable')
    return Buffer.from(text)
  },
}
const contextText = (context: CredentialContext) =>
  JSON.stringify(Object.entries({ ...context, origins: context.origins.toSorted() }).toSorted())

const asksNobody = () => Promise.reject(new Error('asked for tokens'))

function setUp() {
  const { shelf, store } = createShelf()
  const events: ConnectionEvent[] = []
  const seen = { ended: [] as string[], changed: [] as string[], order: [] as string[], ids: 0 }
  const probes: Parameters<Probe>[0][] = []
  const answer: { probe: () => number; atProvider?: RevokedAtProvider } = { probe: () => 200 }
  const connections = createConnections({
    store,
    keyring,
    catalog: createCatalog(),
    audit: {
      record: async (event) => {
        seen.order.push('audit')
        events.push(event)
      },
    },
    mayUseOrigin: (text) => text.startsWith('https:') || 'Use https:.',
    // Of keys nobody is asked for tokens: see credential-kinds.test.ts.
    clients: { get: asksNobody, find: asksNobody, findByProvider: asksNobody },
    ...{ refresh: asksNobody, askForToken: asksNobody, resealTokens: asksNobody },
    tokens: { sealFirst: asksNobody, describe: asksNobody },
    findTokensVersion: asksNobody,
    revokeAtProvider: async () => {
      seen.order.push('provider')
      return answer.atProvider
    },
    isTaken: async () => false,
    faultOfPrivateKey: () => undefined,
    probe: async (request) => {
      probes.push(request)
      return { status: answer.probe(), auditId: request.auditId }
    },
    endCalls: ({ connectionId }) => {
      seen.order.push('end')
      seen.ended.push(connectionId)
    },
    onChanged: ({ id }) => {
      seen.order.push('changed')
      seen.changed.push(id)
    },
    newId: (kind) => `${kind.slice(0, 3)}_${++seen.ids}`,
    now: () => nowMs,
  })
  const create = (input: Partial<InputOf<typeof createConnection>> = {}) =>
    connections.create(
      owner,
      createConnection.input.parse({
        label: 'Example',
        origins: [origin],
        credential: { kind: 'bearer', token: 'correct-horse-battery' },
        ...input,
      }),
    )
  return { connections, create, shelf, events, seen, probes, answer }
}

const context = ({ id, workspaceId, version }: StoredConnection) => ({
  ...{ table: 'connections', column: 'sealed', workspaceId, rowId: id, rowVersion: version },
})

const typeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Problem ? error.type : error),
  )

describe('creating a connection', () => {
  it.each([
    [
      'an origin that the operator’s rules exclude',
      { origins: ['http://api.example.com'] },
      'origin-not-allowed',
    ],
    [
      'a test URL outside its origins',
      { testUrl: 'https://attacker.example/' },
      'origin-not-allowed',
    ],
    ['a secret in its label', { label: 'my correct-horse-battery key' }, 'invalid-input'],
    ['an unknown service', { service: 'gogle-gmail' }, 'invalid-input'],
    ['an extra header for credentials', { requestHeaders: ['cookie'] }, 'invalid-input'],
    [
      'a credential in a framing header',
      { credential: { kind: 'header' as const, name: 'Host', value: 'correct-horse' } },
      'invalid-input',
    ],
  ])('is refused with %s, and nothing is stored', async (_, input, type) => {
    const { create, shelf, events } = setUp()
    expect(await typeOf(create(input))).toBe(type)
    expect(shelf.rows.size).toBe(0)
    expect(events).toEqual([])
  })

  it('names the services that look like an unknown one', async () => {
    const { create } = setUp()
    await expect(create({ service: 'gogle-gmail' })).rejects.toMatchObject({
      fields: [{ field: 'service' }],
      extra: { suggestions: expect.arrayContaining(['google-gmail']) },
    })
  })

  it('seals the credential for its row, version and origins and answers nothing of it but the hint', async () => {
    verifies('S-33', 'S-38')
    const { create, shelf, events } = setUp()
    const { connection } = await create()
    expect(connection).toMatchObject({
      provider: 'custom',
      service: 'custom',
      status: 'healthy',
      credential: { kind: 'bearer', hint: '••••tery' },
    })
    const stored = shelf.rows.get(connection.id)
    const context = {
      table: 'connections',
      column: 'sealed',
      workspaceId: 'wsp_1',
      rowId: connection.id,
      rowVersion: 1,
      origins: [origin],
    }
    const opened = await keyring.open(context, stored?.sealed ?? new Uint8Array())
    expect(JSON.parse(opened.toString('utf8'))).toEqual({
      kind: 'bearer',
      token: 'correct-horse-battery',
    })
    const { sealed: _, ...plain } = stored ?? {}
    expect(JSON.stringify([connection, events, plain])).not.toContain('horse')
    expect(events).toMatchObject([
      { operation: 'createConnection', outcome: 'done', ownerId: 'own_1', workspaceId: 'wsp_1' },
    ])
  })
})

describe('changing a connection', () => {
  it('refuses all but another label where it belongs to an MCP server or a SQL source', async () => {
    for (const kept of ['mcp://ups_1', 'sql://src_1']) {
      const { connections, create, shelf } = setUp()
      const { connection } = await create()
      const connectionId = connection.id
      const row = shelf.rows.get(connectionId)
      if (row === undefined) throw new Error('there is none')
      const sealed = await keyring.seal(
        { ...context(row), origins: [kept] },
        Buffer.from(JSON.stringify({ kind: 'bearer', token: 'correct-horse-battery' })),
      )
      shelf.rows.set(connectionId, { ...row, origins: [kept], sealed })
      for (const change of [
        { origins: [origin] },
        { credential: { kind: 'bearer' as const, token: 'another-horse-battery' } },
        { requestHeaders: ['x-a'] },
        { testUrl: null },
        { label: 'Mine', allowEncodedSlash: true },
      ]) {
        const changing = connections.update(owner, { connectionId, ...change })
        expect(await typeOf(changing)).toBe('invalid-input')
      }
      expect(await typeOf(connections.update(owner, { connectionId, label: 'Mine' }))).toBe('done')
    }
    for (const made of [
      { origins: ['mcp://ups_1'] },
      { origins: ['sql://src_1'] },
      { credential: { kind: 'upstream', headers: {}, env: {} } },
    ]) {
      const input = { label: 'x', origins: [origin], credential: { kind: 'none' }, ...made }
      expect(createConnection.input.safeParse(input).success).toBe(false)
    }
  })

  it('answers another workspace exactly as if there were none', async () => {
    verifies('S-09')
    const { connections, create } = setUp()
    const { connection } = await create()
    const connectionId = connection.id
    for (const id of [connectionId, 'con_none']) {
      const ref = { connectionId: id }
      expect(await typeOf(connections.get(stranger, ref))).toBe('connection-not-found')
      expect(await typeOf(connections.update(stranger, { ...ref, label: 'x' }))).toBe(
        'connection-not-found',
      )
      expect(await typeOf(connections.revokeByOwner(stranger, ref))).toBe('connection-not-found')
      expect(await typeOf(connections.test(stranger, { ...ref, url: `${origin}/` }))).toBe(
        'connection-not-found',
      )
    }
    expect((await connections.list(stranger, { limit: 50 })).connections).toEqual([])
    expect((await connections.get(owner, { connectionId })).connection.status).toBe('healthy')
  })

  it('keeps what is not named, and seals nothing anew for a label', async () => {
    const { connections, create, shelf, seen } = setUp()
    const { connection } = await create({ testUrl: `${origin}/me`, requestHeaders: ['X-Trace'] })
    const before = shelf.rows.get(connection.id)
    const { connection: changed } = await connections.update(owner, {
      connectionId: connection.id,
      label: 'Renamed',
    })
    expect(changed).toEqual({ ...connection, label: 'Renamed' })
    expect(shelf.rows.get(connection.id)).toMatchObject({ version: 1, sealed: before?.sealed })
    expect(seen.ended).toEqual([])
    expect(seen.changed).toEqual([connection.id])
  })

  it('seals the same credential anew for other origins, under the next version, and ends running calls', async () => {
    verifies('S-33', 'S-10')
    const { connections, create, shelf, seen } = setUp()
    const { connection } = await create()
    const origins = ['https://b.example', 'https://a.example']
    await connections.update(owner, { connectionId: connection.id, origins })
    const row = shelf.rows.get(connection.id)
    expect(row).toMatchObject({ version: 2, origins, credentialHint: '••••tery' })
    const context = {
      table: 'connections',
      column: 'sealed',
      workspaceId: 'wsp_1',
      rowId: connection.id,
      origins,
    }
    const sealed = row?.sealed ?? new Uint8Array()
    expect(await typeOf(keyring.open({ ...context, rowVersion: 1 }, sealed))).toBe(
      'credential-unreadable',
    )
    expect(await typeOf(keyring.open({ ...context, rowVersion: 2 }, sealed))).toBe('done')
    expect(seen.ended).toEqual([connection.id])
  })

  it('reaches further from a session only for who signed in a moment ago', async () => {
    verifies('S-42')
    const { connections, create, shelf } = setUp()
    const { connection } = await create()
    const ref = { connectionId: connection.id }
    const stale: AuthenticatedOwner = { ...owner, authenticatedAtMs: nowMs - 5 * 60_000 }
    const token: AuthenticatedOwner = { ...owner, via: 'token' }
    const credential = { kind: 'bearer' as const, token: 'another-long-secret' }
    const wider = { ...ref, origins: [origin, 'https://b.example'] }
    for (const change of [
      wider,
      { ...ref, origins: ['https://b.example'] },
      { ...ref, credential },
    ]) {
      expect(await typeOf(connections.update(stale, change))).toBe('fresh-sign-in-required')
    }
    expect(shelf.rows.get(connection.id)?.version).toBe(1)
    for (const change of [
      { ...ref, label: 'x' },
      { ...ref, origins: [origin] },
    ]) {
      expect(await typeOf(connections.update(stale, change))).toBe('done')
    }
    for (const by of [token, owner]) {
      expect(await typeOf(connections.update(by, wider))).toBe('done')
      expect(await typeOf(connections.update(by, { ...ref, origins: [origin] }))).toBe('done')
    }
  })

  it('takes a new credential where the old one cannot be opened, for origins that are named with it', async () => {
    verifies('S-33')
    const { connections, create, shelf } = setUp()
    const { connection } = await create()
    const row = shelf.rows.get(connection.id)
    if (row === undefined) throw new Error('nothing was stored')
    shelf.rows.set(row.id, { ...row, status: 'needs_reauth', sealed: Buffer.from('garbage') })
    const change = {
      connectionId: connection.id,
      credential: { kind: 'query', name: 'key', value: 'another-secret' },
    } as const
    expect(await typeOf(connections.update(owner, change))).toBe('credential-unreadable')
    const { connection: changed } = await connections.update(owner, {
      ...change,
      origins: [origin],
    })
    expect(changed).toMatchObject({
      status: 'healthy',
      credential: { kind: 'query', hint: '••••cret' },
    })
  })

  it('fails closed and records it when the credential that it has to seal anew does not open', async () => {
    verifies('S-33')
    const { connections, create, shelf, events } = setUp()
    const { connection } = await create()
    const row = shelf.rows.get(connection.id)
    if (row === undefined) throw new Error('nothing was stored')
    const moved = { ...row, origins: ['https://attacker.example'] }
    shelf.rows.set(row.id, moved)
    const failure = connections.update(owner, { connectionId: row.id, origins: [origin] })
    const error: unknown = await failure.catch((thrown: unknown) => thrown)
    expect(shelf.rows.get(row.id)).toBe(moved)
    expect(events.at(-1)).toMatchObject({ outcome: 'failed', problem: 'credential-unreadable' })
    expect(error).toMatchObject({
      type: 'credential-unreadable',
      auditId: events.at(-1)?.auditId,
    })
  })

  it('keeps the test URL within the origins', async () => {
    const { connections, create } = setUp()
    const { connection } = await create({ testUrl: `${origin}/me` })
    const ref = { connectionId: connection.id, origins: ['https://b.example'] }
    expect(await typeOf(connections.update(owner, ref))).toBe('origin-not-allowed')
    expect(await typeOf(connections.update(owner, { ...ref, testUrl: null }))).toBe('done')
  })

  it('does not let the secret into the label of a connection that has it already', async () => {
    verifies('S-38')
    const { connections, create } = setUp()
    const { connection } = await create()
    const change = { connectionId: connection.id, label: 'correct-horse-battery' }
    expect(await typeOf(connections.update(owner, change))).toBe('invalid-input')
  })

  it('tries again when somebody was faster, and gives up in the end without a change', async () => {
    const { connections, create, shelf } = setUp()
    const { connection } = await create()
    const change = { connectionId: connection.id, label: 'Renamed' }
    shelf.lostRaces = 2
    expect(await typeOf(connections.update(owner, change))).toBe('done')
    shelf.lostRaces = 1000
    expect(await typeOf(connections.update(owner, { ...change, label: 'Again' }))).toBe(
      'version-conflict',
    )
    expect(shelf.rows.get(connection.id)?.label).toBe('Renamed')
  })
})

describe('revoking a connection', () => {
  it('is refused to an agent without a policy for it, as if there were none, and recorded', async () => {
    verifies('S-09', 'S-36')
    const { connections, create, shelf, events } = setUp()
    const { connection } = await create()
    const told = await Promise.all(
      [connection.id, 'con_none'].map((connectionId) =>
        connections.revokeByAgent(agent, { connectionId }).catch((error: unknown) => error),
      ),
    )
    expect(told[0]).toMatchObject({ type: 'connection-not-found', auditId: expect.any(String) })
    expect((told[0] as Problem).detail).toBe((told[1] as Problem).detail)
    expect(shelf.rows.get(connection.id)?.sealed).not.toBeNull()
    expect(events.at(-1)).toMatchObject({ outcome: 'refused', agentId: 'agt_1' })
  })

  it('destroys the credential, then drops caches and ends calls, then records it', async () => {
    verifies('S-10')
    const { connections, create, shelf, seen } = setUp()
    const { connection } = await create()
    seen.order.length = 0
    const answer = await connections.revokeByOwner(owner, { connectionId: connection.id })
    expect(answer).toMatchObject({ revoked: true, connection: { status: 'revoked' } })
    expect(answer.connection.credential).toBeUndefined()
    expect(shelf.rows.get(connection.id)).toMatchObject({ sealed: null, status: 'revoked' })
    expect(seen.order).toEqual(['changed', 'end', 'audit'])
  })

  const tokens = { sealed: Buffer.from('tokens'), version: 2 }

  it.each([
    ['revoked', 'done'],
    ['failed', 'failed'],
    ['not-offered', 'done'],
  ] as const)(
    'tells the provider last, and records what it says: %s',
    async (outcome, recorded) => {
      verifies('S-10')
      const { connections, create, shelf, seen, answer, events } = setUp()
      const { connection } = await create()
      const row = shelf.rows.get(connection.id)
      shelf.ended = row && { connection: row, tokens }
      answer.atProvider = { outcome, message: 'So it is.' }
      seen.order.length = 0
      const said = await connections.revokeByOwner(owner, { connectionId: connection.id })
      expect(said.atProvider).toEqual(answer.atProvider)
      expect(seen.order).toEqual(['changed', 'end', 'audit', 'provider', 'audit'])
      const [first, second] = events.slice(-2)
      expect(first).toMatchObject({ auditId: said.auditId, outcome: 'done' })
      expect(second).toMatchObject({
        operation: 'revokeAtProvider',
        ...{ outcome: recorded, reason: 'So it is.', connectionId: connection.id },
        ...{ ownerId: 'own_1', detail: { outcome, by: 'revokeConnectionByOwner' } },
      })
      const again = await connections.revokeByOwner(owner, { connectionId: connection.id })
      expect(again).not.toHaveProperty('atProvider')
    },
  )

  it('tells no agent what the provider said', async () => {
    const { connections, create, shelf, answer } = setUp()
    const { connection } = await create()
    shelf.policies.add(`agt_1 ${connection.id}`)
    const row = shelf.rows.get(connection.id)
    shelf.ended = row && { connection: row, tokens }
    answer.atProvider = { outcome: 'failed', message: 'So it is.' }
    const said = await connections.revokeByAgent(agent, { connectionId: connection.id })
    expect(JSON.stringify(said)).not.toContain('So it is.')
  })

  it('may be repeated, and nothing brings the connection back', async () => {
    const { connections, create, shelf } = setUp()
    const { connection } = await create()
    const ref = { connectionId: connection.id }
    const first = await connections.revokeByOwner(owner, ref)
    const second = await connections.revokeByOwner(owner, ref)
    expect(second.connection).toEqual(first.connection)
    expect(second.auditId).not.toBe(first.auditId)
    const credential = { kind: 'bearer', token: 'battery-staple' } as const
    expect(await typeOf(connections.update(owner, { ...ref, credential }))).toBe(
      'connection-revoked',
    )
    expect(await typeOf(connections.test(owner, { ...ref, url: `${origin}/` }))).toBe(
      'connection-revoked',
    )
    expect(shelf.rows.get(connection.id)?.sealed).toBeNull()
  })

  it('answers an agent that has a policy for it', async () => {
    const { connections, create, shelf, events } = setUp()
    const { connection } = await create()
    shelf.policies.add(`agt_1 ${connection.id}`)
    const answer = await connections.revokeByAgent(agent, { connectionId: connection.id })
    expect(answer).toEqual({
      connection: { id: connection.id, provider: 'custom', label: 'Example', status: 'revoked' },
      revoked: true,
      auditId: events.at(-1)?.auditId,
    })
  })
})

describe('testing a connection', () => {
  it('sends nothing outside the origins, and nothing without a URL', async () => {
    verifies('S-17')
    const { connections, create, probes } = setUp()
    const { connection } = await create()
    const ref = { connectionId: connection.id }
    const outside = { ...ref, url: 'https://attacker.example/' }
    expect(await typeOf(connections.test(owner, outside))).toBe('origin-not-allowed')
    expect(await typeOf(connections.test(owner, ref))).toBe('invalid-input')
    expect(probes).toEqual([])
  })

  it.each([
    [200, true, 'accepted'],
    [302, false, 'nothing about the credential'],
    [401, false, 'refused the credential'],
    [404, false, 'nothing about the credential'],
    [500, false, 'failed'],
  ])('says plainly what an answer of %i means', async (status, success, words) => {
    const { connections, create, answer, probes } = setUp()
    const { connection } = await create({ testUrl: `${origin}/me` })
    answer.probe = () => status
    const result = await connections.test(owner, { connectionId: connection.id })
    expect(result).toMatchObject({ success, status, message: expect.stringContaining(words) })
    expect(probes).toMatchObject([{ url: `${origin}/me`, auditId: result.auditId }])
  })

  it('takes an upstream that does not answer as a result, and a log that cannot be written as a failure', async () => {
    const { connections, create, answer } = setUp()
    const { connection } = await create({ testUrl: `${origin}/me` })
    const ref = { connectionId: connection.id }
    answer.probe = () => {
      throw new Problem('upstream-unreachable', 'Nobody is there.')
    }
    expect(await connections.test(owner, ref)).toMatchObject({
      success: false,
      message: 'Nobody is there.',
    })
    answer.probe = () => {
      throw new Problem('audit-unavailable')
    }
    expect(await typeOf(connections.test(owner, ref))).toBe('audit-unavailable')
  })
})

describe('listing connections', () => {
  it('goes through all of them, each once, newest first', async () => {
    const { connections, create } = setUp()
    for (let i = 0; i < 7; i++) await create({ label: `Number ${i}` })
    const labels: string[] = []
    let cursor: string | undefined
    do {
      const page = await connections.list(owner, { limit: 3, ...(cursor && { cursor }) })
      labels.push(...page.connections.map(({ label }) => label))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(labels).toHaveLength(7)
    expect(new Set(labels).size).toBe(7)
  })

  it('shows an agent only what it has a policy for, with the policy and without the credential', async () => {
    verifies('S-09')
    const { connections, create, shelf } = setUp()
    const { connection } = await create()
    await create({ label: 'Other' })
    shelf.policies.add(`agt_1 ${connection.id}`)
    const { connections: shown } = await connections.listForAgent(agent, { limit: 1000 })
    expect(shown).toMatchObject([{ id: connection.id, policies: [{ id: 'pol_1' }] }])
    expect(JSON.stringify(shown)).not.toMatch(/credential|hint|origins/)
  })
})
