import type { CompiledRule } from './compile-rules.ts'
import { findHidden } from './hidden-text.ts'
import { spellingOf } from './raw-text.ts'
import type { ReadBody } from './read-body.ts'
import type { RuleSubject } from './rule-subject.ts'
import type { Decided, Ruled } from './rule-verdict.ts'
import type { Edit } from './searched.ts'
import { atOnce, type Turns } from './sensitive/turns.ts'
import {
  type CompiledSensitive,
  hasNumber,
  searchBody,
  searchQuery,
} from './sensitive-condition.ts'
import { placesOf, type TextAt, textsOf } from './visit-texts.ts'

type Rewritable = Extract<ReadBody, { readonly text: string }>
type Refused = Required<Pick<Decided, 'rule' | 'why'>>

/**
 * Takes what rules look for out of a body, and leaves every other byte of it as it is. The rule that cannot be kept, where one
 * cannot: what is found in the query or in a file stays where it is. Undefined where nothing is to be taken out.
 */
export function redactBody(
  rules: readonly CompiledRule[],
  subject: RuleSubject,
): NonNullable<Ruled['redaction']> | Refused | undefined {
  const body = subject.body()
  if (body === 'unknown') return undefined
  const edits: Edit[] = []
  const ruleIds: string[] = []
  for (const rule of rules) {
    const { sensitive } = rule
    if (sensitive === undefined) continue
    if (
      sensitive.fields === undefined &&
      atOnce(searchQuery(sensitive, subject.query())) !== 'no'
    ) {
      return { rule, why: 'the query holds some' }
    }
    const { edits: found } =
      subject.searched?.get(sensitive)?.taking ?? atOnce(searchEdits(sensitive, body))
    if (found === undefined) {
      if (atOnce(searchBody(sensitive, body)) === 'no') continue
      return { rule, why: whyNot(body) }
    }
    if (found.length > 0) ruleIds.push(rule.id)
    for (const edit of found) edits.push(edit)
  }
  if (!('text' in body) || edits.length === 0) return undefined
  const merged = merge(edits)
  return { body: rewrite(body.text, merged), ruleIds, count: merged.length }
}

function whyNot(body: ReadBody): string {
  if (body.kind === 'unreadable') return `the body cannot be read, since ${body.why}`
  return 'what is to be taken out stands where it cannot be replaced'
}

/**
 * What is to be replaced for what, with pauses. No edits where something that is to be looked at cannot be read, or stands where
 * nothing can be replaced.
 */
export function* searchEdits(
  { finder, fields }: CompiledSensitive,
  body: ReadBody,
): Turns<{ readonly edits: readonly Edit[] | undefined }> {
  const places = 'text' in body ? placesOf(body, fields) : undefined
  if (!('text' in body) || places === undefined || finder === undefined) return { edits: undefined }
  const edits: Edit[] = []
  for (const text of places.flatMap(textsOf)) {
    yield
    const found = text && (yield* editsOf(finder, text, body))
    if (found === undefined) return { edits: undefined }
    for (const edit of found) edits.push(edit)
  }
  return { edits }
}

function* editsOf(
  finder: NonNullable<CompiledSensitive['finder']>,
  text: TextAt,
  body: Rewritable,
): Turns<Edit[] | undefined> {
  const { node, beside } = text
  const found = yield* findHidden(finder, text.text, beside)
  const [first] = found
  if (node.type === 'number' && !text.isName) {
    const kind = first?.kind ?? (hasNumber(finder, node, beside) ? 'number' : undefined)
    if (kind === undefined) return []
    return [{ start: node.start, end: node.end, text: `"[redacted:${kind}]"` }]
  }
  if (first === undefined) return []
  const start = text.isName ? node.nameStart : node.start
  const end = text.isName ? node.nameEnd : node.end
  if (start < 0) return undefined
  const spelling = spellingOf(body.text, { start, end }, body.kind)
  if (spelling === undefined || spelling.text !== text.text) return undefined
  return found.map((finding) => ({
    start: spelling.offsetOf(finding.start),
    end: spelling.offsetOf(finding.end),
    text: spelling.write(`[redacted:${finding.kind}]`),
  }))
}

/** In order; what overlaps, since two rules found it, becomes one. */
function merge(edits: readonly Edit[]): readonly Edit[] {
  const merged: Edit[] = []
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last === undefined || edit.start >= last.end) merged.push(edit)
    else merged[merged.length - 1] = { ...last, end: Math.max(last.end, edit.end) }
  }
  return merged
}

function rewrite(text: string, edits: readonly Edit[]): Uint8Array {
  let rewritten = ''
  let at = 0
  for (const edit of edits) {
    rewritten += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return new TextEncoder().encode(rewritten + text.slice(at))
}
