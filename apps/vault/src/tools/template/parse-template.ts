import { faultAt, lexTemplate, type Piece, type Token } from './lex-template.ts'
import { type Pipeline, parsePipeline } from './parse-expression.ts'
import { renderNodes } from './render-nodes.ts'
import type { Template } from './template.ts'
import { createTemplateNames, type TemplateNames } from './template-names.ts'
import type { Expression, Node } from './template-nodes.ts'

// Reads a template once and for all: whatever can be known to be wrong is said when a document is imported, with its place.

/** How deep blocks stand in each other. */
const blockDepthMax = 40

/**
 * Reads a template of the vault's small language (docs/templates.md).
 * @throws TemplateFault naming line and column: a function that is not known, a block that is not closed, a bound
 */
export function parseTemplate(text: string): Template {
  const names = createTemplateNames(text)
  const source: Source = { text, pieces: lexTemplate(text), names, next: 0, depth: 0, loops: 0 }
  const { nodes, closing, at } = readBlock(source)
  if (closing !== 'none') {
    throw faultAt(text, at, `there is nothing open that ${closing} could belong to.`)
  }
  const parsed = { text, nodes, slots: names.slots() }
  return Object.freeze({
    render: (scope, place, world) => renderNodes(parsed, scope, { place, world }),
    reads: Object.freeze(names.reads()),
  } satisfies Template)
}

interface Source {
  readonly text: string
  readonly pieces: readonly Piece[]
  readonly names: TemplateNames
  next: number
  depth: number
  /** How many loops are open. */
  loops: number
}

/** What stands up to `end`, `else` or the end of the template. */
interface Block {
  readonly nodes: readonly Node[]
  readonly closing: 'end' | 'else' | 'none'
  /** What stands after `else`. */
  readonly rest: readonly Token[]
  readonly at: number
}

/** Where an action stands. */
interface Action {
  readonly tokens: readonly Token[]
  readonly at: number
}

const fault = ({ text }: Source, at: number, what: string) => faultAt(text, at, what)

function readBlock(source: Source): Block {
  const nodes: Node[] = []
  while (true) {
    const piece = source.pieces[source.next]
    source.next += 1
    if (piece === undefined) return { nodes, closing: 'none', rest: [], at: source.text.length }
    if ('text' in piece) {
      nodes.push({ kind: 'text', text: piece.text })
      continue
    }
    const [first, ...rest] = piece.tokens
    const word = first?.kind === 'word' ? first.text : undefined
    const at = piece.offset
    if (word === 'end' || word === 'else') {
      if (word === 'end' && rest.length > 0) throw fault(source, at, 'end stands alone.')
      return { nodes, closing: word, rest, at }
    }
    nodes.push(readAction(source, word, { tokens: piece.tokens, at }))
  }
}

function readAction(source: Source, word: string | undefined, { tokens, at }: Action): Node {
  const rest = { tokens: tokens.slice(1), at }
  switch (word) {
    case 'if':
    case 'with':
      return readChoice(source, word, rest)
    case 'range':
      return readRange(source, rest)
    case 'break':
    case 'continue':
      if (source.loops > 0 && tokens.length === 1) return { kind: word }
      throw fault(source, at, `${word} stands alone inside of range.`)
    case 'define':
    case 'template':
    case 'block':
      throw fault(source, at, `the vault's templates have no ${word}.`)
  }
  const pipeline = readPipeline(source, { tokens, at })
  const value = single(source, pipeline, at)
  return pipeline.declared.length === 0 ? { kind: 'yield', value, at } : { kind: 'assign', value }
}

const readPipeline = ({ text, names }: Source, { tokens, at }: Action): Pipeline =>
  parsePipeline({ template: text, names, tokens, at })

/** A pipeline that sets one variable at most, as it goes. */
function single(source: Source, { value, declared }: Pipeline, at: number): Expression {
  const [slot, second] = declared
  if (second !== undefined) throw fault(source, at, 'only range sets two variables.')
  return slot === undefined ? value : { kind: 'assign', slot, value }
}

/** A block with variables of its own, closed by `end` or `else`. */
function readInner(source: Source, word: string, at: number): Block {
  const block = source.names.scoped(() => readBlock(source))
  if (block.closing === 'none') throw fault(source, at, `${word} is not closed by {{end}}.`)
  return block
}

function readChoice(source: Source, kind: 'if' | 'with', action: Action): Node {
  const { at } = action
  return entered(source, at, () => {
    const value = single(source, readPipeline(source, action), at)
    const inner = () => readInner(source, kind, at)
    const then = kind === 'with' ? source.names.withDot(value, inner) : inner()
    return { kind, value, then: then.nodes, else: readElse(source, kind, then) }
  })
}

function readRange(source: Source, action: Action): Node {
  const { at } = action
  return entered(source, at, () => {
    const { value, declared } = readPipeline(source, action)
    const [first, second] = declared
    source.loops += 1
    const then = source.names.withDot(undefined, () => readInner(source, 'range', at))
    source.loops -= 1
    return {
      kind: 'range',
      value,
      ...(second === undefined ? { element: first } : { index: first, element: second }),
      then: then.nodes,
      else: readElse(source, 'range', then),
      at,
    }
  })
}

/** Inside of a block: variables that its action sets are gone after it. */
function entered<Result>(source: Source, at: number, body: () => Result): Result {
  source.depth += 1
  if (source.depth > blockDepthMax) {
    throw fault(source, at, `blocks stand at most ${blockDepthMax} deep.`)
  }
  const result = source.names.scoped(body)
  source.depth -= 1
  return result
}

function readElse(source: Source, word: string, then: Block): readonly Node[] {
  if (then.closing !== 'else') return []
  const [first, ...tokens] = then.rest
  if (first === undefined) {
    const block = readInner(source, word, then.at)
    if (block.closing === 'end') return block.nodes
    throw fault(source, block.at, 'there is an else already.')
  }
  const chained = first.kind === 'word' && (first.text === 'if' || first.text === 'with')
  if (!chained || word === 'range') {
    throw fault(source, then.at, 'after else stands nothing, if or with.')
  }
  // The chained block takes the end that closes both.
  return [readChoice(source, first.text === 'if' ? 'if' : 'with', { tokens, at: then.at })]
}
