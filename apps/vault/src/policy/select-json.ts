import { type FieldPlace, isNamed, stepInto } from './field-tree.ts'
import { gatherText } from './sensitive/scan/gather-text.ts'
import type { Turns } from './sensitive/turns.ts'

/** The deepest nesting that is read. */
export const jsonDepthMax = 128

/** What stays of a JSON text. Paths say where things stand in the text as it came, whatever other rules take out. */
export interface Selection {
  /** For each rule that keeps: the members of which one has to be named. */
  readonly keeps: readonly FieldPlace[]
  /** What is taken out. */
  readonly drop: FieldPlace
}

/** The selection that leaves everything. */
const all: Selection = { keeps: [], drop: [] }
const removed = Symbol('removed')
type Selected = Selection | typeof removed

/** A JSON text being read, and the text being made of it by leaving stretches out. */
interface Reading {
  readonly text: string
  at: number
  /** Up to where the text was copied or left out. */
  from: number
  readonly kept: ReturnType<typeof gatherText>
  /** Where others may have their turn next. */
  pauseAt: number
}

const charsATurn = 4096

const space = /[ \t\n\r]*/y
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const words = ['true', 'false', 'null'] as const
const quote = 0x22

/**
 * Reads a JSON text strictly (RFC 8259, members with names of their own, nesting of at most 128) and leaves out what is not
 * selected. What stays is the text as it was written: numbers, escapes, the order of members. Objects and lists on the way to
 * what is named stay, empty where nothing in them is. A text that is no object or list has no members: nothing of it is kept.
 * @throws SyntaxError whose message says why the text cannot be read, without a word of it
 */
export function* selectJson(text: string, selection: Selection): Turns<string> {
  const reading: Reading = { text, at: 0, from: 0, kept: gatherText(), pauseAt: charsATurn }
  skipSpace(reading)
  const start = reading.at
  const isScalar = !opens(text.charCodeAt(start))
  const members = readValue(reading, isScalar ? all : selection, 0)
  if (members !== undefined) yield* members
  if (isScalar && selection.keeps.length > 0) leaveOut(reading, { start, end: reading.at }, 'null')
  skipSpace(reading)
  if (reading.at !== text.length) throw notJson()
  if (reading.from === 0) return text
  reading.kept.add(text.slice(reading.from))
  return reading.kept.text()
}

const notJson = () => new SyntaxError('it is no valid JSON')
const opens = (code: number) => code === 0x7b || code === 0x5b

function skipSpace(reading: Reading): void {
  const code = reading.text.charCodeAt(reading.at)
  if (code > 0x20) return
  space.lastIndex = reading.at
  reading.at += space.exec(reading.text)?.[0].length ?? 0
}

function leaveOut(
  reading: Reading,
  { start, end }: { readonly start: number; readonly end: number },
  instead = '',
): void {
  if (start > reading.from) reading.kept.add(reading.text.slice(reading.from, start))
  if (instead !== '') reading.kept.add(instead)
  reading.from = end
}

function take(reading: Reading, character: string): boolean {
  skipSpace(reading)
  if (reading.text[reading.at] !== character) return false
  reading.at += 1
  return true
}

/** A string, a number or a word is read at once; what else there is comes back to be read. */
function readValue(reading: Reading, selection: Selection, depth: number): Turns<void> | undefined {
  const code = reading.text.charCodeAt(reading.at)
  if (opens(code)) {
    if (depth >= jsonDepthMax) {
      throw new SyntaxError(`it is nested more than ${jsonDepthMax} deep`)
    }
    return readContainer(reading, selection, { isObject: code === 0x7b, depth: depth + 1 })
  }
  if (code === quote) readString(reading)
  else readWord(reading)
  return undefined
}

function readWord(reading: Reading): void {
  numberToken.lastIndex = reading.at
  const found =
    numberToken.exec(reading.text)?.[0] ??
    words.find((word) => reading.text.startsWith(word, reading.at))
  if (found === undefined) throw notJson()
  reading.at += found.length
}

/** Reads a string and answers what it says. */
function readString(reading: Reading): string {
  const { text, at } = reading
  const end = text.charCodeAt(at) === quote ? endOfString(text, at) : -1
  if (end < 0) throw notJson()
  reading.at = end
  const inside = text.slice(at + 1, end - 1)
  return isPlain(inside) ? inside : unfold(text.slice(at, end))
}

/** Where the string that begins at `at` ends; -1 where it does not. */
export function endOfString(text: string, at: number): number {
  let end = at
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) return -1
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
}

/** Whether what stands between quotes is what they mean. */
export function isPlain(inside: string): boolean {
  for (let at = 0; at < inside.length; at++) {
    const code = inside.charCodeAt(at)
    if (code === 0x5c || code < 0x20) return false
  }
  return true
}

function unfold(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    throw notJson()
  }
}

interface Container {
  readonly isObject: boolean
  readonly depth: number
}

/** Reads an object or a list from its bracket on, member by member. */
function* readContainer(reading: Reading, selection: Selection, how: Container): Turns<void> {
  const close = how.isObject ? '}' : ']'
  reading.at += 1
  if (take(reading, close)) return
  const names = how.isObject ? new Set<string>() : undefined
  /** Behind the last member that stayed, or behind the bracket. */
  let keptUntil = reading.at
  let hasGap = false
  let kept = 0
  let count = 0
  do {
    skipSpace(reading)
    const start = reading.at
    if (start >= reading.pauseAt) {
      reading.pauseAt = start + charsATurn
      yield
    }
    const key = names === undefined ? count : readName(reading, names)
    count += 1
    const selected = select(selection, key, reading)
    if (selected === removed) {
      // What is taken out has to be JSON all the same.
      const unkept = readValue(reading, all, how.depth)
      if (unkept !== undefined) yield* unkept
      hasGap = true
      continue
    }
    if (hasGap) leaveOut(reading, { start: keptUntil, end: start }, kept > 0 ? ',' : '')
    const members = readValue(reading, selected, how.depth)
    if (members !== undefined) yield* members
    keptUntil = reading.at
    hasGap = false
    kept += 1
  } while (take(reading, ','))
  if (!take(reading, close)) throw notJson()
  if (hasGap) leaveOut(reading, { start: keptUntil, end: reading.at - 1 })
}

function readName(reading: Reading, names: Set<string>): string {
  const name = readString(reading)
  if (names.size === names.add(name).size) throw twice()
  if (!take(reading, ':')) throw notJson()
  skipSpace(reading)
  return name
}

const twice = () => new SyntaxError('an object in it has a member twice')

/** What becomes of the member that stands here. */
function select(selection: Selection, key: string | number, reading: Reading): Selected {
  const { keeps, drop } = selection
  if (keeps.length === 0 && drop.length === 0) return all
  const dropped = drop.length === 0 ? drop : stepInto(drop, key)
  if (isNamed(dropped)) return removed
  if (keeps.length === 0) return dropped.length === 0 ? all : { keeps, drop: dropped }
  const pending: FieldPlace[] = []
  for (const keep of keeps) {
    const next = stepInto(keep, key)
    if (isNamed(next)) continue
    if (next.length === 0) return removed
    pending.push(next)
  }
  // What the path would still go into has to be something that it can go into.
  if (pending.length > 0 && !opens(reading.text.charCodeAt(reading.at))) return removed
  return { keeps: pending, drop: dropped }
}
