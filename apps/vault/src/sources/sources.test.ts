import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import type { SourceCheck, SqlLogin } from './engine/sql-engine.ts'
import type { MadeSource, SourceChange, SourceRow } from './source-store.ts'
import { createSources } from './sources.ts'
import type { SourceCredential, SourcesNeeds } from './sources-needs.ts'

// The room over a store that holds one source in memory, and a database that takes or refuses what it is told.

const nowMs = Date.parse('2026-11-22T05:00:00.000Z')
const kept: SourceCredential = { kind: 'basic', username: 'reader', password: 'kept-password' }
const check: SourceCheck = {
  ...{ ok: true, stage: 'done', message: 'It answers.', latencyMs: 1, warnings: [] },
}

const owner = (changed: Partial<AuthenticatedOwner> = {}): AuthenticatedOwner =>
  ({
    ...{ ownerId: 'own_1', workspaceId: 'wsp_1', via: 'session', role: 'owner' },
    scopes: new Set(['tools:write', 'connections:write', 'policies:write']),
    authenticatedAtMs: nowMs - 60_000,
    ...changed,
  }) as AuthenticatedOwner
const stale = () => owner({ authenticatedAtMs: nowMs - 6 * 60_000 })

const row = (changed: Partial<SourceRow> = {}): SourceRow => ({
  ...{ id: 'src_1', workspaceId: 'wsp_1', connectionId: 'con_1', toolsetId: 'tls_1' },
  ...{ dialect: 'postgres', host: 'db.example.com', port: 5432, database: 'shop' },
  ...{ tls: 'require', path: null, login: 'reader', query: false, schemaTools: false },
  ...{
    rowsMax: 1000,
    timeoutSeconds: 30,
    bytesMax: 1_048_576,
    lastCheck: { ...check, warnings: [] },
  },
  ...{ checkedAt: new Date(nowMs), version: 3, createdAt: new Date(0), updatedAt: new Date(0) },
  toolset: { name: 'shop', title: null, description: null, version: 7, toolCount: 0 },
  connection: {
    ...{ id: 'con_1', workspaceId: 'wsp_1', status: 'healthy', credentialKind: 'basic' },
    origins: ['sql://src_1', 'postgresql://db.example.com:5432/shop?tls=require'],
    ...{ version: 4, sealed: new Uint8Array([1]) },
  },
  ...changed,
})

/** Opens the room; what it did is told. */
function open({ found = row(), ...more }: { found?: SourceRow } & Partial<SourcesNeeds> = {}) {
  const did = {
    changes: [] as SourceChange<unknown, unknown>[],
    made: [] as MadeSource<unknown>[],
    sealed: [] as SourceCredential[],
    logins: [] as (SqlLogin | undefined)[],
    ended: 0,
    events: [] as unknown[],
  }
  let last = 0
  const room = createSources<unknown, unknown>({
    store: {
      insert: async (made) => {
        did.made.push(...made)
        return 'inserted'
      },
      find: async (workspaceId, id) =>
        workspaceId === found.workspaceId && [found.id, did.made[0]?.source.id].includes(id)
          ? found
          : undefined,
      findForCall: async () => undefined,
      list: async () => [],
      update: async (_at, change) => {
        did.changes.push(change)
        return { policies: [], dependents: [] }
      },
      keepCheck: async () => {},
      delete: async () => undefined,
    },
    toolsets: {
      isTaken: async () => false,
      toolsOf: async () => [],
      change: async () => undefined,
      grantsOf: async () => [],
      dependentsOf: async () => [],
    },
    connections: {
      draft: async ({ credential }) => void did.sealed.push(credential),
      reseal: async (_current, { credential }) => void did.sealed.push(credential),
      open: async () => kept,
    },
    engine: {
      check: async (_target, login) => {
        did.logins.push(login)
        return check
      },
      prepare: async () => ({ ok: true }),
    },
    gate: { checkStatement: async () => ({ ok: true }) },
    mayDial: ({ host }) => (host === 'inside' ? 'The address is not public.' : true),
    audit: { record: async (event) => void did.events.push(event) },
    onChanged: () => {},
    endCalls: () => {
      did.ended += 1
    },
    newId(kind) {
      last += 1
      return `${kind}_${last}`
    },
    now: () => nowMs,
    readSources: async () => ({ format: 'genai-toolbox', sources: [], statements: [], notes: [] }),
    ...more,
  })
  return { room, did }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.catch((error: unknown) => error)
  if (thrown instanceof Problem) return thrown
  throw new Error(`no problem but ${String(thrown)}`)
}

