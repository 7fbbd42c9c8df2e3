import { Buffer } from 'node:buffer'
import type { RedactText } from '../../policy/redact-json.ts'

// Mail services, code hosts and uploads hand texts over in base64, whole or in lines: what a rule takes out of answers does not
// come back to whoever reads it that way.

/** Shorter runs spell nothing that is looked for. */
const runCharsMin = 16
const hasRun = new RegExp(`[\\w+/-]{${runCharsMin}}`)
const runs = new RegExp(`[\\w+/-]{${runCharsMin},}(?:\\r?\\n[\\w+/-]+)*={0,2}`, 'g')
/** Base64 in base64: a message as a text that has texts as its parts. */
const layersMax = 3

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Redacts a text, and the texts that it holds in base64 or base64url, which are written again in the same way. */
export function redactThroughBase64(redact: RedactText, layersLeft = layersMax): RedactText {
  return (text, beside) => {
    if (!hasRun.test(text) || layersLeft === 0) return redact(text, beside)
    const inner = redactThroughBase64(redact, layersLeft - 1)
    let count = 0
    const seen = text.replaceAll(runs, (run) => {
      const hidden = decode(run)
      if (hidden === undefined) return run
      const found = inner(hidden, beside)
      count += found.count
      return found.count === 0 ? run : encodeLike(run, found.text)
    })
    const found = redact(seen, beside)
    return { text: found.text, count: found.count + count }
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
