import { useEffect, useRef } from 'react'

/** What each key does; an answer of `false` leaves the key to the browser. */
export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => unknown>>

const typing =
  'input:not([type="checkbox"]), textarea, select, [contenteditable=""], [contenteditable="true"]'
const over = 'dialog[open], [role="menu"], [role="listbox"]'

/** Listens for keys of the whole page; never while somebody types, holds a modifier or has a dialog open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts)
  latest.current = shortcuts
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { target, key } = event
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.isComposing || document.querySelector(over) !== null) return
      if (target instanceof Element && target.closest(typing) !== null) return
      if (!Object.hasOwn(latest.current, key)) return
      if (latest.current[key]?.(event) !== false) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}
