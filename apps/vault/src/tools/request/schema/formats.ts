import type { Format } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { type Budget, spend } from './linear-pattern.ts'

/** Texts longer than that are of none of the formats that have an end; also, not all of their expressions take linear time. */
const formatCharsMax = 2000
/** Some of the expressions take quadratic time, within that length; a step of validation is that much dearer. */
const squaresPerStep = 200

const dateTime = ['date', 'time', 'date-time', 'duration'] as const
const names = ['email', 'hostname', 'ipv4', 'ipv6', 'uuid'] as const
const pointers = ['json-pointer', 'relative-json-pointer'] as const

/** What every whole number has that no narrower format is given for: `DELETE /items/{id}` would else name another item. */
export const exactFormat = 'x-sallyport-exact'

/** The formats that are enforced, and only where a text (for the last, a number) stands; all others are hints. */
export const createFormats = (budget: Budget): Readonly<Record<string, Format>> => ({
  ...Object.fromEntries(
    [...dateTime, ...names, ...pointers].map((name) => [name, bounded(name, budget)]),
  ),
  uri: (text: string) =>
    text.length > formatCharsMax ? URL.canParse(text) : matches('uri', text, budget),
  byte: (text: string) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  int32: {
    type: 'number',
    validate: (value: number) =>
      Number.isInteger(value) && value >= -(2 ** 31) && value <= 2 ** 31 - 1,
  },
  // What lies beyond has lost digits when its JSON was read: another thing would be named.
  int64: { type: 'number', validate: (value: number) => Number.isSafeInteger(value) },
  [exactFormat]: {
    type: 'number',
    validate: (value: number) => !Number.isInteger(value) || Number.isSafeInteger(value),
  },
})

function bounded(name: keyof typeof fullFormats, budget: Budget): Format {
  return (text: string) => text.length <= formatCharsMax && matches(name, text, budget)
}

function matches(name: keyof typeof fullFormats, text: string, budget: Budget): boolean {
  spend(budget, Math.ceil(text.length ** 2 / squaresPerStep))
  const format = fullFormats[name]
  if (format instanceof RegExp) return format.test(text)
  const test = typeof format === 'object' ? format.validate : format
  return typeof test !== 'function' || (test as (text: string) => boolean)(text)
}
