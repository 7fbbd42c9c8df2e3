import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEntry, Problem } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from './fixtures/assertions.ts'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let upstream: RawServer
let agent: TestAgent
let token: string
let connectionId: string
let policyId: string

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  upstream = await startRawServer({
    answer(socket, { target }) {
      // The upstream looks into the log while the vault waits for its answer.
      intentsFor(new URL(target, 'http://x').pathname).then(
        (intents) => {
          const body = JSON.stringify({ intents })
          const head = `content-type: application/json\r\ncontent-length: ${body.length}`
          socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`)
        },
        () => socket.destroy(),
      )
    },
  })
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
  agent = await vault.createAgentWithKey('audited')
  connectionId = await vault.addConnection({ origins: [upstream.origin] })
  policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId })
  const signer = { ...agent, issuer: vault.url }
  token = JSON.parse(
    (await postToken(vault.url, tokenRequest(assertionOf(signer)))).text,
  ).access_token
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await upstream?.close()
  await database?.stop()
})

async function intentsFor(path: string): Promise<number> {
  const [row] = await admin<{ count: number }[]>`
    SELECT count(*)::int AS count FROM audit_records WHERE kind = 'intent' AND entry::jsonb ->> 'path' = ${path}`
  return row?.count ?? 0
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${vault.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const execute = (members: Record<string, unknown> | string, headers = {}) =>
  post('/v1/vault/execute', members, headers)
const get = (path: string, more: Record<string, unknown> = {}) =>
  execute({ connectionId, method: 'GET', url: `${upstream.origin}${path}`, ...more })

async function allEntries(filters: Record<string, string> = {}): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  let cursor: string | undefined
  do {
    const page = await vault.owner.call('listAudit', {
      limit: 200,
      ...filters,
      ...(cursor !== undefined && { cursor }),
    })
    entries.push(...page.entries)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return entries
}

describe('every attempt', () => {
  it('is in the log once, with decision, reason and the version of the policy', async () => {
    verifies('S-36')
    const url = `${upstream.origin}/attempt`
    const base = { connectionId, method: 'GET', url }
    const limited = await vault.addConnection({ origins: [upstream.origin], label: 'limited' })
    const limits = { perHour: 1 }
    await vault.addPolicy({ agentId: agent.agentId, connectionId: limited, limits })
    const revoked = await vault.addConnection({ origins: [upstream.origin], label: 'revoked' })
    await vault.addPolicy({ agentId: agent.agentId, connectionId: revoked })
    await vault.owner.call('revokeConnectionByOwner', { connectionId: revoked })
    const attempts: [string, () => ReturnType<typeof post>, Partial<AuditEntry>][] = [
      [
        'sent',
        () => execute(base),
        { outcome: 'sent', decision: 'allow', policyVersion: 1, status: 200 },
      ],
      [
        'dry run',
        () => execute({ ...base, dryRun: true }),
        {
          outcome: 'done',
          policyVersion: 1,
          method: 'GET',
          path: '/attempt',
          reason: expect.any(String),
        },
      ],
      [
        'denied',
        () => execute({ ...base, method: 'DELETE' }),
        { problem: 'policy-denied', policyId, policyVersion: 1 },
      ],
      [
        'elsewhere',
        () => execute({ ...base, url: 'https://evil.example/x' }),
        { policyVersion: 1 },
      ],
      ['bad url', () => execute({ ...base, url: `${url}/../x` }), { problem: 'invalid-url' }],
      ['no url', () => execute({ connectionId, method: 'GET' }), { problem: 'invalid-input' }],
      ['bad method', () => execute({ ...base, method: 'TRACE' }), { problem: 'invalid-method' }],
      [
        'bad header',
        () => execute({ ...base, headers: { accept: 'a\r\nb' } }),
        { problem: 'invalid-header' },
      ],
      ['unknown member', () => execute({ ...base, surprise: 1 }), { problem: 'invalid-input' }],
      [
        'no connection',
        () => execute({ ...base, connectionId: 'con_0' }),
        { problem: 'connection-not-found' },
      ],
      ['NUL', () => execute({ ...base, connectionId: 'con_\u0000' }), {}],
      ['no target', () => execute({ method: 'GET', url }), { problem: 'invalid-input' }],
      ['model A', () => execute({ ...base, model: 'A' }), { problem: 'model-not-offered' }],
      ['approval', () => execute({ ...base, approvalId: 'apr_0' }), {}],
      ['revoked', () => execute({ ...base, connectionId: revoked }), { policyVersion: 1 }],
      ['first', () => execute({ ...base, connectionId: limited }), { outcome: 'sent' }],
      [
        'second',
        () => execute({ ...base, connectionId: limited }),
        { problem: 'limit-exceeded', policyVersion: 1 },
      ],
      ['no JSON', () => execute('{'), { problem: 'invalid-json' }],
      ['an array', () => execute('[]'), { problem: 'invalid-input' }],
      [
        'a text',
        () => execute('text', { 'content-type': 'text/plain' }),
        { problem: 'unsupported-media-type' },
      ],
      ['too large', () => execute('x'.repeat(13 * 1024 * 1024)), { problem: 'body-too-large' }],
      [
        'revoke',
        () => post('/v1/connections/con_0/revoke', {}),
        { problem: 'connection-not-found' },
      ],
      [
        'revoke badly',
        () => post(`/v1/connections/${connectionId}/revoke`, { x: 1 }),
        { problem: 'invalid-input' },
      ],
      [
        'ask',
        () => post('/v1/agent-permission-requests', { actionTemplateId: 'x', reason: 'y' }),
        {},
      ],
      [
        'ask badly',
        () => post('/v1/agent-permission-requests', { reason: 7 }),
        { problem: 'invalid-input' },
      ],
    ]
    const before = (await allEntries()).length
    for (const [name, attempt, expected] of attempts) {
      const { status, body } = await attempt()
      const isRefused = status !== 200
      await waitFor(async () => (await entriesOf(body.auditId))[0]?.outcome !== 'pending')
      const found = await entriesOf(body.auditId)
      expect(found, name).toHaveLength(1)
      const [entry] = found
      expect(entry, name).toMatchObject({ agentId: agent.agentId, ...expected })
      if (!isRefused) continue
      expect(entry, name).toMatchObject({
        decision: 'deny',
        outcome: 'refused',
        problem: body.type,
      })
      expect(String(entry?.reason).length, name).toBeGreaterThan(10)
    }
    expect((await allEntries()).length - before).toBe(attempts.length)
  })

  const entriesOf = async (auditId: unknown) =>
    (await vault.owner.call('listAudit', { limit: 200 })).entries.filter(({ id }) => id === auditId)

  it('is in the log where an owner is asked for more, too', async () => {
    const services = await agent.client.call('listServices', {})
    const actionTemplateId = services.services[0]?.actions[0]?.id ?? ''
    const ask = { actionTemplateId, reason: 'For a test.' }
    const { id } = await agent.client.call('requestCapability', ask)
    const { entries } = await vault.owner.call('listAudit', { agentId: agent.agentId, limit: 1 })
    expect(entries).toMatchObject([
      { operation: 'requestCapability', outcome: 'done', detail: { capabilityRequestId: id } },
    ])
  })

  it('stands in the log before the upstream gets its first byte', async () => {
    verifies('S-36')
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => get(`/before/${i}`, { query: { not: 'recorded' } })),
    )
    for (const { status, body } of answers) {
      expect([status, body.body]).toEqual([200, { intents: 1 }])
    }
    expect(JSON.stringify(await allEntries())).not.toContain('recorded"')
  })
})

describe('while the log cannot be written', () => {
  const role = () => new URL(database.urls.app).username
  const faults: Record<string, { break: () => Promise<unknown>; mend: () => Promise<unknown> }> = {
    'its table may not be inserted into': {
      break: () => admin.unsafe(`REVOKE INSERT ON audit_records FROM "${role()}"`),
      mend: () => admin.unsafe(`GRANT INSERT ON audit_records TO "${role()}"`),
    },
    'its table is gone': {
      break: () => admin.unsafe('ALTER TABLE audit_records RENAME TO elsewhere'),
      mend: () => admin.unsafe('ALTER TABLE elsewhere RENAME TO audit_records'),
    },
    'its database is read-only': {
      break: () => setReadOnly('on'),
      mend: () => setReadOnly('off'),
    },
    'its head was overwritten': {
      break: async () => {
        await admin`CREATE TABLE kept_heads AS TABLE audit_heads`
        await admin`UPDATE audit_heads SET hash = decode(repeat('ab', 32), 'hex')`
      },
      mend: async () => {
        await admin`UPDATE audit_heads h SET hash = k.hash FROM kept_heads k WHERE k.workspace_id = h.workspace_id`
        await admin`DROP TABLE kept_heads`
      },
    },
  }
  async function setReadOnly(value: 'on' | 'off'): Promise<void> {
    const [row] = await admin<{ name: string }[]>`SELECT current_database() AS name`
    await admin.unsafe(`ALTER DATABASE "${row?.name}" SET default_transaction_read_only = ${value}`)
    await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = ${row?.name ?? ''} AND application_name = 'sallyport'`
  }

  it.each(Object.keys(faults))('sends nothing and says so: %s', async (name) => {
    verifies('S-36')
    const path = `/broken/${name.replaceAll(' ', '-')}`
    await faults[name]?.break()
    try {
      for (let round = 0; round < 3; round += 1) {
        const sent = await get(path)
        expect([sent.status, sent.body.type]).toEqual([503, 'audit-unavailable'])
        const denied = await execute({ connectionId, method: 'PUT', url: upstream.origin })
        expect([denied.status, denied.body.type]).toEqual([503, 'audit-unavailable'])
        const malformed = await execute('{')
        expect([malformed.status, malformed.body.type]).toEqual([503, 'audit-unavailable'])
      }
      const made = await vault.owner
        .call('createAgent', { name: 'unrecorded' })
        .catch((problem: unknown) => problem)
      expect(made).toBeInstanceOf(Problem)
      expect(JSON.stringify(made)).not.toContain('spb_')
    } finally {
      await faults[name]?.mend()
    }
    await waitFor(async () => (await get(`/mended${path}`)).status === 200)
    expect(upstream.requests.filter(({ target }) => target === path)).toEqual([])
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('sends nothing later either, when its table was locked and is free again', async () => {
    verifies('S-36')
    const locked = admin.begin(async (tx) => {
      await tx`LOCK TABLE audit_records IN ACCESS EXCLUSIVE MODE`
      const answers = await Promise.all([get('/locked'), get('/locked'), get('/locked')])
      for (const { status, body } of answers) {
        expect([status, body.type]).toEqual([503, 'audit-unavailable'])
      }
    })
    await locked
    await sleep(1_000)
    expect(upstream.requests.filter(({ target }) => target === '/locked')).toEqual([])
    await waitFor(async () => (await get('/unlocked')).status === 200)
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })
})

describe('reading the log', () => {
  it('gives every entry once, page by page, while others are written', async () => {
    for (let i = 0; i < 30; i += 1) {
      await Promise.all([
        get(`/page/${i}`),
        execute({ connectionId, method: 'PUT', url: upstream.origin }),
      ])
    }
    const known = await allEntries()
    const from = known.at(-1)?.at ?? ''
    const to = known[0]?.at ?? ''
    const middle = known[Math.floor(known.length / 2)]?.at ?? ''
    const cases: [Record<string, string>, (entry: AuditEntry) => boolean][] = [
      [{}, () => true],
      [{ agentId: agent.agentId }, (entry) => entry.agentId === agent.agentId],
      [{ connectionId }, (entry) => entry.connectionId === connectionId],
      [{ decision: 'deny' }, (entry) => entry.decision === 'deny'],
      [{ decision: 'none' }, (entry) => entry.decision === 'none'],
      [{ from, to }, () => true],
      [{ from: middle }, (entry) => entry.at >= middle],
      [{ to: middle }, (entry) => entry.at <= middle],
      [
        { agentId: agent.agentId, connectionId, decision: 'allow', from: middle, to },
        (entry) =>
          entry.agentId === agent.agentId &&
          entry.connectionId === connectionId &&
          entry.decision === 'allow' &&
          entry.at >= middle &&
          entry.at <= to,
      ],
    ]
    let writing = true
    const writer = (async () => {
      while (writing) await get('/meanwhile')
    })()
    try {
      for (const [filters, belongs] of cases) {
        const paged: AuditEntry[] = []
        let cursor: string | undefined
        do {
          const page = await vault.owner.call('listAudit', {
            ...filters,
            limit: 7,
            ...(cursor !== undefined && { cursor }),
          })
          expect(page.entries.length).toBeLessThanOrEqual(7)
          paged.push(...page.entries)
          cursor = page.nextCursor
        } while (cursor !== undefined)
        const ids = paged.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(paged.map(({ seq }) => seq)).toEqual(
          paged.map(({ seq }) => seq).toSorted((a, b) => b - a),
        )
        expect(paged.every(belongs)).toBe(true)
        const kept = new Set(ids)
        expect(known.filter(belongs).filter(({ id }) => !kept.has(id))).toEqual([])
      }
    } finally {
      writing = false
      await writer
    }
  }, 120_000)

  it('refuses cursors and filters that it never gave', async () => {
    for (const query of [
      'cursor=!',
      'cursor=-1',
      'cursor=zzzzzzzzzzzzzzzzzzzz',
      'cursor=%00',
      'limit=0',
      'limit=201',
      'limit=x',
      'from=yesterday',
      'to=2027-01-31',
      'decision=maybe',
      'limit=1&limit=2',
      'sql=1',
    ]) {
      const response = await fetch(`${vault.url}/api/v1/audit?${query}`, {
        headers: { authorization: `Bearer ${vault.ownerToken}` },
      })
      expect([query, response.status]).toEqual([query, 400])
    }
    for (const filters of [
      { agentId: 'agt_0' },
      { agentId: "' OR 1=1 --" },
      { connectionId: 'x'.repeat(60) },
      { from: '9999-12-31T23:59:59Z' },
      { to: '0001-01-01T00:00:00Z' },
    ]) {
      const answer = await vault.owner.call('listAudit', filters).catch(({ status }) => status)
      expect([{ entries: [] }, 400]).toContainEqual(answer)
    }
  })
})

async function waitFor(isSo: () => Promise<boolean>, msMax = 15_000): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > msMax) throw new Error(`not so within ${msMax} ms`)
    await sleep(20)
  }
}
