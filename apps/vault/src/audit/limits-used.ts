import type { StoredLimits, WindowTaking } from './limit-reservation.ts'
import { openWindow } from './sliding-window.ts'

/** How far limits are used up at a moment. */
export interface LimitsUsed {
  /** By name. */
  readonly windows: ReadonlyMap<string, WindowUsed>
  /** Calls in flight that a limit counts. */
  readonly running: number
}

/** How far one limit is used up. */
export interface WindowUsed {
  readonly used: number
  /** For calls whose outcome is not known. */
  readonly held: number
  /** In how many ms all of it has left the window; 0 where nothing counts. */
  readonly emptyInMs: number
}

/** Says how far the limits asked for are used up. Pure. */
export function useOfLimits(
  { windows, leases }: StoredLimits,
  limits: readonly Pick<WindowTaking, 'name' | 'windowMs'>[],
  nowMs: number,
): LimitsUsed {
  const used = limits.map(({ name, windowMs }) => {
    const window = openWindow(windowMs, windows.get(name) ?? [], nowMs)
    let held = 0
    let emptyAtMs = window.emptyAtMs() ?? nowMs
    for (const lease of leases.values()) {
      const count = lease.held?.weights[name]
      const endsMs = Math.min(lease.held?.atMs ?? 0, nowMs) + windowMs
      if (count === undefined || endsMs <= nowMs) continue
      held += count
      emptyAtMs = Math.max(emptyAtMs, endsMs)
    }
    return [name, { used: window.used(), held, emptyInMs: emptyAtMs - nowMs }] as const
  })
  const running = [...leases.values()].filter(({ expiresMs }) => expiresMs > nowMs).length
  return { windows: new Map(used), running }
}