describe('a change of a source', () => {
  it('keeps the password where none is named, and ends calls on their way', async () => {
    const { room, did } = open()
    await room.update(owner(), { sourceId: 'src_1', host: 'Other.example.com.' })
    expect(did.sealed).toEqual([kept])
    expect(did.changes).toMatchObject([{ set: { host: 'other.example.com', login: 'reader' } }])
    expect(did.changes[0]?.connection).toMatchObject({ version: 4 })
    expect(did.ended).toBe(1)
    expect(JSON.stringify([did.changes, did.events])).not.toContain('kept-password')
  })

  it.each([
    { host: 'other.example.com' },
    { port: 5433 },
    { database: 'other' },
    { tls: 'off' as const },
    { user: 'other' },
    { password: 'another-password' },
    { password: null },
  ])('of where or how it signs in takes a recent sign-in: %j', async (changed) => {
    const { room, did } = open()
    const refused = await problemOf(room.update(stale(), { sourceId: 'src_1', ...changed }))
    expect(refused.type).toBe('fresh-sign-in-required')
    expect(did.changes).toEqual([])
    await room.update(owner(), { sourceId: 'src_1', ...changed })
    await room.update(owner({ via: 'token' }), { sourceId: 'src_1', ...changed })
    expect(did.changes).toHaveLength(2)
  })

  it('of anything else takes none, and leaves the connection alone', async () => {
    const { room, did } = open()
    await room.update(stale(), {
      ...{ sourceId: 'src_1', name: 'other', rowsMax: 5, query: true, host: 'db.example.com' },
    })
    expect(did.changes).toMatchObject([
      {
        set: { rowsMax: 5, query: true },
        toolset: { version: 7, change: { set: { name: 'other' } } },
      },
    ])
    expect(did.changes[0]?.connection).toBeUndefined()
    expect(did.changes[0]?.toolset?.change.insert.map(({ name }) => name)).toEqual(['query'])
    expect([did.sealed, did.ended]).toEqual([[], 0])
  })

  it('opens no password for a place that it is not sealed for', async () => {
    const { room, did } = open({ found: row({ host: 'evil.example.com' }) })
    for (const changed of [{ database: 'other' }, { password: 'another-password' }]) {
      const refused = await problemOf(room.update(owner(), { sourceId: 'src_1', ...changed }))
      expect(refused.type).toBe('credential-unreadable')
    }
    expect((await problemOf(room.test(owner(), { sourceId: 'src_1' }))).type).toBe(
      'credential-unreadable',
    )
    expect([did.changes, did.sealed, did.logins]).toEqual([[], [], []])
  })

  it('goes to no host that the operator’s rules exclude', async () => {
    const { room, did } = open()
    const refused = await problemOf(room.update(owner(), { sourceId: 'src_1', host: 'inside' }))
    expect([refused.type, refused.fields]).toEqual([
      'origin-not-allowed',
      [{ field: 'host', message: 'The address is not public.' }],
    ])
    expect(did.changes).toEqual([])
  })

  it('by somebody else meanwhile, or of another workspace, changes nothing', async () => {
    const { room } = open()
    const foreign = owner({ workspaceId: 'wsp_2' })
    const found = await problemOf(room.update(foreign, { sourceId: 'src_1', rowsMax: 5 }))
    expect(found.type).toBe('source-not-found')
    const revoked = row()
    const gone = open({
      found: { ...revoked, connection: { ...revoked.connection, status: 'revoked' } },
    })
    const refused = await problemOf(
      gone.room.update(owner(), { sourceId: 'src_1', database: 'other' }),
    )
    expect(refused.type).toBe('connection-revoked')
  })
})

