/** Chance that repeats itself: the same seed draws the same. */
export interface Chance {
  /** From 0 up to, and without, 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  one<T>(of: readonly T[]): T
  /** So many characters of an alphabet. */
  text(length: number, alphabet: string): string
  digits(length: number): string
}

export const alphabets = {
  digits: '0123456789',
  hex: '0123456789abcdef',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  base32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
  base58: '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  base64Url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
} as const

/** Mulberry32, which is enough for text. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1))
  const one = <T>(of: readonly T[]): T => {
    const drawn = of[whole(0, of.length - 1)]
    if (drawn === undefined) throw new Error('There is nothing to draw from.')
    return drawn
  }
  const text = (length: number, alphabet: string): string =>
    Array.from({ length }, () => alphabet.charAt(whole(0, alphabet.length - 1))).join('')
  return { next, whole, one, text, digits: (length) => text(length, alphabets.digits) }
}
