/** One press of Ctrl-C can come twice, from the terminal and from `npm`, which passes it on. */
const sameRequestMs = 1_000
/** 128 and the signal's number, as shells say it. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** What the signals of a process are heard by. */
export interface Signals {
  on(signal: keyof typeof exitCodes, listener: () => void): unknown
  exit(code: number): void
}

/**
 * Resolves at the first SIGINT or SIGTERM. A further one, when the first is a second old, ends the process at once: what was
 * under way is then left as after a crash.
 */
export function whenToldToStop(process: Signals, monotonicMs: () => number): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (askedMs === undefined) {
          askedMs = monotonicMs()
          resolve()
        } else if (monotonicMs() - askedMs > sameRequestMs) process.exit(exitCodes[signal])
      })
    }
  })
}