describe('a test of a source that is being changed', () => {
  const draft = {
    ...{ sourceId: 'src_1', dialect: 'postgres' as const, host: 'db.example.com', port: 5432 },
    ...{ database: 'other', tls: 'require' as const, user: 'reader', writes: false },
  }
  const login = { user: 'reader', password: 'kept-password' }

  it.each([
    ['host', { host: 'evil.example.com' }],
    ['port', { port: 5433 }],
    ['user', { user: 'somebody' }],
    ['tls', { tls: 'off' as const }],
    ['dialect', { dialect: 'mysql' as const }],
  ])('sends the kept password nowhere where %s is another', async (_field, changed) => {
    verifies('S-33')
    for (const password of [undefined, '••••••••' as const]) {
      const { room, did } = open()
      const refused = await problemOf(room.testDraft(owner(), { ...draft, password, ...changed }))
      expect(refused.fields).toEqual([
        { field: 'password', message: expect.stringContaining('goes nowhere else') },
      ])
      expect(did.logins).toEqual([])
    }
  })

  it('uses the kept password at its own place, left out or masked', async () => {
    for (const password of [undefined, '••••••••' as const]) {
      const { room, did } = open()
      await room.testDraft(owner(), { ...draft, password, host: 'DB.example.com.' })
      expect(did.logins).toEqual([login])
      expect(JSON.stringify(did.events)).not.toContain('kept-password')
    }
    const typed = open()
    const elsewhere = { ...draft, host: 'new.example.com', password: 'typed-password' }
    await typed.room.testDraft(owner(), elsewhere)
    expect(typed.did.logins).toEqual([{ user: 'reader', password: 'typed-password' }])
  })

  it('opens no password of another workspace, nor one that a row was moved away from', async () => {
    const { room, did } = open()
    const foreign = owner({ workspaceId: 'wsp_2' })
    expect((await problemOf(room.testDraft(foreign, draft))).type).toBe('source-not-found')
    const moved = open({ found: row({ host: 'evil.example.com' }) })
    const there = { ...draft, host: 'evil.example.com' }
    expect((await problemOf(moved.room.testDraft(owner(), there))).type).toBe(
      'credential-unreadable',
    )
    expect([did.logins, moved.did.logins]).toEqual([[], []])
    const { sourceId: _none, ...fresh } = draft
    const masked = await problemOf(room.testDraft(owner(), { ...fresh, password: '••••••••' }))
    expect(masked.fields?.map(({ field }) => field)).toEqual(['password'])
  })
})

describe('a source whose connection was revoked', () => {
  const revoked = row({ connection: { ...row().connection, status: 'revoked', sealed: null } })

  it('says that a new password brings it back, and takes no change of its place without one', async () => {
    const { room, did } = open({ found: revoked })
    const refused = await problemOf(room.update(owner(), { sourceId: 'src_1', database: 'other' }))
    expect(refused.type).toBe('connection-revoked')
    expect(refused.next).toContain('Give the source a new password')
    expect(did.changes).toEqual([])
  })

  it('gets another connection with a new password, to which its toolset goes', async () => {
    const { room, did } = open({ found: revoked })
    expect(
      (await problemOf(room.update(stale(), { sourceId: 'src_1', password: 'new-password' }))).type,
    ).toBe('fresh-sign-in-required')
    await room.update(owner(), { sourceId: 'src_1', password: 'new-password' })
    expect(did.sealed).toEqual([{ kind: 'basic', username: 'reader', password: 'new-password' }])
    expect(did.changes).toMatchObject([
      { toolset: { change: { set: { connectionId: 'connection_1' } } } },
    ])
    expect(Object.keys(did.changes[0]?.connection ?? {})).toContain('made')
    expect(JSON.stringify(did.events)).not.toContain('new-password')
  })
})

