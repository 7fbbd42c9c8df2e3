import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { startHoldingUpstream } from '../../fixtures/holding-upstream.ts'
import { eventually } from '../../fixtures/scene.ts'
import { aPath, type Trio } from '../../fixtures/trio.ts'
import { verifies } from '../../verifies.ts'
import { dueAccount, type GivenTrio, many, sleep } from './shared-state.cases.ts'

const soonMsMax = 20_000
/** The others look for calls that nobody ends every fifteen seconds. */
const closedMsMax = 40_000

/** kill −9 of one replica at each stage of a call and of a renewal, while the others go on. */
export function kills({ trio, oauth }: GivenTrio): void {
  it('amid calls that owners approved, at each stage, sends none of them twice and loses none, and the others close what it began', async () => {
    verifies('S-43', 'S-25', 'S-36')
    const { third, proxy, upstream, admin, replicas } = trio()
    const mute = await startMute()
    const beside = await startHoldingUpstream()
    const origins = [mute.origin, beside.origin]
    const asker = await trio().subject({ approval: 'always' }, origins)
    const free = await trio().subject()
    const stages = {
      undecided: aPath(),
      unsent: `${mute.origin}${aPath()}`,
      held: aPath('hold'),
      halfAnswered: aPath('half'),
      answered: `${beside.origin}${aPath('hold')}`,
    }
    const ids: Record<string, string> = {}
    for (const [stage, path] of Object.entries(stages)) {
      ids[stage] = await asker.ask(path, 2)
      await trio().approve(ids[stage])
    }
    const redeem = (stage: keyof typeof stages, at = 2) => asker.redeem(ids[stage] ?? '', at)
    const cut = (['unsent', 'held', 'halfAnswered'] as const).map((stage) => redeem(stage))
    const answered = redeem('answered')
    const isUnderWay = () =>
      mute.sockets.size > 0 && upstream.holding() === 2 && beside.holding() === 1
    expect(await eventually(isUnderWay, soonMsMax)).toBe(true)
    // From here on it writes nothing down any more: neither how the one ended, nor that the other begins.
    proxy.set({ kind: 'blackhole' })
    beside.release()
    expect(await answered).toBe(200)
    const undecided = redeem('undecided')
    await sleep(200)
    await third.kill()
    proxy.set({ kind: 'pass' })
    expect(new Set(await Promise.all([...cut, undecided]))).toEqual(new Set(['vault-unreachable']))

    expect(new Set(await many(8, (at) => free.send(aPath(), at % 2)))).toEqual(new Set([200]))
    expect(await redeem('undecided', 0)).toBe(200)
    for (const stage of ['unsent', 'held', 'halfAnswered', 'answered'] as const) {
      expect([stage, await redeem(stage, 1)]).toEqual([stage, 'approval-consumed'])
    }
    const { undecided: once, held, halfAnswered } = stages
    expect([once, held, halfAnswered].map((path) => upstream.hits.get(path))).toEqual([1, 1, 1])
    expect([...beside.hits.values()]).toEqual([1])

    const outcomes = await closedByOthers(trio(), asker.connectionId)
    expect(outcomes.toSorted()).toEqual(['sent', 'unknown', 'unknown', 'unknown', 'unknown'])
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
    await third.restart()
    expect(await free.send(aPath(), 2)).toBe(200)
    const [{ n } = { n: -1 }] = await admin`
      select count(*)::int as n from approvals where status = 'consumed' and sealed is not null`
    expect(n).toBe(0)
    await Promise.all([mute.close(), beside.close()])
  })

  it('amid renewals, at each stage, loses no account, and the others go on with each', async () => {
    verifies('S-32', 'S-43')
    const { third, admin, replicas } = trio()
    const { provider, agent, call, get } = oauth()
    // As most providers do, it forgives that an answer was lost.
    provider.behaviour.reuseGraceSeconds = 600
    const [clientAtFirst, , clientAtThird] = replicas.clientsOf(agent)
    if (clientAtFirst === undefined || clientAtThird === undefined) throw new Error('no clients')
    const asked = await dueAccount(oauth())
    const worked = await dueAccount(oauth())
    const kept = await dueAccount(oauth())
    const atThird = (id: string) => call(id, { as: clientAtThird })
    const refreshes = () => provider.log.countTokens({ grantType: 'refresh_token' })

    provider.faults.set('token', { kind: 'hold' }, 1)
    const calls = [atThird(asked.id)]
    await provider.faults.whenHeld('token', 1)
    provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    calls.push(atThird(worked.id))
    await provider.faults.whenHeld('token', 2)
    const before = await versionOf(trio(), kept.id)
    // What the new token is for cannot be begun: the head of the log is somebody else's.
    await admin.begin(async (locked) => {
      await locked`select 1 from audit_heads for update`
      calls.push(atThird(kept.id))
      expect(
        await eventually(async () => (await versionOf(trio(), kept.id)) > before, soonMsMax),
      ).toBe(true)
      await third.kill()
    })
    provider.faults.clear()
    await Promise.all(calls)
    expect(provider.log.apiRequests).toEqual([])

    const sofar = refreshes()
    expect(await call(kept.id, { as: clientAtFirst })).toMatchObject({ status: 200 })
    expect(refreshes(), 'what was kept is used').toBe(sofar)
    // As time would: nobody has the turn any more.
    await admin`update connection_tokens set leased_until = now()
      where connection_id in ${admin([asked.id, worked.id])}`
    for (const { id } of [asked, worked]) {
      const works = async () => (await call(id, { as: clientAtFirst })).status === 200
      expect(await eventually(works, 20_000)).toBe(true)
      expect((await get(id)).status).toBe('healthy')
    }
    await third.restart()
  })

  it('with a new token that it could not write down, loses no account of a provider that forgives', async () => {
    verifies('S-32', 'S-43')
    const { third, admin, proxy, replicas } = trio()
    const { provider, agent, call, get } = oauth()
    provider.behaviour.reuseGraceSeconds = 600
    const [clientAtFirst, , clientAtThird] = replicas.clientsOf(agent)
    if (clientAtFirst === undefined || clientAtThird === undefined) throw new Error('no clients')
    const { id } = await dueAccount(oauth())
    provider.faults.set('token', { kind: 'hold', afterWork: true }, 1)
    const cut = call(id, { as: clientAtThird })
    await provider.faults.whenHeld('token', 1)
    proxy.set({ kind: 'blackhole' })
    provider.faults.clear()
    await sleep(500)
    expect(provider.log.apiRequests, 'nothing is used that is not kept').toEqual([])
    await third.kill()
    proxy.set({ kind: 'pass' })
    await cut
    await admin`update connection_tokens set leased_until = now() where connection_id = ${id}`
    const works = async () => (await call(id, { as: clientAtFirst })).status === 200
    expect(await eventually(works, 20_000)).toBe(true)
    expect((await get(id)).status).toBe('healthy')
    await third.restart()
  })
}

const versionOf = async ({ admin }: Trio, connectionId: string): Promise<number> => {
  const [row] =
    await admin`select version from connection_tokens where connection_id = ${connectionId}`
  return Number(row?.version ?? 0)
}

/** How the calls of a connection ended that were let out, once their time is up; as time would. */
async function closedByOthers({ admin, replicas }: Trio, connectionId: string): Promise<string[]> {
  await admin`update audit_open set deadline = now() - interval '1 minute' where audit_id in (
    select audit_id from audit_records where kind = 'intent'
      and entry::json ->> 'connectionId' = ${connectionId})`
  let outcomes: string[] = []
  await eventually(async () => {
    const { entries } = await replicas.first.owner.call('listAudit', { connectionId, limit: 100 })
    outcomes = entries.filter(({ decision }) => decision === 'allow').map((one) => one.outcome)
    return !outcomes.includes('pending')
  }, closedMsMax)
  return outcomes
}

/** Takes connections and never says a word: no TLS comes about, so nothing is ever sent. */
async function startMute() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    origin: `https://127.0.0.1:${port}`,
    sockets,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
