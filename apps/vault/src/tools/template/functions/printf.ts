import { TemplateFault } from '../template.ts'
import { isList, jsonOf, numberOf, textOf, type Value } from '../template-value.ts'
import type { FunctionRun } from './template-function.ts'

/** The widest that one verb writes. */
const widthMax = 1_000

/** `%[flags][width][.precision]verb` */
const verb = /%([-+ 0#]*)(\d*)(?:\.(\d*))?([a-zA-Z%])/g

/**
 * Go's `printf` with its verbs for texts, numbers, booleans and values: v s q d f F e g x X o b c t T U.
 * @throws TemplateFault for another verb and for too wide a field
 */
export function printf([format, ...values]: readonly Value[], run: FunctionRun): string {
  let next = 0
  const written = textOf(format).replace(verb, (all, ...groups: (string | undefined)[]) => {
    const [flags = '', width = '', precision, letter = ''] = groups
    if (letter === '%') return '%'
    if (Number(width) > widthMax || Number(precision) > widthMax) {
      throw new TemplateFault(`printf writes at most ${widthMax} characters for a verb.`)
    }
    const missing = next >= values.length
    const value = values[next]
    next += 1
    if (missing) return `%!${letter}(MISSING)`
    const digits = precision === undefined ? undefined : Number(precision)
    const text = writeVerb(value, { letter, digits, flags, all })
    run.spend(text.length)
    return pad(text, Number(width), flags)
  })
  return written
}

interface Verb {
  readonly letter: string
  readonly digits: number | undefined
  readonly flags: string
  readonly all: string
}

function writeVerb(value: Value, { letter, digits, flags, all }: Verb): string {
  switch (letter) {
    case 's':
    case 'v':
      return cut(isList(value) ? `[${value.map(textOf).join(' ')}]` : textOf(value), digits)
    case 'q':
      return JSON.stringify(cut(textOf(value), digits))
    case 'd':
      return signed(Math.trunc(numberOf(value)).toFixed(0), flags)
    case 'f':
    case 'F':
      return signed(numberOf(value).toFixed(Math.min(digits ?? 6, 100)), flags)
    case 'e':
      return signed(exponent(numberOf(value), digits ?? 6), flags)
    case 'g':
      return digits === undefined
        ? textOf(numberOf(value))
        : String(Number(numberOf(value).toPrecision(Math.min(Math.max(digits, 1), 100))))
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'number'
          ? Math.trunc(value).toString(16)
          : Buffer.from(textOf(value)).toString('hex')
      return letter === 'X' ? hex.toUpperCase() : hex
    }
    case 'o':
      return Math.trunc(numberOf(value)).toString(8)
    case 'b':
      return Math.trunc(numberOf(value)).toString(2)
    case 'c':
      return character(numberOf(value))
    case 'U':
      return `U+${Math.trunc(numberOf(value)).toString(16).toUpperCase().padStart(4, '0')}`
    case 't':
      return textOf(value)
    case 'T':
      return value === null || value === undefined ? 'nil' : typeof value
    case 'j':
      return jsonOf(value)
    default:
      throw new TemplateFault(`printf has no verb ${all}.`)
  }
}

const cut = (text: string, characters: number | undefined): string =>
  characters === undefined ? text : [...text].slice(0, characters).join('')

const signed = (text: string, flags: string): string => {
  if (text.startsWith('-')) return text
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text
}

/** Go writes at least two digits of the exponent. */
const exponent = (value: number, digits: number): string =>
  value.toExponential(Math.min(digits, 100)).replace(/e([+-])(\d)$/, 'e$10$2')

const character = (code: number): string =>
  Number.isInteger(code) && code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'

function pad(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const sign = /^[+-]/.test(text) ? text.charAt(0) : ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
