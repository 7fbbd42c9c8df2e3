import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { Button } from './button.tsx'
import type { Column } from './column.ts'
import type { DataTableRowsProps } from './data-table-rows.tsx'
import { lazyPart } from './lazy-part.tsx'
import { LoadingState } from './loading-state.tsx'
import { ErrorState } from './states.tsx'

interface DataTableProps<Row, Page> {
  /** What the table lists, for those who do not see it. */
  readonly label: string
  /** `useInfiniteQuery(pages(…))`. */
  readonly list: UseInfiniteQueryResult<InfiniteData<Page>>
  readonly rowsOf: (page: Page) => readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly columns: readonly Column<Row>[]
  /** In place of a table without rows. */
  readonly empty: ReactNode
}

const loadRows = async () => (await import('./data-table-rows.tsx')).DataTableRows
/** What draws thousands of rows is loaded while the first of them are asked for. */
const Rows = lazyPart<DataTableRowsProps<unknown>>(loadRows, <LoadingState />)

/** A list from the vault, page by page. Thousands of rows cost no more than those that can be seen. */
export function DataTable<Row, Page>(props: DataTableProps<Row, Page>) {
  const { list, rowsOf, empty, label, keyOf, columns } = props
  useEffect(() => void loadRows().catch(() => undefined), [])
  if (list.data === undefined) {
    return list.isError ? (
      <ErrorState error={list.error} onRetry={list.refetch} />
    ) : (
      <LoadingState />
    )
  }
  const rows = list.data.pages.flatMap(rowsOf)
  if (rows.length === 0 && !list.hasNextPage) return empty
  return (
    <div className="grid gap-3">
      {list.isError && <ErrorState error={list.error} onRetry={list.refetch} />}
      <Rows {...({ label, rows, keyOf, columns } as unknown as DataTableRowsProps<unknown>)} />
      {list.hasNextPage && (
        <div className="justify-self-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Load more
          </Button>
        </div>
      )}
    </div>
  )
}
