import { TemplateFault } from './template.ts'

// The values that templates compute with: those of JSON, moments, and texts that are written for a place already. What comes
// from outside is only ever looked at by its own members: `constructor` and `__proto__` are names like any other.

const written: unique symbol = Symbol('written')
const moment: unique symbol = Symbol('moment')

/** A text that is one JSON value, and need not be written as one once more. */
interface JsonText {
  readonly [written]: 'json'
  readonly text: string
}

/** A text that was escaped for a URL, and what it was before. */
interface UrlText {
  readonly [written]: 'url'
  readonly text: string
  readonly plain: string
}
type Written = JsonText | UrlText

/** A point of time, ms since the epoch. */
export interface Moment {
  readonly [moment]: number
}

export type ValueMap = { readonly [key: string]: Value }
export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | ValueMap
  | Written
  | Moment

/** Marks a text that is one JSON value. */
export const jsonText = (text: string): JsonText => ({ [written]: 'json', text })
/** Marks a text that was escaped for a URL. */
export const urlText = (text: string, plain: string): UrlText => ({ [written]: 'url', text, plain })
export const momentOf = (ms: number): Moment => ({ [moment]: ms })

const isObject = (value: Value): value is ValueMap | Written | Moment | readonly Value[] =>
  typeof value === 'object' && value !== null

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
export const isWritten = (value: Value): value is Written => isObject(value) && written in value
export const isMoment = (value: Value): value is Moment => isObject(value) && moment in value
export const isMap = (value: Value): value is ValueMap =>
  isObject(value) && !isList(value) && !(written in value) && !(moment in value)

export const isJsonText = (value: Value): value is JsonText =>
  isWritten(value) && value[written] === 'json'
export const isUrlText = (value: Value): value is UrlText =>
  isWritten(value) && value[written] === 'url'
export const msOf = (value: Moment): number => value[moment]

/** What stands under a name or an index; undefined where there is nothing. */
export function memberOf(value: Value, name: string): Value {
  if (isList(value)) return /^\d{1,9}$/.test(name) ? value[Number(name)] : undefined
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** What stands at the end of a path of names and indexes. */
export function below(value: Value, path: readonly string[]): Value {
  let at = value
  for (const name of path) {
    if (at === undefined) return undefined
    at = memberOf(at, name)
  }
  return at
}

/** As text: nothing for what is not there, JSON for lists and maps, RFC 3339 for a moment. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (isWritten(value)) return value.text
  if (isMoment(value)) return new Date(msOf(value)).toISOString().replace(/\.000Z$/, 'Z')
  return jsonOf(value)
}

/** Without an exponent for what has few digits: 1e21 and above keep it, as JSON has it. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  throw new TemplateFault('A number went beyond what can be written.')
}

/** As JSON; what is not there is `null`. */
export function jsonOf(value: Value, indent?: number): string {
  if (isJsonText(value)) return value.text
  if (value === undefined) return 'null'
  if (isWritten(value) || isMoment(value)) return JSON.stringify(textOf(value))
  return JSON.stringify(value, replaceMarked, indent) ?? 'null'
}

/** Lists and maps can hold what templates made. */
function replaceMarked(_key: string, value: Value): unknown {
  if (isMoment(value)) return textOf(value)
  if (!isWritten(value)) return value
  return isJsonText(value) ? JSON.parse(value.text) : value.text
}

/** Go's truth: everything but nothing, null, false, 0, and empty texts, lists and maps. */
export function truthOf(value: Value): boolean {
  if (isList(value)) return value.length > 0
  if (isWritten(value)) return value.text !== ''
  if (isMoment(value)) return true
  if (isMap(value)) {
    for (const _ in value) return true
    return false
  }
  return Boolean(value)
}

/** How many characters, elements or members. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length
  if (isList(value)) return value.length
  if (isWritten(value)) return value.text.length
  return isMap(value) ? Object.keys(value).length : 0
}

/** A number; texts are read as numbers, what is none is 0 (as Sprig has it). */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (isMoment(value)) return Math.floor(msOf(value) / 1000)
  const text = textOf(value).trim()
  if (text === '' || text.length > 64) return 0
  const number = Number(text)
  return Number.isFinite(number) ? number : 0
}

/** A whole number, cut towards zero. */
export const wholeOf = (value: Value): number => Math.trunc(numberOf(value))

/** Below 0, 0 or above 0. A number and a text that is one are compared as numbers, everything else as text. */
export function compare(left: Value, right: Value): number {
  const numbers = [left, right].map((value) =>
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^-?\d{1,20}(?:\.\d{1,20})?$/.test(value)
        ? Number(value)
        : undefined,
  )
  const [a, b] = numbers
  const oneIsNumber = typeof left === 'number' || typeof right === 'number'
  if (oneIsNumber && a !== undefined && b !== undefined) return a - b
  const [one, other] = [textOf(left), textOf(right)]
  return one < other ? -1 : one > other ? 1 : 0
}
