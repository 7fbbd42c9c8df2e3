import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { freePort } from '../test/fixtures/replicas.ts'
import { endProcess } from './child.ts'
import type { LoadTarget } from './load.ts'
import { post } from './mcp-messages.ts'
import { cpuMicrosOf } from './processes.ts'
import { databasePidsOf } from './shared-database.ts'

// AgentHiFive as people run it, in a database of its own: one process, started as its container does it, that logs warnings only.

const run = promisify(execFile)
const host = '127.0.0.1'
const readyPolls = 300
const pollMs = 200
const settlePolls = 600
/** Two ticks of the clock that CPU time is counted in. */
const restMicrosMax = 20_000
const tokenHours = 24
const auditDays = 90

/** Where it is, and what it needs. */
export interface PeerPlace {
  /** A clone, its dependencies installed and its packages built. */
  readonly folder: string
  /** A Node that it runs on. */
  readonly node: string
  /** A PostgreSQL on this machine, as somebody who may make a database. */
  readonly databaseUrl: string
}

/** It, running, with an agent that has a token and two connections with an API key each, whose policies allow to read. */
export interface Peer {
  /** Its `execute`, by a policy without limits and by one with a limit. */
  readonly targets: { readonly free: LoadTarget; readonly limited: LoadTarget }
  readonly pid: number
  readonly databasePids: () => number[]
  /** Adds calls of the agent to its audit log, two records each, spread over 90 days. */
  addAuditRecords(count: number): Promise<void>
  countAuditRecords(): Promise<number>
  /** Resolves when what it does after its answers is done. */
  settled(): Promise<void>
  stop(): Promise<void>
}

interface Seeded {
  readonly agentId: string
  readonly token: string
  readonly connectionIds: { readonly free: string; readonly limited: string }
}

/** Starts it in front of an upstream; `perHour` is the limit of the policy that has one. */
export async function startAgentHiFive(
  { folder, node, databaseUrl }: PeerPlace,
  upstream: { readonly origin: string; readonly perHour: number },
): Promise<Peer> {
  const database = await makeDatabase(databaseUrl)
  try {
    const api = join(folder, 'apps/api')
    const env = { PATH: process.env.PATH ?? '', DATABASE_URL: database.url }
    const push = [join(api, 'node_modules/drizzle-kit/bin.cjs'), 'push', '--force']
    await run(node, push, { cwd: api, env })
    const key = randomBytes(32)
    const seeded = await seed(database.sql, { key, ...upstream })
    const databasePids = await databasePidsOf({ database })
    const server = await startServer({ api, node }, { ...env, ...settingsOf(key, upstream.origin) })
    const stop = async () => {
      await endProcess(server.child)
      await database.drop()
    }
    return peerOf({ ...server, sql: database.sql, seeded, databasePids, upstream, stop })
  } catch (error) {
    await database.drop()
    throw error
  }
}

const settingsOf = (key: Buffer, upstreamOrigin: string) => ({
  ...{ NODE_ENV: 'production', LOG_LEVEL: 'warn', EMAIL_PROVIDER: 'noop' },
  ENCRYPTION_KEY: key.toString('hex'),
  BETTER_AUTH_SECRET: randomBytes(32).toString('hex'),
  // Else it calls no address of this machine.
  SSRF_ALLOWLIST_HOSTS: new URL(upstreamOrigin).hostname,
})

