import type { Approval, ApprovalStatus } from '@sallyport/contracts'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Input, pages, query } from '../../api.ts'

/** What is listed. */
export interface Filter {
  readonly status?: ApprovalStatus
  readonly agentId?: string
  readonly connectionId?: string
}

const pageRows = 100
const headRows = 50

/**
 * A list that stands still: what comes later is counted and not put in, until somebody asks for it, so that nothing moves
 * under a pointer. Pages that were read are not read again either; each card that can be seen keeps itself up to date.
 */
export function useApprovalList(filter: Filter) {
  const [generation, setGeneration] = useState(0)
  const input = filter as Omit<Input<'listApprovals'>, 'cursor'>
  const listing = pages('listApprovals', { ...input, limit: pageRows })
  const list = useInfiniteQuery({
    ...listing,
    // Of a noun of its own: no event reads hundreds of pages again.
    queryKey: ['standing-approvals', filter, generation],
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const head = useQuery(query('listApprovals', { ...input, limit: headRows }))
  const entries = list.data?.pages.flatMap(({ approvals }) => approvals) ?? []
  const fresh = list.data === undefined ? [] : newerThan(entries, head.data?.approvals ?? [])
  return {
    list,
    entries,
    pendingCount: head.data?.pendingCount,
    /** How many have come since; as many as `newMax` may be more. */
    newCount: fresh.length,
    newMax: headRows,
    showNew: () => setGeneration(generation + 1),
  }
}

/** What of the newest is not in the list, and is no older than all of it. */
function newerThan(entries: readonly Approval[], newest: readonly Approval[]): readonly Approval[] {
  const first = entries[0]
  if (first === undefined) return newest
  const known = new Set(entries.slice(0, headRows * 2).map(({ id }) => id))
  return newest.filter(({ id, createdAt }) => !known.has(id) && createdAt >= first.createdAt)
}