describe('a new source', () => {
  const input = {
    ...{ name: 'shop', dialect: 'postgres' as const, host: 'db.example.com', database: 'shop' },
    ...{ user: 'reader', password: 'typed-password', query: false, schemaTools: false },
    ...{ rowsMax: 10, timeoutSeconds: 5, bytesMax: 2000 },
  }
  const tool = {
    ...{ name: 'one', description: 'One', statement: 'SELECT $1, $2', writes: false },
    parameters: [
      {
        name: 'who',
        type: 'string' as const,
        description: '',
        required: true,
        agent: 'id' as const,
      },
      { name: 'n', type: 'integer' as const, description: '', required: true },
    ],
  }

  it('signs in with what was typed, and shows no argument that the vault fills in', async () => {
    const { room, did } = open()
    await room.create(owner(), { ...input, tools: [tool] })
    expect(did.logins).toEqual([{ user: 'reader', password: 'typed-password' }])
    const [made] = did.made
    expect(made?.source).toMatchObject({ port: 5432, tls: 'require', login: 'reader' })
    const [definition] = made?.tools.map((one) => one.definition) ?? []
    expect(definition?.inputSchema).toEqual({
      ...{ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      additionalProperties: false,
    })
    expect(definition?.annotations.readOnlyHint).toBe(true)
    const { connection: _sealed, ...rest } = made ?? {}
    expect(JSON.stringify([rest, did.events])).not.toContain('typed-password')
  })

  it('says in its schema what a parameter takes, NULL too where it may be left out', async () => {
    const { room, did } = open()
    const plain = { type: 'string' as const, description: '', required: true }
    const parameters = [
      { ...plain, name: 'kind', enum: ['new', 'used'], required: false },
      { ...plain, name: 'ids', type: 'array' as const, items: 'integer' as const, minimum: 1 },
      { ...plain, name: 'share', type: 'float' as const, minimum: 0, maximum: 1 },
    ]
    await room.create(owner(), { ...input, tools: [{ ...tool, parameters }] })
    const [definition] = did.made[0]?.tools.map((one) => one.definition) ?? []
    expect(definition?.inputSchema.properties).toEqual({
      kind: { type: ['string', 'null'], enum: ['new', 'used', null] },
      ids: { type: 'array', items: { type: 'integer', minimum: 1 }, maxItems: 10_000 },
      share: { type: 'number', minimum: 0, maximum: 1 },
    })
  })

  it('is told all that is wrong with its statements, and what writes is told to be marked', async () => {
    const writing = {
      checkStatement: async (_dialect: string, { writes }: { writes: boolean }) =>
        writes ? { ok: true as const } : { ok: false as const, reason: 'It is an INSERT.' },
    }
    const { room, did } = open({ gate: writing })
    const twice = { ...tool, name: 'ONE', parameters: [tool.parameters[1], tool.parameters[1]] }
    const refused = await problemOf(
      room.create(owner(), { ...input, tools: [tool, twice] as never }),
    )
    expect(refused.fields?.map(({ field }) => field)).toEqual([
      'tools[0].writes',
      'tools[1].name',
      'tools[1].parameters[1].name',
      'tools[1].writes',
    ])
    expect([did.made, did.logins]).toEqual([[], []])
  })

  it('whose database is away is kept, and says that nothing was tried', async () => {
    const away = { ...check, ok: false, stage: 'connect', message: 'It did not answer.' } as const
    const { room, did } = open({
      engine: { check: async () => away, prepare: () => Promise.reject(new Error('asked')) },
    })
    const { notes } = await room.create(owner(), { ...input, tools: [tool] })
    expect(notes).toEqual(['Its statements were not tried: It did not answer.'])
    expect(did.made[0]?.source.lastCheck).toEqual(away)
  })

  it('with a statement that the database does not take is not kept', async () => {
    const refused = { code: '42P01', message: 'relation "t" does not exist' }
    const { room, did } = open({
      engine: { check: async () => check, prepare: async () => ({ refused }) },
    })
    const problem = await problemOf(room.create(owner(), { ...input, tools: [tool] }))
    expect(problem.fields).toEqual([
      { field: 'tools[0].statement', message: `is refused by the database: ${refused.message}` },
    ])
    expect(did.made).toEqual([])
  })

  it.each([
    ['name', { name: 'typed-password' }],
    ['user', { user: 'Typed-Password' }],
    ['database', { database: 'typed-password' }],
  ])('whose %s holds its password is refused', async (field, changed) => {
    const { room, did } = open()
    const refused = await problemOf(room.create(owner(), { ...input, ...changed, tools: [] }))
    expect(refused.fields?.map((fault) => fault.field)).toContain(field)
    expect(did.made).toEqual([])
  })
})
