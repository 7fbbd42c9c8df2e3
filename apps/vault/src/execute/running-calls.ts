// Knows the calls that are on their way, so that disabling an agent or revoking a connection ends them.

/** A call on its way. */
export interface RunningCall {
  readonly agentId: string
  readonly connectionId: string
  /** Aborted when an owner ends the call. */
  readonly signal: AbortSignal
  /** Has to be called exactly once, however the call ends. */
  finish(): void
}

/** Which calls to end: all of an agent's, or all through a connection. */
export type CallSelector = { readonly agentId: string } | { readonly connectionId: string }

export interface RunningCalls {
  begin(call: { agentId: string; connectionId: string }): RunningCall
  /** Ends the calls at once: what was not sent will not be (S-10). Returns how many. */
  end(selector: CallSelector): number
  /** The distinct pairs of agent and connection that have calls on their way. */
  pairs(): { agentId: string; connectionId: string }[]
  count(): number
}

/** Builds an empty register. */
export function createRunningCalls(): RunningCalls {
  const running = new Map<RunningCall, AbortController>()
  const matches = (call: RunningCall, selector: CallSelector) =>
    'agentId' in selector
      ? call.agentId === selector.agentId
      : call.connectionId === selector.connectionId
  return {
    begin({ agentId, connectionId }) {
      const controller = new AbortController()
      const call: RunningCall = {
        agentId,
        connectionId,
        signal: controller.signal,
        finish: () => void running.delete(call),
      }
      running.set(call, controller)
      return call
    },
    end(selector) {
      let ended = 0
      for (const [call, controller] of running) {
        if (!matches(call, selector)) continue
        controller.abort()
        ended += 1
      }
      return ended
    },
    pairs() {
      const distinct = new Map(
        [...running.keys()].map(({ agentId, connectionId }) => [
          `${agentId} ${connectionId}`,
          { agentId, connectionId },
        ]),
      )
      return [...distinct.values()]
    },
    count: () => running.size,
  }
}
