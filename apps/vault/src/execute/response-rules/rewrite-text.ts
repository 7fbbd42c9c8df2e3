import type { RedactText } from '../../policy/redact-json.ts'
import { type Rewriting, rewriteJson } from './rewrite-json.ts'

/**
 * Redacts text. Where it is JSON under another name it is read as JSON, so that no escape hides anything; where it begins like
 * JSON and is none it cannot be told what it says.
 * @throws SyntaxError where it cannot be read
 */
export function* redactPlain(text: string, redact: RedactText): Rewriting {
  if (!startsLikeJson(text)) return redact(text)
  try {
    return yield* rewriteJson(text, { selection: undefined, redact })
  } catch (error) {
    if (error instanceof SyntaxError && beginsObject.test(text)) throw error
    if (error instanceof SyntaxError) return redact(text)
    throw error
  }
}

const startsLikeJson = (text: string) => /^\s*["{[]/.test(text)
const beginsObject = /^\s*(?:\{\s*["}]|\[\s*[{"[\]])/

/**
 * Redacts HTML or XML. References to characters (`&#64;`) are read, since pages write addresses with them; those of
 * characters that mean something to the markup stay.
 */
export function redactMarkup(markup: string, redact: RedactText): ReturnType<RedactText> {
  const plain = markup.replaceAll(reference, (written: string, meant: string) => {
    const character = named[meant] ?? numbered(meant)
    return character !== undefined && harmless.test(character) ? character : written
  })
  const found = redact(plain)
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
export function redactForm(form: string, redact: RedactText): ReturnType<RedactText> {
  let count = 0
  const clean = (written: string, beside?: string) => {
    const found = redact(readPart(written), beside)
    count += found.count
    return found.count === 0 ? written : encodeURIComponent(found.text)
  }
  const pairs = form.split('&').map((pair) => {
    const [name = '', ...rest] = pair.split('=')
    const value = rest.length === 0 ? '' : `=${clean(rest.join('='), readPart(name))}`
    return clean(name) + value
  })
  return { text: pairs.join('&'), count }
}

function readPart(written: string): string {
  try {
    return decodeURIComponent(written.replaceAll('+', ' '))
  } catch {
    throw new SyntaxError('it is no valid form')
  }
}

/** Redacts a header's value, written plainly or with percent escapes; where only those hide something, all of it goes. */
export function redactHeader(value: string, redact: RedactText): ReturnType<RedactText> {
  const found = redact(value)
  if (found.count > 0 || !value.includes('%')) return found
  const unfolded = value.replaceAll(/(?:%[\da-f]{2})+/gi, unfoldEscapes)
  const { count } = redact(unfolded)
  return count === 0 ? found : { text: '[redacted]', count }
}

function unfoldEscapes(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes // Not UTF-8: it spells no text.
  }
}
