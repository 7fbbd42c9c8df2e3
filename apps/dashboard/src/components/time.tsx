import { useSyncExternalStore } from 'react'

const tickMs = 15_000
const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

function subscribe(onChange: () => void): () => void {
  const timer = setInterval(onChange, tickMs)
  return () => clearInterval(timer)
}
const now = () => Math.floor(Date.now() / tickMs) * tickMs

/** How long ago, or how long still: "3 min. ago", "in 2 hr.". */
function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1000)
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  }
  return seconds > 20 ? 'in less than a minute' : 'just now'
}

/** A point in time as RFC 3339, shown relative to now, with the exact time as its title; `exact` shows that itself. */
export function Time({ at, exact: isExact = false }: { at: string; exact?: boolean }) {
  const nowMs = useSyncExternalStore(subscribe, now)
  const atMs = Date.parse(at)
  const full = exact.format(atMs)
  return (
    <time dateTime={at} title={isExact ? at : full} className="whitespace-nowrap">
      {isExact ? full : relativeTime(atMs, Math.max(nowMs, 0))}
    </time>
  )
}
