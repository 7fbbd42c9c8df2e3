import { Problem } from '@sallyport/contracts'
import { createFormAutomaton, type FormAutomaton, type Places } from './form-automaton.ts'
import { secretForms } from './secret-forms.ts'

/** What stands where a secret stood. It needs no escaping in JSON, HTML or a URL's query. */
export const redaction = '[redacted]'
/** How far back an escape that a redaction would cut in two is looked for. */
const escapeBytesMax = 32

/** One body on its way through: what `push` and `end` return, joined, is the body without the secrets. */
interface ScrubStream {
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
  /** Whether the name of a header holds a secret. Names are told in lower case, so a secret in lower case is one too. */
  isInName(name: string): boolean
}

/** A stretch that is taken out: from, to. */
type Stretch = [number, number]

/**
 * Makes a scrubber. It finds a secret raw and in every usual encoding (see secret-forms.ts), each character in its own,
 * however the bytes are cut into chunks, in time linear in the text; what holds no form of a secret passes unchanged. It is
 * a net under accidents, not a wall against an upstream that colludes. What is no secret but a pattern (`aaaa…`) is found in many places
 * at once, which can take the square of the text: `stepsMax` bounds all that is done with this scrubber.
 * Its functions throw Problem `upstream-invalid-response` beyond that.
 */
export function createScrubber(
  secrets: readonly string[],
  { stepsMax = Number.POSITIVE_INFINITY }: { readonly stepsMax?: number } = {},
): Scrubber {
  const wanted = [...new Set(secrets)].filter((secret) => secret !== '')
  const spend = createBudget(stepsMax)
  const automaton = createFormAutomaton(() => wanted.flatMap(secretForms), spend)
  // Few upstreams choose names of headers that pass, so what looks for secrets in them is made at the first one.
  let ofNames: FormAutomaton | undefined
  return {
    stream: () => createStream(automaton),
    isInName(name) {
      ofNames ??= createFormAutomaton(
        () =>
          [...new Set(wanted.flatMap((secret) => [secret, secret.toLowerCase()]))].flatMap(
            secretForms,
          ),
        spend,
      )
      const ends: number[] = []
      ofNames.scan(nowhere, Buffer.from(name, 'utf8'), ends)
      return ends.length > 0
    },
    text(text) {
      const bytes = Buffer.from(text, 'utf8')
      const ends: number[] = []
      automaton.scan(nowhere, bytes, ends)
      if (ends.length === 0) return text
      const stream = createStream(automaton)
      return Buffer.concat([stream.push(bytes), stream.end()]).toString('utf8')
    },
  }
}

function createBudget(stepsMax: number): (steps: number) => void {
  const left = { steps: stepsMax }
  return (steps) => {
    left.steps -= steps
    if (left.steps < 0) throw notCleaned()
  }
}

/** The answer is withheld: nobody knows whether it holds the credential. */
export const notCleaned = () =>
  new Problem('upstream-invalid-response', 'The answer could not be cleaned of the credential.', {
    next: 'An owner can look at what the upstream sends back.',
  })

/** One scrubber for the secrets of both: for a secret of one request beside those that are always the same. */
export function joinScrubbers(first: Scrubber, second: Scrubber): Scrubber {
  return {
    stream() {
      const [one, two] = [first.stream(), second.stream()]
      return {
        push: (chunk) => two.push(one.push(chunk)),
        end: () => Buffer.concat([two.push(one.end()), two.end()]),
        get hits() {
          return one.hits + two.hits
        },
      }
    },
    text: (text) => second.text(first.text(text)),
    isInName: (name) => first.isInName(name) || second.isInName(name),
  }
}

const nothing = new Uint8Array(0)
const nowhere: Places = new Int32Array(0)

/** How far a stream has come. */
interface Progress {
  places: Places
  /** Bytes that may still turn out to be part of a secret, and what of them is known to go. */
  held: Uint8Array
  stretches: Stretch[]
  /** The first of the stretches has its redaction already. */
  isBegun: boolean
  /** The last raw bytes that went out. */
  tail: Uint8Array
  hits: number
}

function createStream(automaton: FormAutomaton): ScrubStream {
  const progress: Progress = {
    places: nowhere,
    held: nothing,
    stretches: [],
    isBegun: false,
    tail: nothing,
    hits: 0,
  }
  return {
    push: (chunk) => push(automaton, progress, chunk),
    end() {
      progress.places = nowhere
      return release(progress, progress.held, progress.held.length)
    },
    get hits() {
      return progress.hits
    },
  }
}

function push(automaton: FormAutomaton, progress: Progress, chunk: Uint8Array): Uint8Array {
  const ends: number[] = []
  progress.places = automaton.scan(progress.places, chunk, ends)
  const bytes = progress.held.length === 0 ? chunk : Buffer.concat([progress.held, chunk])
  const before = bytes.length - chunk.length
  if (ends.length > 0) {
    const found = ends.map(
      (end): Stretch => [automaton.findStart(bytes, before + end), before + end],
    )
    progress.stretches = merge([...progress.stretches, ...found])
  }
  const heldBytes = automaton.heldBytes(progress.places)
  return release(progress, bytes, Math.max(0, bytes.length - heldBytes))
}

/** Lets the bytes up to `upTo` go, redactions in the place of stretches, and holds the rest. */
function release(progress: Progress, bytes: Uint8Array, upTo: number): Uint8Array {
  progress.held = upTo === bytes.length ? nothing : new Uint8Array(bytes.subarray(upTo))
  if (progress.stretches.length === 0) {
    const raw = upTo === bytes.length ? bytes : bytes.subarray(0, upTo)
    keepTail(progress, raw)
    return raw
  }
  const parts: Uint8Array[] = []
  let at = 0
  const keep = (to: number) => {
    const raw = bytes.subarray(at, to)
    parts.push(raw)
    keepTail(progress, raw)
  }
  for (const [from, to] of progress.stretches) {
    if (from >= upTo) break
    if (from > at) keep(from)
    if (!progress.isBegun) {
      parts.push(Buffer.from(closeEscape(progress.tail) + redaction, 'latin1'))
      progress.tail = nothing
      progress.hits++
    }
    at = Math.min(to, upTo)
    progress.isBegun = to > upTo
  }
  if (at < upTo) keep(upTo)
  progress.stretches = progress.stretches
    .filter(([, to]) => to > upTo)
    .map(([from, to]) => [Math.max(0, from - upTo), to - upTo])
  return Buffer.concat(parts)
}

function keepTail(progress: Progress, raw: Uint8Array): void {
  if (raw.length >= escapeBytesMax) progress.tail = raw.subarray(-escapeBytesMax)
  else if (raw.length > 0) {
    progress.tail = Buffer.concat([progress.tail, raw]).subarray(-escapeBytesMax)
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
