import { Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { CallProgress } from './call-progress.ts'

// Knows the calls that are on their way, so that disabling an agent or revoking a connection ends them.

/** A call on its way: an agent's, or an owner's test of a connection. */
export interface RunningCall {
  readonly agent?: AuthenticatedAgent
  readonly connectionId: string
  /** An owner ended it: what was not sent will not be. */
  readonly isEnded: () => boolean
  /** Egress puts in what cuts the exchange. Cheaper than an AbortController for each call, which costs 8 µs. */
  readonly stops: Set<(problem: Problem) => void>
  /** Told of the progress that an upstream reports, where somebody listens. */
  readonly progress?: ((progress: CallProgress) => void) | undefined
  /** Ends this call alone: what was not sent will not be. */
  readonly stop: (problem: Problem) => void
  /** Has to be called however the call ends. */
  readonly finish: () => void
}

/** Which calls: all of an agent's, all through a connection, or those of all agents of a workspace. */
export type CallSelector =
  | { readonly agentId: string }
  | { readonly connectionId: string }
  | { readonly workspaceId: string }

type BeginningCall = Pick<RunningCall, 'agent' | 'connectionId' | 'progress'>

export interface RunningCalls {
  begin(call: BeginningCall): RunningCall
  /** Ends the calls at once: what was not sent will not be (S-10). Returns how many. */
  end(selector: CallSelector): number
  /**
   * Notes the calls that are on their way; what it returns ends them and those that came since, and says how many of all
   * of them were ended, also where what was changed meanwhile was heard of and ended them first.
   */
  prepareEnd(selector: CallSelector): () => number
  /** How many are on their way. */
  count(): number
  /** Resolves when no call is on its way, each with its outcome handed in. */
  idle(): Promise<void>
  /**
   * Ends those calls, of the selected or of all, that `isStillGood` no longer says yes to: for what another replica
   * changed, or what changed while nobody listened.
   */
  recheck(
    isStillGood: (call: RunningCall) => Promise<boolean>,
    selector?: CallSelector,
  ): Promise<void>
}

/** Builds an empty register. */
export function createRunningCalls(): RunningCalls {
  const running = new Map<RunningCall, () => void>()
  const waiting: (() => void)[] = []
  const selected = (selector: CallSelector | undefined) =>
    [...running].filter(([call]) => selector === undefined || matches(call, selector))
  return {
    begin(given) {
      let ended = false
      const call: RunningCall = {
        isEnded: () => ended,
        stops: new Set(),
        stop(problem) {
          ended = true
          for (const stop of call.stops) stop(problem)
        },
        finish() {
          running.delete(call)
          if (running.size === 0) for (const resolve of waiting.splice(0)) resolve()
        },
        // Last, as everywhere on this path: see docs/performance.md.
        ...given,
      }
      running.set(call, () => call.stop(endedOnTheWay()))
      return call
    },
    end(selector) {
      const ending = selected(selector)
      for (const [, end] of ending) end()
      return ending.length
    },
    prepareEnd(selector) {
      const calls = new Set(selected(selector).map(([call]) => call))
      return () => {
        for (const [call, end] of selected(selector)) {
          calls.add(call)
          end()
        }
        return [...calls].filter((call) => call.isEnded()).length
      }
    },
    count: () => running.size,
    idle: () =>
      running.size === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve)),
    async recheck(isStillGood, selector) {
      await Promise.all(
        selected(selector).map(async ([call, end]) => {
          if (!(await isStillGood(call))) end()
        }),
      )
    },
  }
}

const endedOnTheWay = () =>
  new Problem(
    'request-stopped',
    'The call was ended on its way: its access was taken away, or could not be confirmed.',
    {
      next: 'The upstream may have acted on it already. Use list_connections to see what you have now.',
    },
  )

function matches(call: RunningCall, selector: CallSelector): boolean {
  if ('agentId' in selector) return call.agent?.agentId === selector.agentId
  if ('workspaceId' in selector) return call.agent?.workspaceId === selector.workspaceId
  return call.connectionId === selector.connectionId
}
