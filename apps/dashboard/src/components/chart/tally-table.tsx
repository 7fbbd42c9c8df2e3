import type { ReactNode } from 'react'
import { Card } from '../card.tsx'

/** What was counted of one agent or one connection. */
export interface Counted {
  readonly calls: number
  readonly denied: number
  readonly asked: number
  readonly failed: number
  readonly p95Ms?: number | undefined
}

interface TallyTableProps<Row extends Counted> {
  readonly title: string
  /** The heading of the first column. */
  readonly what: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly name: (row: Row) => ReactNode
}

const number = new Intl.NumberFormat('en')
const cell = 'px-3 py-2 text-right tabular-nums'

/** Who made the calls, or where they went: at most a hundred rows, the busiest first. */
export function TallyTable<Row extends Counted>(props: TallyTableProps<Row>) {
  const { title, what, rows, keyOf, name } = props
  return (
    <Card title={title} flush>
      {rows.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">No calls in this time.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        <section className="overflow-x-auto" tabIndex={0} aria-label={title}>
          <table className="w-full min-w-md text-[0.93rem]">
            <thead className="text-[0.87rem] text-ink-soft">
              <tr>
                <th scope="col" className="px-5 py-2 text-left font-normal">
                  {what}
                </th>
                {['Calls', 'Denied', 'Asked', 'Failed', '95 % within'].map((heading) => (
                  <th key={heading} scope="col" className={`${cell} font-normal`}>
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-t border-line">
              {rows.map((row) => (
                <tr key={keyOf(row)}>
                  <th scope="row" className="max-w-64 truncate px-5 py-2 text-left font-medium">
                    {name(row)}
                  </th>
                  {[row.calls, row.denied, row.asked, row.failed].map((count, index) => (
                    <td key={index} className={cell}>
                      {number.format(count)}
                    </td>
                  ))}
                  <td className={cell}>{showMs(row.p95Ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  )
}

/** Milliseconds as people read them. */
export function showMs(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
