import { type RefObject, useEffect, useRef } from 'react'

/** For so long after something moved or changed, a press may have been meant for what was there before. */
const settleMs = 500

/** Tells whether what is under the pointer has been there long enough to be meant. */
export interface Steady {
  isSteady(): boolean
  /** Something moved, or says something else now. */
  moved(): void
}

/** Watches an element: whenever its size changes, something in it has moved. */
export function useSteady(ref: RefObject<HTMLElement | null>): Steady {
  const movedAtMs = useRef(0)
  const steady = useRef<Steady>({
    isSteady: () => performance.now() - movedAtMs.current > settleMs,
    moved: () => {
      movedAtMs.current = performance.now()
    },
  })
  useEffect(() => {
    const { moved } = steady.current
    moved()
    if (ref.current === null) return
    const observer = new ResizeObserver(moved)
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [ref])
  return steady.current
}
