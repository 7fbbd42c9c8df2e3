import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault as ProxyFault } from '../fixtures/fault-proxy.ts'
import type { Fault, FaultKind } from './excuses.ts'
import type { House, Member } from './house.ts'
import type { Random } from './random.ts'

// What goes wrong, when and where: chosen by the seed, one thing after the other, sometimes two at once.

/** One thing that went wrong, from its beginning until what it befell was ready again. */
export interface Trouble extends Fault {
  readonly what: string
  /** After the fault itself was over, until every replica was ready. */
  readonly recoveredInMs: number
  /** What should not have come of it. */
  readonly breach: string | undefined
}

interface Act {
  readonly kind: FaultKind
  readonly what: string
  readonly member?: Member
  /** Answers what should not have come of it. */
  do(): Promise<string | undefined>
}

interface Needs {
  readonly house: House
  readonly random: Random
  readonly print: (line: string) => void
  /** Rotates the keys of all workspaces, by the command; answers what it said where it failed. */
  readonly rotate: () => Promise<string | undefined>
}

const startTriesMax = 5
const readyMsMax = 60_000
/** What connects through a proxy that is cut or silent does so again by itself within this time. */
const cutMs = [1_000, 4_000] as const
const pauseMs = [1_500, 5_000] as const

const proxyFaults: readonly ProxyFault[] = [
  { kind: 'cut' },
  { kind: 'blackhole' },
  { kind: 'delay', delayMs: 300 },
  { kind: 'trickle', everyMs: 5 },
  { kind: 'garbage' },
]

export interface Chaos {
  readonly troubles: readonly Trouble[]
  /** Does one thing after the other until the signal, and leaves everything up. */
  run(signal: AbortSignal): Promise<void>
}

/** Makes the chaos of a seed: the same things in the same order for the same seed. */
export function createChaos(needs: Needs): Chaos {
  const { house, random, print } = needs
  const troubles: Trouble[] = []
  let count = 0
  const carryOut = async ({ kind, what, member, do: act }: Act) => {
    const from = Date.now()
    const said = await act()
    const overMs = performance.now()
    if (member !== undefined) await untilReady(house, [member])
    const to = member === undefined ? undefined : Date.now()
    const unready = await untilReady(house)
    const recoveredInMs = Math.round(performance.now() - overMs)
    const late = unready === undefined ? undefined : `after ${what} ${unready} for a minute`
    const breach = said ?? late
    const fault = { kind, member: member?.name, from, to: to ?? Date.now() }
    troubles.push({ ...fault, what, recoveredInMs, breach })
    print(`  ${what}; all ready ${(recoveredInMs / 1000).toFixed(1)} s later`)
  }
  return {
    troubles,
    async run(signal) {
      while (!signal.aborted) {
        const act = chooseAct(needs, random.fork(`act ${count}`))
        const other = chooseAct(needs, random.fork(`other ${count}`))
        const isTwice = random.chance(0.3) && other.member !== act.member
        count += 1
        await Promise.all([act, ...(isTwice ? [other] : [])].map(carryOut))
        await sleep(random.between(1_000, 6_000), undefined, { signal }).catch(() => {})
      }
    },
  }
}

type Choose = (needs: Needs, random: Random) => Act

/** Which, and how often among a hundred. */
const choices: readonly (readonly [number, Choose])[] = [
  [22, killReplica],
  [12, stopReplica],
  [14, holdReplica],
  [24, breakDatabaseOf],
  [10, crashDatabase],
  [8, killWorker],
  [6, killRedis],
  [4, rotateKeys],
]

function chooseAct(needs: Needs, random: Random): Act {
  let left = random.between(1, 100)
  for (const [often, choose] of choices) {
    left -= often
    if (left <= 0) return choose(needs, random)
  }
  return killReplica(needs, random)
}

function killReplica({ house }: Needs, random: Random): Act {
  const member = random.pick(house.members)
  const downMs = random.between(0, 3_000)
  return {
    kind: 'kill',
    what: `kill -9 of ${member.name}, down for ${downMs} ms`,
    member,
    async do() {
      await member.kill()
      await sleep(downMs)
      return startAgain(member)
    },
  }
}

