import { Problem } from '@sallyport/contracts'

/** Tells that the audit log of a workspace has grown, for those who listen. */
export interface AuditTicks {
  /** Looks once, unless the last look is not over. Nobody has to wait for it. */
  look(): void
}

/**
 * Builds it. The log grows with every call: what it has got to is looked at now and then, while somebody listens, with one
 * query for all workspaces. That hears of every replica and costs the request path nothing.
 */
export function createAuditTicks(needs: {
  readonly listening: () => readonly { readonly workspaceId: string }[]
  readonly readAuditSeqs: (workspaceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
  readonly onMoved: (workspaceId: string) => void
  readonly onFailure: (error: unknown) => void
}): AuditTicks {
  let known: ReadonlyMap<string, number> = new Map()
  let isLooking = false

  async function compare(workspaceIds: readonly string[]): Promise<void> {
    const found = await needs.readAuditSeqs(workspaceIds)
    for (const [workspaceId, seq] of found) {
      // One that was not known a look ago may have grown since its reader last read.
      if (known.get(workspaceId) !== seq) needs.onMoved(workspaceId)
    }
    known = found
  }

  return {
    look() {
      const workspaceIds = [...new Set(needs.listening().map(({ workspaceId }) => workspaceId))]
      if (workspaceIds.length === 0) known = new Map()
      if (isLooking || workspaceIds.length === 0) return
      isLooking = true
      compare(workspaceIds)
        .catch((error: unknown) => {
          // The loss of the database is told of elsewhere, and the next look finds what this one missed.
          if (!(error instanceof Problem)) needs.onFailure(error)
        })
        .finally(() => {
          isLooking = false
        })
    },
  }
}
