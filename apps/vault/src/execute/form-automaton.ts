import { createFormFilter } from './form-filter.ts'
import type { Form, Position } from './secret-forms.ts'

/** States of the automaton that are kept ready, and the numbers in them; beyond that it begins anew. */
const rowsMax = 4096
const placesMax = 1 << 20
/** More than any position has nodes; a place in a form is `position * nodesMax + node`. */
const nodesMax = 1 << 13

/** The byte strings of one position as a trie. An edge is `node * 256 + byte`. */
interface Trie {
  readonly edges: ReadonlyMap<number, number>
  readonly isEnd: readonly boolean[]
  readonly isLeaf: readonly boolean[]
  readonly depth: readonly number[]
  readonly bytesMax: number
}

/** Where in which forms the text read so far may stand, sorted. Empty: nowhere. */
export type Places = Int32Array

export interface FormAutomaton {
  /** Reads bytes on from `places`; `ends` receives the offset behind each form that was completed. */
  scan(places: Places, bytes: Uint8Array, ends: number[]): Places
  /** Reads one form backwards from `end`: where the longest that ends there begins. */
  findStart(bytes: Uint8Array, end: number): number
  /** At most how many of the bytes just read can belong to a form that is not complete yet. */
  heldBytes(places: Places): number
}

/** Told of each step that takes time: one place in one form. It may throw. */
type Spend = (steps: number) => void
/** Reading a byte where the table knows how takes a fraction of working a place out. */
const stepsReadAtOnce = 16

const nowhere: Places = new Int32Array(0)

function buildTrie(strings: Iterable<string>): Trie {
  const edges = new Map<number, number>()
  const isEnd = [false]
  const isLeaf = [true]
  const depth = [0]
  for (const text of strings) {
    let node = 0
    for (let at = 0; at < text.length; at++) {
      const edge = node * 256 + text.charCodeAt(at)
      let next = edges.get(edge)
      if (next === undefined) {
        next = isEnd.length
        edges.set(edge, next)
        isLeaf[node] = false
        isEnd.push(false)
        isLeaf.push(true)
        depth.push(at + 1)
      }
      node = next
    }
    isEnd[node] = true
  }
  return { edges, isEnd, isLeaf, depth, bytesMax: Math.max(...depth) }
}

/** The forms laid end to end: a trie for each position, and undefined behind the last of each form. */
interface Track {
  readonly tries: readonly (Trie | undefined)[]
  readonly starts: readonly number[]
  /** At most how many bytes stand between the beginning of the form and a position. */
  readonly bytesBefore: Int32Array
}

function layTrack(forms: readonly Form[], toTrie: (position: Position) => Trie): Track {
  const tries: (Trie | undefined)[] = []
  const starts: number[] = []
  const bytesBefore: number[] = []
  for (const form of forms) {
    starts.push(tries.length)
    let bytes = 0
    for (const position of form) {
      const trie = toTrie(position)
      tries.push(trie)
      bytesBefore.push(bytes)
      bytes += trie.bytesMax
    }
    tries.push(undefined)
    bytesBefore.push(bytes)
  }
  return { tries, starts, bytesBefore: Int32Array.from(bytesBefore) }
}

/** Positions are shared between secrets, so their tries are too; each goes when its position does. */
const triesForwards = new WeakMap<Position, Trie>()
const triesBackwards = new WeakMap<Position, Trie>()

function trieOf(position: Position): Trie {
  const known = triesForwards.get(position)
  if (known !== undefined) return known
  const trie = buildTrie(position)
  triesForwards.set(position, trie)
  return trie
}

function reversedTrieOf(position: Position): Trie {
  const known = triesBackwards.get(position)
  if (known !== undefined) return known
  const trie = buildTrie(position.map((text) => [...text].reverse().join('')))
  triesBackwards.set(position, trie)
  return trie
}

/** The places after one more byte, and whether a form was completed by it. */
function step(
  track: Track,
  places: Iterable<number>,
  byte: number,
): { next: Places; hit: boolean } {
  const next = new Set<number>()
  let hit = false
  for (const place of places) {
    const position = Math.floor(place / nodesMax)
    const trie = track.tries[position]
    const node = trie?.edges.get((place % nodesMax) * 256 + byte)
    if (trie === undefined || node === undefined) continue
    if (trie.isEnd[node] === true) {
      if (track.tries[position + 1] === undefined) hit = true
      else next.add((position + 1) * nodesMax)
    }
    if (trie.isLeaf[node] !== true) next.add(position * nodesMax + node)
  }
  return { next: Int32Array.from(next).sort(), hit }
}

/** Every byte that no form uses behaves alike: one class for all of them, one for each other. */
function classify(track: Track): { classes: Uint8Array; count: number } {
  const classes = new Uint8Array(256)
  let count = 1
  for (const trie of new Set(track.tries)) {
    for (const edge of trie?.edges.keys() ?? []) {
      if (classes[edge % 256] === 0 && count < 256) classes[edge % 256] = count++
    }
  }
  return { classes, count }
}

