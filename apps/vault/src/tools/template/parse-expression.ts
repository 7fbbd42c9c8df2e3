import { functionNamed } from './functions/function-table.ts'
import { argumentsMax } from './functions/template-function.ts'
import { parseGjsonPath } from './gjson-path.ts'
import { faultAt, type Token } from './lex-template.ts'
import type { TemplateFault } from './template.ts'
import type { TemplateNames } from './template-names.ts'
import type { Expression } from './template-nodes.ts'

// Reads what stands between the braces: pipelines of commands, whose words are functions, paths, variables and literals. A
// pipe is gone when it was read: `a | f b` is the call f(b, a).

/** How deep parentheses stand in each other. */
const parenthesesDepthMax = 40

/** The tokens of one action, read from left to right. */
export interface ActionSource {
  readonly template: string
  readonly names: TemplateNames
  readonly tokens: readonly Token[]
  /** Where the action begins. */
  readonly at: number
}

interface Reader extends ActionSource {
  next: number
  depth: number
}

/** A pipeline, and the slots of the variables that it sets: two at most. */
export interface Pipeline {
  readonly value: Expression
  readonly declared: readonly number[]
}

const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['nil', null],
])

/**
 * Reads a pipeline, which may set variables.
 * @throws TemplateFault naming the place
 */
export function parsePipeline(source: ActionSource): Pipeline {
  const { variables, sets, length } = declarationOf(source.tokens)
  const reader: Reader = { ...source, next: length, depth: 0 }
  const value = pipeline(reader)
  const extra = reader.tokens[reader.next]
  if (extra !== undefined) throw meaningless(reader, extra)
  // After the value: `$x := $x` reads the one before.
  const declared = variables.map((token) => {
    if (!/^\$[^.]+$/u.test(token.text)) throw faultIn(reader, token, `${token.text} cannot be set.`)
    return sets ? source.names.declare(token) : slotOf(reader, token.text, token)
  })
  return { value, declared }
}

const isMark = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'mark' && token.text === text

const faultIn = ({ template }: ActionSource, token: Token, what: string): TemplateFault =>
  faultAt(template, token.offset, what)

const meaningless = (source: ActionSource, token: Token): TemplateFault =>
  faultIn(source, token, `${JSON.stringify(token.text)} has no meaning here.`)

/** `$x :=`, `$x, $y :=` or `$x =` at the beginning. */
function declarationOf([first, second, third, fourth]: readonly Token[]): {
  variables: readonly Token[]
  sets: boolean
  length: number
} {
  if (first?.kind !== 'variable') return { variables: [], sets: false, length: 0 }
  if (isMark(second, ':=') || isMark(second, '=')) {
    return { variables: [first], sets: isMark(second, ':='), length: 2 }
  }
  const two = isMark(second, ',') && third?.kind === 'variable'
  if (two && (isMark(fourth, ':=') || isMark(fourth, '='))) {
    return { variables: [first, third], sets: isMark(fourth, ':='), length: 4 }
  }
  return { variables: [], sets: false, length: 0 }
}

function slotOf(reader: Reader, name: string, token: Token): number {
  const slot = reader.names.slotOf(name)
  if (slot === undefined) throw faultIn(reader, token, `${name} is not set here.`)
  return slot
}

function pipeline(reader: Reader): Expression {
  let value = command(reader, undefined)
  while (isMark(reader.tokens[reader.next], '|')) {
    reader.next += 1
    value = command(reader, value)
  }
  return value
}

/** Nothing follows in this command. */
const ends = ({ tokens, next }: Reader): boolean => {
  const token = tokens[next]
  return token === undefined || isMark(token, '|') || isMark(token, ')')
}

