import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { classes } from '../classes.ts'
import { showTime, showValue } from './series-table.tsx'

/** One line or bar of a chart. `tone` is a text colour of the tokens; the canvas takes it from the legend. */
export interface ChartSeries {
  readonly name: string
  readonly tone: string
  readonly values: readonly (number | undefined)[]
}

interface ChartProps {
  /** What the chart shows, in a sentence: for those who do not see it. */
  readonly label: string
  readonly unit: string
  /** Seconds since the epoch, ascending: when each step begins. */
  readonly times: readonly number[]
  readonly stepSeconds: number
  readonly series: readonly ChartSeries[]
  /** Bars on top of each other; lines otherwise. */
  readonly stacked?: boolean
}

const heightPx = 220
/** Between the lines of an axis that counts: there is no half a call. */
const wholeSteps = [0, 1, 2, 3, 4, 5, 6].flatMap((power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
)
const barsOptions = {
  size: [0.8, 24],
  align: 1 as const,
} satisfies uPlot.Series.BarsPathBuilderOpts

/** Values over time on a canvas (uPlot), with a legend that shows those under the pointer. */
export function Chart({ label, unit, times, stepSeconds, series, stacked = false }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const [at, setAt] = useState<number>()
  const theme = useThemeCount()
  const data = useMemo(() => dataOf(times, series, stacked), [times, series, stacked])
  const current = useRef(data)
  const drawn = useRef<uPlot>(undefined)
  useEffect(() => {
    const target = frame.current
    if (target === null || legend.current === null) return
    const plot = new uPlot(
      optionsOf({
        width: target.clientWidth,
        stacked,
        unit,
        stepSeconds,
        colours: coloursOf(legend.current),
        onPoint: setAt,
      }),
      current.current,
      target,
    )
    drawn.current = plot
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: target.clientWidth, height: heightPx }),
    )
    observer.observe(target)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [stacked, unit, stepSeconds, theme])
  useEffect(() => {
    current.current = data
    drawn.current?.setData(data)
  }, [data])
  return (
    <figure className="m-0">
      <div ref={frame} role="img" aria-label={label} className="min-h-55 min-w-0 overflow-hidden" />
      <figcaption className="mt-2 grid gap-1 text-[0.87rem]">
        <ul ref={legend} className="flex flex-wrap gap-x-5 gap-y-1">
          {series.map(({ name, tone, values }) => (
            <li key={name} className="flex items-center gap-1.5">
              <span data-swatch="" className={classes('size-2.5 rounded-full bg-current', tone)} />
              {name}
              {/* Room is kept for the value, so that nothing moves when there is one. */}
              <b className="min-w-10 font-medium tabular-nums">
                {at !== undefined && showValue(values[at], unit)}
              </b>
            </li>
          ))}
        </ul>
        <p className="min-h-5.5 text-ink-soft" aria-hidden="true">
          {at !== undefined && showTime(times[at])}
        </p>
      </figcaption>
    </figure>
  )
}

/** uPlot draws what it is given: to stack, each series is given with those before it, the highest first. */
function dataOf(
  times: readonly number[],
  series: readonly ChartSeries[],
  stacked: boolean,
): uPlot.AlignedData {
  const rows = series.map(({ values }) => times.map((_, index) => values[index] ?? null))
  if (!stacked) return [[...times], ...rows]
  const sums = rows.map((_, row) =>
    times.map((_time, index) =>
      rows.slice(row).reduce<number>((sum, values) => sum + (values[index] ?? 0), 0),
    ),
  )
  return [[...times], ...sums]
}

const coloursOf = (legend: HTMLElement): string[] =>
  [legend, ...legend.querySelectorAll<HTMLElement>('[data-swatch]')].map(
    (element) => getComputedStyle(element).color,
  )

interface OptionsOf {
  readonly width: number
  readonly stacked: boolean
  readonly unit: string
  readonly stepSeconds: number
  /** Of the text, then of each series. */
  readonly colours: readonly string[]
  readonly onPoint: (index: number | undefined) => void
}

function optionsOf({
  width,
  stacked,
  unit,
  stepSeconds,
  colours,
  onPoint,
}: OptionsOf): uPlot.Options {
  const [ink = 'currentColor', ...strokes] = colours
  const grid = { stroke: `color-mix(in srgb, ${ink} 14%, transparent)`, width: 1 }
  const axis: uPlot.Axis = { stroke: ink, grid, ticks: grid }
  const bars = uPlot.paths.bars?.(barsOptions)
  return {
    width,
    height: heightPx,
    legend: { show: false },
    cursor: { y: false, points: { show: !stacked }, drag: { x: false, y: false } },
    scales: {
      // To the end of the last step, which a bar would else be drawn beyond.
      x: { range: (_plot, first, last) => [first, last + stepSeconds] },
      y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.05)] },
    },

    axes: [
      axis,
      {
        ...axis,
        size: 56,
        ...(stacked && { incrs: wholeSteps }),
        values: (_plot, ticks) => ticks.map((tick) => `${tick}${unit}`),
      },
    ],
    series: [
      {},
      ...strokes.map((stroke) => ({
        stroke,
        width: stacked ? 0 : 2,
        spanGaps: true,
        points: { show: !stacked, size: 5, fill: stroke },
        ...(stacked && { fill: stroke, ...(bars !== undefined && { paths: bars }) }),
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)] },
  }
}

/** Counts up whenever light becomes dark or the other way round. */
function useThemeCount(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const changed = () => setCount((before) => before + 1)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', changed)
    const observer = new MutationObserver(changed)
    observer.observe(document.documentElement, { attributeFilter: ['class'] })
    return () => {
      scheme.removeEventListener('change', changed)
      observer.disconnect()
    }
  }, [])
  return count
}
