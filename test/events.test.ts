import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from './fixtures/database-proxy.ts'
import { type EventReader, readEvents } from './fixtures/event-reader.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { eventually } from './fixtures/scene.ts'
import { makeToken, signIn } from './fixtures/signed-in.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two replicas on one database; the second reaches it through a proxy that can be cut.

let replicas: Replicas
let proxy: DatabaseProxy
let admin: postgres.Sql
const readers: EventReader[] = []

beforeAll(async () => {
  replicas = await startReplicas({
    databaseUrlOfSecond: async (url) => {
      proxy = await startDatabaseProxy(url)
      return proxy.url
    },
  })
  admin = openSuperuser(replicas.database.urls.owner)
})
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})
afterAll(async () => {
  proxy?.set({ kind: 'pass' })
  await replicas?.stop()
  await admin?.end({ timeout: 1 })
  await proxy?.close()
})

async function listen(headers: Record<string, string> = byToken(), url = replicas.first.url) {
  const reader = await readEvents(url, headers)
  readers.push(reader)
  return reader
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const byToken = () => bearer(replicas.first.ownerToken)
const changed = (noun: string, id?: string) => ({
  type: 'changed',
  noun,
  ...(id !== undefined && { id }),
})
const hears = (reader: EventReader, event: object, msMax = 5_000) =>
  eventually(
    () => reader.told().some((told) => JSON.stringify(told) === JSON.stringify(event)),
    msMax,
  )

describe('GET /api/v1/events', () => {
  it('is a stream of events that nobody keeps, begun by a reset', async () => {
    const reader = await listen()
    expect(reader.status).toBe(200)
    expect(reader.headers.get('content-type')).toBe('text/event-stream')
    expect(reader.headers.get('cache-control')).toBe('no-store')
    expect(reader.headers.get('access-control-allow-origin')).toBeNull()
    expect(await hears(reader, { type: 'reset' })).toBe(true)
  })

  it('tells on every replica what changed on any, by a session as by a token', async () => {
    const { first, second } = replicas
    const cookie = await signIn(first.url)
    const all = await Promise.all([
      listen({ cookie }),
      listen(byToken(), second.url),
      listen({ cookie }, second.url),
    ])
    for (const reader of all) expect(await hears(reader, { type: 'reset' })).toBe(true)
    const { agent } = await first.owner.call('createAgent', { name: 'seen' })
    const connectionId = await first.addConnection({ origins: ['https://api.example.com'] })
    const policyId = await first.addPolicy({ agentId: agent.id, connectionId })
    await first.owner.call('updateWorkspace', { name: 'Renamed' })
    for (const reader of all) {
      expect(await hears(reader, changed('agents', agent.id))).toBe(true)
      expect(await hears(reader, changed('connections', connectionId))).toBe(true)
      expect(await hears(reader, changed('policies', policyId))).toBe(true)
      const hasWorkspace = () => reader.told().some(({ noun }) => noun === 'workspace')
      expect(await eventually(hasWorkspace, 5_000)).toBe(true)
      expect(await hears(reader, changed('audit'))).toBe(true)
    }
  })

  it('never tells of another workspace', async () => {
    verifies('S-09')
    const reader = await listen()
    await hears(reader, changed('audit'))
    const { agent } = await replicas.first.owner.call('createAgent', { name: 'theirs' })
    await hears(reader, changed('agents', agent.id))
    await admin`INSERT INTO workspaces (id, name) VALUES ('wsp_other', 'other') ON CONFLICT DO NOTHING`
    await admin`UPDATE agents SET workspace_id = 'wsp_other' WHERE id = ${agent.id}`
    await sleep(1_500)
    const before = reader.told().length
    await admin`UPDATE agents SET name = 'theirs still' WHERE id = ${agent.id}`
    await admin`UPDATE workspaces SET name = 'other still' WHERE id = 'wsp_other'`
    await admin`
      INSERT INTO audit_heads (workspace_id, seq, hash, mac) VALUES ('wsp_other', 5, '', '')
      ON CONFLICT DO NOTHING`
    await sleep(2_500)
    expect(reader.told().slice(before)).toEqual([])
  })

  it('tells only of what the token may read', async () => {
    verifies('S-08')
    const { first } = replicas
    const reader = await listen(bearer(await makeToken(first.url, ['workspace:read'])))
    await first.owner.call('createAgent', { name: 'unseen' })
    await first.owner.call('updateWorkspace', { name: 'Seen' })
    await sleep(2_500)
    expect(new Set(reader.told().map(({ noun }) => noun))).toEqual(
      new Set([undefined, 'workspace']),
    )
  })

  it('refuses agents, strangers, and tokens without the scope', async () => {
    verifies('S-08')
    const { first } = replicas
    const narrow = bearer(await makeToken(first.url, ['agents:read']))
    expect((await listen(narrow)).status).toBe(403)
    expect((await listen({})).status).toBe(401)
    for (const token of ['spt_', 'spc_', 'spp_'].map((prefix) => prefix + 'A'.repeat(43))) {
      expect((await listen(bearer(token))).status).toBe(401)
    }
  })

  it('ends within five seconds of the session’s end, or of the token’s, on any replica', async () => {
    verifies('S-10', 'S-42')
    const { first, second } = replicas
    const cookie = await signIn(first.url)
    const token = await makeToken(first.url, ['workspace:read'])
    const ending = await Promise.all([
      listen({ cookie }),
      listen({ cookie }, second.url),
      listen(bearer(token), second.url),
    ])
    const other = await listen()
    await fetch(`${first.url}/api/v1/session`, {
      method: 'DELETE',
      headers: { cookie, origin: first.url },
    })
    await admin`DELETE FROM owner_tokens WHERE name = 'narrow'`
    await sleep(5_250)
    for (const reader of ending) {
      expect(reader.told().at(-1)).toEqual({ type: 'ended' })
      expect(reader.isOver()).toBe(true)
    }
    expect(other.isOver()).toBe(false)
  })

  it('does not keep a session alive', async () => {
    verifies('S-42')
    const cookie = await signIn(replicas.first.url)
    await listen({ cookie })
    const idle = admin<{ idle: Date }[]>`
      UPDATE sessions SET last_seen_at = now() - interval '29 minutes 55 seconds'
      WHERE created_at = (SELECT max(created_at) FROM sessions) RETURNING last_seen_at AS idle`
    expect(await idle).toHaveLength(1)
    expect(await eventually(() => readers.at(-1)?.isOver() ?? false, 11_000)).toBe(true)
    expect(readers.at(-1)?.told().at(-1)).toEqual({ type: 'ended' })
  })

  it.each(['cut', 'blackhole'] as const)(
    'outlives the loss of the database (%s), and begins again with a reset',
    async (kind) => {
      verifies('S-44')
      const { first, second } = replicas
      const reader = await listen(byToken(), second.url)
      // What was recorded before may have been told before it listened.
      await first.owner.call('createAgent', { name: 'recorded' })
      expect(await hears(reader, changed('audit'))).toBe(true)
      await sleep(1_500)
      const before = reader.told().length
      proxy.set({ kind })
      const { agent } = await first.owner.call('createAgent', { name: 'missed' })
      await sleep(4_000)
      expect(reader.isOver()).toBe(false)
      expect(reader.told()).toHaveLength(before)
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      expect(await eventually(() => reader.told().length > before, 20_000)).toBe(true)
      expect(reader.told()[before]).toEqual({ type: 'reset' })
      await first.owner.call('renameAgent', { agentId: agent.id, name: 'heard' })
      expect(await hears(reader, changed('agents', agent.id))).toBe(true)
      expect(second.output()).not.toMatch(/uncaught|internal-error/)
    },
  )

  it('ends the oldest of eleven streams of a person, and lets go of those who leave', async () => {
    const all: EventReader[] = []
    for (let i = 0; i < 11; i += 1) all.push(await listen())
    expect(await eventually(() => all[0]?.isOver() ?? false, 2_000)).toBe(true)
    expect(all.slice(1).map((reader) => reader.isOver())).toEqual(Array(10).fill(false))
    expect(all[0]?.told()).not.toContainEqual({ type: 'ended' })
    for (const reader of all.slice(1)) reader.close()
    await sleep(500)
    const again: EventReader[] = []
    for (let i = 0; i < 10; i += 1) again.push(await listen())
    await sleep(500)
    expect(again.map((reader) => reader.isOver())).toEqual(Array(10).fill(false))
  })
})

describe('a vault that is told to stop', () => {
  it('ends the streams and does not wait for their readers', async () => {
    const vault = await startVault()
    const open = await Promise.all(
      Array.from({ length: 5 }, () => readEvents(vault.url, bearer(vault.ownerToken))),
    )
    const startedMs = performance.now()
    expect(await vault.terminate()).toBe(0)
    // Shorter than the time that requests under way are given.
    expect(performance.now() - startedMs).toBeLessThan(7_000)
    for (const reader of open) {
      expect(reader.isOver()).toBe(true)
      expect(reader.told()).not.toContainEqual({ type: 'ended' })
    }
    await vault.stop()
  })
})