const unknown = -1
/** A row where the transition to it completes a form: negative, and not `unknown`. It is its own inverse. */
const completing = (row: number) => -2 - row

/**
 * A deterministic table over a track, filled in as it is used: a transition is worked out when it is first taken. An
 * entry is a row, `completing(row)`, or `unknown`. Row 0 is `nowhere`.
 */
function createTable(track: Track, entry: Iterable<number>, spend: Spend) {
  const always = [...entry]
  const { classes, count } = classify(track)
  let table = new Int32Array(count * 4).fill(unknown)
  let rows: Places[] = [nowhere]
  let byKey = new Map<string, number>([['', 0]])
  let placesKept = 0

  function rowOf(places: Places): number {
    if (places.length === 0) return 0
    const key = places.join()
    const known = byKey.get(key)
    if (known !== undefined) return known
    if (rows.length >= rowsMax || placesKept > placesMax) {
      rows = [nowhere]
      byKey = new Map([['', 0]])
      placesKept = 0
      table.fill(unknown)
    }
    const row = rows.length * count
    rows.push(places)
    byKey.set(key, row)
    placesKept += places.length
    if (table.length < row + count) {
      const larger = new Int32Array(table.length * 2).fill(unknown)
      larger.set(table)
      table = larger
    }
    return row
  }

  /** Takes a transition for the first time. Beginning anew moves rows, so the answer counts from here on. */
  function learn(row: number, byte: number): number {
    const from = rows[row / count] ?? nowhere
    spend(from.length + always.length)
    const { next, hit } = step(track, always.length === 0 ? from : [...from, ...always], byte)
    const target = rowOf(next)
    const value = hit ? completing(target) : target
    if (rows[row / count] === from) table[row + (classes[byte] ?? 0)] = value
    return value
  }

  /** Reads on to `until`, and further for as long as some form may be under way. */
  function run(
    cursor: { row: number; at: number },
    bytes: Uint8Array,
    { ends, until }: { ends: number[]; until: number },
  ): void {
    let { row, at } = cursor
    for (; at < bytes.length && (row !== 0 || at < until); at++) {
      // Within bounds, all three: saying so costs nothing here, and a check costs a tenth of the speed.
      const byte = bytes[at] as number
      let value = table[row + (classes[byte] as number)] as number
      if (value < 0) {
        if (value === unknown) value = learn(row, byte)
        if (value < 0) {
          ends.push(at + 1)
          value = completing(value)
        }
      }
      row = value
    }
    cursor.row = row
    cursor.at = at
  }

  return {
    classes,
    rowOf,
    learn,
    run,
    placesOf: (row: number) => rows[row / count] ?? nowhere,
    current: () => table,
  }
}

const layOut = (forms: readonly Form[]) => ({
  filter: createFormFilter(forms),
  track: layTrack(forms, trieOf),
})

/**
 * Builds the automaton of some forms. It holds no text: any number of streams can use it at once. There may be thousands of them,
 * so the forms are made anew for what is seldom needed, and not kept.
 */
export function createFormAutomaton(
  makeForms: () => readonly Form[],
  spend: Spend = () => {},
): FormAutomaton {
  const { filter, track } = layOut(makeForms())
  const forwards = createTable(
    track,
    track.starts.map((position) => position * nodesMax),
    spend,
  )
  // Matches are rare, so what reads backwards is made at the first one.
  let backwards: { table: ReturnType<typeof createTable>; begin: Places } | undefined

  function readBackwards() {
    if (backwards !== undefined) return backwards
    const reversed = layTrack(
      makeForms().map((form) => form.toReversed()),
      reversedTrieOf,
    )
    const begin = Int32Array.from(reversed.starts, (position) => position * nodesMax)
    backwards = { table: createTable(reversed, [], spend), begin }
    return backwards
  }

  return {
    scan(places, bytes, ends) {
      const cursor = { row: forwards.rowOf(places), at: 0 }
      forwards.run(cursor, bytes, { ends, until: 0 })
      while (cursor.at < bytes.length) {
        const { from, until } = filter.skip(bytes, cursor.at)
        cursor.at = from
        forwards.run(cursor, bytes, { ends, until })
      }
      return forwards.placesOf(cursor.row)
    },
    findStart(bytes, end) {
      const { table, begin } = readBackwards()
      let row = table.rowOf(begin)
      let start = end
      let at = end - 1
      for (; at >= 0; at--) {
        const byte = bytes[at] ?? 0
        const known = table.current()[row + (table.classes[byte] ?? 0)] ?? unknown
        const value = known === unknown ? table.learn(row, byte) : known
        if (value < 0) start = at
        row = value < 0 ? completing(value) : value
        if (row === 0) break
      }
      spend(1 + (end - at) / stepsReadAtOnce)
      return start
    },
    heldBytes(places) {
      let held = 0
      for (const place of places) {
        const position = Math.floor(place / nodesMax)
        const depth = track.tries[position]?.depth[place % nodesMax] ?? 0
        held = Math.max(held, (track.bytesBefore[position] ?? 0) + depth)
      }
      return held
    },
  }
}
