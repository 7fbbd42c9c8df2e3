import { showMs } from './tally-table.tsx'

interface TotalsProps {
  readonly total: {
    readonly calls: number
    readonly denied: number
    readonly asked: number
    readonly failed: number
    readonly p50Ms?: number | undefined
    readonly p95Ms?: number | undefined
  }
}

/** How many calls there were, how they ended and how long they took, in one row. */
export function Totals({ total }: TotalsProps) {
  const counts = [
    ['Calls', total.calls.toLocaleString('en')],
    ['Denied', total.denied.toLocaleString('en')],
    ['Asked an owner', total.asked.toLocaleString('en')],
    ['Failed', total.failed.toLocaleString('en')],
    ['Half within', showMs(total.p50Ms)],
    ['95 % within', showMs(total.p95Ms)],
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 lg:grid-cols-6">
      {counts.map(([name, value]) => (
        <div key={name} className="flex flex-col-reverse justify-end bg-surface px-4 py-3">
          <dt className="text-[0.87rem] text-ink-soft">{name}</dt>
          <dd className="text-[1.3rem] font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

type Ends = Readonly<Record<'sent' | 'asked' | 'failed' | 'denied', number>>

/** How calls ended, as series of a chart. */
export const seriesOfEnds = (counts: readonly Ends[]) => [
  { name: 'Sent', tone: 'text-accent', values: counts.map(({ sent }) => sent) },
  { name: 'Asked', tone: 'text-warn', values: counts.map(({ asked }) => asked) },
  { name: 'Failed', tone: 'text-ink-soft', values: counts.map(({ failed }) => failed) },
  { name: 'Denied', tone: 'text-bad', values: counts.map(({ denied }) => denied) },
]
