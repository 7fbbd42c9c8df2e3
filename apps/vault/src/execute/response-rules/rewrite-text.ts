import type { RedactText } from '../../policy/redact-json.ts'
import { gatherText } from '../../policy/sensitive/scan/gather-text.ts'
import { type Rewriting, rewriteJson } from './rewrite-json.ts'

/**
 * Redacts text. Where it is JSON under another name it is read as JSON, so that no escape hides anything; where it begins like
 * JSON and is none it cannot be told what it says.
 * @throws SyntaxError where it cannot be read
 */
export function* redactPlain(text: string, redact: RedactText): Rewriting {
  if (!startsLikeJson(text)) return yield* redact(text)
  try {
    return yield* rewriteJson(text, { selection: undefined, redact })
  } catch (error) {
    if (error instanceof SyntaxError && beginsObject.test(text)) throw error
    if (error instanceof SyntaxError) return yield* redact(text)
    throw error
  }
}

const startsLikeJson = (text: string) => /^\s*["{[]/.test(text)
const beginsObject = /^\s*(?:\{\s*["}]|\[\s*[{"[\]])/

/**
 * Redacts HTML or XML. References to characters (`&#64;`) are read, since pages write addresses with them; those of
 * characters that mean something to the markup stay.
 */
export function* redactMarkup(markup: string, redact: RedactText): Rewriting {
  const plain = gatherText()
  let at = 0
  for (const { 0: written, 1: meant = '', index } of markup.matchAll(reference)) {
    const character = named[meant] ?? numbered(meant)
    const isHarmless = character !== undefined && harmless.test(character)
    plain.add(markup.slice(at, index))
    plain.add(isHarmless ? character : written)
    at = index + written.length
    yield
  }
  plain.add(markup.slice(at))
  const found = yield* redact(plain.text())
  return found.count === 0 ? { text: markup, count: 0 } : found
}

const reference = /&(#[xX][\da-fA-F]{1,6}|#\d{1,7}|commat|period|lowbar|hyphen|plus);?/g
const named: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  lowbar: '_',
  hyphen: '-',
  plus: '+',
}
function numbered(meant: string): string | undefined {
  if (!meant.startsWith('#')) return undefined
  const digits = meant.slice(1)
  return String.fromCharCode(/^x/i.test(digits) ? Number(`0${digits}`) : Number(digits))
}
const harmless = /^[\w@.+:/ -]$/

/**
 * Redacts a form's values and names.
 * @throws SyntaxError where it is none
 */
export function* redactForm(form: string, redact: RedactText): Rewriting {
  const text = gatherText()
  let count = 0
  const clean = function* (written: string, beside?: string) {
    const found = yield* redact(readPart(written), beside)
    count += found.count
    text.add(found.count === 0 ? written : encodeURIComponent(found.text))
  }
  for (let at = 0; at <= form.length; ) {
    const next = form.indexOf('&', at)
    const pair = form.slice(at, next < 0 ? form.length : next)
    const sign = pair.indexOf('=')
    const name = sign < 0 ? pair : pair.slice(0, sign)
    yield* clean(name)
    if (sign >= 0) {
      text.add('=')
      yield* clean(pair.slice(sign + 1), readPart(name))
    }
    yield
    if (next < 0) break
    text.add('&')
    at = next + 1
  }
  return { text: text.text(), count }
}

function readPart(written: string): string {
  try {
    return decodeURIComponent(written.replaceAll('+', ' '))
  } catch {
    throw new SyntaxError('it is no valid form')
  }
}

/** Redacts a header's value, written plainly or with percent escapes; where only those hide something, all of it goes. */
export function* redactHeader(value: string, redact: RedactText): Rewriting {
  const found = yield* redact(value)
  if (found.count > 0 || !value.includes('%')) return found
  const unfolded = value.replaceAll(/(?:%[\da-f]{2})+/gi, unfoldEscapes)
  const { count } = yield* redact(unfolded)
  return count === 0 ? found : { text: '[redacted]', count }
}

function unfoldEscapes(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes // Not UTF-8: it spells no text.
  }
}
