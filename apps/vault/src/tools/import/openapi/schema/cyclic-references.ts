import { type Data, isList, isObject } from '../../read-document.ts'
import type { References } from '../references.ts'

/** The most values that are looked at to find the cycles; a document with more of them has all its schemas under `$defs`. */
const walkedMax = 5_000_000

/** What is known of the references of a document that lead back to themselves. */
export interface CyclicReferences {
  /** It holds itself, somewhere below: it becomes one of the `$defs`. Others can be written out where they stand. */
  readonly isCyclic: (pointer: string) => boolean
  /** It is itself, without anything in between (`allOf` of itself): no value could ever be checked against it. */
  readonly isEndless: (pointer: string) => boolean
}

/** Looks at all references once. */
export function findCyclicReferences(root: Data, references: References): CyclicReferences {
  const deep = createGraph(references, childrenOf)
  const starts = deep.refsIn(root)
  const flat = createGraph(references, partsOf)
  const cyclic = findCycles(starts, deep.next)
  const endless = findCycles(starts, flat.next)
  return {
    isCyclic: deep.isWhole() ? (pointer) => cyclic.has(pointer) : () => true,
    isEndless: (pointer) => endless.has(pointer) || !flat.isWhole(),
  }
}

function findCycles(
  starts: readonly string[],
  next: (pointer: string) => readonly string[],
): ReadonlySet<string> {
  const cyclic = new Set<string>()
  for (const component of stronglyConnected(starts, next)) {
    const [only] = component
    if (only === undefined) continue
    if (component.length > 1 || next(only).includes(only)) {
      for (const pointer of component) cyclic.add(pointer)
    }
  }
  return cyclic
}

function createGraph(
  { lookUp }: References,
  below: (value: Data) => readonly (Data | undefined)[],
) {
  let walked = 0
  const edges = new Map<string, readonly string[]>()

  const refsIn = (start: Data): readonly string[] => {
    const found = new Set<string>()
    const open: Data[] = [start]
    for (let at = open.pop(); at !== undefined && walked < walkedMax; at = open.pop()) {
      walked += 1
      if (isObject(at) && typeof at.$ref === 'string') {
        const { pointer } = lookUp(at.$ref)
        if (pointer !== undefined) found.add(pointer)
      }
      for (const value of below(at)) {
        if (typeof value === 'object' && value !== null) open.push(value)
      }
    }
    return [...found]
  }

  return {
    refsIn,
    next(pointer: string): readonly string[] {
      const before = edges.get(pointer)
      if (before !== undefined) return before
      const target = lookUp(pointer)
      const found = target.fault === undefined ? refsIn(target.value) : []
      edges.set(pointer, found)
      return found
    },
    isWhole: () => walked < walkedMax,
  }
}

function childrenOf(value: Data): readonly (Data | undefined)[] {
  if (isList(value)) return value
  return isObject(value) ? Object.values(value) : []
}

const parts = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else']

/** What a schema says of the very same value. */
function partsOf(value: Data): readonly (Data | undefined)[] {
  if (!isObject(value)) return []
  return parts.flatMap((name): readonly (Data | undefined)[] => {
    const part = value[name]
    return isList(part) ? part : [part]
  })
}

interface Visit {
  readonly pointer: string
  readonly next: readonly string[]
  at: number
}

/** Tarjan's algorithm with a stack of its own: chains of references are as long as a document likes. */
function stronglyConnected(
  starts: readonly string[],
  next: (pointer: string) => readonly string[],
): readonly (readonly string[])[] {
  const indexes = new Map<string, number>()
  const lows = new Map<string, number>()
  const isOpen = new Set<string>()
  const open: string[] = []
  const components: string[][] = []
  const visits: Visit[] = []

  const enter = (pointer: string): void => {
    indexes.set(pointer, indexes.size)
    lows.set(pointer, indexes.size - 1)
    open.push(pointer)
    isOpen.add(pointer)
    visits.push({ pointer, next: next(pointer), at: 0 })
  }
  const lower = (pointer: string, to: number): void => {
    lows.set(pointer, Math.min(lows.get(pointer) ?? to, to))
  }
  const leave = (pointer: string): void => {
    const parent = visits.at(-1)
    if (parent !== undefined) lower(parent.pointer, lows.get(pointer) ?? 0)
    if (lows.get(pointer) !== indexes.get(pointer)) return
    const component = open.splice(open.lastIndexOf(pointer))
    for (const one of component) isOpen.delete(one)
    components.push(component)
  }

  for (const start of starts) {
    if (indexes.has(start)) continue
    enter(start)
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const target = visit.next[visit.at]
      visit.at += 1
      if (target === undefined) {
        visits.pop()
        leave(visit.pointer)
      } else if (!indexes.has(target)) enter(target)
      else if (isOpen.has(target)) lower(visit.pointer, indexes.get(target) ?? 0)
    }
  }
  return components
}
