import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'

/**
 * Demands a signed-in session: what belongs to the person and not to the work is out of reach of every token (S-08).
 * @throws Problem session-required
 */
export function requireSession({ via }: AuthenticatedOwner): void {
  if (via !== 'session') throw sessionRequired()
}

/**
 * The keyed hash of the session that asks.
 * @throws Problem session-required
 */
export function sessionOf({ via, sessionHash }: AuthenticatedOwner): Uint8Array {
  if (via !== 'session' || sessionHash === undefined) throw sessionRequired()
  return sessionHash
}

const sessionRequired = () =>
  new Problem('session-required', 'A token may not do this.', {
    next: 'Sign in with e-mail address and password, and do it from that session.',
  })
