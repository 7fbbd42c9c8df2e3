import type { ReactNode } from 'react'
import { classes } from './classes.ts'

interface CardProps {
  readonly title?: ReactNode
  readonly description?: ReactNode
  /** At the right of the title. */
  readonly actions?: ReactNode
  /** Without inner space: for a table or list that brings its own. */
  readonly flush?: boolean
  readonly children?: ReactNode
}

/** A part of a page with a heading of its own. */
export function Card({ title, description, actions, flush = false, children }: CardProps) {
  return (
    <section className="min-w-0 rounded-lg border border-line bg-surface">
      {(title !== undefined || actions !== undefined) && (
        <div
          className={classes(
            'flex flex-wrap items-start justify-between gap-3 px-5 pt-4',
            flush && 'border-b border-line pb-3',
          )}
        >
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {description !== undefined && (
              <div className="mt-0.5 text-[0.93rem] text-ink-soft">{description}</div>
            )}
          </div>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
      )}
      <div className={flush ? 'min-w-0' : 'px-5 pt-3 pb-5'}>{children}</div>
    </section>
  )
}

/** Names and values, one under the other; beside each other where there is room. */
export function Facts({
  items,
}: {
  items: readonly (readonly [name: string, value: ReactNode])[]
}) {
  return (
    <dl className="grid gap-x-6 gap-y-2.5 sm:grid-cols-[minmax(8rem,max-content)_1fr]">
      {items.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-[0.93rem] text-ink-soft max-sm:-mb-2">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
