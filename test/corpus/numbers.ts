import { alphabets, type Chance } from './chance.ts'

// Numbers with a right check, and the same with a wrong one, made from the published rules by other means than the
// product's: by trying every check character, by long division, with BigInt.

/** A value that has to be found, and one like it that must not be: its check is wrong, or it was given to nobody. */
export interface Made {
  readonly right: string
  readonly wrong?: string
}
export type Maker = (chance: Chance) => Made

/** The one character of an alphabet that makes the number right, and one that does not. */
function withCheck(
  start: string,
  alphabet: string,
  isRight: (number: string) => boolean,
): Made | undefined {
  const all = Array.from(alphabet, (check) => start + check)
  const right = all.find(isRight)
  const wrong = all.findLast((number) => !isRight(number))
  return right === undefined || wrong === undefined ? undefined : { right, wrong }
}

/** Draws until something comes of it. */
function drawn<T>(make: () => T | undefined): T {
  for (let turn = 0; turn < 10_000; turn += 1) {
    const made = make()
    if (made !== undefined) return made
  }
  throw new Error('Nothing came of ten thousand draws.')
}

const both = ({ right, wrong }: Made, change: (number: string) => string): Made =>
  wrong === undefined ? { right: change(right) } : { right: change(right), wrong: change(wrong) }

const valuesOf = (number: string): number[] =>
  Array.from(number, (digit) => Number.parseInt(digit, 36))

/** Luhn by its table of doubled digits. */
function luhn(number: string): boolean {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
  const sum = valuesOf(number)
    .reverse()
    .reduce((total, digit, place) => total + (place % 2 ? (doubled[digit] ?? 0) : digit), 0)
  return sum % 10 === 0
}

const scalar = (number: string, weights: string): number =>
  weights
    .split(' ')
    .reduce((sum, weight, place) => sum + Number(weight) * (valuesOf(number)[place] ?? 0), 0)

/** Groups of these lengths with a separator between them. */
export function grouped(number: string, lengths: readonly number[], separator: string): string {
  const ends = lengths.map((_, place) => lengths.slice(0, place + 1).reduce((a, b) => a + b, 0))
  const groups = ends.map((end, place) => number.slice(ends[place - 1] ?? 0, end))
  return [...groups, number.slice(ends.at(-1) ?? 0)].filter((group) => group !== '').join(separator)
}

const ofAnyGroups = (made: Made, chance: Chance, lengths: readonly number[]): Made => {
  const separator = chance.one(['', ' ', '-'])
  return both(made, (number) => grouped(number, lengths, separator))
}

