import { type ReactNode, useRef } from 'react'
import { classes } from '../../components/classes.ts'
import { lazyPart } from '../../components/lazy-part.tsx'
import type { RowsInSightProps } from './rows-in-sight.tsx'

const plainRowsMax = 60

/** Only bodies that are long need what places their rows. */
const RowsInSight = lazyPart<RowsInSightProps>(
  async () => (await import('./rows-in-sight.tsx')).RowsInSight,
  // As high as a box may be: nothing below moves once the rows are there.
  <div className="h-dvh min-h-72" />,
)

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
        <RowsInSight box={ref} count={count} row={row} />
      ) : (
        Array.from({ length: count }, (_, index) => <div key={index}>{row(index)}</div>)
      )}
    </div>
  )
}
