import type { RedactText } from '../../policy/redact-json.ts'
import type { Turns } from '../../policy/sensitive/turns.ts'

// Models write their answers in pieces of a few letters, each in an event of its own. A number that is cut in two is found in
// neither piece, and whoever puts them together reads it.

/** Members that hold pieces of a text: of the interfaces of language models. */
const pieceNames: ReadonlySet<string> = new Set([
  ...['content', 'text', 'delta', 'response', 'arguments', 'partial_json', 'input'],
  ...['reasoning', 'reasoning_content', 'thinking', 'transcript', 'refusal', 'generation'],
])
/** Longer ones, on average, are texts of their own. */
const pieceCharsMax = 64

/** Pieces that belong together, by where they stand. */
type Pieces = Map<string, { readonly name: string | undefined; readonly texts: string[] }>

/** Looks at what pieces say together. */
export interface SplitTexts {
  /** One event or line, as it was rewritten. */
  add(written: string): Turns<void>
  /** @throws SyntaxError where something is found that stands in no piece alone */
  check(): Turns<void>
}

/** Begins with an answer. */
export function createSplitTexts(redact: RedactText): SplitTexts {
  const pieces: Pieces = new Map()
  return {
    *add(written) {
      const parsed = parse(written)
      if (parsed === undefined) collect(pieces, { at: '', name: undefined }, written)
      else yield* visit(pieces, { at: '$', name: undefined }, parsed)
    },
    *check() {
      for (const { name, texts } of pieces.values()) {
        if (texts.length < 2) continue
        const whole = texts.join('')
        if (whole.length > pieceCharsMax * texts.length) continue
        const found = yield* redact(whole, name)
        if (found.count > 0) {
          throw new SyntaxError('what it takes out stands in several pieces of a stream')
        }
      }
    },
  }
}

function parse(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    return undefined // Text: a piece by itself.
  }
}

interface Place {
  readonly at: string
  readonly name: string | undefined
}

function collect(pieces: Pieces, { at, name }: Place, text: string): void {
  const known = pieces.get(at)
  if (known === undefined) pieces.set(at, { name, texts: [text] })
  else known.texts.push(text)
}

function* visit(pieces: Pieces, place: Place, value: unknown): Turns<void> {
  yield
  if (typeof value === 'string') {
    if (place.name === undefined || pieceNames.has(place.name)) collect(pieces, place, value)
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      yield* visit(pieces, { at: `${place.at}[${at}]`, name: place.name }, item)
    }
  } else if (typeof value === 'object' && value !== null) {
    const members: Readonly<Record<string, unknown>> = { ...value }
    // Answers that are written side by side say which of them a piece is of.
    const at = `${place.at}#${typeof members.index === 'number' ? members.index : ''}`
    for (const [name, member] of Object.entries(members)) {
      yield* visit(pieces, { at: `${at}.${name}`, name }, member)
    }
  }
}
