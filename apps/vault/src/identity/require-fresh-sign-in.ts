import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { requireSession } from './require-session.ts'

/** For how long a person who proved who they are counts as still there, in ms. */
const freshSignInMs = 5 * 60_000

/**
 * Demands a session of a person who proved within the last 5 minutes who they are: a cookie alone, stolen or left
 * behind, does nothing that reaches far. A time that lies ahead counts for nothing.
 * @throws Problem session-required, for tokens; fresh-sign-in-required
 */
export function requireFreshSignIn(owner: AuthenticatedOwner, nowMs: number): void {
  requireSession(owner)
  const { authenticatedAtMs } = owner
  if (authenticatedAtMs !== undefined && isFresh(authenticatedAtMs, nowMs)) return
  throw new Problem('fresh-sign-in-required', 'You signed in too long ago to do this.', {
    next: 'Prove again who you are with your password or a passkey (POST /api/v1/session/reauthenticate), and repeat this within 5 minutes.',
  })
}

const isFresh = (atMs: number, nowMs: number) =>
  atMs <= nowMs + clockDifferenceMs && nowMs - atMs < freshSignInMs

/** Replicas' clocks may differ by this much, in ms. */
const clockDifferenceMs = 10_000
