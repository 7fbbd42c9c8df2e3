import { useSyncExternalStore } from 'react'

const tickMs = 1_000

function subscribe(onChange: () => void): () => void {
  const timer = setInterval(onChange, tickMs)
  return () => clearInterval(timer)
}

/** The time of this computer, second by second. */
export const useNowMs = (): number =>
  useSyncExternalStore(subscribe, () => Math.floor(Date.now() / tickMs) * tickMs)

const urgentMs = 60_000
const soonMs = 5 * 60_000

/** How much time is left, in words, and how pressing that is. */
export function timeLeft(leftMs: number): { text: string; tone: 'neutral' | 'warn' | 'bad' } {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  const minutes = Math.floor(seconds / 60)
  if (leftMs > 60 * 60_000) {
    return { text: `${Math.floor(minutes / 60)} h ${minutes % 60} min left`, tone: 'neutral' }
  }
  if (leftMs > soonMs) return { text: `${minutes} min left`, tone: 'neutral' }
  const clock = `${minutes}:${String(seconds % 60).padStart(2, '0')} left`
  return { text: clock, tone: leftMs > urgentMs ? 'warn' : 'bad' }
}
