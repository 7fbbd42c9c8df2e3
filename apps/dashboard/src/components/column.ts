import type { ReactNode } from 'react'

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
