import { createHash } from 'node:crypto'
import { alphabets, type Chance } from './chance.ts'
import type { Made, Maker } from './numbers.ts'

// Addresses with right and wrong checksums, by other means than the product's: node:crypto, BigInt.

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const bytesOf = (chance: Chance, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => chance.whole(0, 255)))

function inBase58(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let written = ''
  while (number > 0n) {
    written = alphabets.base58.charAt(Number(number % 58n)) + written
    number /= 58n
  }
  const zeros = bytes.findIndex((byte) => byte !== 0)
  return '1'.repeat(zeros) + written
}

function base58Check(chance: Chance, version: number): Made {
  const body = Buffer.concat([Buffer.from([version]), bytesOf(chance, 20)])
  const digest = sha256(sha256(body)).subarray(0, 4)
  const wrong = Buffer.from(digest)
  wrong[3] = (wrong[3] ?? 0) ^ 1
  return {
    right: inBase58(Buffer.concat([body, digest])),
    wrong: inBase58(Buffer.concat([body, wrong])),
  }
}

const bech32Letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'

/** The remainder of the polynomial of BIP 173 over all values, in BigInt. */
function remainder(values: readonly number[]): bigint {
  const generators = [0x3b6a57b2n, 0x26508e6dn, 0x1ea119fan, 0x3d4233ddn, 0x2a1462b3n]
  return values.reduce((rest, value) => {
    const shifted = ((rest & 0x1ffffffn) << 5n) ^ BigInt(value)
    return generators.reduce(
      (sum, generator, bit) => ((rest >> (25n + BigInt(bit))) & 1n ? sum ^ generator : sum),
      shifted,
    )
  }, 1n)
}

function bech32(chance: Chance, version: 0 | 1): Made {
  const prefix = 'bc'
  const data = [
    version,
    ...Array.from({ length: version === 0 ? 32 : 52 }, () => chance.whole(0, 31)),
  ]
  const expanded = [
    ...Array.from(prefix, (c) => c.charCodeAt(0) >> 5),
    0,
    ...Array.from(prefix, (c) => c.charCodeAt(0) & 31),
  ]
  const rest =
    remainder([...expanded, ...data, 0, 0, 0, 0, 0, 0]) ^ (version === 0 ? 1n : 0x2bc830a3n)
  const check = [25n, 20n, 15n, 10n, 5n, 0n].map((shift) => Number((rest >> shift) & 31n))
  const written = (values: readonly number[]) =>
    `${prefix}1${values.map((value) => bech32Letters.charAt(value)).join('')}`
  const last = check.at(-1) ?? 0
  return {
    right: written([...data, ...check]),
    wrong: written([...data, ...check.slice(0, -1), last ^ 1]),
  }
}

const lane = 64n
const all = (1n << lane) - 1n
const turned = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (lane - by))) & all

/** Keccak-256 as the reference's pseudocode has it, over a matrix of BigInt. */
function keccak256(message: Buffer): Buffer {
  const padded = Buffer.alloc(136)
  message.copy(padded)
  padded[message.length] = 1
  padded[135] = (padded[135] ?? 0) | 0x80
  let a = Array.from({ length: 25 }, (_, at) => (at < 17 ? padded.readBigUInt64LE(at * 8) : 0n))
  const at = (of: readonly bigint[], x: number, y: number): bigint =>
    of[(x % 5) + 5 * (y % 5)] ?? 0n
  let register = 1
  for (let round = 0; round < 24; round += 1) {
    const c = [0, 1, 2, 3, 4].map((x) => [0, 1, 2, 3, 4].reduce((sum, y) => sum ^ at(a, x, y), 0n))
    a = a.map(
      (value, place) =>
        value ^ (c[(place + 4) % 5] ?? 0n) ^ turned(c[((place % 5) + 1) % 5] ?? 0n, 1n),
    )
    const b = Array.from(a)
    let [x, y] = [1, 0]
    for (let t = 0; t < 24; t += 1) {
      const value = turned(at(a, x, y), BigInt(((t + 1) * (t + 2)) / 2) % lane)
      ;[x, y] = [y, (2 * x + 3 * y) % 5]
      b[x + 5 * y] = value
    }
    a = b.map((value, place) => {
      const [column, row] = [place % 5, Math.floor(place / 5)]
      return value ^ (~at(b, column + 1, row) & all & at(b, column + 2, row))
    })
    for (let j = 0; j < 7; j += 1) {
      if (register & 1) a[0] = (a[0] ?? 0n) ^ (1n << BigInt(2 ** j - 1))
      register = (register << 1) ^ ((register >> 7) * 0x171)
    }
  }
  const digest = Buffer.alloc(32)
  for (const [place, value] of a.slice(0, 4).entries()) digest.writeBigUInt64LE(value, place * 8)
  return digest
}

function ethereum(chance: Chance): Made {
  const lower = chance.text(40, alphabets.hex)
  const hash = keccak256(Buffer.from(lower)).toString('hex')
  const letters = Array.from(lower, (character, place) =>
    Number.parseInt(hash.charAt(place), 16) > 7 ? character.toUpperCase() : character,
  )
  const swapped = letters.findLastIndex((letter) => /[a-f]/i.test(letter))
  const wrong = letters.with(swapped, swapCase(letters[swapped] ?? ''))
  return { right: `0x${letters.join('')}`, wrong: `0x${wrong.join('')}` }
}

const swapCase = (letter: string): string =>
  letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()

export const wallet: Maker = (chance) => {
  const which = chance.whole(0, 6)
  if (which < 2) return base58Check(chance, chance.one([0, 5, 48, 30, 65]))
  if (which < 4) return ethereum(chance)
  return bech32(chance, which === 4 ? 1 : 0)
}
