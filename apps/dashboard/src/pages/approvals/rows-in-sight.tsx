import { useVirtualizer } from '@tanstack/react-virtual'
import type { ReactNode, RefObject } from 'react'

const rowHeightPx = 22
const overscanRows = 10

export interface RowsInSightProps {
  /** What scrolls. */
  readonly box: RefObject<HTMLDivElement | null>
  readonly count: number
  readonly row: (index: number) => ReactNode
}

/** Very many rows, of which only those in sight are in the page. */
export function RowsInSight({ box, count, row }: RowsInSightProps) {
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
  })
  return (
    <div className="relative" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ index, key, start }) => (
        <div
          key={key}
          data-index={index}
          ref={virtual.measureElement}
          className="absolute inset-x-0"
          style={{ transform: `translateY(${start}px)` }}
        >
          {row(index)}
        </div>
      ))}
    </div>
  )
}
