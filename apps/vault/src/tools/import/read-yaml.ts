import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
} from 'yaml'
import type { Data, DocumentLimits } from './document-data.ts'
import { quoteName, refuseDocument } from './refuse-document.ts'
import { isStorableText } from './storable-text.ts'

/**
 * Reads a stream of YAML 1.2 documents (core schema, no tags). Merge keys (`<<`) are of 1.1, and written and read by everybody.
 * @throws Problem `document-refused` with line and column
 */
export function readYaml(text: string, limits: DocumentLimits): readonly Data[] {
  const lines = new LineCounter()
  const refuseAt = (offset: number, sentence: string): never => {
    const { line, col } = lines.linePos(offset)
    return refuseDocument(sentence, line === 0 ? {} : { at: { line, column: col } })
  }
  // A level is one or two of what is open; the walker counts them exactly.
  const openMax = 2 * limits.depthMax + 16
  const documents = parseStream(text, lines, ({ stack }, offset) => {
    if (stack.length <= openMax) return
    refuseAt(offset, `It is nested more than ${limits.depthMax} levels deep.`)
  })
  const budget = { nodes: 0, chars: 0 }
  return documents.map((document) => {
    const [error] = document.errors
    if (error !== undefined) refuseAt(error.pos[0], error.message)
    if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
      refuseDocument('The document says that it is YAML of another version than 1.2.')
    }
    return createWalker({ limits, budget, refuseAt }).walk(document.contents, 0)
  })
}

function parseStream(
  text: string,
  lineCounter: LineCounter,
  boundStack: (parser: Parser, offset: number) => void,
): readonly Document.Parsed[] {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    lineCounter,
    prettyErrors: false,
    // Its way compares each key with each: too slow for an object of 100 000 members. The walker looks itself.
    uniqueKeys: false,
    logLevel: 'silent',
  })
  return [...composer.compose(boundedTokens(text, lineCounter, boundStack))]
}

/**
 * As the library's own parser, which keeps what is open on a stack of its own; what is made of it is made by recursion. Deep
 * nesting is refused here: near the end of the process's stack, where a compiling regular expression ends the whole process,
 * there is no exception to catch.
 */
function* boundedTokens(
  text: string,
  lineCounter: LineCounter,
  boundStack: (parser: Parser, offset: number) => void,
): Generator<CST.Token, void> {
  const parser = new Parser(lineCounter.addNewLine)
  lineCounter.addNewLine(0)
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    boundStack(parser, Math.min(offset, text.length))
    offset += lexeme.length
  }
  yield* parser.end()
}

interface Anchored {
  readonly value: Data
  readonly nodes: number
  readonly chars: number
  /** Levels below it, itself included. */
  readonly height: number
}

interface WalkerNeeds {
  readonly limits: DocumentLimits
  /** Shared by all documents of a stream. */
  readonly budget: { nodes: number; chars: number }
  readonly refuseAt: (offset: number, sentence: string) => never
}

