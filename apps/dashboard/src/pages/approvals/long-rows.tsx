import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { classes } from '../../components/classes.ts'

const plainRowsMax = 60
const rowHeightPx = 22
const overscanRows = 10

interface LongRowsProps {
  /** What is listed, for those who do not see it; never an agent's text. */
  readonly label: string
  readonly count: number
  /** As high as the screen allows, and not as high as a card should be. */
  readonly tall: boolean
  readonly row: (index: number) => ReactNode
}

/** Rows in a box that scrolls. However many there are, only those in sight are in the page. */
export function LongRows({ label, count, tall, row }: LongRowsProps) {
  const ref = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count,
    enabled: count > plainRowsMax,
    getScrollElement: () => ref.current,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
  })
  return (
    // biome-ignore lint/a11y/useSemanticElements: fieldsets group controls, and this is text that scrolls
    <div
      ref={ref}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable for those who scroll by keyboard
      tabIndex={0}
      className={classes(
        'overflow-y-auto overscroll-contain rounded-md border border-line bg-sunken py-2 font-mono text-[0.87rem] leading-[22px]',
        tall ? 'max-h-[75dvh]' : 'max-h-72',
      )}
    >
      {count > plainRowsMax ? (
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
      ) : (
        Array.from({ length: count }, (_, index) => <div key={index}>{row(index)}</div>)
      )}
    </div>
  )
}
