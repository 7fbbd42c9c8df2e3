import type { Programs } from './programs.ts'

/** What this needs of others. */
interface SweepNeeds {
  readonly places: Programs['places']
  readonly listDeleted: (ids: readonly string[]) => Promise<readonly string[]>
  /** Takes away one directory, and those of its agents. Never rejects. */
  readonly forget: (serverId: string) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Builds what takes away, at the start of a replica, what programs have left of servers that were deleted while it was down, and of drafts
 * that ended with it. What a database has never heard of stays: it may be another one's.
 */
export function createPlaceSweep({ places, listDeleted, forget, now }: SweepNeeds) {
  return async (): Promise<void> => {
    const { servers, drafts } = places(now())
    for (const id of [...(await listDeleted(servers)), ...drafts]) await forget(id)
  }
}
