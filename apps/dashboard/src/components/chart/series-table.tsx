import { useState } from 'react'
import { Button } from '../button.tsx'

interface SeriesTableProps {
  readonly label: string
  readonly unit: string
  /** Seconds since the epoch. */
  readonly times: readonly number[]
  readonly stepSeconds: number
  readonly series: readonly {
    readonly name: string
    readonly values: readonly (number | undefined)[]
  }[]
}

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const msPerSecond = 1000

/** When a step of a series begins, in this browser's zone. */
export const showTime = (atSeconds: number | undefined): string =>
  atSeconds === undefined ? '' : time.format(atSeconds * msPerSecond)

export const showValue = (value: number | undefined, unit: string): string =>
  value === undefined ? '–' : `${number.format(value)}${unit}`

/** The numbers of a chart, for those who would rather read them, or do not see it. */
export function SeriesTable(props: SeriesTableProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div className="mt-2 grid gap-2">
      <Button
        size="sm"
        className="justify-self-start"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? 'Hide the table' : 'Show as table'}
      </Button>
      {isOpen && <Rows {...props} />}
    </div>
  )
}

const cell = 'px-3 py-1.5 text-right tabular-nums'

function Rows({ label, unit, times, series }: SeriesTableProps) {
  const counted = times
    .map((at, index) => ({ at, values: series.map(({ values }) => values[index]) }))
    .filter(({ values }) => values.some((value) => value !== undefined && value !== 0))
    .reverse()
  return (
    <>
      <p className="text-[0.87rem] text-ink-soft">
        The newest first; times without any calls are left out.
      </p>
      <section
        className="max-h-80 overflow-auto rounded-md border border-line"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        tabIndex={0}
        aria-label={label}
      >
        <table className="w-full text-[0.87rem]">
          <thead className="sticky top-0 bg-sunken text-ink-soft">
            <tr>
              <th scope="col" className="px-3 py-1.5 text-left font-normal">
                From
              </th>
              {series.map(({ name }) => (
                <th key={name} scope="col" className={`${cell} font-normal`}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {counted.map(({ at, values }) => (
              <tr key={at}>
                <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
                  {showTime(at)}
                </th>
                {values.map((value, index) => (
                  <td key={series[index]?.name} className={cell}>
                    {showValue(value, unit)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}
