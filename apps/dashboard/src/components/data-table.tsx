import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { classes } from './classes.ts'
import { LoadingState } from './loading-state.tsx'
import { ErrorState } from './states.tsx'

/** A column of a table; on a phone a line of a card. */
export interface Column<Row> {
  readonly id: string
  readonly header: string
  readonly cell: (row: Row) => ReactNode
  /** A share of the width as CSS grid writes it (`2fr`, `8rem`); 1fr unless said otherwise. */
  readonly width?: string
  /** The heading of the card on a phone: without its name before it. Usually the first column. */
  readonly primary?: boolean
}

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

const rowHeightPx = 53
const overscanRows = 12

/** A list from the vault, page by page. Thousands of rows cost no more than those that can be seen. */
export function DataTable<Row, Page>(props: DataTableProps<Row, Page>) {
  const { list, rowsOf, empty } = props
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
      <Rows {...props} rows={rows} />
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

function Rows<Row, Page>(props: DataTableProps<Row, Page> & { rows: readonly Row[] }) {
  const { label, rows, keyOf, columns } = props
  const ref = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const box = ref.current?.getBoundingClientRect()
    setTop(box === undefined ? 0 : box.top + window.scrollY)
  }, [])
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : keyOf(row)
    },
  })
  const template = columns.map(({ width }) => `minmax(0, ${width ?? '1fr'})`).join(' ')
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows of a table element cannot be placed where they would be
    <div
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className="overflow-hidden rounded-lg border border-line bg-surface"
    >
      <HeaderRow columns={columns} template={template} />
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div
        role="rowgroup"
        ref={ref}
        className="relative"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: rows that are only read are no controls
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              data-index={index}
              ref={virtual.measureElement}
              className="absolute inset-x-0 grid gap-x-4 items-center gap-y-1 border-b border-line px-4 py-3.5 max-md:grid-cols-1! hover:bg-sunken/50"
              style={{ gridTemplateColumns: template, transform: `translateY(${start - top}px)` }}
            >
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={row} />
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function HeaderRow<Row>({
  columns,
  template,
}: {
  columns: readonly Column<Row>[]
  template: string
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    // biome-ignore lint/a11y/useFocusableInteractive: rows that are only read are no controls
    <div
      role="row"
      aria-rowindex={1}
      className="grid gap-4 border-b border-line bg-sunken/60 px-4 py-2 text-[0.87rem] text-ink-soft max-md:sr-only"
      style={{ gridTemplateColumns: template }}
    >
      {columns.map(({ id, header }) => (
        // biome-ignore lint/a11y/useSemanticElements: see above
        // biome-ignore lint/a11y/useFocusableInteractive: headings are no controls
        <div key={id} role="columnheader">
          {header}
        </div>
      ))}
    </div>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const { header, cell, primary = false } = column
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <div
      role="cell"
      className={classes(
        'min-w-0',
        !primary && 'max-md:flex max-md:gap-2 max-md:has-[>div:empty]:hidden',
      )}
    >
      {!primary && (
        <span aria-hidden="true" className="hidden min-w-24 text-ink-soft max-md:inline">
          {header}
        </span>
      )}
      <div
        className={classes('min-w-0 truncate max-md:whitespace-normal', primary && 'font-medium')}
      >
        {cell(row)}
      </div>
    </div>
  )
}
