import { Buffer } from 'node:buffer'
import type { RedactText } from '../../policy/redact-json.ts'
import { gatherText } from '../../policy/sensitive/scan/gather-text.ts'
import type { Turns } from '../../policy/sensitive/turns.ts'

// Mail services, code hosts and uploads hand texts over in base64, whole or in lines: what a rule takes out of answers does not
// come back to whoever reads it that way.

/** Shorter runs spell nothing that is looked for. */
const runCharsMin = 16
/** How one begins. Nothing in it is tried again from its second character on. */
const runStart = new RegExp(`(?<![\\w+/-])[\\w+/-]{${runCharsMin}}`, 'g')
const other = /[^\w+/-]/g
const nextLine = /\r?\n[\w+/-]/y
const padding = /={0,2}/y
/** Base64 in base64: a message as a text that has texts as its parts. */
const layersMax = 3

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Redacts a text, and the texts that it holds in base64 or base64url, which are written again in the same way. */
export function redactThroughBase64(redact: RedactText, layersLeft = layersMax): RedactText {
  return function* (text, beside) {
    if (layersLeft === 0) return yield* redact(text, beside)
    const inner = redactThroughBase64(redact, layersLeft - 1)
    const seen = gatherText()
    let from = 0
    let count = 0
    for (let start = nextRun(text, 0); start >= 0; ) {
      const end = yield* endOfRun(text, start)
      const run = text.slice(start, end)
      const hidden = decode(run)
      const found = hidden === undefined ? undefined : yield* inner(hidden, beside)
      if (found !== undefined && found.count > 0) {
        seen.add(text.slice(from, start))
        seen.add(encodeLike(run, found.text))
        from = end
        count += found.count
      }
      yield
      start = nextRun(text, end)
    }
    if (from === 0) return yield* redact(text, beside)
    seen.add(text.slice(from))
    const found = yield* redact(seen.text(), beside)
    return { text: found.text, count: found.count + count }
  }
}

function nextRun(text: string, from: number): number {
  runStart.lastIndex = from
  return runStart.exec(text)?.index ?? -1
}

/** Behind its last line and what fills it up. Line by line: an expression for all of them would run out of room. */
function* endOfRun(text: string, start: number): Turns<number> {
  for (let at = start; ; ) {
    other.lastIndex = at
    const end = other.exec(text)?.index ?? text.length
    nextLine.lastIndex = end
    if (!nextLine.test(text)) {
      padding.lastIndex = end
      return end + (padding.exec(text)?.[0].length ?? 0)
    }
    at = nextLine.lastIndex
    yield
  }
}

/** The text that a run spells; undefined where it spells bytes that are none. */
function decode(run: string): string | undefined {
  try {
    const text = utf8.decode(Buffer.from(run, 'base64'))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what holds them is no text
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text
  } catch {
    return undefined // TypeError: not UTF-8.
  }
}

function encodeLike(run: string, text: string): string {
  const [first = ''] = run.split(/\r?\n/, 1)
  const whole = run.replaceAll(/[\r\n]/g, '')
  const bytes = Buffer.from(text, 'utf8')
  const isPadded = whole.length % 4 === 0
  const written = /[-_]/.test(whole)
    ? bytes.toString('base64url') + (isPadded ? '='.repeat((3 - (bytes.length % 3)) % 3) : '')
    : bytes.toString('base64').replace(isPadded ? '' : /=+$/, '')
  if (first.length === run.length) return written
  const end = run.startsWith('\r\n', first.length) ? '\r\n' : '\n'
  return (written.match(new RegExp(`.{1,${first.length}}`, 'g')) ?? []).join(end)
}
