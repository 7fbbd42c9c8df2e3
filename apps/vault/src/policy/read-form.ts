import type { BodyField } from './body-field.ts'
import { toField } from './body-field.ts'
import { stringNode } from './body-node.ts'
import type { Fault } from './read-json.ts'

const fieldsMax = 5000

/**
 * Reads a form as browsers write it (WHATWG URL §5). A fault for what its readers differ on: a raw `;`, which some take for
 * `&`; an escape that is none or is not UTF-8; control characters; a byte order mark; the `_charset_` field.
 */
export function readForm(text: string): readonly BodyField[] | Fault {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[;\u0000-\u001f\u007f\ufeff]/.test(text)) {
    return { fault: 'it holds a character that no form writes as it is' }
  }
  const fields: BodyField[] = []
  let start = 0
  while (start <= text.length) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand < 0 ? text.length : ampersand
    if (end > start) {
      const field = readPair(text, start, end)
      if (field === undefined) return { fault: 'an escape in it is malformed' }
      if (field.key === '_charset_') return { fault: 'it names a character set of its own' }
      if (fields.length === fieldsMax) return { fault: `it has more than ${fieldsMax} fields` }
      fields.push(field)
    }
    start = end + 1
  }
  return fields
}

function readPair(text: string, start: number, end: number): BodyField | undefined {
  const equals = text.indexOf('=', start)
  const nameEnd = equals < 0 || equals > end ? end : equals
  const valueStart = Math.min(nameEnd + 1, end)
  const name = decode(text.slice(start, nameEnd))
  const value = decode(text.slice(valueStart, end))
  if (name === undefined || value === undefined) return undefined
  if (/\p{Cc}/u.test(name) || value.includes('\0')) return undefined
  const where = { start: valueStart, end, nameStart: start, nameEnd }
  return toField(name, stringNode(value, 'loose', where))
}

function decode(text: string): string | undefined {
  if (!/[+%]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined // URIError: malformed, not UTF-8, or overlong.
  }
}
