// FIPS 180-4. Written out, because a pure room has no node:crypto; it checks addresses of wallets and guards nothing.

/** The fractional part of a root of the first 64 primes, 32 bits of it. */
function rootsOfPrimes(root: 2 | 3): Int32Array {
  const roots: number[] = []
  for (let candidate = 2; roots.length < 64; candidate += 1) {
    let divisor = 2
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor += 1
    if (divisor * divisor > candidate) {
      const value = root === 2 ? Math.sqrt(candidate) : Math.cbrt(candidate)
      roots.push(((value - Math.floor(value)) * 2 ** 32) | 0)
    }
  }
  return Int32Array.from(roots)
}

const rounds = rootsOfPrimes(3)
const initial = rootsOfPrimes(2).slice(0, 8)
const blockBytes = 64

/** SHA-256 of the bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / blockBytes) * blockBytes)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 4, message.length * 8)
  const state = initial.slice()
  for (let at = 0; at < padded.length; at += blockBytes) takeBlock(state, view, at)
  const digest = new DataView(new ArrayBuffer(32))
  state.forEach((word, place) => {
    digest.setInt32(place * 4, word)
  })
  return new Uint8Array(digest.buffer)
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function takeBlock(state: Int32Array, view: DataView, at: number): void {
  const words = new Int32Array(64)
  for (let t = 0; t < 16; t += 1) words[t] = view.getInt32(at + t * 4)
  for (let t = 16; t < 64; t += 1) {
    const near = words[t - 15] ?? 0
    const far = words[t - 2] ?? 0
    const small = turn(near, 7) ^ turn(near, 18) ^ (near >>> 3)
    const large = turn(far, 17) ^ turn(far, 19) ^ (far >>> 10)
    words[t] = ((words[t - 16] ?? 0) + small + (words[t - 7] ?? 0) + large) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t += 1) {
    const large = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const one = (h + large + ((e & f) ^ (~e & g)) + (rounds[t] ?? 0) + (words[t] ?? 0)) | 0
    const small = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const two = (small + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [place, word] of [a, b, c, d, e, f, g, h].entries()) {
    state[place] = ((state[place] ?? 0) + word) | 0
  }
}
