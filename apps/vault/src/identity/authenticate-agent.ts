import type { AuthenticatedAgent } from './caller.ts'
import { isToken, type TokenHash } from './secret-token.ts'
import { unauthenticated } from './unauthenticated.ts'

/** An agent's access token and the agent, as far as a call needs to know. */
export interface AgentAccess extends Omit<AuthenticatedAgent, 'tokenHash' | 'via'> {
  readonly status: 'pending' | 'active' | 'disabled'
  readonly expiresAtMs: number
  /** Of a consumer token. */
  readonly consumerId?: string
}

/** Where access tokens are looked up, by their keyed hash. */
export interface AgentAccessLookup {
  /** What is in memory and known to be current; never waits for anything. */
  peek(tokenHash: Uint8Array): AgentAccess | undefined
  /** The same, reading the database where it has to. */
  get(tokenHash: Uint8Array): Promise<AgentAccess | undefined>
}

interface AuthenticateAgentNeeds {
  readonly lookup: AgentAccessLookup
  /** Notes that an agent called. */
  readonly seen: (agentId: string) => void
  /** Notes that a consumer token was used. */
  readonly used: (consumerId: string) => void
  readonly tokenHash: TokenHash
  readonly now: () => number
}

/** What a caller wants to reach with its token. */
export interface Reach {
  /** Consumer tokens get there as well. */
  readonly consumer?: boolean
}

/**
 * Tells which agent a bearer token belongs to. No database is asked where the token was seen before and the change
 * feed is live. Anything but a token that is good now, of an agent that is active, is the same Problem
 * `unauthenticated` (S-06, S-08); so is a consumer token where only an agent's own gets.
 */
export function createAuthenticateAgent({
  lookup,
  seen,
  used,
  tokenHash,
  now,
}: AuthenticateAgentNeeds) {
  return async (bearer: string, reach: Reach = {}): Promise<AuthenticatedAgent> => {
    const isConsumer = reach.consumer === true && isToken('consumer', bearer)
    if (!isConsumer && !isToken('agent', bearer)) throw unauthenticated()
    const hash = tokenHash(bearer)
    const access = lookup.peek(hash) ?? (await lookup.get(hash))
    if (access?.status !== 'active' || access.expiresAtMs <= now()) throw unauthenticated()
    const { agentId, workspaceId, name, consumerId } = access
    // What the row says has to be what the token's first characters say.
    if (isConsumer !== (consumerId !== undefined)) throw unauthenticated()
    seen(agentId)
    if (consumerId !== undefined) used(consumerId)
    const via = isConsumer ? ('consumer' as const) : ('token' as const)
    return { agentId, workspaceId, name, via, tokenHash: hash }
  }
}

/** How exact `lastSeenAt` and `lastUsedAt` are, in ms. */
const seenEveryMs = 60_000
/** Agents, or tokens, whose last note is remembered; beyond that the oldest is noted again a little early. */
const seenAgentsMax = 10_000

/**
 * Notes when agents were last seen, or consumer tokens last used, at most once a minute each and without anybody waiting for it. Where it fails, the
 * time is a minute older and the failure is logged.
 */
export function createLastSeen(needs: {
  readonly touch: (id: string, atMs: number) => Promise<void>
  readonly logFailure: (error: unknown) => void
  readonly now: () => number
}): (id: string) => void {
  const notedMs = new Map<string, number>()
  return (id) => {
    const nowMs = needs.now()
    const lastMs = notedMs.get(id)
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < seenEveryMs) return
    notedMs.delete(id)
    notedMs.set(id, nowMs)
    if (notedMs.size > seenAgentsMax) notedMs.delete(notedMs.keys().next().value ?? id)
    needs.touch(id, nowMs).catch(needs.logFailure)
  }
}
