import type { CustomKind, SensitiveKind } from '@sallyport/contracts'
import { compileExpression, type Expression } from './compile-expression.ts'
import type { Finding } from './finding.ts'
import { isSecretMember } from './kinds/assigned-secret.ts'
import { inOrder, resolveFindings } from './resolve-findings.ts'
import { type LegibleText, readLegibly } from './scan/legible-text.ts'
import { mask, maskSpans } from './scan/mask.ts'
import type { Scan } from './scan/scan-tokens.ts'
import { createVicinity, type Span } from './scan/vicinity.ts'
import { scansOf } from './scans.ts'
import type { Turns } from './turns.ts'

/** What is looked for. */
export interface Kinds {
  readonly scans: readonly Scan[]
  readonly custom: readonly { readonly name: string; readonly expression: Expression }[]
  /** The names, in the order that decides between equals. */
  readonly order: readonly string[]
  readonly hasSecrets: boolean
}

/** Where it is looked for. */
export interface Subject {
  /** Without what was redacted before: that is masked. */
  readonly text: string
  /** The name of the member that holds the text. */
  readonly beside: string | undefined
}

/** Compiles kinds. Throws as `compileExpression` does. */
export function compileKinds(
  kinds: readonly SensitiveKind[],
  custom: readonly CustomKind[],
): Kinds {
  return {
    scans: scansOf(kinds),
    custom: custom.map(({ name, pattern }) => ({ name, expression: compileExpression(pattern) })),
    order: [...kinds, ...custom.map(({ name }) => name)],
    hasSecrets: kinds.includes('secret'),
  }
}

/** What a removed finding may have kept from being found: no kind begins further away from what it touches or reads. */
const reachChars = 512
/** Each round finds what only the last one's findings had kept from being found; more than three are never seen in life. */
const roundsMax = 8
const besideCharsMax = 64
/** Characters that are looked through before others may have their turn; at worst a few milliseconds. */
const charsATurn = 2048
const findingsATurn = 4096

/**
 * All findings, resolved, in order. What is found is taken out and its surroundings are looked at again, so that finding
 * in what is left finds nothing more.
 */
export function* findAll(kinds: Kinds, subject: Subject): Turns<readonly Finding[]> {
  const { text, offset } = withName(subject)
  const found = yield* scanAll(kinds, text, { offset })
  for (const own of yield* findOwn(kinds, subject, offset)) found.push(own)
  let fresh = found.length === 0 ? found : yield* resolveFindings(found, kinds.order)
  const all: Finding[] = []
  let masked = text
  for (let round = 1; fresh.length > 0; round += 1) {
    for (const [place, { kind, start, end }] of fresh.entries()) {
      all.push({ kind, start: start - offset, end: end - offset })
      if (place % findingsATurn === findingsATurn - 1) yield
    }
    if (round === roundsMax) break
    masked = yield* maskSpans(masked, fresh)
    const windows = yield* windowsAround(fresh)
    fresh = yield* resolveFindings(yield* scanAll(kinds, masked, { offset, windows }), kinds.order)
  }
  return yield* inOrder(all)
}

/** Whether there is any. */
export function* hasAny(kinds: Kinds, subject: Subject): Turns<boolean> {
  const { text, offset } = withName(subject)
  const found = yield* scanAll(kinds, text, { offset, isOneEnough: true })
  return found.length > 0 || (yield* findOwn(kinds, subject, offset)).length > 0
}

/** The name stands before the text as it does in a document, so that it is a word nearby. */
function withName({ text, beside }: Subject): { text: string; offset: number } {
  if (beside === undefined) return { text, offset: 0 }
  const name = `${beside.slice(-besideCharsMax).replace(/\s/g, ' ')}: `
  return { text: name + text, offset: name.length }
}

interface How {
  /** Where the text begins, behind the name. */
  readonly offset: number
  /** The whole text, where they are not given. */
  readonly windows?: readonly Span[]
  readonly isOneEnough?: boolean
}

function* scanAll(
  kinds: Kinds,
  text: string,
  { offset, windows, isOneEnough }: How,
): Turns<Finding[]> {
  const found: Finding[] = []
  let walked = 0
  for (const reading of yield* readLegibly(text)) {
    const near = createVicinity(reading.text)
    const report = (kind: SensitiveKind, { start, end }: Span): boolean => {
      const finding = { kind, ...reading.originalOf(start, end) }
      const isOutside =
        finding.start < offset || text.slice(finding.start, finding.end).includes(mask)
      if (!isOutside) found.push(finding)
      return !isOutside && isOneEnough === true
    }
    for (const { start: from, end: to } of rangesOf(reading, text, windows)) {
      const range = { text: reading.text, from, to, near }
      const walks = kinds.scans.map((scan) => scan(range, report))
      for (let at = from; at < to; ) {
        const until = Math.min(to, at + charsATurn)
        for (const walk of walks) if (walk(until)) return found
        walked += until - at
        at = until
        if (walked < charsATurn) continue
        walked = 0
        yield
      }
    }
  }
  return found
}

/** Windows are places of the original; a reading in which places moved is looked through as a whole. */
function rangesOf(
  reading: LegibleText,
  text: string,
  windows: readonly Span[] | undefined,
): readonly Span[] {
  return windows !== undefined && reading.text.length === text.length
    ? windows
    : [{ start: 0, end: reading.text.length }]
}

/** The surroundings of the findings, joined where they touch. */
function* windowsAround(found: readonly Finding[]): Turns<readonly Span[]> {
  const windows: { start: number; end: number }[] = []
  for (const [place, { start, end }] of found.entries()) {
    if (place % findingsATurn === findingsATurn - 1) yield
    const from = Math.max(0, start - reachChars)
    const last = windows.at(-1)
    if (last !== undefined && from <= last.end) last.end = end + reachChars
    else windows.push({ start: from, end: end + reachChars })
  }
  return windows
}

/** An owner's own kinds, and a member that is a secret as a whole. */
function* findOwn(
  { custom, hasSecrets }: Kinds,
  { text, beside }: Subject,
  offset: number,
): Turns<Finding[]> {
  const own: Finding[] = []
  const add = (kind: string, { start, end }: Span) => {
    const isFree = !text.slice(start, end).includes(mask)
    if (isFree) own.push({ kind, start: start + offset, end: end + offset })
  }
  for (const { name, expression } of custom) {
    for (const span of yield* expression.findInTurns(text)) add(name, span)
  }
  if (hasSecrets && beside !== undefined && isSecretMember(beside, text)) {
    add('secret', { start: 0, end: text.length })
  }
  return own
}
