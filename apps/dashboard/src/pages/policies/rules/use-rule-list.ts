import type { RequestRule, ResponseRule } from '@sallyport/contracts'
import { useCallback, useEffect, useRef, useState } from 'react'
import { get, useFormContext } from 'react-hook-form'
import { usePart } from '../use-part.ts'
import { copyOf, faultyPlaces } from './rule-draft.ts'
import { useListKeys } from './use-list-keys.ts'

export type Rule = RequestRule | ResponseRule
export type RowAction = 'up' | 'down' | 'toggle' | 'copy' | 'remove'

interface RuleList<Of extends Rule> {
  readonly rules: readonly Of[]
  readonly keys: readonly number[]
  /** Rows that are open to be edited, by key. */
  readonly open: ReadonlySet<number>
  /** What was just done, for those who do not see it. */
  readonly said: string
  readonly act: (action: RowAction, index: number) => void
  readonly add: (rule: Of) => void
  /** The element that holds the rows: the focus follows what is done with them. */
  readonly box: (element: HTMLElement | null) => void
}

/** The rules of a draft as a list that can be added to, ordered, opened. `name`: where they stand in the draft. */
export function useRuleList<Of extends Rule>(name: 'rules' | 'response'): RuleList<Of> {
  const [rules = [], change] = usePart<readonly Of[] | undefined>(name)
  const { keys, addKey, dropKey, moveKey } = useListKeys(rules.length)
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const [said, setSaid] = useState('')
  const element = useRef<HTMLElement>(null)
  const focusLater = useFocusLater(element)
  useOpenFaulty(name, keys, setOpen)

  const insert = (rule: Of, index: number) => {
    addKey(index)
    change([...rules.slice(0, index), rule, ...rules.slice(index)])
    const key = keys[index]
    if (key === undefined) return
    setOpen((before) => new Set([...before, key]))
    focusLater(`[data-rule="${key}"] [data-fields] :is(input, select, textarea)`)
    setSaid(`Rule ${index + 1} added.`)
  }
  const move = (from: number, to: number, button: string) => {
    const rule = rules[from]
    if (rule === undefined || to < 0 || to >= rules.length) return
    moveKey(from, to)
    const others = rules.filter((_, at) => at !== from)
    change([...others.slice(0, to), rule, ...others.slice(to)])
    focusLater(`[data-rule="${keys[to]}"] [data-act="${button}"]`)
    setSaid(`Now rule ${to + 1} of ${rules.length}.`)
  }
  const remove = (index: number) => {
    dropKey(index)
    const left = rules.filter((_, at) => at !== index)
    change(left.length === 0 ? undefined : left)
    const next = keys[Math.min(index, left.length - 1)]
    focusLater(next === undefined ? '[data-add]' : `[data-rule="${next}"] [data-act="toggle"]`)
    setSaid(`Rule ${index + 1} removed.`)
  }
  const toggle = (index: number) => {
    const key = keys[index]
    if (key === undefined) return
    setOpen((before) => {
      const after = new Set(before)
      if (!after.delete(key)) after.add(key)
      return after
    })
  }
  const does: Readonly<Record<RowAction, (index: number) => void>> = {
    up: (index) => move(index, index - 1, 'up'),
    down: (index) => move(index, index + 1, 'down'),
    toggle,
    copy: (index) => {
      const rule = rules[index]
      if (rule !== undefined) insert(copyOf(rule, rules), index + 1)
    },
    remove,
  }
  // One function for all rows and for good, so that a row is drawn again only when something of it changed.
  const latest = useRef(does)
  latest.current = does
  const act = useCallback((action: RowAction, index: number) => latest.current[action](index), [])
  return {
    rules,
    keys,
    open,
    said,
    act,
    add: (rule) => insert(rule, rules.length),
    box: (found) => {
      element.current = found
    },
  }
}

const focusTriesMax = 30
const focusEveryMs = 50

/** Puts the focus on what a selector finds, once it is drawn: fields may have to be loaded first. */
function useFocusLater(element: { readonly current: HTMLElement | null }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return (selector: string) => {
    const look = (triesLeft: number) => {
      const found = element.current?.querySelector<HTMLElement>(selector)
      if (found !== null && found !== undefined) found.focus()
      else if (triesLeft > 0) timer.current = setTimeout(look, focusEveryMs, triesLeft - 1)
    }
    clearTimeout(timer.current)
    timer.current = setTimeout(look, 0, focusTriesMax)
  }
}

/** Opens the rows in which something is wrong, each time that something new is. */
function useOpenFaulty(
  name: string,
  keys: readonly number[],
  setOpen: (change: (before: ReadonlySet<number>) => ReadonlySet<number>) => void,
): void {
  const { formState } = useFormContext()
  const faulty = faultyPlaces(get(formState.errors, name)).join()
  useEffect(() => {
    const places = faulty === '' ? [] : faulty.split(',').map(Number)
    const found = places.flatMap((place) => keys[place] ?? [])
    if (found.length > 0) setOpen((before) => new Set([...before, ...found]))
  }, [faulty, keys, setOpen])
}
