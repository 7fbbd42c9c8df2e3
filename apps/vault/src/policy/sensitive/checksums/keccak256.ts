// Keccak-f[1600] with the padding from before FIPS 202, as Ethereum uses it. Lanes are pairs of 32-bit halves, low first.
// It checks the letters of addresses and guards nothing.

const roundsCount = 24
const rateBytes = 136

/** The constants of iota, from its shift register (x^8 + x^6 + x^5 + x^4 + 1). */
const iota = makeIota()
/** Where rho and pi bring each lane, and by how much they turn it. */
const moves = makeMoves()

/** Keccak-256 of the bytes. */
export function keccak256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 1) / rateBytes) * rateBytes)
  padded.set(message)
  padded[message.length] = 0x01
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) | 0x80
  const view = new DataView(padded.buffer)
  const state = new Int32Array(50)
  for (let at = 0; at < padded.length; at += rateBytes) {
    for (let half = 0; half < rateBytes / 4; half += 1) {
      state[half] = (state[half] ?? 0) ^ view.getInt32(at + half * 4, true)
    }
    for (let round = 0; round < roundsCount; round += 1) permute(state, round)
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (let half = 0; half < 8; half += 1) digest.setInt32(half * 4, state[half] ?? 0, true)
  return new Uint8Array(digest.buffer)
}

function permute(state: Int32Array, round: number): void {
  theta(state)
  const moved = new Int32Array(50)
  for (const { from, to, by } of moves) {
    const [low, high] = turnLane(state[from * 2] ?? 0, state[from * 2 + 1] ?? 0, by)
    moved[to * 2] = low
    moved[to * 2 + 1] = high
  }
  for (let half = 0; half < 50; half += 1) {
    const row = Math.floor(half / 10) * 10
    const next = moved[row + ((half - row + 2) % 10)] ?? 0
    const afterNext = moved[row + ((half - row + 4) % 10)] ?? 0
    state[half] = (moved[half] ?? 0) ^ (~next & afterNext)
  }
  state[0] = (state[0] ?? 0) ^ (iota[round * 2] ?? 0)
  state[1] = (state[1] ?? 0) ^ (iota[round * 2 + 1] ?? 0)
}

function theta(state: Int32Array): void {
  const columns = new Int32Array(10)
  for (let half = 0; half < 50; half += 1) {
    columns[half % 10] = (columns[half % 10] ?? 0) ^ (state[half] ?? 0)
  }
  for (let x = 0; x < 5; x += 1) {
    const right = ((x + 1) % 5) * 2
    const [low, high] = turnLane(columns[right] ?? 0, columns[right + 1] ?? 0, 1)
    const left = ((x + 4) % 5) * 2
    for (let y = 0; y < 50; y += 10) {
      state[y + x * 2] = (state[y + x * 2] ?? 0) ^ (columns[left] ?? 0) ^ low
      state[y + x * 2 + 1] = (state[y + x * 2 + 1] ?? 0) ^ (columns[left + 1] ?? 0) ^ high
    }
  }
}

/** Turns a lane left by 0 to 63 bits. */
function turnLane(low: number, high: number, by: number): readonly [number, number] {
  const [a, b] = by < 32 ? [low, high] : [high, low]
  const bits = by % 32
  if (bits === 0) return [a, b]
  return [(a << bits) | (b >>> (32 - bits)), (b << bits) | (a >>> (32 - bits))]
}

function makeIota(): Int32Array {
  const constants = new Int32Array(roundsCount * 2)
  let register = 1
  for (let round = 0; round < roundsCount; round += 1) {
    for (let power = 0; power < 7; power += 1) {
      const bit = 2 ** power - 1
      const half = round * 2 + (bit < 32 ? 0 : 1)
      if ((register & 1) !== 0) constants[half] = (constants[half] ?? 0) ^ (1 << (bit % 32))
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0)
    }
  }
  return constants
}

function makeMoves(): readonly { from: number; to: number; by: number }[] {
  const found = [{ from: 0, to: 0, by: 0 }]
  let [x, y] = [1, 0]
  for (let step = 0; step < 24; step += 1) {
    const by = (((step + 1) * (step + 2)) / 2) % 64
    const from = x + 5 * y
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
    found.push({ from, to: x + 5 * y, by })
  }
  return found
}
