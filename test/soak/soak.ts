import { fileURLToPath } from 'node:url'
import { runProgram } from '../fixtures/run-program.ts'
import { type Books, readBooks, standsNow } from './books.ts'
import { type CallNote, createCalls } from './calls.ts'
import { createChaos, untilReady } from './chaos.ts'
import {
  findSecrets,
  readProvider,
  settle,
  tryAccounts,
  tryNarrow,
  verifyEverywhere,
} from './closing.ts'
import { type House, startHouse } from './house.ts'
import { judge } from './judge.ts'
import { type Ledger, startLedger } from './ledger.ts'
import { watchMemory } from './memory.ts'
import { createRandom } from './random.ts'
import { startTraffic, type Traffic } from './traffic.ts'

// Minutes of agents, people and faults, and the comparison of all books at the end.

export interface SoakOptions {
  readonly runMs: number
  readonly seed: number
  readonly replicas: number
  /** How long to wait at the end for attempts to be closed whose vault was killed. */
  readonly settleMs: number
  readonly print: (line: string) => void
  /** Ends it early: what was begun is judged all the same. */
  readonly signal: AbortSignal
}

/** What came of it. */
export interface SoakReport {
  /** Each a sentence; none where every promise was kept. */
  readonly breaches: readonly string[]
  readonly figures: Readonly<Record<string, number | string>>
}

const command = fileURLToPath(new URL('../../packages/cli/bin/sallyport.js', import.meta.url))

/** Runs one. Everything that it started has ended when it returns, also where it throws. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { print, seed } = options
  const random = createRandom(seed)
  const house = await startHouse(options.replicas)
  const ledger = await startLedger((nonce) => standsNow(house.admin, nonce))
  const calls = createCalls()
  const parts: { traffic?: Traffic } = {}
  try {
    parts.traffic = await startTraffic({ house, ledger, calls, random })
    print(`all is up; seed ${seed}`)
    const memory = watchMemory(house)
    const rotate = () => rotateWorkspaces(house)
    const chaos = createChaos({ house, print, rotate, random: random.fork('chaos') })
    await runFor(options, chaos.run)
    const resident = memory.stop()
    const end = await compare(options, { house, ledger, traffic: parts.traffic, calls, chaos })
    return {
      breaches: [...end.breaches, ...resident.breaches],
      figures: { ...end.figures, ...resident.figures },
    }
  } finally {
    await parts.traffic?.stop().catch(() => {})
    await parts.traffic?.oauth.stop()
    await ledger.close()
    await house.stop()
  }
}

/** Until the time is up or the signal comes. */
async function runFor(
  { runMs, signal }: SoakOptions,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController()
  const end = () => over.abort()
  const timer = setTimeout(end, runMs)
  signal.addEventListener('abort', end)
  try {
    if (!signal.aborted) await run(over.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

interface Parts {
  readonly house: House
  readonly ledger: Ledger
  readonly traffic: Traffic
  readonly calls: ReturnType<typeof createCalls>
  readonly chaos: ReturnType<typeof createChaos>
}

async function compare({ settleMs, print }: SoakOptions, parts: Parts): Promise<SoakReport> {
  const { house, ledger, traffic, calls, chaos } = parts
  const unready = await untilReady(house)
  await traffic.stop()
  print('quiet; the books are compared')
  const accounts = await tryAccounts(house, traffic, calls)
  const pendingFrom = await settle(house, settleMs)
  const places = await tryNarrow(house, traffic, calls)
  const verified = await verifyEverywhere(house)
  const books = await readBooks(house.admin)
  const { accountHits, reuses } = readProvider(traffic)
  const breaches = [
    ...chaos.troubles.flatMap(({ breach }) => (breach === undefined ? [] : [breach])),
    ...(unready === undefined ? [] : [`at the end ${unready}`]),
    ...(ledger.hits.length === 0 ? ['nothing came through that could be judged'] : []),
    ...judge({
      ...{ hits: ledger.hits, accountHits, notes: calls.notes, reuses, pendingFrom },
      ...{ troubles: chaos.troubles, attempts: books.attempts, approvals: books.approvals },
      ...{ people: traffic.people.notes, said: traffic.people.said },
      ...{ terms: traffic.terms, takenBack: traffic.takenBack, narrowMost: traffic.narrowMost },
      narrowSeen: ledger.openMost('narrow'),
      authorization: `Bearer ${traffic.upstreamToken}`,
    }),
    ...traffic.failures,
    ...accounts,
    ...places,
    ...verified,
    ...books.needReauth.map((id) => `${id} has to be connected again`),
    ...findSecrets(house, traffic),
  ]
  return {
    breaches,
    figures: count(parts, { books, accountHits: accountHits.length, reuses: reuses.length }),
  }
}

async function rotateWorkspaces({ env }: House): Promise<string | undefined> {
  const { code, stderr } = await runProgram(
    process.execPath,
    [command, 'keys', 'rotate', 'workspace', '--all'],
    { env },
  )
  return code === 0 ? undefined : stderr.trim()
}

const tally = (words: readonly string[]) => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return sorted.map(([word, count]) => `${count} ${word}`).join(', ') || 'none'
}

function count(
  { house, ledger, traffic, calls, chaos }: Parts,
  { books, accountHits, reuses }: { books: Books; accountHits: number; reuses: number },
): SoakReport['figures'] {
  const recovered = chaos.troubles.map(({ recoveredInMs }) => recoveredInMs)
  const used = traffic.terms.filter(({ isUsedUp }) => isUsedUp)
  const refreshes = traffic.oauth.provider.log.countTokens({ grantType: 'refresh_token' })
  return {
    replicas: house.members.length,
    calls: `${calls.notes.length}: ${tally(calls.notes.map(endOf))}`,
    'requests at upstreams': ledger.hits.length + accountHits,
    'audit records': books.records,
    attempts: `${books.attempts.length}: ${tally(books.attempts.map(({ outcome }) => outcome))}`,
    approvals: `${books.approvals.length}: ${tally(books.approvals.map(({ status }) => status))}`,
    'limits used up': `${used.length}, of ${traffic.terms.length}`,
    'connections taken back amid calls': traffic.takenBack.length,
    'refreshed tokens': `${refreshes}; ${reuses} refresh tokens sent again after a fault`,
    faults: `${recovered.length}; all replicas ready ${Math.max(0, ...recovered)} ms later at most`,
  }
}

const endOf = ({ problem, status, approvalId }: CallNote) =>
  problem ?? (status === undefined && approvalId !== undefined ? 'asked' : String(status))
