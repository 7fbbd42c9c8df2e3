import { createContext } from 'react'

/** Asks the person to prove once more who they are. */
export interface FreshSignIn {
  /** Resolves to whether they did. */
  ask(): Promise<boolean>
  /** For the dialog: whether it is to be open, and the answer. */
  subscribe(onChange: () => void): () => void
  isOpen(): boolean
  answer(didSignIn: boolean): void
}

/** Joins whoever needs a fresh sign-in with the dialog that asks for it. Several that wait share one dialog. */
export function createFreshSignIn(): FreshSignIn {
  const listeners = new Set<() => void>()
  let waiting: ((didSignIn: boolean) => void)[] = []
  const changed = () => {
    for (const listener of listeners) listener()
  }
  return {
    ask: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve]
        changed()
      }),
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
    isOpen: () => waiting.length > 0,
    answer(didSignIn) {
      const answered = waiting
      waiting = []
      for (const resolve of answered) resolve(didSignIn)
      changed()
    },
  }
}

export const FreshSignInContext = createContext<FreshSignIn>(createFreshSignIn())
