import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ownerPassword } from '../fixtures/vault.ts'
import { countOpen } from './books.ts'
import type { Calls, Way } from './calls.ts'
import type { AccountHit, Reuse } from './facts.ts'
import type { House, Member } from './house.ts'
import type { Traffic } from './traffic.ts'

// What is looked at when all is up again and quiet.

const verifier = fileURLToPath(new URL('../../packages/cli/dist/verify-audit.mjs', import.meta.url))
const settleStepMs = 500
/** After a failure the vault lets a provider rest before it asks again. */
const accountMsMax = 45_000
/** An attempt's time, and the vault's own patience with whoever made it. */
const closedWithinMs = 95_000

/** Waits for attempts to be closed whose vault was killed, for so long at most. Answers since when one may be open. */
export async function settle(house: House, settleMs: number): Promise<number> {
  const untilMs = performance.now() + settleMs
  while (performance.now() < untilMs && (await countOpen(house.admin)) > 0)
    await sleep(settleStepMs)
  return Date.now() - closedWithinMs
}

/** Calls with each account at each replica. Answers what does not work. */
export async function tryAccounts(
  { members }: House,
  { accounts }: Traffic,
  calls: Calls,
): Promise<string[]> {
  const tries = accounts.flatMap((way) => members.map((member) => tryAccount(way, member, calls)))
  return (await Promise.all(tries)).flat()
}

async function tryAccount(way: Way, member: Member, calls: Calls): Promise<string[]> {
  const untilMs = performance.now() + accountMsMax
  for (;;) {
    const { status, problem } = await calls.call(way, 'account', member)
    if (status === 200) return []
    if (performance.now() > untilMs)
      return [
        `the account ${way.connectionId} does not work at ${member.name}: ${problem ?? status}`,
      ]
    await sleep(1_000)
  }
}

/** As many as may be at one time are let through again: nobody who died keeps a place. Answers what is not. */
export async function tryNarrow(
  { members, admin }: House,
  { narrow, narrowMost }: Traffic,
  calls: Calls,
): Promise<string[]> {
  // Whoever was killed keeps its place until its attempt is closed.
  if ((await countOpen(admin)) > 0) return []
  const ends = await Promise.all(
    Array.from({ length: narrowMost }, (_, at) =>
      calls.call(narrow, 'narrow', members[at % members.length] as Member),
    ),
  )
  return ends.flatMap(({ member, status, problem }) =>
    status === 200
      ? []
      : [`a place of ${narrowMost} is not free at ${member}: ${problem ?? status}`],
  )
}

/** Has each replica verify the log, and whoever needs no vault. Answers what does not verify. */
export async function verifyEverywhere(house: House): Promise<string[]> {
  const found: string[] = []
  for (const { name, owner } of house.members) {
    const { ok, firstBad, reason } = await owner.call('verifyAudit', {})
    if (!ok) found.push(`the log does not verify at ${name}: record ${firstBad}, ${reason}`)
  }
  const { first } = house
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  try {
    const file = join(folder, 'log.jsonl')
    const headers = { authorization: `Bearer ${first.ownerToken}` }
    const answer = await fetch(`${first.url}/api/v1/audit/export`, { headers })
    writeFileSync(file, await answer.text())
    const checkpoints = join(first.dataDir, 'audit-checkpoints.jsonl')
    const also = existsSync(checkpoints) ? ['--checkpoints', checkpoints] : []
    const { status, stdout } = spawnSync(process.execPath, [verifier, file, ...also], {
      encoding: 'utf8',
    })
    if (status !== 0) found.push(`the export does not verify by itself: ${stdout.trim()}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return found
}

/** What the provider of accounts saw. */
export function readProvider({ oauth }: Traffic): { accountHits: AccountHit[]; reuses: Reuse[] } {
  const { log } = oauth.provider
  const uses = new Map<string, number[]>()
  for (const { grantType, processed, params, at } of log.tokenRequests) {
    const token = params.refresh_token
    if (grantType !== 'refresh_token' || token === undefined || !processed) continue
    uses.set(token, [...(uses.get(token) ?? []), at])
  }
  return {
    accountHits: log.apiRequests.map(({ path, at, status }) => ({
      nonce: path.slice(path.lastIndexOf('/') + 1),
      at,
      status,
    })),
    reuses: [...uses.values()].flatMap((times) =>
      times.length < 2 ? [] : [{ firstAt: Math.min(...times), lastAt: Math.max(...times) }],
    ),
  }
}

/** Looks for every secret that there was in all that any process wrote. Answers what kinds were found. */
export function findSecrets(house: House, traffic: Traffic): string[] {
  const said = house.said()
  const { oauth, upstreamToken } = traffic
  const tokens = oauth.provider.log.tokenRequests.flatMap(({ params, answer }) => [
    params.refresh_token,
    params.code,
    answer?.access_token,
    answer?.refresh_token,
  ])
  const secrets: readonly (readonly [string, unknown])[] = [
    ['an upstream’s credential', upstreamToken],
    ['the owner’s token', house.first.ownerToken],
    ['the owner’s password', ownerPassword],
    ['an agent’s private key', oauth.agent.privateKey.d],
    ['the root key', house.env.SALLYPORT_ROOT_KEY],
    ['the client secret', oauth.client.clientSecret],
    ['a database password', new URL(house.database.urls.app).password],
    ['a database password', new URL(house.database.urls.owner).password],
    ...tokens.map((token) => ['a token of an account', token] as const),
  ]
  const found = secrets.flatMap(([what, secret]) =>
    typeof secret === 'string' && secret !== '' && said.includes(secret) ? [what] : [],
  )
  return [...new Set(found)].map((what) => `${what} stands in what a process wrote`)
}
