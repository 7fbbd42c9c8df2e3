import type { Finding, SensitiveFinder } from './sensitive/compile-sensitive.ts'
import type { Turns } from './sensitive/turns.ts'

// Text inside text: a string that holds JSON or a URL spells some of its characters as escapes, which its reader undoes.

const escapes = /\\u([0-9a-f]{4})|(?:%[0-9a-f]{2})+|\\(["\\/bfnrt])/gi
const mayHide = /\\u[0-9a-f]{4}|%[0-9a-f]{2}/i
const plainEscapes: Readonly<Record<string, string>> = {
  ...{ '"': '"', '\\': '\\', '/': '/' },
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
}

/** Whether a text holds what is looked for, as it stands or once its escapes are undone. */
export function* hasHidden(
  finder: SensitiveFinder,
  text: string,
  beside: string | undefined,
): Turns<boolean> {
  if (yield* finder.hasInTurns(text, beside)) return true
  return mayHide.test(text) && (yield* finder.hasInTurns(undo(text).text, beside))
}

/** What is found in a text as it stands and once its escapes are undone; in order, not overlapping. */
export function* findHidden(
  finder: SensitiveFinder,
  text: string,
  beside: string | undefined,
): Turns<readonly Finding[]> {
  const found = yield* finder.findInTurns(text, beside)
  if (!mayHide.test(text)) return found
  const undone = undo(text)
  const within = yield* finder.findInTurns(undone.text, beside)
  const hidden = within.map(({ kind, start, end }) => ({
    kind,
    start: undone.offsets[start] ?? 0,
    end: undone.offsets[end] ?? text.length,
  }))
  return merge([...found, ...hidden])
}

/** What overlaps becomes one. */
function merge(findings: readonly Finding[]): readonly Finding[] {
  const merged: Finding[] = []
  for (const finding of findings.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last === undefined || finding.start >= last.end) merged.push(finding)
    else merged[merged.length - 1] = { ...last, end: Math.max(last.end, finding.end) }
  }
  return merged
}

interface Undone {
  readonly text: string
  /** Where each UTF-16 unit of the text came from; one more, for its end. */
  readonly offsets: readonly number[]
}

function undo(text: string): Undone {
  let undone = ''
  const offsets: number[] = []
  const take = (piece: string, from: (at: number) => number) => {
    for (let at = 0; at < piece.length; at += 1) offsets.push(from(at))
    undone += piece
  }
  let end = 0
  for (const match of text.matchAll(escapes)) {
    const start = match.index
    const before = end
    take(text.slice(end, start), (at) => before + at)
    take(spelled(match), () => start)
    end = start + match[0].length
  }
  const before = end
  take(text.slice(end), (at) => before + at)
  offsets.push(text.length)
  return { text: undone, offsets }
}

function spelled([whole, unit, plain]: RegExpExecArray): string {
  if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
  if (plain !== undefined) return plainEscapes[plain.toLowerCase()] ?? plain
  const bytes = whole
    .slice(1)
    .split('%')
    .map((byte) => Number.parseInt(byte, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
