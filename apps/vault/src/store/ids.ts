// Makes the ids of everything that has one.
import { type IdKind, idPrefixes } from '@sallyport/contracts'

/** Crockford's base 32, in lower case: no i, l, o or u. Its order is the order of its characters. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeChars = 10
const randomChars = 16

export interface IdsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** Makes ids of each kind. */
export type NewId = (kind: IdKind) => string

/**
 * Makes `newId`: a prefix and 26 characters, 48 bits of time and 80 random ones (as ULID, https://github.com/ulid/spec). Ids
 * of one process increase in order, inside one millisecond and when the clock is put back as well.
 */
export function createIds(options: IdsOptions): NewId {
  const state: IdState = { timeMs: -1, time: '', random: new Uint8Array(randomChars) }
  return (kind) => {
    const nowMs = Math.floor(options.now())
    if (nowMs > state.timeMs || !increase(state.random)) {
      // The random part is used up once in 2^79 times; time then runs a millisecond ahead.
      state.timeMs = Math.max(nowMs, state.timeMs + 1)
      state.time = encodeTime(state.timeMs)
      state.random = drawDigits(options.randomBytes)
    }
    let random = ''
    for (const digit of state.random) random += alphabet[digit]
    return `${idPrefixes[kind]}_${state.time}${random}`
  }
}

interface IdState {
  timeMs: number
  time: string
  random: Uint8Array
}

function encodeTime(timeMs: number): string {
  let text = ''
  for (let rest = timeMs; text.length < timeChars; rest = Math.floor(rest / 32)) {
    text = `${alphabet[rest % 32]}${text}`
  }
  return text
}

/** Sixteen digits of five bits; the first below 16, so that there is always room to count up. */
function drawDigits(randomBytes: (size: number) => Uint8Array): Uint8Array {
  const digits = Uint8Array.from(randomBytes(randomChars), (byte) => byte & 31)
  digits[0] = (digits[0] ?? 0) & 15
  return digits
}

/** Adds one in place; false when all digits were at their end. */
function increase(digits: Uint8Array): boolean {
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    const digit = digits[index] ?? 0
    if (digit < 31) {
      digits[index] = digit + 1
      return true
    }
    digits[index] = 0
  }
  return false
}
