/** One press of Ctrl-C can come twice, from the terminal and from `npm`, which passes it on. */
const sameRequestMs = 1_000
const parentCheckMs = 500
/** 128 and the signal's number, as shells say it. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
/** `npm start` of a clone, as npm tells it to what it runs. */
const startScript = 'node scripts/start.mjs'

/** What the signals of a process are heard by. */
export interface Signals {
  /** The process that started this one, or whoever has taken its place. */
  readonly ppid: number
  on(signal: keyof typeof exitCodes, listener: () => void): unknown
  exit(code: number): void
}

export interface StopOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Takes why the process stops, where nobody told it to. */
  readonly say: (sentence: string) => void
  monotonicMs(): number
}

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A further one, when the first is a second old, ends the process at once: what was
 * under way is then left as after a crash. Resolves as well, within a second, when npx or `npm start` has ended, which pass a
 * SIGTERM on to a shell and not to what runs in it.
 */
export function whenToldToStop(process: Signals, options: StopOptions): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined
    // Of a terminal that closes: Node takes back that `nohup` has it ignored, so that it would end the process at once.
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (askedMs === undefined) {
          askedMs = options.monotonicMs()
          resolve()
        } else if (options.monotonicMs() - askedMs > sameRequestMs) process.exit(exitCodes[signal])
      })
    }
    if (!isRunByNpm(options.environment)) return
    const parent = process.ppid
    const timer = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(timer)
      if (askedMs === undefined) options.say('npm, which started this, has ended: stopping.')
      resolve()
    }, parentCheckMs)
    timer.unref()
  })
}

/** What is said to a terminal that was closed is lost, and ends nothing. */
export function outliveTerminal(...streams: readonly Pick<NodeJS.WriteStream, 'on'>[]): void {
  for (const stream of streams) stream.on('error', () => {})
}

/** What still stands when all that is ours is closed, such as a library's connection to a Redis that came back, is not waited for. */
const leftoverMsMax = 1_000

/** Ends the process by itself, or after a second where something keeps it: to be called when all is closed, or could not be. */
export function endWithoutLeftovers(process: Pick<NodeJS.Process, 'exit'>): void {
  setTimeout(() => process.exit(), leftoverMsMax).unref()
}

/**
 * Not of other scripts of npm, and not in a shell of what npx has started, such as a coding agent: they may have put it into the
 * background, and ended as they should.
 */
function isRunByNpm(environment: StopOptions['environment']): boolean {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = environment
  return script === startScript || (event === 'npx' && /\bsallyport\b/.test(script))
}
