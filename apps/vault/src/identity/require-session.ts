import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'

/**
 * Demands a signed-in session: what belongs to the person and not to the work is out of reach of every token (S-08).
 * @throws Problem session-required
 */
export function requireSession({ via }: AuthenticatedOwner): void {
  if (via === 'session') return
  throw new Problem('session-required', 'A token may not do this.', {
    next: 'Sign in with e-mail address and password, and do it from that session.',
  })
}