/** Makes data of the parsed tree; an alias yields the same object again, and counts as often as it stands. */
function createWalker({ limits, budget, refuseAt }: WalkerNeeds) {
  const { readKey, readScalar } = createLeafReader(refuseAt)
  const anchors = new Map<string, Anchored | 'open'>()
  // The deepest level that was reached since an anchored node was entered.
  let deepest = 0

  const spend = ({ nodes, chars }: Pick<Anchored, 'nodes' | 'chars'>, node: Node): void => {
    budget.nodes += nodes
    budget.chars += chars
    if (budget.chars > limits.charsMax) {
      refuseAt(
        offsetOf(node),
        `The document has more than ${limits.charsMax} characters once its aliases are filled in.`,
      )
    }
    if (budget.nodes > limits.nodesMax) {
      refuseAt(
        offsetOf(node),
        `The document has more than ${limits.nodesMax} values once its aliases are filled in.`,
      )
    }
  }
  const reach = (depth: number, node: Node): void => {
    if (depth > limits.depthMax) {
      refuseAt(offsetOf(node), `It is nested more than ${limits.depthMax} levels deep.`)
    }
    deepest = Math.max(deepest, depth)
  }

  function walk(node: unknown, depth: number): Data {
    if (isAlias(node)) return follow(node, node.source, depth)
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
      budget.nodes += 1
      return null
    }
    if (node.tag !== undefined) {
      refuseAt(offsetOf(node), `Tags (${quoteName(node.tag)}) are not taken: leave it out.`)
    }
    if (node.anchor === undefined) return walkPlain(node, depth)
    const before = { ...budget, deepest }
    deepest = depth
    anchors.set(node.anchor, 'open')
    const value = walkPlain(node, depth)
    const spent = { nodes: budget.nodes - before.nodes, chars: budget.chars - before.chars }
    anchors.set(node.anchor, { value, ...spent, height: deepest - depth })
    deepest = Math.max(deepest, before.deepest)
    return value
  }

  function follow(alias: Node, name: string, depth: number): Data {
    const anchored = anchors.get(name)
    if (anchored === undefined) {
      return refuseAt(offsetOf(alias), `The alias ${quoteName(name)} names no anchor before it.`)
    }
    if (anchored === 'open') {
      return refuseAt(offsetOf(alias), `The alias ${quoteName(name)} stands inside what it names.`)
    }
    spend(anchored, alias)
    reach(depth + anchored.height, alias)
    return anchored.value
  }

  function walkPlain(node: Node, depth: number): Data {
    spend({ nodes: 1, chars: isScalar(node) ? textLength(node.value) : 0 }, node)
    if (isScalar(node)) return readScalar(node.value, node)
    reach(depth + 1, node)
    if (isSeq(node)) return node.items.map((item) => walk(item, depth + 1))
    const object: Record<string, Data> = Object.create(null)
    if (!isMap(node)) return object
    const merged: Data[] = []
    for (const { key, value } of node.items) {
      if (isMergeKey(key) && value !== null && !isScalar(value)) {
        if (merged.length > 0) refuseAt(offsetOf(key), 'The merge key << stands twice.')
        merged.push(walk(value, depth))
        continue
      }
      const name = readKey(key, node)
      if (name in object) {
        refuseAt(offsetOf(key as Node), `The member ${quoteName(name)} stands twice.`)
      }
      budget.chars += name.length
      object[name] = walk(value, depth + 1)
    }
    for (const source of merged.flat()) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        return refuseAt(offsetOf(node), 'What << brings in is no object.')
      }
      // What is there already wins: members of its own, then those of the sources before.
      for (const [name, value] of Object.entries(source))
        if (!(name in object)) object[name] = value ?? null
    }
    return object
  }

  return { walk }
}

const isMergeKey = (key: unknown): key is Node =>
  isScalar(key) && key.type === 'PLAIN' && key.source === '<<'

/** Keys and scalars, which hold nothing below them. */
function createLeafReader(refuseAt: WalkerNeeds['refuseAt']) {
  function readKey(key: unknown, parent: Node): string {
    if (isAlias(key)) return refuseAt(offsetOf(key), 'An alias cannot be a key.')
    if (!isScalar(key)) return refuseAt(offsetOf(parent), 'A key has to be a text or a number.')
    if (key.tag !== undefined || key.anchor !== undefined) {
      return refuseAt(offsetOf(key), 'A key takes no tag and no anchor.')
    }
    // `200:` and `1.0:` are names as they were written, not numbers.
    const name = key.type === 'PLAIN' ? (key.source ?? '') : String(key.value ?? '')
    return readText(name, key)
  }

  function readScalar(value: unknown, node: Node): Data {
    if (typeof value === 'string') return readText(value, node)
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return refuseAt(offsetOf(node), 'A number has to be finite.')
    }
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
    return refuseAt(offsetOf(node), 'The value is neither text, number, boolean nor null.')
  }

  function readText(text: string, node: Node): string {
    if (!isStorableText(text)) {
      refuseAt(offsetOf(node), 'The string holds NUL or half a character.')
    }
    return text
  }

  return { readKey, readScalar }
}

const textLength = (value: unknown): number => (typeof value === 'string' ? value.length : 0)

const offsetOf = (node: Node): number => node.range?.[0] ?? 0
