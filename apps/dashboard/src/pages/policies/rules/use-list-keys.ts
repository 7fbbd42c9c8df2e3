import { useRef } from 'react'

/** Keys for the members of a list that has none of its own. */
export interface ListKeys {
  readonly keys: readonly number[]
  /** Tells that the member at this place is about to go. */
  dropKey(index: number): void
  /** Tells that a new member is about to stand at this place. */
  addKey(index: number): void
  /** Tells that a member is about to change its place. */
  moveKey(from: number, to: number): void
}

/** Each member keeps its key while others come, go and move; what is told of beforehand, that is: else they come at the end. */
export function useListKeys(length: number): ListKeys {
  const next = useRef(0)
  const list = useRef<number[]>([])
  const keys = list.current
  const make = () => {
    next.current += 1
    return next.current
  }
  while (keys.length < length) keys.push(make())
  if (keys.length > length) keys.length = length
  return {
    keys,
    dropKey: (index) => void keys.splice(index, 1),
    addKey: (index) => void keys.splice(index, 0, make()),
    moveKey: (from, to) => void keys.splice(to, 0, ...keys.splice(from, 1)),
  }
}
