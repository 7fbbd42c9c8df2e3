import type { ApprovalStatus } from '@sallyport/contracts'
import { createChangeWaiter, type Waiting as WaitingForChange } from './await-change.ts'

/** Whoever waits for a decision. */
export interface Waiting extends Omit<WaitingForChange, 'key'> {
  readonly approvalId: string
}

/** Holds answers back until an owner has decided. */
export interface DecisionWaiter {
  /** Reads until it is not pending any more, or the time is up, the client is gone, or the vault stops. */
  wait<Found extends { readonly status: ApprovalStatus }>(
    waiting: Waiting,
    read: () => Promise<Found | undefined>,
  ): Promise<Found | undefined>
  /** Lets everybody go, and holds nothing back any more: the vault stops. */
  endWaits(): void
}

/** Builds it. `subscribe` tells of changed approvals by id; undefined means that any may have changed. */
export function createDecisionWaiter(
  needs: Parameters<typeof createChangeWaiter>[0],
): DecisionWaiter {
  const { wait, endWaits } = createChangeWaiter(needs)
  return {
    wait: ({ approvalId, ...waiting }, read) =>
      wait({ key: approvalId, ...waiting }, read, (found) => found?.status !== 'pending'),
    endWaits,
  }
}
