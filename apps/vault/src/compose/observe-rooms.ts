import { Problem } from '@sallyport/contracts'
import type { ApprovalStore } from '../approvals/approval-store.ts'
import type { TokenSource } from '../connections/tokens/token-source.ts'
import type { Keyring } from '../credentials/keyring.ts'
import type { Observers } from '../telemetry/observers.ts'

// Counts what comes of what rooms ask others for; where nobody counts, nothing is put between them.

/** Approvals that are opened, answered and expire. */
export function observeApprovals(
  observers: Observers | undefined,
  store: ApprovalStore,
): ApprovalStore {
  if (observers === undefined) return store
  return {
    ...store,
    async open(asked, bounds) {
      const opened = await store.open(asked, bounds)
      if (opened.outcome === 'opened') observers.onApproval('opened')
      return opened
    },
    async approve(answering) {
      const answered = await store.approve(answering)
      const isApproved = answered.outcome === 'done' && answered.approval.status === 'approved'
      if (isApproved) observers.onApproval('approved')
      return answered
    },
    async deny(answering) {
      const answered = await store.deny(answering)
      if (answered.outcome === 'done') observers.onApproval('denied')
      return answered
    },
    async expireDue() {
      const count = await store.expireDue()
      if (count > 0) observers.onApproval('expired', count)
      return count
    },
  }
}

/** Access tokens that a provider is asked for. */
export function observeRenewals(
  observers: Observers | undefined,
  source: TokenSource,
): TokenSource {
  if (observers === undefined) return source
  return {
    ...source,
    async renew(connection, refreshToken) {
      try {
        const answer = await source.renew(connection, refreshToken)
        observers.onRenewal('renewed')
        return answer
      } catch (error) {
        const isOver = error instanceof Problem && error.type === 'connection-needs-reauth'
        observers.onRenewal(isOver ? 'ended' : 'failed')
        throw error
      }
    },
  }
}

/** Sealed values that do not open (S-33). */
export function observeOpening<T extends Pick<Keyring, 'open'>>(
  observers: Observers | undefined,
  keyring: T,
): T {
  if (observers === undefined) return keyring
  return {
    ...keyring,
    async open(...what: Parameters<Keyring['open']>) {
      try {
        return await keyring.open(...what)
      } catch (error) {
        if (error instanceof Problem && error.type === 'credential-unreadable') {
          observers.onUnreadable()
        }
        throw error
      }
    },
  }
}
