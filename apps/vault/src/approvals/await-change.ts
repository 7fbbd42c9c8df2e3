import type { Problem } from '@sallyport/contracts'

// Holds answers back until something has changed: woken by changes, looking by itself now and then, and never for ever.

/** Those who wait on one replica, of all agents and of one; for whoever comes beyond it the answer is not held back. */
const waitersMax = 2_000
const waitersPerAgentMax = 50
/** What requests of those who wait may take in memory together; their bodies are kept until they are answered. */
const heldBytesMax = 32 * 1024 * 1024
/** How often a waiter looks though nobody has called it: a net under the change feed. */
const pollMs = 5_000

/** Whoever waits. */
export interface Waiting {
  /** What wakes them. */
  readonly key: string
  readonly agentId: string
  readonly waitMs: number
  /** Aborted when the client has hung up. */
  readonly gone: () => AbortSignal
  /** What is kept in memory meanwhile. */
  readonly heldBytes: number
  /** Takes what ends the wait with a problem, and gives it back. */
  readonly stops?: Set<(problem: Problem) => void> | undefined
}

/** Holds answers back. */
export interface ChangeWaiter {
  /** Reads until `isDone` says so of what was read, or the time is up, the client is gone, or the vault stops. */
  wait<Found>(
    waiting: Waiting,
    read: () => Promise<Found>,
    isDone: (found: Found) => boolean,
  ): Promise<Found>
  /** Lets everybody go, and holds nothing back any more: the vault stops. */
  endWaits(): void
}

interface Bell {
  readonly ring: () => void
  readonly agentId: string
  readonly heldBytes: number
}

/**
 * Builds it. `subscribe` tells of changes by their keys; undefined means that anything may have changed. `subscribeAgents` tells of
 * agents that may no longer wait.
 */
export function createChangeWaiter(needs: {
  readonly subscribe: (listener: (key: string | undefined) => void) => void
  readonly subscribeAgents?: (listener: (agentId: string) => void) => void
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}): ChangeWaiter {
  const bells = new Map<string, Set<Bell>>()
  const state = { ended: false }
  const all = () => [...bells.values()].flatMap((set) => [...set])
  needs.subscribe((key) => {
    const woken = key === undefined ? all() : [...(bells.get(key) ?? [])]
    for (const bell of woken) bell.ring()
  })
  needs.subscribeAgents?.((agentId) => {
    for (const bell of all()) if (bell.agentId === agentId) bell.ring()
  })

  function mayWait({ agentId, heldBytes }: Waiting): boolean {
    if (state.ended) return false
    const waiting = all()
    const ofAgent = waiting.filter((bell) => bell.agentId === agentId)
    const bytes = waiting.reduce((sum, bell) => sum + bell.heldBytes, heldBytes)
    return (
      waiting.length < waitersMax && ofAgent.length < waitersPerAgentMax && bytes <= heldBytesMax
    )
  }

  function hang(key: string, bell: Bell): () => void {
    const set = bells.get(key) ?? new Set()
    bells.set(key, set.add(bell))
    return () => {
      set.delete(bell)
      if (set.size === 0 && bells.get(key) === set) bells.delete(key)
    }
  }

  return {
    async wait(waiting, read, isDone) {
      if (!mayWait(waiting)) return read()
      const pause = createPause()
      const { agentId, heldBytes } = waiting
      const takeDown = hang(waiting.key, { agentId, heldBytes, ring: pause.end })
      const unhook = endOn(waiting, pause)
      const untilMs = needs.monotonicMs() + waiting.waitMs
      try {
        for (;;) {
          pause.begin() // Before it reads: what changes while it reads is not missed.
          const found = await read()
          const leftMs = untilMs - needs.monotonicMs()
          const isOver = leftMs <= 0 || state.ended || waiting.gone().aborted
          if (isOver || isDone(found)) return found
          await pause.over(Math.min(leftMs, pollMs))
        }
      } finally {
        unhook()
        takeDown()
      }
    },
    endWaits() {
      state.ended = true
      for (const bell of all()) bell.ring()
    },
  }
}

/** What hangs up ends the pause; what stops the call fails it. */
function endOn({ gone, stops }: Waiting, pause: Pause): () => void {
  const signal = gone()
  signal.addEventListener('abort', pause.end)
  stops?.add(pause.fail)
  return () => {
    signal.removeEventListener('abort', pause.end)
    stops?.delete(pause.fail)
  }
}

type Pause = ReturnType<typeof createPause>

/** A pause that can be ended before it begins. */
function createPause() {
  const state: { isEnded: boolean; failure?: Problem; wake?: () => void } = { isEnded: false }
  const end = () => {
    state.isEnded = true
    state.wake?.()
  }
  return {
    end,
    fail: (problem: Problem) => {
      state.failure = problem
      end()
    },
    begin: () => {
      state.isEnded = false
    },
    async over(ms: number): Promise<void> {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        state.wake = resolve
        timer = setTimeout(resolve, ms)
        if (state.isEnded) resolve()
      })
      clearTimeout(timer)
      if (state.failure !== undefined) throw state.failure
    },
  }
}
