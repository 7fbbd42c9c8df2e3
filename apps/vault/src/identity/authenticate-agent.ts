import type { AuthenticatedAgent } from './caller.ts'
import { isToken, type TokenHash } from './secret-token.ts'
import { unauthenticated } from './unauthenticated.ts'

/** An agent's access token and the agent, as far as a call needs to know. */
export interface AgentAccess extends Omit<AuthenticatedAgent, 'tokenHash'> {
  readonly status: 'pending' | 'active' | 'disabled'
  readonly expiresAtMs: number
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
  readonly tokenHash: TokenHash
  readonly now: () => number
}

/**
 * Tells which agent a bearer token belongs to. No database is asked where the token was seen before and the change
 * feed is live. Anything but a token that is good now, of an agent that is active, is the same Problem
 * `unauthenticated` (S-06, S-08).
 */
export function createAuthenticateAgent({ lookup, seen, tokenHash, now }: AuthenticateAgentNeeds) {
  return async (bearer: string): Promise<AuthenticatedAgent> => {
    if (!isToken('agent', bearer)) throw unauthenticated()
    const hash = tokenHash(bearer)
    const access = lookup.peek(hash) ?? (await lookup.get(hash))
    if (access?.status !== 'active' || access.expiresAtMs <= now()) throw unauthenticated()
    seen(access.agentId)
    const { agentId, workspaceId, name } = access
    return { agentId, workspaceId, name, tokenHash: hash }
  }
}

/** How exact `lastSeenAt` is, in ms. */
const seenEveryMs = 60_000
/** Agents whose last note is remembered; beyond that the oldest is noted again a little early. */
const seenAgentsMax = 10_000

/**
 * Notes when agents were last seen, at most once a minute each and without anybody waiting for it. Where it fails, the
 * time is a minute older and the failure is logged.
 */
export function createLastSeen(needs: {
  readonly touch: (agentId: string, atMs: number) => Promise<void>
  readonly logFailure: (error: unknown) => void
  readonly now: () => number
}): (agentId: string) => void {
  const notedMs = new Map<string, number>()
  return (agentId) => {
    const nowMs = needs.now()
    const lastMs = notedMs.get(agentId)
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < seenEveryMs) return
    notedMs.delete(agentId)
    notedMs.set(agentId, nowMs)
    if (notedMs.size > seenAgentsMax) notedMs.delete(notedMs.keys().next().value ?? agentId)
    needs.touch(agentId, nowMs).catch(needs.logFailure)
  }
}
