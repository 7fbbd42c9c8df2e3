import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import { classes } from './classes.ts'
import type { Column } from './column.ts'

const rowHeightPx = 53
const overscanRows = 12

export interface DataTableRowsProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly columns: readonly Column<Row>[]
}

/** The rows of a DataTable, of which only those in sight are in the page. */
export function DataTableRows<Row>({ label, rows, keyOf, columns }: DataTableRowsProps<Row>) {
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
