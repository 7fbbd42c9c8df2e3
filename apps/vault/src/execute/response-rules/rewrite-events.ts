import type { AnswerRewriting } from '../../policy/compile-response-rules.ts'
import { gatherText } from '../../policy/sensitive/scan/gather-text.ts'
import { type Rewriting, rewriteJson } from './rewrite-json.ts'
import { redactPlain } from './rewrite-text.ts'
import { createSplitTexts, type SplitTexts } from './split-texts.ts'

// Server-sent events, as the HTML standard (§9.2) reads them: lines that end in CRLF, LF or CR; `data` may be said more than
// once and means its lines joined; an empty line ends an event.

interface Line {
  readonly text: string
  readonly end: string
}

/** What some providers end their events with; it says nothing else. */
const endMark = '[DONE]'
const framing: ReadonlySet<string> = new Set(['event', 'id', 'retry'])

/**
 * Rewrites a stream of events: data as JSON where it is JSON, and as text where only redaction is asked for. Where members are
 * selected, comments and unknown fields are left out, since nobody says what is in them.
 * @throws SyntaxError where an event cannot be read
 */
export function* rewriteEvents(text: string, rewriting: AnswerRewriting): Rewriting {
  const parts = gatherText()
  const split = rewriting.redact && createSplitTexts(rewriting.redact)
  let count = 0
  let event: Line[] = []
  for (const line of linesOf(text)) {
    yield
    if (line.text !== '') {
      event.push(line)
      continue
    }
    const rewritten = yield* rewriteEvent(event, { ...rewriting, split })
    parts.add(rewritten.text)
    parts.add(line.end)
    count += rewritten.count
    event = []
  }
  const last = yield* rewriteEvent(event, { ...rewriting, split })
  if (split !== undefined) yield* split.check()
  return { text: parts.text() + last.text, count: count + last.count }
}

function* linesOf(text: string): Generator<Line, undefined> {
  const ending = /\r\n|\r|\n/g
  let at = 0
  for (const found of text.matchAll(ending)) {
    yield { text: text.slice(at, found.index), end: found[0] }
    at = found.index + found[0].length
  }
  if (at < text.length) yield { text: text.slice(at), end: '' }
}

function* rewriteEvent(
  event: readonly Line[],
  rewriting: AnswerRewriting & { readonly split: SplitTexts | undefined },
): Rewriting {
  const fields: (Field & { readonly line: Line })[] = []
  for (const line of event) {
    fields.push({ line, ...readField(line.text) })
    yield
  }
  const data = fields.filter(({ name }) => name === 'data')
  const before = data.map(({ value }) => value).join('\n')
  const after = data.length === 0 ? { text: '', count: 0 } : yield* rewriteData(before, rewriting)
  const { split } = rewriting
  if (split !== undefined && after.text !== '') yield* split.add(after.text)
  const text = gatherText()
  let count = after.count
  const isSame = after.text === before
  for (const field of fields) {
    if (field.name !== 'data') {
      const rewritten = yield* rewriteOther(field, rewriting)
      text.add(rewritten.text)
      count += rewritten.count
    } else if (isSame) text.add(field.line.text + field.line.end)
    else if (field === data[0]) text.add(writeData(after.text, field.line.end || '\n', data))
    yield
  }
  return { text: text.text(), count }
}

/** All lines of the data stand where the first one stood; whether the last has an end is as it was. */
function writeData(text: string, end: string, data: readonly { readonly line: Line }[]): string {
  const isOpen = data.at(-1)?.line.end === ''
  return `data: ${text.replaceAll('\n', `${end}data: `)}${isOpen ? '' : end}`
}

interface Field {
  readonly name: string
  readonly value: string
}

/** A comment's name is empty. */
function readField(text: string): Field {
  const colon = text.indexOf(':')
  if (colon < 0) return { name: text, value: '' }
  const value = text.slice(colon + 1)
  return { name: text.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value }
}

function* rewriteData(data: string, rewriting: AnswerRewriting): Rewriting {
  if (data.trim() === '' || data === endMark) return { text: data, count: 0 }
  const { selection, redact } = rewriting
  if (selection !== undefined) return yield* rewriteJson(data, rewriting)
  return redact === undefined ? { text: data, count: 0 } : yield* redactPlain(data, redact)
}

function* rewriteOther(
  { line, name, value }: Field & { readonly line: Line },
  { selection, redact }: AnswerRewriting,
): Rewriting {
  const isFraming = framing.has(name)
  if (selection !== undefined && !isFraming) return { text: '', count: 0 }
  const whole = { text: line.text + line.end, count: 0 }
  if (redact === undefined) return whole
  const found = yield* isFraming ? redact(value, name) : redact(line.text)
  if (found.count === 0) return whole
  const text = isFraming ? `${name}: ${found.text}` : found.text
  return { text: text + line.end, count: found.count }
}
