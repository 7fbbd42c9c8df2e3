import { afterEach, expect, it } from 'vitest'
import { assertionOf, nowSeconds, postToken, tokenRequest } from '../../fixtures/assertions.ts'
import { eventually } from '../../fixtures/scene.ts'
import { aPath, type Subject } from '../../fixtures/trio.ts'
import { verifies } from '../../verifies.ts'
import { dueAccount, type GivenTrio, many, sleep } from './shared-state.cases.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Calls that nobody ends are looked for every fifteen seconds. */
const lookedForMs = 16_000
/** 28 of 36 callers ask the third: more than the thousand records after which a replica signs the log by itself. */
const floodOfEach = 37

/** One replica whose wall clock is wrong, in both directions: what is shared is counted by nobody's own clock. */
export function clocks({ trio, oauth }: GivenTrio): void {
  afterEach(() => trio().clock.move(0))

  it('an hour behind, takes no assertion whose use may be forgotten, and minutes behind, none twice', async () => {
    verifies('S-02', 'S-03')
    const { clock, third, replicas } = trio()
    const { agent } = await trio().subject()
    const signedAgo = (ms: number) => {
      const iat = nowSeconds() - ms / 1000
      const signer = { ...agent, issuer: replicas.first.url }
      return tokenRequest(assertionOf(signer, { iat, exp: iat + 30 }))
    }
    await clock.move(-hourMs)
    expect((await postToken(third.url, signedAgo(hourMs))).status).toBe(401)
    expect((await postToken(third.url, signedAgo(0))).status).toBe(401)
    await clock.move(-3 * minuteMs)
    const old = signedAgo(3 * minuteMs)
    const statuses = await many(
      9,
      async (at) => (await postToken(replicas.urls[at % 3] ?? '', old)).status,
    )
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1)
    expect((await postToken(third.url, old)).status).toBe(401)
    await clock.move(0)
    expect((await postToken(third.url, signedAgo(0))).status).toBe(200)
  })

  it.each([-2 * hourMs, 8 * minuteMs])(
    '(%s ms) opens no limit, spends no approval that is over and every one that is not, and renews once',
    async (byMs) => {
      verifies('S-29', 'S-30', 'S-25', 'S-32')
      const { clock, admin, replicas } = trio()
      const limited = await trio().subject({ limits: { perHour: 6 } })
      const asker = await trio().subject({ approval: 'always' })
      const { provider, agent, call } = oauth()
      const clients = replicas.clientsOf(agent)
      const account = await oauth().connectForAgent()
      // Everybody has signed in everywhere, while the clock was right.
      await many(3, (at) => limited.send(aPath(), at))
      const ids = [await asker.ask(aPath(), 2), await asker.ask(aPath(), 2)]
      for (const client of clients) {
        expect(await call(account.id, { as: client })).toMatchObject({ status: 200 })
      }
      await clock.move(byMs)
      const ends = await many(21, (at) => limited.send(aPath(), at))
      expect(ends.filter((end) => end === 200)).toHaveLength(3)
      expect(new Set(ends)).toEqual(new Set([200, 'limit-exceeded']))
      const [over = '', good = ''] = ids
      for (const approvalId of ids) await trio().approve(approvalId)
      await admin`update approvals set expires_at = now() where id = ${over}`
      expect(await asker.redeem(over, 2)).toBe('approval-expired')
      const redeemed = await many(6, (at) => asker.redeem(good, at))
      expect(redeemed.filter((end) => end === 200)).toHaveLength(1)
      const { id } = await dueAccount(oauth())
      const renewed = await many(18, (at) => call(id, { as: clients[at % 3] ?? agent.client }))
      expect(new Set(renewed.map(({ status }) => status))).toEqual(new Set([200]))
      expect(provider.log.countTokens({ grantType: 'refresh_token' })).toBe(1)
    },
  )

  it('is held back at the sign-in of owners like the others, and forgets nothing for them', async () => {
    verifies('S-30', 'S-42')
    const { admin, clock, replicas } = trio()
    await clock.move(25 * hourMs)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const answer = await fetch(`${replicas.urls[attempt % 2 === 0 ? 2 : 0]}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: replicas.first.url },
        body: JSON.stringify({ email: 'two-clocks@example.com', password: 'a wrong password' }),
      })
      await answer.arrayBuffer()
      statuses.push(answer.status)
    }
    // Each that was let in counts, at whichever it was made.
    const [row] = await admin`select failures from sign_in_attempts
      where key like 'email:%' order by updated_at desc limit 1`
    expect(row?.failures).toBe(statuses.filter((status) => status === 401).length)
    expect(row?.failures).toBeGreaterThan(5)
  })

  it('two hours behind amid a flood of refusals, leaves the log whole, signed, and calls on their way open', async () => {
    verifies('S-30', 'S-36', 'S-37')
    const { clock, admin, replicas, upstream } = trio()
    // So many that none of them is stopped at the door.
    const subjects = await many(4, () => trio().subject())
    const [subject] = subjects
    if (subject === undefined) throw new Error('no subject')
    const where = aPath('flood')
    await many(12, (at) => subjects[at % 4]?.send(aPath(), at) ?? Promise.reject())
    const signed = async () =>
      (await admin`select 1 from audit_checkpoints where at < now() - interval '1 hour'`).length
    await clock.move(-2 * hourMs)
    const beganMs = performance.now()
    const held = [0, 2].map((at) => subject.send(aPath('hold'), at))
    expect(await eventually(() => upstream.holding() === 2, 20_000)).toBe(true)
    const ends = await many(36, (caller) =>
      floodFrom(subjects[caller % 4] ?? subject, { caller, where }),
    )
    const refused = ends.flat().filter((end) => end === 'policy-denied')
    expect(new Set(ends.flat()).size, [...new Set(ends.flat())].join()).toBeLessThanOrEqual(2)
    expect(ends.flat()).not.toContain('sent')
    const [{ n } = { n: 0 }] = await admin`
      select count(*)::int as n from audit_records where entry::json ->> 'path' = ${where}`
    expect(n).toBe(refused.length)
    expect(await eventually(async () => (await signed()) > 0, 20_000)).toBe(true)
    await sleep(Math.max(0, lookedForMs - (performance.now() - beganMs)))
    const { connectionId } = subject
    const { entries } = await replicas.first.owner.call('listAudit', { connectionId })
    expect(entries.filter(({ outcome }) => outcome === 'unknown')).toEqual([])
    upstream.release()
    expect(await Promise.all(held)).toEqual([200, 200])
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  }, 180_000)

  /** Refusals without a pause, most of them at the third. */
  async function floodFrom(
    { clientAt, connectionId }: Subject,
    { caller, where }: { readonly caller: number; readonly where: string },
  ): Promise<string[]> {
    const at = caller % 9 < 7 ? 2 : caller % 9 === 7 ? 0 : 1
    const client = clientAt(at)
    const url = `${trio().upstream.origin}${where}`
    const ends: string[] = []
    for (let sent = 0; sent < floodOfEach; sent += 1) {
      const call = client.call('execute', { connectionId, method: 'DELETE', url })
      ends.push(
        await call.then(
          () => 'sent',
          ({ type }) => String(type),
        ),
      )
    }
    return ends
  }
}
