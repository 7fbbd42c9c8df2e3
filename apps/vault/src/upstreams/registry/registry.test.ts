import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { encodeCredential } from '../../connections/stored-credential.ts'
import type { LiveUpstream, OpenConfig } from '../clients/upstream-clients.ts'
import { upstreamProblem } from '../clients/upstream-clients.ts'
import { placeOf } from '../kept/place-of.ts'
import type { ServerRow, ServerStatus } from '../kept/server-store.ts'
import { createRegistry, type Registry } from './registry.ts'

// Connections with servers that are none: what counts is when they are opened and closed, and who serves meanwhile.

const rooms: Registry[] = []
afterEach(async () => {
  for (const registry of rooms.splice(0)) await registry.close()
})

interface Fake {
  readonly config: OpenConfig
  readonly upstream: LiveUpstream
  isClosed: boolean
  /** It says that a list has changed. */
  tell(list: 'tools' | 'resources' | 'prompts'): void
  /** It ends by itself. */
  crash(): void
}

const failure = () =>
  upstreamProblem('connect', 'upstream-unreachable', { detail: 'Nobody is there.' })

function createFake(config: OpenConfig, holds: { until: Promise<unknown> }): Fake {
  const closed: ((why: Problem) => void)[] = []
  const fake: Fake = {
    config,
    isClosed: false,
    tell: () => {},
    crash: () => {
      for (const notify of closed) notify(failure())
    },
    upstream: {
      ...{ serverInfo: { name: 'fake', version: '1' }, capabilities: {}, protocolVersion: 'x' },
      listTools: async () => ({ tools: [], leftOut: [] }),
      async request() {
        await holds.until
        if (fake.isClosed) throw failure()
        const result = { url: config.url }
        return { ok: true, result, json: JSON.stringify(result) }
      },
      onListChanged: (notify) => {
        fake.tell = notify
      },
      onClosed: (notify) => closed.push(notify),
      stderrTail: () => '',
      async close() {
        fake.isClosed = true
      },
    },
  }
  return fake
}

function createRoom(set: Partial<ServerRow> = {}) {
  const fakes: Fake[] = []
  const holds: {
    until: Promise<unknown>
    opening?: Promise<unknown>
    looking?: Promise<unknown>
  } = {
    until: Promise.resolve(),
  }
  const state = {
    saves: 0,
    row: undefined as ServerRow | undefined,
    status: {} as Partial<ServerStatus>,
    isBroken: (_config: OpenConfig) => false,
    /** Thrown while a server’s tools are written down. */
    fault: undefined as Error | undefined,
    gone: [] as string[],
    /** Its store keeps nothing. */
    isMute: false,
    told: [] as string[],
    others: new Map<string, ServerRow>(),
    logged: [] as { what: string; error: unknown }[],
  }
  const variables = new Map([['KEY', 'key-of-the-server']])
  const put = (change: Partial<ServerRow>, headers: Record<string, string> = {}) => {
    const row = { ...base, ...set, ...state.row, ...change }
    const content = { kind: 'upstream' as const, headers, env: {}, place: placeOf(row) }
    const account = { ...row.account, version: row.account.version + 1 }
    state.row = { ...row, account: { ...account, sealed: encodeCredential(content) } }
  }
  put({})
  const registry = createRegistry({
    store: {
      async findAnywhere(id) {
        await holds.looking
        return state.row?.id === id ? state.row : state.others.get(id)
      },
      listEnabled: async () => (state.row?.enabled ? [state.row] : []),
      async saveStatus(_id, status) {
        state.saves += 1
        if (state.isMute) throw new Error('no database')
        Object.assign(state.status, status)
      },
    },
    clients: {
      async open(config) {
        if (state.isBroken(config)) {
          config.onFailedLog?.('what it said before it ended')
          throw failure()
        }
        const fake = createFake(config, holds)
        fakes.push(fake)
        await holds.opening
        return fake.upstream
      },
    },
    keyring: { seal: async (_context, bytes) => bytes, open: async (_context, bytes) => bytes },
    resolveVariables: async (_workspace, names) =>
      new Map([...variables].filter(([name]) => names.includes(name))),
    resolveCommand: (command) => command,
    authorize: () => undefined,
    createScrubber: (secrets) => ({
      text: (text) => secrets.reduce((sofar, one) => sofar.replaceAll(one, '*'), text),
    }),
    syncTools: async () => {
      if (state.fault !== undefined) throw state.fault
    },
    tellList: async (row, list) => void state.told.push(`${row.id} ${list}`),
    onGone: async (id) => void state.gone.push(id),
    onFailure: (what, error) => void state.logged.push({ what, error }),
    ...{ now: () => Date.now(), random: () => 0.5 },
  })
  rooms.push(registry)
  return { registry, fakes, holds, state, put, variables }
}

