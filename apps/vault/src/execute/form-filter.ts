import type { Form, Position } from './secret-forms.ts'

/** Tells quickly where no form can begin, from pairs of neighbouring bytes: most text needs no closer look. */
interface FormFilter {
  /**
   * Passes over text, given that no form that began before `from` is under way. No form begins between `from` and the
   * `from` of the answer; from there to `until` the text has to be read.
   */
  skip(bytes: Uint8Array, from: number): { from: number; until: number }
}

/** How many more pairs are looked at before a stretch is read closely. */
const reachMax = 8

interface Edges {
  readonly bytesMin: number
  readonly firsts: readonly number[]
  readonly lasts: readonly number[]
  readonly inner: readonly number[]
}

/** Positions are shared between secrets, so this is too; it goes when its position does. */
const knownEdges = new WeakMap<Position, Edges>()

function edgesOf(position: Position): Edges {
  const known = knownEdges.get(position)
  if (known !== undefined) return known
  const inner = new Set<number>()
  for (const text of position) {
    for (let at = 1; at < text.length; at++) {
      inner.add(text.charCodeAt(at - 1) * 256 + text.charCodeAt(at))
    }
  }
  const edges = {
    bytesMin: Math.min(...position.map((text) => text.length)),
    firsts: [...new Set(position.map((text) => text.charCodeAt(0)))],
    lasts: [...new Set(position.map((text) => text.charCodeAt(text.length - 1)))],
    inner: [...inner],
  }
  knownEdges.set(position, edges)
  return edges
}

/** One bit for each pair of bytes that stands next to each other in some form. */
function collectPairs(forms: readonly Form[]): Uint8Array {
  const pairs = new Uint8Array(8192)
  const add = (pair: number) => {
    pairs[pair >> 3] = (pairs[pair >> 3] ?? 0) | (1 << (pair & 7))
  }
  // The same few hundred positions stand in all forms: what was added once is not worked out again.
  const added = new Map<Edges | undefined, Set<Edges>>()
  for (const form of forms) {
    let before: Edges | undefined
    for (const position of form) {
      const edges = edgesOf(position)
      const behind = added.get(before) ?? new Set()
      if (!behind.has(edges)) {
        added.set(before, behind.add(edges))
        edges.inner.forEach(add)
        for (const last of before?.lasts ?? [])
          for (const first of edges.firsts) add(last * 256 + first)
      }
      before = edges
    }
  }
  return pairs
}

/**
 * Builds the filter of some forms. The shortest form has m bytes, so whatever begins in a stretch of m - 1 bytes holds
 * the pair at its end: if that pair occurs in no form, the whole stretch is passed over with one look.
 */
export function createFormFilter(forms: readonly Form[]): FormFilter {
  const pairs = collectPairs(forms)
  const bytesMin = Math.min(
    ...forms.map((form) => form.reduce((sum, position) => sum + edgesOf(position).bytesMin, 0)),
  )
  const step = bytesMin - 1
  const reach = Math.min(reachMax, Math.floor(step / 2))
  const isPair = (bytes: Uint8Array, at: number) => {
    const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    return ((pairs[pair >> 3] as number) & (1 << (pair & 7))) !== 0
  }
  /** A form around a pair is long enough to hold all the pairs to its left or all to its right. */
  const mayHold = (bytes: Uint8Array, at: number, last: number) => {
    let left = 1
    while (left <= reach && at >= left && isPair(bytes, at - left)) left++
    if (left > reach) return true
    let right = 1
    while (right <= reach && at + right < last && isPair(bytes, at + right)) right++
    return right > reach || at + right >= last
  }
  return {
    skip(bytes, from) {
      if (step < 2) return { from, until: bytes.length }
      const last = bytes.length - 1
      let at = from + step - 1
      for (; at < last; at += step) {
        if (isPair(bytes, at) && mayHold(bytes, at, last)) {
          return { from: at - step + 1, until: at + 1 }
        }
      }
      return { from: at - step + 1, until: bytes.length }
    },
  }
}
