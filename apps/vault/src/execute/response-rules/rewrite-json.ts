import type { AnswerRewriting } from '../../policy/compile-response-rules.ts'
import { type Redacted, redactJson } from '../../policy/redact-json.ts'
import { selectJson } from '../../policy/select-json.ts'
import { createSplitTexts } from './split-texts.ts'

/** A rewriting that lets others have their turn whenever it yields. */
export type Rewriting = Generator<undefined, Redacted>

const everything = { keeps: [], drop: [] }

/**
 * Rewrites one JSON text. What stays is written as it was.
 * @throws SyntaxError where it cannot be read
 */
export function* rewriteJson(
  text: string,
  { selection, redact }: Pick<AnswerRewriting, 'selection' | 'redact'>,
): Rewriting {
  const selected = selectJson(text, selection ?? everything)
  return redact === undefined ? { text: selected, count: 0 } : yield* redactJson(selected, redact)
}

/**
 * Rewrites JSON of which each line is a text of its own; empty lines stay.
 * @throws SyntaxError where one of them cannot be read
 */
export function* rewriteLines(text: string, rewriting: AnswerRewriting): Rewriting {
  const lines: string[] = []
  const split = rewriting.redact && createSplitTexts(rewriting.redact)
  let count = 0
  let at = 0
  while (at < text.length) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, end)
    const rewritten =
      line.trim() === '' ? { text: line, count: 0 } : yield* rewriteJson(line, rewriting)
    if (rewritten.text.trim() !== '') split?.add(rewritten.text)
    lines.push(rewritten.text, found < 0 ? '' : '\n')
    count += rewritten.count
    at = end + 1
    if (lines.length % linesATurn === 0) yield
  }
  split?.check()
  return { text: lines.join(''), count }
}

const linesATurn = 512
