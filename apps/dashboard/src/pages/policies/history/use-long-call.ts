import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { asProblem } from '../../../api.ts'

/** Looking through history takes longer than other answers of the vault. */
export const longCallTimeoutMs = 120_000

interface LongCall<In, Out> {
  readonly run: (input: In) => void
  /** Gives it up; what came before stays. */
  readonly cancel: () => void
  readonly isRunning: boolean
  readonly error: ReturnType<typeof asProblem> | undefined
  readonly last: { readonly input: In; readonly output: Out } | undefined
}

/** A question whose answer takes long: given up by leaving the page, by `cancel`, and by asking the next one. */
export function useLongCall<In, Out>(
  ask: (input: In, signal: AbortSignal) => Promise<Out>,
): LongCall<In, Out> {
  const running = useRef<AbortController>(undefined)
  const last = useRef<{ readonly input: In; readonly output: Out }>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const asking = useMutation({
    mutationFn: async (input: In) => {
      running.current?.abort()
      const controller = new AbortController()
      running.current = controller
      const output = await ask(input, controller.signal)
      last.current = { input, output }
    },
  })
  return {
    run: (input) => asking.mutate(input),
    cancel: () => {
      running.current?.abort()
      asking.reset()
    },
    isRunning: asking.isPending,
    error: asking.error === null ? undefined : asProblem(asking.error),
    last: last.current,
  }
}
