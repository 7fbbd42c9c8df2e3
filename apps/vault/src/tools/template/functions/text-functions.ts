import { TemplateFault } from '../template.ts'
import {
  isJsonText,
  isList,
  jsonText,
  textOf,
  truthOf,
  type Value,
  wholeOf,
} from '../template-value.ts'
import { printf } from './printf.ts'
import {
  atLeast,
  type FunctionRun,
  type FunctionTable,
  fixed,
  spendSearch,
} from './template-function.ts'

/** The most characters that a function makes of short ones, and the widest indent. */
const madeCharactersMax = 1_000_000
const indentMax = 200
/** There are no more characters than that to trim. */
const trimmedCharactersMax = 65_536

/** A function of one text. */
const ofText = (change: (text: string) => string) =>
  fixed(1, ([value], run) => {
    const text = textOf(value)
    run.spend(text.length)
    return change(text)
  })

/** A function of a text and another, which stands first: `trimSuffix "-" .name`. */
const withText = (change: (other: string, text: string) => Value) =>
  fixed(2, ([first, second], run) => {
    const [other, text] = [textOf(first), textOf(second)]
    spendSearch(run, other, text)
    return change(other, text)
  })

/** White space inside of JSON changes nothing of it. */
const keepJson = (before: Value, after: string): Value =>
  isJsonText(before) ? jsonText(after) : after

function repeat([count, value]: readonly Value[], run: FunctionRun): Value {
  const [times, text] = [Math.max(0, wholeOf(count)), textOf(value)]
  if (times * text.length > madeCharactersMax) {
    throw new TemplateFault(`repeat makes at most ${madeCharactersMax} characters.`)
  }
  run.spend(times * text.length)
  return text.repeat(times)
}

function replace([from, to, value]: readonly Value[], run: FunctionRun): Value {
  const [old, fresh, text] = [textOf(from), textOf(to), textOf(value)]
  run.spend(text.length)
  spendSearch(run, old, text)
  const parts = text.split(old)
  if (text.length + parts.length * fresh.length > 2 * madeCharactersMax + text.length) {
    throw new TemplateFault(`replace makes at most ${madeCharactersMax} characters.`)
  }
  return parts.join(fresh)
}

function indent([width, value]: readonly Value[]): Value {
  const [spaces, text] = [wholeOf(width), textOf(value)]
  if (spaces < 0 || spaces > indentMax) throw new TemplateFault(`indent takes 0 to ${indentMax}.`)
  const pad = ' '.repeat(spaces)
  return keepJson(value, pad + text.replaceAll('\n', `\n${pad}`))
}

function substr([from, to, value]: readonly Value[]): Value {
  const text = textOf(value)
  const [start, end] = [wholeOf(from), wholeOf(to)]
  if (start < 0) return text.slice(0, Math.max(0, end))
  return end < 0 || end > text.length ? text.slice(start) : text.slice(start, end)
}

function trunc([count, value]: readonly Value[]): Value {
  const characters = [...textOf(value)]
  const length = wholeOf(count)
  if (length < 0) return characters.slice(length).join('')
  return characters.slice(0, length).join('')
}

function abbreviate([count, value]: readonly Value[]): Value {
  const [length, text] = [wholeOf(count), textOf(value)]
  return length < 4 || text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

/** Words at changes of case, `_`, `-`, `.` and white space. */
const wordsOf = (text: string): string[] =>
  text
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .split(/[\s_.-]+/u)
    .filter((word) => word !== '')

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function trimAll(characters: string, text: string): string {
  const wanted = new Set(characters.slice(0, trimmedCharactersMax).split(''))
  let [from, to] = [0, text.length]
  while (from < to && wanted.has(text.charAt(from))) from += 1
  while (to > from && wanted.has(text.charAt(to - 1))) to -= 1
  return text.slice(from, to)
}

/** Go's `print` puts a space between two values of which neither is a text. */
function print(values: readonly Value[]): string {
  return values
    .map((value, at) => {
      const before = values[at - 1]
      const apart = at > 0 && typeof value !== 'string' && typeof before !== 'string'
      return `${apart ? ' ' : ''}${textOf(value)}`
    })
    .join('')
}

const spaced = (values: readonly Value[]): string => values.map(textOf).join(' ')
const present = (values: readonly Value[]): readonly Value[] =>
  values.filter((value) => value !== undefined && value !== null)

export const textFunctions: FunctionTable = {
  trim: fixed(1, ([value]) => keepJson(value, textOf(value).trim())),
  trimAll: withText(trimAll),
  trimPrefix: withText((start, text) => (text.startsWith(start) ? text.slice(start.length) : text)),
  trimSuffix: withText((end, text) =>
    end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text,
  ),
  upper: ofText((text) => text.toUpperCase()),
  lower: ofText((text) => text.toLowerCase()),
  title: ofText((text) => text.replace(/(^|[^\p{L}\p{N}'])(\p{L})/gu, (all) => all.toUpperCase())),
  untitle: ofText((text) => text.replace(/(^|\s)(\p{L})/gu, (all) => all.toLowerCase())),
  substr: fixed(3, substr),
  repeat: fixed(2, repeat),
  nospace: ofText((text) => text.replace(/\s/gu, '')),
  trunc: fixed(2, trunc),
  abbrev: fixed(2, abbreviate),
  initials: ofText((text) =>
    text
      .split(/\s/u)
      .map((word) => word.charAt(0))
      .join(''),
  ),
  contains: withText((part, text) => text.includes(part)),
  hasPrefix: withText((start, text) => text.startsWith(start)),
  hasSuffix: withText((end, text) => text.endsWith(end)),
  quote: atLeast(0, (values) => {
    const quoted = present(values).map((value) => JSON.stringify(textOf(value)))
    return quoted.length === 1 ? jsonText(quoted[0] ?? '""') : quoted.join(' ')
  }),
  squote: atLeast(0, (values) =>
    present(values)
      .map((value) => `'${textOf(value)}'`)
      .join(' '),
  ),
  cat: atLeast(0, (values) => spaced(present(values))),
  indent: fixed(2, indent),
  nindent: fixed(2, (args) => {
    const text = textOf(indent(args))
    return keepJson(args[1], `\n${text}`)
  }),
  replace: fixed(3, replace),
  plural: fixed(3, ([one, many, count]) => (wholeOf(count) === 1 ? one : many)),
  snakecase: ofText((text) => wordsOf(text).join('_').toLowerCase()),
  kebabcase: ofText((text) => wordsOf(text).join('-').toLowerCase()),
  camelcase: ofText((text) =>
    wordsOf(text)
      .map((word) => capital(word.toLowerCase()))
      .join(''),
  ),
  swapcase: ofText((text) =>
    text.replace(/\p{L}/gu, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    ),
  ),
  toString: fixed(1, ([value]) => textOf(value)),
  toStrings: fixed(1, ([value]) => (isList(value) ? value.map(textOf) : [textOf(value)])),
  print: atLeast(0, print),
  println: atLeast(0, (values) => `${spaced(values)}\n`),
  printf: atLeast(1, printf),
  fail: fixed(1, ([message]) => {
    throw new TemplateFault(`the template refuses: ${textOf(message).slice(0, 200)}`)
  }),
  ternary: fixed(3, ([yes, no, condition]) => (truthOf(condition) ? yes : no)),
}