function stopReplica({ house }: Needs, random: Random): Act {
  const member = random.pick(house.members)
  return {
    kind: 'drain',
    what: `SIGTERM to ${member.name}`,
    member,
    async do() {
      const code = await member.terminate()
      const said = await startAgain(member)
      return code === 0 ? said : `${member.name} ended with ${code} when it was told to stop`
    },
  }
}

/** As a machine that stands still for a moment: what it held it holds, and it does not know that time has passed. */
function holdReplica({ house }: Needs, random: Random): Act {
  const member = random.pick(house.members)
  const heldMs = random.between(...pauseMs)
  return {
    kind: 'hold',
    what: `${member.name} stood still for ${heldMs} ms`,
    member,
    async do() {
      const pid = member.pid()
      // To signal 0 is to signal whoever soaks.
      if (pid === 0) return `${member.name} is not there`
      process.kill(pid, 'SIGSTOP')
      await sleep(heldMs)
      process.kill(pid, 'SIGCONT')
      return undefined
    },
  }
}

function breakDatabaseOf({ house }: Needs, random: Random): Act {
  const member = random.pick(house.members)
  const fault = random.pick(proxyFaults)
  const forMs = random.between(...cutMs)
  return {
    kind: 'database-of',
    what: `the database of ${member.name}: ${fault.kind} for ${forMs} ms`,
    member,
    async do() {
      member.proxy.set(fault)
      await sleep(forMs)
      member.proxy.set({ kind: 'pass' })
      // What was garbled or waits in the middle of a message goes on with new connections.
      if (fault.kind !== 'cut') member.proxy.cutNow()
      return undefined
    },
  }
}

function crashDatabase({ house }: Needs): Act {
  return {
    kind: 'database',
    what: 'PostgreSQL ended at once, and was started again',
    async do() {
      await house.crashDatabase()
      return undefined
    },
  }
}

function killWorker({ house }: Needs, random: Random): Act {
  const downMs = random.between(0, 5_000)
  return {
    kind: 'worker',
    what: `kill -9 of the worker, down for ${downMs} ms`,
    async do() {
      await house.worker.kill()
      await sleep(downMs)
      return startTrying('the worker', () => house.worker.start())
    },
  }
}

function killRedis({ house }: Needs, random: Random): Act {
  const downMs = random.between(500, 4_000)
  return {
    kind: 'redis',
    what: `kill -9 of Redis, down for ${downMs} ms`,
    async do() {
      await house.redis?.kill()
      await sleep(downMs)
      await house.redis?.restart()
      return undefined
    },
  }
}

function rotateKeys({ rotate }: Needs): Act {
  return {
    kind: 'rotation',
    what: 'the keys of all workspaces were rotated',
    do: () =>
      startTrying('the rotation', async () => {
        const said = await rotate()
        if (said !== undefined) throw new Error(said)
      }),
  }
}

const startAgain = (member: Member) => startTrying(member.name, () => member.start())

/** What begins while the database is away may end with a sentence; whoever runs it begins it again. */
async function startTrying(what: string, start: () => Promise<void>): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      await start()
      return undefined
    } catch (error) {
      if (tries === startTriesMax) return `${what} did not come up again: ${String(error)}`
      await sleep(1_000)
    }
  }
}

/** Waits until these, or every replica, say that they are ready; answers which one does not for a minute, and what it says. */
export async function untilReady(
  { members: all, askReady }: House,
  members: readonly Member[] = all,
): Promise<string | undefined> {
  const untilMs = performance.now() + readyMsMax
  for (;;) {
    const said = await Promise.all(members.map(askReady))
    const not = members.flatMap(({ name }, at) =>
      said[at] === undefined ? [] : [`${name}: ${said[at]}`],
    )
    if (not.length === 0) return undefined
    if (performance.now() > untilMs) return `was not ready (${not.join('; ')})`
    await sleep(100)
  }
}
