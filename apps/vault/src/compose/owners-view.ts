import { createActivity } from '../activity/activity.ts'
import { createKeepCounts } from '../activity/keep-counts.ts'
import { createEvents } from '../events/events.ts'
import type { Identity } from '../identity/identity.ts'
import { createActivityStore } from '../store/activity.ts'
import { createCountKeepingStore } from '../store/activity-keeping.ts'
import { createAuditSeqStore } from '../store/audit-seqs.ts'
import type { WorkspaceStore } from '../store/workspaces.ts'
import { createWorkspaces } from '../workspaces/workspaces.ts'
import type { Foundation } from './foundation.ts'

/** Builds the rooms by which people see and stop what goes on. */
export function composeOwnersView(
  needs: Pick<
    Foundation,
    'database' | 'feed' | 'audit' | 'running' | 'newId' | 'monotonicMs' | 'onFailure'
  > & {
    readonly identity: Pick<Identity, 'recheckOwner'>
    readonly workspaceStore: WorkspaceStore
    readonly now: () => number
  },
) {
  const { database, feed, monotonicMs, onFailure } = needs
  return {
    workspaces: createWorkspaces({
      audit: needs.audit,
      store: needs.workspaceStore,
      prepareEnd: needs.running.prepareEnd,
      onChanged: (id) => feed.publishLocal({ table: 'workspaces', id, workspaceId: id }),
      newId: needs.newId,
      now: needs.now,
    }),
    events: createEvents({
      feed,
      recheck: needs.identity.recheckOwner,
      readAuditSeqs: createAuditSeqStore(database).readSeqs,
      now: monotonicMs,
      onFailure: (error) =>
        onFailure('the audit log was not looked at for those who listen', error),
    }),
    countActivity: createActivity({ store: createActivityStore(database), now: monotonicMs }),
    keepCounts: createKeepCounts({
      store: createCountKeepingStore(database),
      now: needs.now,
      monotonicMs,
      onFailure: (error) => onFailure('the calls of an audit log were not counted', error),
    }),
  }
}
