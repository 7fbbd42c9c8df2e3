import { Problem } from '@sallyport/contracts'
import type { AccessToken } from './access-token.ts'
import { dueOfHeld, type HeldTokens, leftOf, type TokenShelf } from './held-tokens.ts'
import type { RenewableConnection } from './renewable-connection.ts'
import type { Outcome } from './renewal-needs.ts'
import type { Renewals } from './renewals.ts'
import type { TokenSource } from './token-source.ts'
import type { StoredTokens } from './token-store.ts'

export interface TokenOpeningNeeds {
  readonly shelf: TokenShelf
  readonly renewals: Pick<Renewals, 'begin' | 'wait'>
  /** Asks the owner for what cannot be renewed and has ended. */
  readonly end: (stored: StoredTokens) => Promise<Outcome>
  readonly source: Pick<TokenSource, 'canRenew'>
  readonly monotonicMs: () => number
}

/** A token that was got so lately, and has not ended by then, is refused for another reason than its age. */
const justRenewedMs = 30_000

/** Builds what requests take their access tokens from. */
export function createTokenOpening(needs: TokenOpeningNeeds) {
  const { shelf, renewals, source, monotonicMs } = needs

  const canRenew = ({ stored }: HeldTokens) =>
    source.canRenew(stored.connection, stored.hasRefreshToken)
  /** Undefined: a renewal may be tried. */
  const waitingMs = (held: HeldTokens) => {
    const { attemptInMs } = held.stored
    const ms = leftOf(held, attemptInMs, monotonicMs())
    return ms !== null && ms > 0 ? ms : undefined
  }
  const isLeased = (held: HeldTokens) =>
    (leftOf(held, held.stored.leaseLeftMs, monotonicMs()) ?? 0) > 0

  async function renewed(held: HeldTokens): Promise<Outcome> {
    const retryMs = waitingMs(held)
    if (retryMs === undefined) return renewals.wait(held)
    const { failure, failureMessage } = held.stored
    const type = failure === 'provider-refused' ? failure : 'provider-unavailable'
    return { kind: 'failed', problem: new Problem(type, failureMessage ?? undefined), retryMs }
  }

  /** What the caller read of the connection may be older than what is known here. */
  async function holdHealthy(connection: RenewableConnection): Promise<HeldTokens> {
    requireHealthy(connection)
    const held = await shelf.get(connection)
    requireHealthy(held.stored.connection)
    return held
  }

  /** The token that there is by now, where the outcome leaves one. */
  async function take(
    connection: RenewableConnection,
    held: HeldTokens,
    { outcome, mayUseOld }: { readonly outcome: Outcome; readonly mayUseOld: boolean },
  ): Promise<AccessToken> {
    switch (outcome.kind) {
      case 'renewed':
        // Whoever renewed may be another replica, whose notice is still on its way.
        shelf.forget(connection.id)
        return accessOf(await shelf.get(connection))
      case 'ended':
        throw needsReauth(outcome.reason)
      case 'gone':
        throw new Problem('connection-revoked', 'The connection was revoked meanwhile.')
      default: {
        const leftMs = leftOf(held, held.stored.leftMs, monotonicMs())
        if (mayUseOld && leftMs !== null && leftMs > 0) return accessOf(held)
        throw refreshFailed(outcome)
      }
    }
  }

  return {
    async open(connection: RenewableConnection): Promise<AccessToken> {
      const held = await holdHealthy(connection)
      const due = dueOfHeld(held, monotonicMs())
      // What cannot be renewed is used until the upstream says that it has ended: clocks alone end nothing.
      if (due === 'no' || !canRenew(held)) return accessOf(held)
      if (due === 'soon') {
        if (waitingMs(held) === undefined && !isLeased(held)) renewals.begin(held)
        return accessOf(held)
      }
      const outcome = await renewed(held)
      return take(connection, held, { outcome, mayUseOld: true })
    },

    async renewRefused(connection: RenewableConnection, version: number): Promise<AccessToken> {
      const held = await holdHealthy(connection)
      const { stored } = held
      const leftMs = leftOf(held, stored.leftMs, monotonicMs())
      if (stored.version !== version) return accessOf(held)
      if (!canRenew(held)) {
        if (leftMs === null || leftMs > 0) return accessOf(held)
        return take(connection, held, { outcome: await needs.end(stored), mayUseOld: false })
      }
      const ageMs = stored.ageMs + monotonicMs() - held.readAtMs
      const hasEnded = leftMs !== null && leftMs <= 0
      if (!hasEnded && ageMs >= 0 && ageMs < justRenewedMs && version > 1) return accessOf(held)
      const outcome = await renewed(held)
      return take(connection, held, { outcome, mayUseOld: false })
    },
  }
}

const accessOf = ({ stored, tokens }: HeldTokens): AccessToken => ({
  accessToken: tokens.accessToken,
  version: stored.version,
})

function requireHealthy({ status }: RenewableConnection): void {
  if (status === 'revoked') throw new Problem('connection-revoked')
  if (status === 'needs_reauth') throw needsReauth('Its provider does not take its grant any more.')
}

function needsReauth(reason: string): Problem {
  return new Problem('connection-needs-reauth', `The connection has to be reconnected. ${reason}`, {
    next: 'An owner reconnects it.',
  })
}

/** What the agent is told: what happened, whose move it is, and when to come back. */
function refreshFailed(outcome: Outcome): Problem {
  const failed = outcome.kind === 'failed' ? outcome : undefined
  const retryMs = failed?.retryMs ?? (outcome.kind === 'busy' ? outcome.leftMs : 0)
  const retryAfterSeconds = Math.max(1, Math.ceil(retryMs / 1000))
  const why = failed?.problem.detail ?? 'Its renewal is still under way.'
  const isOwners = failed?.problem.type === 'provider-refused'
  return new Problem(
    'token-refresh-failed',
    `The connection’s access token has ended and could not be renewed. ${why}`,
    {
      next: isOwners
        ? 'An owner checks the OAuth app or the credential of the connection. The vault tries again by itself; nothing was sent.'
        : 'Nothing was sent. The vault tries again by itself: wait, and send it again.',
      retryAfterSeconds,
      cause: failed?.problem,
    },
  )
}
