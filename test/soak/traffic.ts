import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOf, operations } from '@sallyport/contracts'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import type { TestAgent } from '../fixtures/vault.ts'
import type { CallNote, Calls, Way } from './calls.ts'
import type { House, Member } from './house.ts'
import type { Ledger } from './ledger.ts'
import { createPeople, type People } from './people.ts'
import type { Random } from './random.ts'

// What agents and people do all the while: each of these goes on until told to stop.

/** A policy whose limit must not be exceeded by one. */
export interface LimitedTerm {
  readonly policyId: string
  readonly limit: number
  /** Whether it was asked until the answer was no. */
  readonly isUsedUp: boolean
}

/** What was taken back, and from when on it is. */
export interface TakenBack {
  readonly connectionId: string
  /** Milliseconds since the epoch: the owner began to ask for it, and had the answer. */
  readonly askedAt: number
  readonly at: number
}

export interface Traffic {
  readonly terms: readonly LimitedTerm[]
  readonly takenBack: readonly TakenBack[]
  readonly people: People
  /** What an owner could not get done anywhere for long. */
  readonly failures: readonly string[]
  readonly accounts: readonly Way[]
  readonly plain: Way
  readonly narrow: Way
  readonly narrowMost: number
  readonly oauth: OAuthScene
  /** What the upstream's connections are called by: each request has to bring it. */
  readonly upstreamToken: string
  /** Resolves when every loop has ended after `stop`. */
  stop(): Promise<void>
}

interface Needs {
  readonly house: House
  readonly ledger: Ledger
  readonly calls: Calls
  readonly random: Random
}

/** Access tokens live so long: below ten seconds left a call waits for a new one. */
const accessTokenSeconds = 15
/** Providers forgive an answer that was lost for some time; who is killed while the answer is on its way needs it. */
const reuseGraceSeconds = 300
const accountsMax = 3
const narrowMost = 3
const limitOfTerm = 12

/** Sets everything up, and lets it go on. */
export async function startTraffic(needs: Needs): Promise<Traffic> {
  const { house, calls, random } = needs
  const token = `upstream-${randomBytes(16).toString('hex')}`
  const scene = await startOAuthScene({
    vault: house.first,
    provider: { behaviour: { accessTokenSeconds, reuseGraceSeconds } },
  })
  const people = createPeople()
  const setUp = createSetUp({ ...needs, people, token })
  const agent = scene.agent
  const [plain, narrow, asked] = [
    await setUp.way(agent, { limits: {} }),
    await setUp.way(agent, { limits: { concurrent: narrowMost } }),
    await setUp.way(agent, { approval: 'always' }),
  ]
  const accounts: Way[] = []
  for (let made = 0; made < accountsMax; made += 1) {
    const { id } = await scene.connect({ account: made % 2 === 0 ? 'alice' : 'bob' })
    const policyId = await scene.allow(id)
    accounts.push({ agent, connectionId: id, policyId, origin: scene.provider.apiOrigin })
  }
  const state = { isStopping: false }
  const kept = {
    ...{ terms: [] as LimitedTerm[], takenBack: [] as TakenBack[] },
    failures: [] as string[],
  }
  const at = (chooser: Random) => chooser.pick(house.members)
  const loop = async (
    name: string,
    pauseMs: number,
    turn: (chooser: Random) => Promise<unknown>,
  ) => {
    const chooser = random.fork(name)
    while (!state.isStopping) {
      await turn(chooser).catch(
        (error: unknown) => void kept.failures.push(`${name}: ${String(error)}`),
      )
      await sleep(pauseMs * (0.5 + chooser.next()))
    }
  }
  const turn = { ...needs, people, setUp, agent, kept, state }
  const loops = [
    ...['plain a', 'plain b', 'plain c'].map((name) =>
      loop(name, 400, (chooser) => {
        const kind = chooser.pick(['plain', 'plain', 'slow', 'slow', 'forbidden'] as const)
        return calls.call(plain, kind, at(chooser))
      }),
    ),
    ...['narrow a', 'narrow b', 'narrow c', 'narrow d', 'narrow e'].map((name) =>
      loop(name, 500, (chooser) => calls.call(narrow, 'narrow', at(chooser))),
    ),
    ...accounts.map((way, index) =>
      loop(`account ${index}`, 300, (chooser) => calls.call(way, 'account', at(chooser))),
    ),
    loop('limited', 500, (chooser) => useUpTerm(turn, chooser)),
    ...['asked a', 'asked b'].map((name) =>
      loop(name, 600, (chooser) => askAndRedeem({ ...needs, way: asked }, chooser)),
    ),
    loop('person', 300, (chooser) => people.answerApprovals(house.members, chooser)),
    loop('doomed', 1_500, (chooser) => takeBack(turn, chooser)),
  ]
  return {
    ...{ ...kept, people, accounts, plain, narrow, narrowMost },
    ...{ oauth: scene, upstreamToken: token },
    async stop() {
      state.isStopping = true
      await Promise.all(loops)
    },
  }
}

