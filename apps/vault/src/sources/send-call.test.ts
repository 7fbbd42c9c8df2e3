import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { SqlEngine, SqlResult } from './engine/sql-engine.ts'
import { createSourceSend } from './send-call.ts'
import type { SourceOfCall } from './source-store.ts'
import { originsOfSource } from './source-target.ts'

type Run = Parameters<SqlEngine['run']>

const source: SourceOfCall = {
  ...{ id: 'src_01k8v3t5m9r2c4x6z8b0d1f3h5', workspaceId: 'wsp_1', connectionId: 'con_1' },
  ...{ dialect: 'postgres', host: 'db.example.com', port: 5432, database: 'shop' },
  ...{ tls: 'require', path: null, login: 'reader', query: false, schemaTools: false },
  ...{ rowsMax: 10, timeoutSeconds: 5, bytesMax: 1000 },
}
const rows: SqlResult = { columns: ['n'], rows: [{ n: 1 }], rowCount: 1, truncated: false }

/** A sender over an engine that remembers what it was asked. */
function open({
  found = source,
  origins = originsOfSource(source.id, source),
  run = async () => rows,
}: {
  found?: SourceOfCall | 'none'
  origins?: readonly string[]
  run?: SqlEngine['run']
} = {}) {
  const runs: Run[] = []
  const send = createSourceSend({
    findForCall: async (id) => (id === source.id && found !== 'none' ? found : undefined),
    sealedOrigins: async () => origins,
    engine: {
      run(...call) {
        runs.push(call)
        return run(...call)
      },
    },
  })
  return { send, runs }
}

const statement = { run: 'statement', statement: 'SELECT $1', parameters: [5], types: ['integer'] }
const request = (payload: unknown, method = 'GET') => ({
  ...{ method, url: `sql://${source.id}/one` },
  headers: [
    ['content-type', 'application/json'],
    ['authorization', `Basic ${Buffer.from('reader:pass:word').toString('base64')}`],
  ] as [string, string][],
  body: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
})
const bounds = () => ({
  stops: new Set<(problem: Problem) => void>(),
  responseBytesMax: 1_000_000,
  deadlineMs: 60_000,
})

async function bodyOf({ body }: { body: AsyncIterable<Uint8Array> }): Promise<unknown> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}

const typeOf = async (work: Promise<unknown>): Promise<string> => {
  const thrown = await work.catch((error: unknown) => error)
  return thrown instanceof Problem ? thrown.type : `no problem: ${String(thrown)}`
}

describe('a frozen call', () => {
  it('runs with its values, its login and the bounds of its source', async () => {
    const { send, runs } = open()
    const answer = await send(request(statement), bounds())
    expect(answer.status).toBe(200)
    expect(await bodyOf(answer)).toEqual({ columns: ['n'], rows: [{ n: 1 }], rowCount: 1 })
    expect(runs).toMatchObject([
      [
        { dialect: 'postgres', host: 'db.example.com', sourceKey: source.id, tls: 'require' },
        { user: 'reader', password: 'pass:word' },
        {
          call: {
            ...{ kind: 'statement', statement: 'SELECT $1', writes: false },
            parameters: [{ type: 'integer', value: 5 }],
          },
          bounds: { timeoutMs: 5_000, rowsMax: 10, bytesMax: 1000 },
        },
      ],
    ])
  })

  it('writes only where it was decided on as a write', async () => {
    const { send, runs } = open()
    await send(request(statement, 'POST'), bounds())
    expect(runs[0]?.[2].call).toMatchObject({ writes: true })
  })

  it('goes to no place that its password is not sealed for', async () => {
    const moved = open({ found: { ...source, host: 'evil.example.com' } })
    expect(await typeOf(moved.send(request(statement), bounds()))).toBe('credential-unreadable')
    const other = open({ origins: originsOfSource('src_other', source) })
    expect(await typeOf(other.send(request(statement), bounds()))).toBe('credential-unreadable')
    expect([...moved.runs, ...other.runs]).toEqual([])
  })

  it('of a source that is gone is not sent', async () => {
    const { send } = open({ found: 'none' })
    expect(await typeOf(send(request(statement), bounds()))).toBe('upstream-not-connected')
  })

  it.each([
    [{ run: 'query', statement: 'SELECT 1' }],
    [{ run: 'list_tables' }],
    [{ run: 'describe_table', table: 't' }],
  ])('that the source does not offer any more is not run: %j', async (payload) => {
    const { send, runs } = open()
    expect((await send(request(payload), bounds())).status).toBe(403)
    expect(runs).toEqual([])
    const on = open({ found: { ...source, query: true, schemaTools: true } })
    expect((await on.send(request(payload), bounds())).status).toBe(200)
  })

  it.each([
    ['{'],
    [{ run: 'statement', statement: 'SELECT 1' }],
    [{ ...statement, types: [] }],
    [{ ...statement, types: ['regclass'] }],
    [{ ...statement, parameters: [{}] }],
    [{ ...statement, parameters: [[[1]]], types: ['integer[]'] }],
    [{ ...statement, writes: true }],
    [{ run: 'drop_table', table: 't' }],
  ])('that is no call any more is not run: %j', async (payload) => {
    const { send, runs } = open()
    expect(await typeOf(send(request(payload), bounds()))).toBe('invalid-arguments')
    expect(runs).toEqual([])
  })

  it('that the database refuses is answered with what it says', async () => {
    const refused = { code: '42P01', message: 'relation "t" does not exist' }
    const { send } = open({ run: async () => ({ refused }) })
    const answer = await send(request(statement), bounds())
    expect(answer.status).toBe(400)
    expect(await bodyOf(answer)).toEqual({ error: refused })
  })

  it('ends with whoever stops it', async () => {
    const problem = new Problem('request-stopped', 'An owner stopped it.')
    const { send } = open({
      run: (_target, _login, { bounds: { signal } }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const how = bounds()
    const sent = send(request(statement), how)
    await new Promise((resolve) => setImmediate(resolve))
    expect(how.stops.size).toBe(1)
    for (const stop of how.stops) stop(problem)
    await expect(sent).rejects.toBe(problem)
    expect(how.stops.size).toBe(0)
  })
})
