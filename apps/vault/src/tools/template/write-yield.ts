import { createJsonTextState } from './json-text-state.ts'
import { percentEncode } from './percent-encode.ts'
import { type EscapeFor, TemplateFault } from './template.ts'
import { isUrlText, jsonOf, textOf, type Value } from './template-value.ts'

// Writes what a template yields. Literal text is the author's and stands as it is; every other value is written so that it
// can never end the segment, the field or the string in which it stands.

/** The most characters that a template yields. */
const yieldCharactersMax = 8 * 1024 * 1024

export interface Writer {
  text(literal: string): void
  /** Writes an escaped value. Tells how many characters. @throws TemplateFault where it cannot stand there */
  value(value: Value): number
  /** All that was written. @throws TemplateFault for a text of JSON that is none */
  end(): string
}

export function createWriter(place: EscapeFor): Writer {
  const written: string[] = []
  let characters = 0
  const json = place === 'json' ? createJsonTextState() : undefined

  const write = (text: string): void => {
    characters += text.length
    if (characters > yieldCharactersMax) {
      throw new TemplateFault(`A template yields at most ${yieldCharactersMax} characters.`)
    }
    if (text !== '') written.push(text)
  }

  const value = (given: Value): number => {
    const text = json === undefined ? escapers[place](given) : writeJson(given, json.position())
    write(text)
    // An escaped value leaves the state as it was: it is whole outside of quotes and without quotes inside of them.
    return text.length
  }

  const text = (literal: string): void => {
    json?.feed(literal)
    write(literal)
  }

  const end = (): string => {
    const all = written.join('')
    if (json === undefined) return all
    // A template may yield nothing at all: then there is no body.
    if (all.trim() === '') return ''
    checkJson(all)
    return all
  }

  return { text, value, end }
}

function checkJson(text: string): void {
  try {
    JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw new TemplateFault('What the template yields is not JSON.')
  }
}

function writeJson(value: Value, position: 'outside' | 'string' | 'escape'): string {
  if (position === 'outside') return jsonOf(value)
  if (position === 'escape') throw new TemplateFault('nothing can be yielded after a backslash.')
  return JSON.stringify(textOf(value)).slice(1, -1)
}

const escapers: Readonly<Record<EscapeFor, (value: Value) => string>> = {
  path: (value) => percentEncode(unescaped(value)),
  query: (value) => percentEncode(unescaped(value)),
  form: (value) => percentEncode(unescaped(value)),
  header: (value) => checkHeader(textOf(value)),
  cookie: (value) => encodeCookie(textOf(value)),
  json: (value) => jsonOf(value),
  text: (value) => textOf(value),
}

/** What was escaped for a URL by the template itself is not escaped twice. */
const unescaped = (value: Value): string => (isUrlText(value) ? value.plain : textOf(value))

/** A value that a header can hold (RFC 9110 §5.5) and the vault sends: Latin-1 without controls. */
function checkHeader(text: string): string {
  if (/^[\x20-\x7e\xa0-\xff]*$/.test(text)) return text
  throw new TemplateFault('a header holds no controls and nothing beyond Latin-1.')
}

/** Everything that is no cookie-octet (RFC 6265 §4.1.1), and `%`, percent-encoded. */
function encodeCookie(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, (run) =>
    percentEncode(run),
  )
}
