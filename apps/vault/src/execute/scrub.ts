import { createFormAutomaton, type FormAutomaton, type Places } from './form-automaton.ts'
import { secretForms } from './secret-forms.ts'

/** What stands where a secret stood. It needs no escaping in JSON, HTML or a URL's query. */
export const redaction = '[redacted]'
/** How far back an escape that a redaction would cut in two is looked for. */
const escapeBytesMax = 32

/** One body on its way through: what `push` and `end` return, joined, is the body without the secrets. */
export interface ScrubStream {
  /** Takes the next bytes and returns those of which it is certain by now. */
  push(chunk: Uint8Array): Uint8Array
  /** Returns the rest. */
  end(): Uint8Array
  /** How often something was taken out so far; hits that overlap count once. */
  readonly hits: number
}

/** Takes all forms of some secrets out of what comes back (S-20). Made once for an opened credential. */
export interface Scrubber {
  stream(): ScrubStream
  /** The same for a header's value or other short text. */
  text(text: string): string
}

/** A stretch that is taken out: from, to. */
type Stretch = [number, number]

/**
 * Makes a scrubber. It finds a secret raw and in every usual encoding (see secret-forms.ts), each character in its own,
 * however the bytes are cut into chunks, in time linear in the text; what holds no form of a secret passes unchanged. It is
 * a net under accidents, not a wall against an upstream that colludes.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const wanted = [...new Set(secrets)].filter((secret) => secret !== '')
  const automaton = createFormAutomaton(wanted.flatMap(secretForms))
  return {
    stream: () => createStream(automaton),
    text(text) {
      const bytes = Buffer.from(text, 'utf8')
      const stream = createStream(automaton)
      const parts = [stream.push(bytes), stream.end()]
      return stream.hits === 0 ? text : Buffer.concat(parts).toString('utf8')
    },
  }
}

const nothing = new Uint8Array(0)
const nowhere: Places = new Int32Array(0)

function createStream(automaton: FormAutomaton): ScrubStream {
  let places = nowhere
  /** Bytes that may still turn out to be part of a secret, and what of them is known to go. */
  let held: Uint8Array = nothing
  let stretches: Stretch[] = []
  /** The first of the stretches has its redaction already. */
  let isBegun = false
  /** The last raw bytes that went out. */
  let tail: Uint8Array = nothing
  let hits = 0

  function release(bytes: Uint8Array, upTo: number): Uint8Array {
    if (bytes.length === 0) return nothing
    const parts: Uint8Array[] = []
    let at = 0
    const keep = (to: number) => {
      const raw = bytes.subarray(at, to)
      parts.push(raw)
      tail =
        raw.length >= escapeBytesMax ? raw.subarray(-escapeBytesMax) : Buffer.concat([tail, raw])
    }
    for (const [from, to] of stretches) {
      if (from >= upTo) break
      if (from > at) keep(from)
      if (!isBegun) {
        parts.push(Buffer.from(closeEscape(tail) + redaction, 'latin1'))
        tail = nothing
        hits++
      }
      at = Math.min(to, upTo)
      isBegun = to > upTo
    }
    if (at < upTo) keep(upTo)
    held = upTo === bytes.length ? nothing : bytes.slice(upTo)
    if (stretches.length === 0) return parts[0] ?? nothing
    stretches = stretches
      .filter(([, to]) => to > upTo)
      .map(([from, to]) => [Math.max(0, from - upTo), to - upTo])
    return parts.length === 1 ? (parts[0] ?? nothing) : Buffer.concat(parts)
  }

  return {
    push(chunk) {
      const ends: number[] = []
      places = automaton.scan(places, chunk, ends)
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      if (ends.length > 0) {
        const found = ends.map((end): Stretch => {
          const to = held.length + end
          return [automaton.findStart(bytes, to), to]
        })
        stretches = merge([...stretches, ...found])
      }
      return release(bytes, Math.max(0, bytes.length - automaton.heldBytes(places)))
    },
    end() {
      places = nowhere
      return release(held, held.length)
    },
    get hits() {
      return hits
    },
  }
}

/** Makes one of all stretches that overlap. */
function merge(stretches: Stretch[]): Stretch[] {
  const merged: Stretch[] = []
  for (const [from, to] of stretches.sort((one, other) => one[0] - other[0])) {
    const last = merged.at(-1)
    if (last === undefined || from >= last[1]) merged.push([from, to])
    else last[1] = Math.max(last[1], to)
  }
  return merged
}

/**
 * What completes an escape of JSON that the redaction would cut in two: `\n` read as a backslash before a secret that
 * begins with n, or `\u00e` before one that begins with 9. Without it the text would no longer parse.
 */
function closeEscape(before: Uint8Array): string {
  const text = Buffer.from(before).toString('latin1')
  const [, slashes = '', unit] = /(\\+)(u[0-9a-f]{0,3})?$/i.exec(text) ?? []
  if (slashes.length % 2 === 0) return ''
  return unit === undefined ? '\\' : '0'.repeat(5 - unit.length)
}
