import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, useContext, useSyncExternalStore } from 'react'

const shownMs = 6_000
const toastsMax = 3

interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'good' | 'bad'
}

/** Says what was done, for a moment. What has to be acted on belongs into the page and not into a toast. */
export interface Toasts {
  show(text: string, tone?: Toast['tone']): void
  dismiss(id: number): void
  subscribe(onChange: () => void): () => void
  current(): readonly Toast[]
}

function createToasts(): Toasts {
  const listeners = new Set<() => void>()
  let toasts: readonly Toast[] = []
  let count = 0
  const change = (next: readonly Toast[]) => {
    toasts = next.slice(-toastsMax)
    for (const listener of listeners) listener()
  }
  const dismiss = (id: number) => change(toasts.filter((toast) => toast.id !== id))
  return {
    show(text, tone = 'good') {
      count += 1
      const id = count
      change([...toasts, { id, text, tone }])
      setTimeout(() => dismiss(id), shownMs)
    },
    dismiss,
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
    current: () => toasts,
  }
}

const ToastsContext = createContext<Toasts>(createToasts())

/** `const toast = useToast(); toast('Connection revoked')`. Plain sentences; agents' text does not belong in them. */
export const useToast = () => useContext(ToastsContext).show

/** Where toasts appear; once, in the frame. */
export function ToastRegion() {
  const toasts = useContext(ToastsContext)
  const shown = useSyncExternalStore(toasts.subscribe, toasts.current)
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-20 z-50 grid justify-items-center gap-2 md:bottom-5"
    >
      {shown.map(({ id, text, tone }) => (
        <div
          key={id}
          className="pointer-events-auto flex items-center gap-2.5 rounded-lg border border-line bg-surface py-2 pr-2 pl-3.5 shadow-lift"
        >
          {tone === 'good' ? (
            <CircleCheck aria-hidden="true" className="size-4.5 text-good" />
          ) : (
            <CircleAlert aria-hidden="true" className="size-4.5 text-bad" />
          )}
          <span>{text}</span>
          <button
            type="button"
            aria-label="Dismiss"
            onClick={() => toasts.dismiss(id)}
            className="grid size-8 place-items-center rounded-md text-ink-soft hover:bg-sunken"
          >
            <X aria-hidden="true" className="size-4" />
          </button>
        </div>
      ))}
    </div>
  )
}