/** A function with its arguments, or one value. `piped` becomes the last argument. */
function command(reader: Reader, piped: Expression | undefined): Expression {
  const first = reader.tokens[reader.next]
  if (first?.kind === 'word' && !literals.has(first.text)) {
    reader.next += 1
    const args: Expression[] = []
    while (!ends(reader)) args.push(operand(reader))
    if (piped !== undefined) args.push(piped)
    return call(reader, first, args)
  }
  const value = first?.kind === 'raw' ? rawPath(reader, first) : operand(reader)
  if (piped === undefined && ends(reader)) return value
  const at = reader.tokens[reader.next]?.offset ?? reader.at
  throw faultAt(reader.template, at, 'only a function takes arguments.')
}

/** A text between backticks that stands for itself is a path of gjson, as in the library that Higress uses. */
function rawPath(reader: Reader, token: Token): Expression {
  reader.next += 1
  return gjson(reader, token, { kind: 'constant', value: token.text })
}

function operand(reader: Reader): Expression {
  const token = reader.tokens[reader.next]
  if (token === undefined) throw faultAt(reader.template, reader.at, 'a value is missing.')
  reader.next += 1
  if (isMark(token, '(')) return parenthesis(reader, token)
  if (token.kind === 'field') {
    const path = namesOf(token.text)
    reader.names.noteDot(path)
    return { kind: 'dot', path }
  }
  if (token.kind === 'variable') return variable(reader, token)
  if (token.kind === 'number') return { kind: 'constant', value: Number(token.text) }
  if (token.kind === 'string' || token.kind === 'raw') {
    return { kind: 'constant', value: token.text }
  }
  if (token.kind !== 'word') throw meaningless(reader, token)
  return literals.has(token.text)
    ? { kind: 'constant', value: literals.get(token.text) }
    : call(reader, token, [])
}

const namesOf = (field: string): readonly string[] => field.split('.').filter((name) => name !== '')

function parenthesis(reader: Reader, open: Token): Expression {
  reader.depth += 1
  if (reader.depth > parenthesesDepthMax) {
    throw faultIn(reader, open, `parentheses stand at most ${parenthesesDepthMax} deep.`)
  }
  const value = pipeline(reader)
  if (!isMark(reader.tokens[reader.next], ')')) throw faultIn(reader, open, 'the ( is not closed.')
  reader.next += 1
  reader.depth -= 1
  const after = reader.tokens[reader.next]
  if (after?.kind !== 'field' || !after.joined || after.text === '.') return value
  reader.next += 1
  return { kind: 'below', of: value, path: namesOf(after.text) }
}

function variable(reader: Reader, token: Token): Expression {
  const [name = '', ...path] = token.text.split('.')
  const slot = slotOf(reader, name, token)
  if (slot === 0) reader.names.noteRoot(path)
  return { kind: 'variable', slot, path }
}

function call(reader: Reader, token: Token, args: readonly Expression[]): Expression {
  const name = token.text
  if (name === 'and' || name === 'or') {
    if (args.length === 0) throw faultIn(reader, token, `${name} takes at least one argument.`)
    return { kind: name, args }
  }
  const known = functionNamed(name)
  if (known === undefined) {
    throw faultIn(reader, token, `there is no function ${JSON.stringify(name)}.`)
  }
  if (args.length < known.min || args.length > known.max) {
    throw faultIn(reader, token, `${name} takes ${countsOf(known)}, not ${args.length}.`)
  }
  const [first] = args
  if (name === 'gjson' && first !== undefined) return gjson(reader, token, first)
  return { kind: 'call', name, run: known.run, args, at: token.offset }
}

function gjson(reader: Reader, token: Token, of: Expression): Expression {
  if (of.kind !== 'constant') {
    reader.names.noteDot([])
    return { kind: 'gjson', path: of, at: token.offset }
  }
  const path = parseGjsonPath(String(of.value), (what) => faultIn(reader, token, what))
  reader.names.noteDot(path.names)
  return { kind: 'gjson', path, at: token.offset }
}

function countsOf({ min, max }: { readonly min: number; readonly max: number }): string {
  const counted = (count: number) => `${count} argument${count === 1 ? '' : 's'}`
  if (min === max) return counted(min)
  return max === argumentsMax ? `at least ${counted(min)}` : `${min} to ${counted(max)}`
}
