import { expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from '../../fixtures/assertions.ts'
import type { OAuthScene } from '../../fixtures/oauth-scene.ts'
import { eventually } from '../../fixtures/scene.ts'
import { aPath, type End, type Subject, type Trio } from '../../fixtures/trio.ts'
import { verifies } from '../../verifies.ts'

/** What tests of a shared trio are handed: both are there once the tests run. */
export interface GivenTrio {
  readonly trio: () => Trio
  readonly oauth: () => OAuthScene
}

const dueAtOnceS = 5
const dayS = 24 * 3600
const otherReplicaMsMax = 1_000
const streamEndMsMax = 5_000
/** What was on the wire when an answer came may be read a moment later. */
const settleMs = 250

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
export const many = <T>(count: number, make: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))

/** An account whose token has to be renewed with its next use; the one that comes then lasts. */
export async function dueAccount({ provider, connectForAgent }: OAuthScene) {
  provider.behaviour.accessTokenSeconds = dueAtOnceS
  const connection = await connectForAgent()
  provider.behaviour.accessTokenSeconds = dayS
  provider.log.clear()
  return connection
}

/** All that replicas share, asked of all three at once. */
export function sharedState({ trio, oauth }: GivenTrio): void {
  const ownerOf = () => trio().replicas.first.owner

  it('accept an assertion once between them', async () => {
    verifies('S-02', 'S-03')
    const { urls, first } = trio().replicas
    const { agent } = await trio().subject()
    for (let round = 0; round < 3; round += 1) {
      const request = tokenRequest(assertionOf({ ...agent, issuer: first.url }))
      const answers = await many(30, (at) => postToken(urls[at % 3] ?? '', request))
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      // Where the burst at the door is not saved up yet, some come no further.
      expect(statuses.filter((status) => ![200, 401, 429].includes(status))).toEqual([])
    }
  })

  it('register one key for an enrolment code between them', async () => {
    verifies('S-07')
    const { urls, first } = trio().replicas
    const { agent, bootstrapSecret } = await first.owner.call('createAgent', { name: 'one key' })
    const keys = await many(9, async () => {
      const { publicKey } = await crypto.subtle.generateKey(
        { name: 'ECDSA', namedCurve: 'P-256' },
        true,
        ['sign', 'verify'],
      )
      const { x, y } = await crypto.subtle.exportKey('jwk', publicKey)
      return { kty: 'EC', crv: 'P-256', x, y }
    })
    const statuses = await many(9, async (at) => {
      const answer = await fetch(`${urls[at % 3]}/v1/agents/bootstrap`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ bootstrapSecret, publicKey: keys[at] }),
      })
      await answer.arrayBuffer()
      return answer.status
    })
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    const { agents } = await first.owner.call('listAgents', { limit: 200 })
    expect(agents.find(({ id }) => id === agent.id)?.status).toBe('active')
  })

  it('send an approved request once between them', async () => {
    verifies('S-25')
    const asker = await trio().subject({ approval: 'always' })
    for (let round = 0; round < 3; round += 1) {
      const path = aPath()
      const approvalId = await asker.ask(path, round)
      await trio().approve(approvalId)
      const ends = await many(18, (at) => asker.redeem(approvalId, at))
      expect(ends.filter((end) => end === 200)).toHaveLength(1)
      expect(new Set(ends)).toEqual(new Set([200, 'approval-consumed']))
      expect(trio().hits(path)).toBe(1)
    }
  })

  it('share limits, to the last place', async () => {
    verifies('S-29')
    const limited = await trio().subject({ limits: { perHour: 7 } })
    const ends = await many(45, (at) => limited.send(aPath(), at))
    expect(ends.filter((end) => end === 200)).toHaveLength(7)
    expect(new Set(ends)).toEqual(new Set([200, 'limit-exceeded']))
    const few = await trio().subject({ limits: { concurrent: 4 } })
    const refused: End[] = []
    const calls = many(24, async (at) => {
      const end = await few.send(aPath('hold'), at)
      if (end !== 200) refused.push(end)
      return end
    })
    expect(await eventually(() => refused.length === 20, 20_000)).toBe(true)
    expect(trio().upstream.holding()).toBe(4)
    trio().upstream.release()
    expect((await calls).filter((end) => end === 200)).toHaveLength(4)
  })

  it('renew a token once between them, when it ends and when the upstream refuses it', async () => {
    verifies('S-32')
    const { id } = await dueAccount(oauth())
    const { provider, agent } = oauth()
    const clients = trio().replicas.clientsOf(agent)
    const call = (at: number) => oauth().call(id, { as: clients[at % 3] ?? agent.client })
    const refreshes = () => provider.log.countTokens({ grantType: 'refresh_token' })
    const ended = await many(60, call)
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set([200]))
    expect(refreshes()).toBe(1)
    provider.api.refuseToken(String(provider.log.tokenRequests.at(-1)?.answer?.access_token))
    // Its renewal is too fresh to be blamed for a refusal: as time would.
    await trio().admin`update connection_tokens set renewed_at = now() - interval '1 hour'
      where connection_id = ${id}`
    await many(3, call)
    await eventually(async () => (await call(0)).status === 200, 10_000)
    const refused = await many(30, call)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([200]))
    expect(refreshes()).toBeLessThanOrEqual(2)
    expect(provider.log.reused()).toEqual([])
  })

  it('take the answer of a provider once between them', async () => {
    verifies('S-31')
    const { authorizationUrl } = await oauth().begin()
    const { pathname, search } = new URL(await oauth().provider.consent(authorizationUrl))
    const { urls } = trio().replicas
    const headers = { cookie: oauth().person.cookie, origin: urls[0] ?? '' }
    const statuses = await many(12, async (at) => {
      const answer = await fetch(`${urls[at % 3]}${pathname}${search}`, { headers })
      await answer.arrayBuffer()
      return answer.status
    })
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(oauth().provider.log.countTokens({ grantType: 'authorization_code' })).toBe(1)
  })

  it.each([
    [
      'an agent that is disabled',
      ({ agent: { agentId } }: Subject) => ownerOf().call('disableAgent', { agentId }),
    ],
    [
      'a connection that is revoked',
      ({ connectionId }: Subject) => ownerOf().call('revokeConnectionByOwner', { connectionId }),
    ],
  ] as const)('let nothing out any more for %s, within a second', async (_what, takeAway) => {
    verifies('S-10')
    const subject = await trio().subject()
    const prefix = aPath('flood')
    const open = many(3, (at) => subject.send(`/half/${prefix.slice(1)}/${at}`, at))
    expect(await eventually(() => trio().upstream.holding() === 3, 20_000)).toBe(true)
    const flood = floodOf(subject, prefix)
    expect(await eventually(() => trio().hits(`${prefix}/`) > 30, 20_000)).toBe(true)
    await takeAway(subject)
    const endedMs = performance.now()
    await sleep(settleMs)
    const atFirst = trio().hits(`${prefix}/0/`)
    await sleep(otherReplicaMsMax - settleMs)
    const atOthers = [1, 2].map((at) => trio().hits(`${prefix}/${at}/`))
    expect(new Set(await open)).toEqual(new Set(['request-stopped']))
    expect(performance.now() - endedMs).toBeLessThan(streamEndMsMax)
    await sleep(otherReplicaMsMax)
    await flood.stop()
    expect(trio().hits(`${prefix}/0/`)).toBe(atFirst)
    expect([1, 2].map((at) => trio().hits(`${prefix}/${at}/`))).toEqual(atOthers)
  })

  /** Two callers at each replica, with a path that tells which, until told to stop. */
  function floodOf(subject: Subject, prefix: string) {
    let stopped = false
    const running = many(6, async (caller) => {
      const at = caller % 3
      let end: End = 200
      for (let sent = 0; !stopped; sent += 1) {
        end = await subject.send(`${prefix}/${at}/${caller}-${sent}`, at)
        await sleep(end === 200 ? 5 : 50)
      }
    })
    return {
      stop: () => {
        stopped = true
        return running
      },
    }
  }
}