const base: ServerRow = {
  ...{ challenge: null, signIn: null },
  ...{ id: 'ups_1', workspaceId: 'wsp_1', connectionId: 'con_1', toolsetId: 'tls_1' },
  ...{ name: 'one', description: null, transport: 'streamable_http', command: null, args: [] },
  ...{ cwd: null, url: 'https://a.example/mcp', permission: 'workspace', package: null },
  ...{ connectTimeoutSeconds: 30, readTimeoutSeconds: 30, perAgent: false, enabled: true },
  ...{ envNames: [], headerNames: [], variables: [], version: 1, toolset: 'one' },
  ...{ status: 'disconnected', failure: null, serverInfo: null, lastConnectedAt: null },
  ...{ createdAt: new Date(0), updatedAt: new Date(0), toolCount: 0, heldCount: 0 },
  account: {
    ...{ id: 'con_1', workspaceId: 'wsp_1', status: 'healthy', credentialKind: 'upstream' },
    ...{ origins: ['mcp://ups_1'], version: 0, sealed: null },
  },
}

const waitMs = 5_000
const ask = async (registry: Registry, agentId?: string) => {
  const body = Buffer.from(JSON.stringify({ method: 'tools/call', params: { name: 'x' } }))
  const how = {
    stops: new Set<(problem: Problem) => void>(),
    responseBytesMax: 1e6,
    deadlineMs: 1e4,
    agentId,
  }
  const answer = await registry.send({ url: 'mcp://ups_1/x', body }, how)
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, said: JSON.parse(Buffer.concat(chunks).toString()) }
}

