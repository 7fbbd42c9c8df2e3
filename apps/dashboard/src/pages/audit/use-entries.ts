import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Input, type Output, pages, query } from '../../api.ts'
import type { AuditSearch } from './filters.tsx'

type Page = Output<'listAudit'>
type Entry = Page['entries'][number]

const pageSize = 100

interface Entries {
  readonly list: UseInfiniteQueryResult<InfiniteData<Page>>
  /** Older entries are shown, and what is shown stands still. */
  readonly isPaused: boolean
  /** Back to the newest page, and to what is live. */
  readonly showNewest: () => void
}

/**
 * The entries that fit, page by page. While live and as long as only the newest page is shown, an event has that page asked
 * for again: never all the pages that somebody has loaded, once a second.
 */
export function useEntries(search: AuditSearch, live: boolean): Entries {
  const queryClient = useQueryClient()
  const input = { limit: pageSize, ...search } as Omit<Input<'listAudit'>, 'cursor'>
  const entries = pages('listAudit', input)
  const list = useInfiniteQuery({
    ...entries,
    enabled: ({ state: { data, fetchStatus, fetchMeta } }) =>
      data === undefined ||
      // An event must not end the loading of older ones either.
      (live && data.pages.length === 1 && !(fetchStatus === 'fetching' && fetchMeta?.fetchMore)),
  })
  const showNewest = () => {
    queryClient.setQueryData<InfiniteData<Page>>(entries.queryKey, (data) =>
      data === undefined
        ? data
        : { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    )
    window.scrollTo({ top: 0 })
    void list.refetch()
  }
  return { list, isPaused: (list.data?.pages.length ?? 0) > 1, showNewest }
}

/** The entry that the address names: of those that are listed, or asked for by itself. */
export function useEntry(entryId: string | undefined, listed: readonly Entry[] | undefined) {
  const found = listed?.find(({ id }) => id === entryId)
  const one = useQuery({
    ...query('listAudit', { auditId: entryId ?? '', limit: 1 }),
    enabled: entryId !== undefined && listed !== undefined && found === undefined,
  })
  const entry = found ?? one.data?.entries[0]
  return { entry, isLoading: entry === undefined && one.data === undefined && !one.isError }
}