async function startServer(
  { api, node }: { api: string; node: string },
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort()
  const args = ['--import', 'tsx', '--import', './src/instrument.ts', join(api, 'src/server.ts')]
  const own = { API_PORT: String(port), API_BIND_HOST: host, WEB_URL: `http://${host}:${port}` }
  const child = spawn(node, args, {
    cwd: api,
    env: { ...env, ...own },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (let poll = 0; poll < readyPolls && child.exitCode === null; poll += 1) {
    const isReady = await fetch(`http://${host}:${port}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isReady) return { child, port }
    await sleep(pollMs)
  }
  await endProcess(child)
  throw new Error('AgentHiFive did not start.')
}

function peerOf(of: {
  child: ChildProcess
  port: number
  sql: postgres.Sql
  seeded: Seeded
  upstream: { readonly origin: string }
  databasePids: Peer['databasePids']
  stop: Peer['stop']
}): Peer {
  const { sql, seeded, databasePids, stop } = of
  const { free, limited } = seeded.connectionIds
  const pid = of.child.pid ?? 0
  const url = `${of.upstream.origin}/items`
  const targetOf = (connectionId: string) =>
    executeOf({ port: of.port, token: seeded.token }, { connectionId, url })
  return {
    targets: { free: targetOf(free), limited: targetOf(limited) },
    ...{ pid, databasePids, stop },
    addAuditRecords: (count) => addAuditRecords(sql, count, seeded),
    async countAuditRecords() {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::float8 as count from l_audit_events`
      return row?.count ?? 0
    },
    settled: () => untilAtRest(() => cpuMicrosOf([pid, ...databasePids()])),
  }
}

/** A database that goes away again. */
async function makeDatabase(serverUrl: string) {
  const name = `peer_${randomUUID().replaceAll('-', '')}`
  const options = { max: 1, onnotice: () => {} }
  const url = new URL(serverUrl)
  const asOwner = async (statement: string) => {
    const server = postgres(serverUrl, options)
    await server.unsafe(statement).finally(() => server.end({ timeout: 1 }))
  }
  await asOwner(`create database ${name}`)
  url.pathname = `/${name}`
  const sql = postgres(url.href, options)
  return {
    url: url.href,
    sql,
    async drop() {
      await sql.end({ timeout: 1 })
      await asOwner(`drop database ${name} with (force)`)
    },
  }
}

/** What its pages and endpoints would have made: a workspace, an agent that is signed in, connections and policies. */
async function seed(
  sql: postgres.Sql,
  { key, origin, perHour }: { key: Buffer; origin: string; perHour: number },
): Promise<Seeded> {
  const [workspaceId, agentId] = [randomUUID(), randomUUID()]
  const connectionIds = { free: randomUUID(), limited: randomUUID() }
  const token = `ah5t_${randomBytes(32).toString('base64url')}`
  const tokenHash = createHash('sha256').update(token).digest('hex')
  const sealed = seal(JSON.stringify({ apiKey: 'upstream-secret-0123456789' }), key)
  const allow = [{ baseUrl: origin, methods: ['GET'], pathPatterns: ['/**'] }]
  await sql`
    insert into t_workspaces (id, name, owner_id) values (${workspaceId}, 'bench', ${randomUUID()})`
  await sql`
    insert into t_agents (id, name, status, workspace_id)
    values (${agentId}, 'bench', 'active', ${workspaceId})`
  await sql`
    insert into t_agent_access_tokens (agent_id, workspace_id, token_hash, expires_at)
    values (${agentId}, ${workspaceId}, ${tokenHash}, now() + make_interval(hours => ${tokenHours}))`
  for (const [name, connectionId] of Object.entries(connectionIds)) {
    const limits = name === 'limited' ? { maxRequestsPerHour: perHour } : null
    await sql`
      insert into t_connections
        (id, provider, service, label, workspace_id, encrypted_tokens, granted_scopes)
      values (${connectionId}, 'openai', 'openai', ${name}, ${workspaceId}, ${sealed}, '{}')`
    await sql`
      insert into t_policies (agent_id, connection_id, allowed_models, default_mode,
        step_up_approval, allowlists, rate_limits)
      values (${agentId}, ${connectionId}, '{B}', 'read_write', 'never', ${sql.json(allow)},
        ${limits === null ? null : sql.json(limits)})`
  }
  return { agentId, connectionIds, token }
}

/** A credential as it stands in its database. */
function seal(text: string, key: Buffer): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const encoded = { iv, ciphertext: bytes, tag: cipher.getAuthTag() }
  const members = Object.entries(encoded).map(([name, value]) => [
    name,
    value.toString('base64url'),
  ])
  return JSON.stringify({ v: 1, alg: 'A256GCM', ...Object.fromEntries(members) })
}

function executeOf(
  at: { port: number; token: string },
  call: { connectionId: string; url: string },
): LoadTarget {
  const headers = { authorization: `Bearer ${at.token}` }
  const body = { model: 'B', method: 'GET', ...call }
  const to = { host: `${host}:${at.port}`, path: '/v1/vault/execute' }
  return { port: at.port, request: post(to, body, headers), expected: '"body":{"items":[' }
}

async function addAuditRecords(
  sql: postgres.Sql,
  count: number,
  { agentId, connectionIds: { free, limited } }: Seeded,
): Promise<void> {
  const asked = { model: 'B', method: 'GET', path: '/items', provider: 'openai' }
  const answered = { ...asked, responseStatus: 200, dataSize: 1024 }
  await sql`
    insert into l_audit_events
      (audit_id, timestamp, actor, agent_id, connection_id, action, decision, metadata)
    select gen_random_uuid(), now() - make_interval(days => ${auditDays}) * (nth::float8 / ${count}),
      ${`agent:${agentId}`}, ${agentId},
      case when nth % 4 < 2 then ${free}::uuid else ${limited}::uuid end,
      case when nth % 2 = 0 then 'execution_requested' else 'execution_completed' end, 'allowed',
      case when nth % 2 = 0 then ${sql.json(asked)}::jsonb else ${sql.json(answered)}::jsonb end
    from generate_series(1, ${count}::int) as nth`
  await sql`vacuum analyze l_audit_events`
}

async function untilAtRest(cpuMicros: () => number): Promise<void> {
  for (let poll = 0, before = cpuMicros(); poll < settlePolls; poll += 1) {
    await sleep(pollMs)
    const now = cpuMicros()
    if (now - before <= restMicrosMax) return
    before = now
  }
  throw new Error('AgentHiFive did not come to rest.')
}
