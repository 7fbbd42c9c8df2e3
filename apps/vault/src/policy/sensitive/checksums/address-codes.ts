import { sha256 } from './sha256.ts'

/** The alphabets of base 58: Bitcoin's, which most use, and Ripple's. */
export const base58 = {
  bitcoin: '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz',
  ripple: 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz',
} as const

const digestBytes = 4

/**
 * The version byte of an address in Base58Check: 20 bytes after the version, and the first four of their double
 * SHA-256. Undefined where it is none.
 */
export function base58Version(
  address: string,
  alphabet: string = base58.bitcoin,
): number | undefined {
  const bytes = fromBase58(address, { alphabet, length: 25 })
  if (bytes === undefined) return undefined
  const body = bytes.subarray(0, -digestBytes)
  const digest = sha256(sha256(body))
  const isRight = bytes.subarray(-digestBytes).every((byte, place) => byte === digest[place])
  return isRight ? bytes[0] : undefined
}

/** The bytes of a number in base 58, where they are exactly `length`. Leading zeros are digits of their own. */
export function fromBase58(
  text: string,
  { alphabet, length }: { readonly alphabet: string; readonly length: number },
): Uint8Array | undefined {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < text.length; at += 1) {
    let carry = alphabet.indexOf(text.charAt(at))
    if (carry < 0) return undefined
    for (let place = length - 1; place >= 0; place -= 1) {
      carry += (bytes[place] ?? 0) * 58
      bytes[place] = carry & 0xff
      carry >>= 8
    }
    if (carry > 0) return undefined
  }
  const zero = alphabet.charAt(0)
  let zeros = 0
  while (text.charAt(zeros) === zero) zeros += 1
  let zeroBytes = 0
  while (zeroBytes < length && bytes[zeroBytes] === 0) zeroBytes += 1
  return zeros === zeroBytes ? bytes : undefined
}

const bech32Alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
/** What the checksum leaves over: BIP 173 (bech32) and BIP 350 (bech32m). */
const remainders = { bech32: 1, bech32m: 0x2bc830a3 }

/** Which of the two codes an address is written in; undefined where its checksum is wrong. Lower-case only. */
export function bech32Code(address: string): keyof typeof remainders | undefined {
  const split = address.lastIndexOf('1')
  if (split < 1 || address.length - split <= 6) return undefined
  const prefix = [...address.slice(0, split)].map((character) => character.charCodeAt(0))
  const data = [...address.slice(split + 1)].map((character) => bech32Alphabet.indexOf(character))
  if (data.includes(-1)) return undefined
  const rest = remainderOf([
    ...prefix.map((code) => code >> 5),
    0,
    ...prefix.map((code) => code & 31),
    ...data,
  ])
  if (rest === remainders.bech32) return 'bech32'
  return rest === remainders.bech32m ? 'bech32m' : undefined
}

function remainderOf(values: readonly number[]): number {
  let rest = 1
  for (const value of values) {
    const top = rest >> 25
    rest = ((rest & 0x1ffffff) << 5) ^ value
    generators.forEach((generator, bit) => {
      if (((top >> bit) & 1) === 1) rest ^= generator
    })
  }
  return rest
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Stellar's StrKey: a version byte, 32 bytes and their CRC-16/XMODEM in base 32. The version, undefined where it is wrong. */
export function strKeyVersion(address: string): number | undefined {
  const bytes: number[] = []
  let buffer = 0
  let bits = 0
  for (const character of address) {
    buffer = ((buffer << 5) | base32.indexOf(character)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((buffer >> bits) & 0xff)
  }
  if (bytes.length !== 35) return undefined
  let crc = 0
  for (const byte of bytes.slice(0, -2)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  const given = (bytes[33] ?? 0) | ((bytes[34] ?? 0) << 8)
  return crc === given ? bytes[0] : undefined
}