interface SetUp {
  /** A connection of the agent's to the upstream, with a policy. Tries until the vault takes it. */
  way(agent: TestAgent, policy: Partial<CallOf<typeof operations.createPolicy>>): Promise<Way>
}

function createSetUp({
  house,
  ledger,
  random,
  people,
  token,
}: Needs & { people: People; token: string }): SetUp {
  const { origin } = ledger
  const chooser = random.fork('set up')
  return {
    // Both anew each time: whether what was not answered was done, nobody knows.
    way: (agent, policy) =>
      people.insist({ ...house, chooser }, 'set up', async (owner) => {
        const { connection } = await owner.call('createConnection', {
          label: `soak ${randomBytes(6).toString('hex')}`,
          origins: [origin],
          credential: { kind: 'bearer', token },
        })
        const made = await owner.call('createPolicy', {
          ...{ agentId: agent.agentId, connectionId: connection.id, approval: 'never' },
          allow: [{ origin, methods: ['GET', 'POST'], paths: ['/**'] }],
          ...policy,
        })
        return { agent, connectionId: connection.id, policyId: made.policy.id, origin }
      }),
  }
}

interface Turn extends Needs {
  readonly people: People
  readonly setUp: SetUp
  readonly agent: TestAgent
  readonly kept: { terms: LimitedTerm[]; takenBack: TakenBack[] }
  readonly state: { readonly isStopping: boolean }
}

/** Asks at all replicas at once until the limit says no to all of them, or the soak ends. */
async function useUpTerm({ house, calls, setUp, agent, kept, state }: Turn, chooser: Random) {
  const way = await setUp.way(agent, { limits: { perDay: limitOfTerm } })
  let isUsedUp = false
  while (!isUsedUp && !state.isStopping) {
    const ends = await Promise.all(
      Array.from({ length: 5 }, () => calls.call(way, 'limited', chooser.pick(house.members))),
    )
    isUsedUp = ends.every(({ problem }) => problem === 'limit-exceeded')
    await sleep(400 * chooser.next())
  }
  kept.terms.push({ policyId: way.policyId, limit: limitOfTerm, isUsedUp })
}

/** Asks, and redeems at every replica at once, before and after the answer. */
async function askAndRedeem({ house, calls, way }: Needs & { way: Way }, chooser: Random) {
  const asked = await calls.call(way, 'asked', chooser.pick(house.members))
  if (asked.approvalId === undefined) return
  if (chooser.chance(0.5)) await sleep(chooser.between(0, 1_500))
  const first = await redeemEverywhere(house, calls, { way, asked })
  // Whoever got no word asks again.
  if (first.every(({ problem }) => problem !== undefined && unsaid.has(problem))) {
    await sleep(1_000)
    await redeemEverywhere(house, calls, { way, asked })
  }
}

const unsaid = new Set(['vault-unreachable', 'store-unavailable', 'audit-unavailable'])

const redeemEverywhere = (
  { members }: House,
  calls: Calls,
  { way, asked }: { way: Way; asked: CallNote },
) => Promise.all(members.map((member) => calls.redeem(way, asked, member)))

/** Uses a connection at every replica, has an owner revoke it amid that, and goes on asking. */
async function takeBack(turn: Turn, chooser: Random): Promise<void> {
  const { house, calls, people, setUp, agent, kept, state } = turn
  const way = await setUp.way(agent, {})
  const { connectionId } = way
  const ends = { isOver: false }
  const users = house.members.map(async (member: Member) => {
    while (!ends.isOver) {
      await calls.call(way, 'doomed', member)
      await sleep(100)
    }
  })
  try {
    await sleep(state.isStopping ? 0 : chooser.between(300, 1_500))
    const askedAt = Date.now()
    await people.insist({ ...house, chooser }, 'revoke', async (owner) => {
      await owner
        .call('revokeConnectionByOwner', { connectionId })
        .catch(async (error: unknown) => {
          const { connection } = await owner.call('getConnection', { connectionId })
          if (connection.status !== 'revoked') throw error
        })
    })
    kept.takenBack.push({ connectionId, askedAt, at: Date.now() })
    await sleep(1_500)
  } finally {
    ends.isOver = true
    await Promise.all(users)
  }
}
