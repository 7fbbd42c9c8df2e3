import type { Clock } from 'sallyport-mcp/server'

/** How often a stream's token is looked at: what was taken away is to end it within five seconds (S-10). */
const lookMs = 2_000

interface Watch {
  readonly clock: Pick<Clock, 'pause'>
  /** The stream is over. */
  readonly ended: AbortSignal
  /** Whether the token that it was opened with was taken away. Does not throw. */
  readonly isOver: () => Promise<boolean>
  /** Ends the stream. */
  readonly end: () => void
}

/** Ends a stream whose token is taken away, and looks until it is over. Never rejects. */
export async function watchToken({ clock, ended, isOver, end }: Watch): Promise<void> {
  while (!ended.aborted) {
    // It rejects where the stream ends meanwhile.
    await clock.pause(lookMs, ended).catch(() => {})
    if (!ended.aborted && (await isOver())) end()
  }
}
