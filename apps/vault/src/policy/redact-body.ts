import type { CompiledRule } from './compile-rules.ts'
import { findHidden } from './hidden-text.ts'
import { spellingOf } from './raw-text.ts'
import type { ReadBody } from './read-body.ts'
import type { RuleSubject } from './rule-subject.ts'
import type { Decided, Ruled } from './rule-verdict.ts'
import { type CompiledSensitive, hasNumber, testBodyFor, testQuery } from './sensitive-condition.ts'
import { placesOf, type TextAt, visitTexts } from './visit-texts.ts'

/** What takes the place of a stretch of a body's text. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

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
    if (sensitive.fields === undefined && testQuery(sensitive, subject.query()) !== 'no') {
      return { rule, why: 'the query holds some' }
    }
    const found = 'text' in body ? findEdits(sensitive, body) : undefined
    if (found === undefined) {
      if (testBodyFor(sensitive, body) === 'no') continue
      return { rule, why: whyNot(body) }
    }
    if (found.length > 0) ruleIds.push(rule.id)
    edits.push(...found)
  }
  if (!('text' in body) || edits.length === 0) return undefined
  const merged = merge(edits)
  return { body: rewrite(body.text, merged), ruleIds, count: merged.length }
}

function whyNot(body: ReadBody): string {
  if (body.kind === 'unreadable') return `the body cannot be read, since ${body.why}`
  return 'what is to be taken out stands where it cannot be replaced'
}

/** Undefined where something that is to be looked at cannot be read, or stands where nothing can be replaced. */
function findEdits(sensitive: CompiledSensitive, body: Rewritable): Edit[] | undefined {
  const places = placesOf(body, sensitive.fields)
  if (places === undefined || sensitive.finder === undefined) return undefined
  const edits: Edit[] = []
  for (const place of places) {
    const isStuck = visitTexts(place, (text) => {
      const found = text && editsOf(sensitive.finder, text, body)
      if (found === undefined) return true
      edits.push(...found)
      return false
    })
    if (isStuck) return undefined
  }
  return edits
}

function editsOf(
  finder: CompiledSensitive['finder'],
  text: TextAt,
  body: Rewritable,
): Edit[] | undefined {
  if (finder === undefined) return undefined
  const { node, beside } = text
  const found = findHidden(finder, text.text, beside)
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