export const creditCard: Maker = (chance) => {
  const [prefix, length] = chance.one([
    ['4', 16],
    ['51', 16],
    ['55', 16],
    ['2223', 16],
    ['2719', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
    ['65', 16],
    ['3530', 16],
    ['36', 14],
    ['6212', 16],
  ] as const)
  const made = drawn(() =>
    withCheck(prefix + chance.digits(length - 1 - prefix.length), alphabets.digits, luhn),
  )
  return ofAnyGroups(made, chance, length === 16 ? [4, 4, 4, 4] : [4, 6, length - 10])
}

export const iban: Maker = (chance) => {
  const [country, bank] = chance.one([
    ['DE', chance.digits(18)],
    ['FR', chance.digits(23)],
    ['GB', chance.text(4, alphabets.upper) + chance.digits(14)],
    ['NL', chance.text(4, alphabets.upper) + chance.digits(10)],
    ['ES', chance.digits(20)],
    ['IT', chance.text(1, alphabets.upper) + chance.digits(22)],
    ['PL', chance.digits(24)],
    ['AT', chance.digits(16)],
    ['CH', chance.digits(17)],
    ['BE', chance.digits(12)],
    ['SE', chance.digits(20)],
    ['NO', chance.digits(11)],
  ] as const)
  const moved = Array.from(`${bank}${country}00`, (character) =>
    Number.parseInt(character, 36),
  ).join('')
  const check = 98n - (BigInt(moved) % 97n)
  const other = ((check + 10n) % 97n) + 1n
  const account = (digits: bigint) => country + String(digits).padStart(2, '0') + bank
  const separator = chance.one(['', ' ', ' ', '-'])
  const inFours = (number: string) => number.replace(/(.{4})(?=.)/g, `$1${separator}`)
  return both({ right: account(check), wrong: account(other) }, inFours)
}

export const routing: Maker = (chance) =>
  drawn(() =>
    withCheck(
      chance.one(['02', '11', '26', '32', '61', '72']) + chance.digits(6),
      alphabets.digits,
      (number) => scalar(number, '3 7 1 3 7 1 3 7 1') % 10 === 0,
    ),
  )

export const ssn: Maker = (chance) => {
  const area = drawn(() => {
    const number = chance.whole(1, 899)
    return number === 666 ? undefined : String(number).padStart(3, '0')
  })
  const rest = `${String(chance.whole(1, 99)).padStart(2, '0')}${String(chance.whole(1, 9999)).padStart(4, '0')}`
  const wrongArea = chance.one(['000', '666', `9${chance.digits(2)}`])
  return both({ right: area + rest, wrong: wrongArea + rest }, (number) =>
    grouped(number, [3, 2, 4], '-'),
  )
}

export const itin: Maker = (chance) => {
  const middle = chance.one([50, 58, 65, 70, 88, 90, 92, 94, 99])
  const start = `9${chance.digits(2)}`
  const serial = chance.digits(4)
  return both(
    {
      right: `${start}${middle}${serial}`,
      wrong: `${start}${chance.one([49, 66, 69, 89, 93])}${serial}`,
    },
    (number) => grouped(number, [3, 2, 4], '-'),
  )
}

export const npi: Maker = (chance) =>
  drawn(() =>
    withCheck(chance.one(['1', '2']) + chance.digits(8), alphabets.digits, (number) =>
      luhn(`80840${number}`),
    ),
  )

export const nhs: Maker = (chance) => {
  const made = drawn(() =>
    withCheck(
      `${chance.whole(1, 9)}${chance.digits(8)}`,
      alphabets.digits,
      (number) => scalar(number, '10 9 8 7 6 5 4 3 2 1') % 11 === 0,
    ),
  )
  return ofAnyGroups(made, chance, [3, 3, 4])
}

export const nino: Maker = (chance) => {
  const first = chance.text(1, 'ABCEGHJKLMNOPRSTWXYZ')
  const second = drawn(() => {
    const letter = chance.text(1, 'ABCEGHJKLMNPRSTWXYZ')
    return ['BG', 'GB', 'KN', 'NK', 'NT', 'TN', 'ZZ'].includes(first + letter) ? undefined : letter
  })
  const rest = chance.digits(6) + chance.text(1, 'ABCD')
  const prefix = chance.one(['DA', 'FA', 'QQ', 'BG', 'GB', 'NK', 'TN', 'ZZ', 'AO'])
  const separator = chance.one(['', ' '])
  return both({ right: first + second + rest, wrong: prefix + rest }, (number) =>
    grouped(number, [2, 2, 2, 2, 1], separator),
  )
}

export const fiscalCode: Maker = (chance) => {
  const odd = 'BAKPLCQDREVOSFTGUHMINJWZYX'
  const month = chance.text(1, 'ABCDEHLMPRST')
  const day = chance.whole(1, 28) + chance.one([0, 40])
  const start = `${chance.text(6, 'BCDFGLMNPRSTV')}${chance.digits(2)}${month}${String(day).padStart(2, '0')}${chance.text(1, 'ABCDEFGHIL')}${chance.digits(3)}`
  const sum = Array.from(start).reduce((total, character, place) => {
    const value = /\d/.test(character) ? Number(character) : alphabets.upper.indexOf(character)
    // The letter at a place of this row has that place as its value; a digit counts as the letter in its place.
    return total + (place % 2 === 0 ? odd.indexOf(alphabets.upper.charAt(value)) : value)
  }, 0)
  return {
    right: start + alphabets.upper.charAt(sum % 26),
    wrong: start + alphabets.upper.charAt((sum + 7) % 26),
  }
}

export const italianVat: Maker = (chance) => {
  const office = String(chance.whole(1, 100)).padStart(3, '0')
  return drawn(() =>
    withCheck(`${chance.whole(1, 9)}${chance.digits(6)}${office}`, alphabets.digits, luhn),
  )
}

/** Verhoeff's check with the group's operation written out in place of its table. */
function verhoeff(number: string): boolean {
  const times = (a: number, b: number): number => {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + ((a + b) % 5)
    return b < 5 ? 5 + ((((a - b) % 5) + 5) % 5) : (((a - b) % 5) + 5) % 5
  }
  const turn = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
  const turned = (digit: number, turns: number): number =>
    turns === 0 ? digit : turned(turn[digit] ?? 0, turns - 1)
  return (
    valuesOf(number)
      .reverse()
      .reduce((check, digit, place) => times(check, turned(digit, place % 8)), 0) === 0
  )
}

export const aadhaar: Maker = (chance) => {
  const made = drawn(() =>
    withCheck(`${chance.whole(2, 9)}${chance.digits(10)}`, alphabets.digits, verhoeff),
  )
  return ofAnyGroups(made, chance, [4, 4, 4])
}

export const pan: Maker = (chance) => {
  const [start, end] = [chance.text(3, alphabets.upper), chance.text(1, alphabets.upper)]
  const rest = `${chance.text(1, alphabets.upper)}${chance.whole(1, 9999)}`.padEnd(5, '1')
  return {
    right: `${start}${chance.one(['P', 'C', 'H', 'F', 'T'])}${rest}${end}`,
    wrong: `${start}${chance.one(['D', 'E', 'K', 'Z'])}${rest}${end}`,
  }
}

const spanish = (chance: Chance, prefix: string, length: number): Made => {
  const letters = 'TRWAGMYFPDXBNJZSQVHLCKE'
  const digits = chance.digits(length)
  const number = Number(`${prefix === '' ? '' : 'XYZ'.indexOf(prefix)}${digits}`)
  return {
    right: prefix + digits + letters.charAt(number % 23),
    wrong: prefix + digits + letters.charAt((number + 5) % 23),
  }
}
export const nif: Maker = (chance) => spanish(chance, '', 8)
export const nie: Maker = (chance) => spanish(chance, chance.one(['X', 'Y', 'Z']), 7)

export const tfn: Maker = (chance) => {
  const made = drawn(() =>
    withCheck(
      `${chance.whole(1, 9)}${chance.digits(7)}`,
      alphabets.digits,
      (number) => scalar(number, '1 4 3 7 5 8 6 9 10') % 11 === 0,
    ),
  )
  return ofAnyGroups(made, chance, [3, 3, 3])
}

export const abn: Maker = (chance) => {
  const made = drawn(() => {
    const start = `${chance.whole(1, 9)}${chance.digits(9)}`
    return withCheck(
      start,
      alphabets.digits,
      (number) => (scalar(number, '10 1 3 5 7 9 11 13 15 17 19') - 10) % 89 === 0,
    )
  })
  const separator = chance.one(['', ' '])
  return both(made, (number) => grouped(number, [2, 3, 3, 3], separator))
}

const pad = (number: number): string => String(number).padStart(2, '0')

export const pesel: Maker = (chance) => {
  const month = chance.whole(1, 12) + chance.one([0, 20])
  const start = `${pad(chance.whole(0, 99))}${pad(month)}${pad(chance.whole(1, 28))}${chance.digits(4)}`
  return drawn(() =>
    withCheck(
      start,
      alphabets.digits,
      (number) => scalar(number, '1 3 7 9 1 3 7 9 1 3 1') % 10 === 0,
    ),
  )
}

export const hetu: Maker = (chance) => {
  const checks = '0123456789ABCDEFHJKLMNPRSTUVWXY'
  const [sign, year] = chance.one([
    ['-', chance.whole(20, 99)],
    ['Y', chance.whole(20, 99)],
    ['A', chance.whole(0, 23)],
    ['B', chance.whole(0, 23)],
  ] as const)
  const date = `${pad(chance.whole(1, 28))}${pad(chance.whole(1, 12))}${pad(year)}`
  const serial = String(chance.whole(2, 899)).padStart(3, '0')
  const rest = Number(BigInt(date + serial) % 31n)
  return {
    right: date + sign + serial + checks.charAt(rest),
    wrong: date + sign + serial + checks.charAt((rest + 11) % 31),
  }
}

export const thai: Maker = (chance) => {
  const made = drawn(() =>
    withCheck(`${chance.whole(1, 8)}${chance.digits(11)}`, alphabets.digits, (number) => {
      const missing = 11 - (scalar(number.slice(0, 12), '13 12 11 10 9 8 7 6 5 4 3 2') % 11)
      return String(missing).slice(-1) === number.slice(-1)
    }),
  )
  const separator = chance.one(['', '-', ' '])
  return both(made, (number) => grouped(number, [1, 4, 5, 2, 1], separator))
}

export const rrn: Maker = (chance) => {
  const [year, sex] = chance.one([
    [chance.whole(20, 99), chance.one([1, 2, 5, 6])],
    [chance.whole(0, 23), chance.one([3, 4, 7, 8])],
  ] as const)
  const day = chance.whole(1, 28)
  const rest = `${sex}${chance.digits(6)}`
  const start = `${pad(year)}${pad(chance.whole(1, 12))}`
  return {
    right: `${start}${pad(day)}-${rest}`,
    wrong: `${start}${pad(chance.whole(32, 60))}-${rest}`,
  }
}

export const nric: Maker = (chance) => {
  const prefix = chance.one(['S', 'T', 'F', 'G', 'M'] as const)
  const digits = chance.digits(7)
  const sum = scalar(digits, '2 7 6 5 4 3 2') + { S: 0, T: 4, F: 0, G: 4, M: 3 }[prefix]
  // As published: counted from the other end.
  const letters = {
    S: 'ABCDEFGHIZJ',
    T: 'ABCDEFGHIZJ',
    F: 'KLMNPQRTUWX',
    G: 'KLMNPQRTUWX',
    M: 'KLJNPQRTUWX',
  }[prefix]
  const at = 10 - (sum % 11)
  return {
    right: prefix + digits + letters.charAt(at),
    wrong: prefix + digits + letters.charAt((at + 4) % 11),
  }
}