describe('a connection', () => {
  it('is opened at the start, once for each server, and asked over', async () => {
    const { registry, fakes, state } = createRoom()
    await Promise.all([registry.start(), registry.start()])
    expect(fakes).toHaveLength(1)
    expect(state.status).toMatchObject({ status: 'connected', failure: null })
    expect(await ask(registry)).toEqual({ status: 200, said: { url: 'https://a.example/mcp' } })
  })

  it('says once that it was revoked or has to be signed in to, however often somebody looks', async () => {
    const { registry, state } = createRoom()
    await registry.start()
    const { row } = state
    const signIn: NonNullable<ServerRow['signIn']> = {
      id: 'con_2',
      status: 'needs_reauth',
      statusReason: 'It ended.',
      version: 1,
      credentialKind: 'oauth2',
      oauthAppId: null,
      account: null,
      requestedScopes: [],
      grantedScopes: [],
    }
    if (row === undefined) throw new Error('no row')
    const ended = { ...row, signIn }
    const revoked = { ...row, account: { ...row.account, status: 'revoked' as const } }
    for (const [next, message] of [
      [ended, /The sign-in to the server has ended. It ended. An owner signs in/],
      [revoked, /was revoked/],
    ] as const) {
      state.row = next
      await registry.apply('ups_1', { waitMs })
      const { saves } = state
      for (let looks = 0; looks < 3; looks += 1) {
        await sleep(2)
        await registry.apply('ups_1', { waitMs })
      }
      expect(state.saves).toBe(saves)
      expect(state.status).toMatchObject({ status: 'error' })
      expect(state.status.failure?.message).toMatch(message)
    }
  })

  it('is replaced once the new one stands; calls under way end on the old one', async () => {
    const { registry, fakes, holds, put } = createRoom()
    await registry.start()
    let letGo = () => {}
    holds.until = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const underWay = ask(registry)
    await sleep(10)
    put({ url: 'https://b.example/mcp' })
    await registry.apply('ups_1', { waitMs })
    expect(fakes.map(({ isClosed }) => isClosed)).toEqual([false, false])
    const next = ask(registry)
    letGo()
    expect((await underWay).said).toEqual({ url: 'https://a.example/mcp' })
    expect((await next).said).toEqual({ url: 'https://b.example/mcp' })
    await sleep(10)
    expect(fakes.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  it('serves on where new settings do not work, says so, and is let be where they are taken back', async () => {
    const { registry, fakes, state, put } = createRoom()
    await registry.start()
    state.isBroken = ({ url }) => url !== 'https://a.example/mcp'
    put({ url: 'https://broken.example/mcp' })
    await registry.apply('ups_1', { waitMs })
    expect(state.status).toMatchObject({
      ...{ status: 'connected', failure: { stage: 'connect', message: 'Nobody is there.' } },
    })
    expect((await ask(registry)).said).toEqual({ url: 'https://a.example/mcp' })
    expect(fakes).toHaveLength(1)
    expect(await registry.log('ups_1')).toBe('what it said before it ended')
    put({ url: 'https://a.example/mcp' })
    await registry.apply('ups_1', { waitMs })
    expect(await registry.log('ups_1')).toBe('')
  })

  it('is waited for by a call that comes before anybody has looked what is to be opened', async () => {
    const { registry, fakes, holds } = createRoom()
    let looked = () => {}
    holds.looking = new Promise<void>((resolve) => {
      looked = resolve
    })
    const starting = registry.start()
    await sleep(5)
    const called = ask(registry)
    await sleep(20)
    expect(fakes).toHaveLength(0)
    looked()
    expect(await called).toMatchObject({ status: 200 })
    await starting
  })

  it('that was lost is opened again, and calls wait for it', async () => {
    const { registry, fakes } = createRoom()
    await registry.start()
    fakes[0]?.crash()
    expect((await ask(registry)).status).toBe(200)
    expect(fakes).toHaveLength(2)
  })

  it('ends at once where its server is switched off or its account revoked', async () => {
    const { registry, fakes, state, put } = createRoom()
    await registry.start()
    put({ enabled: false })
    await registry.apply('ups_1', { waitMs })
    expect(fakes[0]?.isClosed).toBe(true)
    expect(state.status.status).toBe('disconnected')
    await expect(ask(registry)).rejects.toMatchObject({ type: 'upstream-not-connected' })
    await expect(registry.secretsOf('ups_1')).rejects.toMatchObject({
      type: 'upstream-not-connected',
    })
  })

  it('passes on that resources or prompts are others, for as long as it serves', async () => {
    const { registry, fakes, state, put } = createRoom()
    await registry.start()
    for (const list of ['resources', 'prompts', 'tools'] as const) fakes[0]?.tell(list)
    expect(state.told).toEqual(['ups_1 resources', 'ups_1 prompts'])
    put({ enabled: false })
    await registry.apply('ups_1', { waitMs })
    fakes[0]?.tell('prompts')
    expect(state.told).toHaveLength(2)
  })

  it('is asked for its tools once at a time, and once more where they changed meanwhile', async () => {
    const { registry, fakes } = createRoom()
    await registry.start()
    const answers: (() => void)[] = []
    const listTools = () =>
      new Promise<{ tools: []; leftOut: [] }>((resolve) => {
        answers.push(() => resolve({ tools: [], leftOut: [] }))
      })
    Object.assign(fakes[0]?.upstream ?? {}, { listTools })
    for (let storm = 0; storm < 20; storm += 1) fakes[0]?.tell('tools')
    expect(answers).toHaveLength(1)
    answers[0]?.()
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[1]?.()
    await sleep(20)
    expect(answers).toHaveLength(2)
  })

  it('is said to stand once that can be kept, however long the database did not answer', async () => {
    const { registry, state } = createRoom()
    state.isMute = true
    await registry.start()
    expect([state.status.status, state.logged.length]).toEqual([undefined, 1])
    state.isMute = false
    await vi.waitFor(() => expect(state.status.status).toBe('connected'), { timeout: 5_000 })
  })

  it('ends with its server, and what that leaves is taken away after it', async () => {
    const { registry, fakes, state } = createRoom()
    await registry.start()
    state.row = undefined
    await registry.apply('ups_1', { waitMs })
    expect([fakes[0]?.isClosed, state.gone]).toEqual([true, ['ups_1']])
  })

  it('is made anew with all others some at a time, and whoever asked waits no longer than that', async () => {
    const { registry, fakes, holds, state } = createRoom()
    const ids = Array.from({ length: 9 }, (_, at) => `ups_other${at}`)
    for (const id of ids) {
      const row = { ...base, ...state.row, id }
      state.others.set(id, { ...row, account: { ...row.account, origins: [`mcp://${id}`] } })
    }
    let go = () => {}
    holds.opening = new Promise<void>((resolve) => {
      go = resolve
    })
    await registry.renewAll(ids, 20)
    expect(fakes).toHaveLength(6)
    go()
    await vi.waitFor(() => expect(fakes).toHaveLength(9))
  })

  it('to a server that is gone is none, and nothing of it is kept', async () => {
    const { registry, state } = createRoom()
    const asked = registry.secretsOf('ups_gone')
    await expect(asked).rejects.toMatchObject({ type: 'upstream-not-connected' })
    await registry.start()
    expect(state.gone).toEqual(['ups_gone'])
  })

  it('that fails for a reason of the vault’s own leaves it in the log, without a secret', async () => {
    const { registry, state, put } = createRoom()
    put({}, { 'x-key': 'a-secret-value' })
    const cause = new TypeError('cannot read "a-secret-value"')
    state.fault = Object.assign(new Error('it broke on a-secret-value', { cause }), { code: 'X1' })
    await registry.start()
    expect(state.status).toMatchObject({
      ...{ status: 'error', failure: { message: expect.stringContaining('its log says what') } },
    })
    const [first, ...others] = state.logged
    expect(others).toEqual([])
    expect(first?.what).toContain('ups_1')
    const fault = first?.error
    if (!(fault instanceof Error)) throw new Error('nothing was logged')
    const { message, stack, cause: behind } = fault
    expect(fault).toHaveProperty('code', 'X1')
    expect([message, (behind as Error).message]).toEqual([...['it broke on *', 'cannot read "*"']])
    expect(stack).not.toContain('a-secret-value')
  })

  it('is not made to a place that its secrets were not sealed for', async () => {
    const { registry, fakes, state } = createRoom()
    state.row = { ...base, ...state.row, url: 'https://evil.example/mcp' }
    await registry.start()
    expect(fakes).toEqual([])
    expect(state.status).toMatchObject({ status: 'error', failure: { stage: 'configuration' } })
  })
})

describe('a program that is marked so', () => {
  it('is one of its own for each agent, replaced with the settings and ended with the server', async () => {
    const marked = { transport: 'stdio', command: '/bin/x', perAgent: true } as const
    const { registry, fakes, put } = createRoom(marked)
    await registry.start()
    const ids = () => fakes.map(({ config }) => config.serverId)
    await Promise.all([ask(registry, 'agt_1'), ask(registry, 'agt_1'), ask(registry, 'agt_2')])
    expect(ids()).toEqual(['ups_1', 'ups_1-agt_1', 'ups_1-agt_2'])
    put({ args: ['other'] })
    await registry.apply('ups_1', { waitMs })
    await ask(registry, 'agt_1')
    expect(ids()).toEqual([...['ups_1', 'ups_1-agt_1', 'ups_1-agt_2', 'ups_1', 'ups_1-agt_1']])
    await sleep(10)
    expect(fakes.map(({ isClosed }) => isClosed)).toEqual([true, true, true, false, false])
    put({ enabled: false })
    await registry.apply('ups_1', { waitMs })
    expect(fakes.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('and that crashes is started again after a pause, or once somebody refreshes its server', async () => {
    const marked = { transport: 'stdio', command: '/bin/x', perAgent: true } as const
    const { registry, fakes } = createRoom(marked)
    await registry.start()
    await ask(registry, 'agt_1')
    fakes.at(-1)?.crash()
    const count = fakes.length
    await expect(ask(registry, 'agt_1')).rejects.toMatchObject({
      ...{ type: 'upstream-not-connected', retryAfterSeconds: 1 },
    })
    expect(fakes).toHaveLength(count)
    await ask(registry, 'agt_2')
    await vi.waitFor(() => ask(registry, 'agt_1'), { timeout: 5_000 })
    fakes.at(-1)?.crash()
    await registry.apply('ups_1', { anew: true, waitMs })
    await ask(registry, 'agt_1')
  })
})

describe('what a server is given', () => {
  it('is known before anything is sent, and cleaned out of answers to calls that were readied earlier', async () => {
    const { registry, put, holds } = createRoom()
    put({}, { 'x-key': 'first-secret' })
    expect(await registry.secretsOf('ups_1')).toEqual(['first-secret'])
    expect(registry.secretsOf('ups_1')).toBe(registry.secretsOf('ups_1'))
    put({ url: 'https://second-secret.example/' }, { 'x-key': 'second-secret' })
    await registry.apply('ups_1', { waitMs })
    holds.until = Promise.resolve()
    expect((await ask(registry)).said).toEqual({ url: 'https://*.example/' })
  })

  it('is put in anew where a variable changes, and an unknown one keeps what serves', async () => {
    const { registry, fakes, put, variables, state } = createRoom()
    put({ variables: ['KEY'] }, { 'x-key': '$KEY' })
    await registry.start()
    variables.set('KEY', 'another-key')
    registry.follow({ table: 'variables', id: 'var_1', workspaceId: 'wsp_1' })
    await sleep(50)
    expect(fakes.map(({ config }) => config.headers['x-key'])).toEqual([
      ...['key-of-the-server', 'another-key'],
    ])
    variables.delete('KEY')
    await registry.lookAgain()
    expect(state.status).toMatchObject({ status: 'connected', failure: { stage: 'resolve' } })
    expect((await ask(registry)).status).toBe(200)
  })
})
