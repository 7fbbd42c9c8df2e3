import type { AnswerRewriting } from '../../policy/compile-response-rules.ts'
import { redactJson } from '../../policy/redact-json.ts'
import { selectJson } from '../../policy/select-json.ts'
import type { Redacted } from '../../policy/sensitive/compile-sensitive.ts'
import { gatherText } from '../../policy/sensitive/scan/gather-text.ts'
import type { Turns } from '../../policy/sensitive/turns.ts'
import { createSplitTexts } from './split-texts.ts'

/** A rewriting that lets others have their turn whenever it yields. */
export type Rewriting = Turns<Redacted>

const everything = { keeps: [], drop: [] }

/**
 * Rewrites one JSON text. What stays is written as it was.
 * @throws SyntaxError where it cannot be read
 */
export function* rewriteJson(
  text: string,
  { selection, redact }: Pick<AnswerRewriting, 'selection' | 'redact'>,
): Rewriting {
  const selected = yield* selectJson(text, selection ?? everything)
  return redact === undefined ? { text: selected, count: 0 } : yield* redactJson(selected, redact)
}

/**
 * Rewrites JSON of which each line is a text of its own; empty lines stay.
 * @throws SyntaxError where one of them cannot be read
 */
export function* rewriteLines(text: string, rewriting: AnswerRewriting): Rewriting {
  const lines = gatherText()
  const split = rewriting.redact && createSplitTexts(rewriting.redact)
  let count = 0
  let at = 0
  while (at < text.length) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, end)
    const rewritten =
      line.trim() === '' ? { text: line, count: 0 } : yield* rewriteJson(line, rewriting)
    if (split !== undefined && rewritten.text.trim() !== '') yield* split.add(rewritten.text)
    lines.add(rewritten.text)
    if (found >= 0) lines.add('\n')
    count += rewritten.count
    at = end + 1
    yield
  }
  if (split !== undefined) yield* split.check()
  return { text: lines.text(), count }
}
