import type { FunctionRun } from './functions/template-function.ts'
import { parseGjsonPath } from './gjson-path.ts'
import { faultAt } from './lex-template.ts'
import { selectGjson } from './select-gjson.ts'
import {
  type EscapeFor,
  TemplateFault,
  type TemplateScope,
  type TemplateWorld,
} from './template.ts'
import type { Expression, Node } from './template-nodes.ts'
import {
  below,
  isList,
  isMap,
  isWritten,
  sizeOf,
  textOf,
  truthOf,
  type Value,
} from './template-value.ts'
import { createWriter, type Writer } from './write-yield.ts'

// Walks a template over its scope. Every node, turn of a loop and character that a function touches is work, and work is
// bounded, so a template ends after at most that much however it is written.

/** About one for each node, element and 8 characters. */
const workMax = 1_000_000
/** The most turns of all loops together. */
const loopTurnsMax = 100_000

export interface ParsedTemplate {
  readonly text: string
  readonly nodes: readonly Node[]
  readonly slots: number
}

export interface RenderOptions {
  readonly place: EscapeFor
  readonly world: TemplateWorld
}

interface Run extends FunctionRun {
  readonly template: string
  readonly writer: Writer
  readonly variables: Value[]
  /** @throws TemplateFault where loops have turned too often */
  turn(): void
}

type Ended = 'on' | 'break' | 'continue'

/**
 * What the template yields over this scope.
 * @throws TemplateFault where a function refuses its arguments or a bound is passed
 */
export function renderNodes(
  { text, nodes, slots }: ParsedTemplate,
  scope: TemplateScope,
  { place, world }: RenderOptions,
): string {
  let work = 0
  let turns = 0
  const run: Run = {
    world,
    template: text,
    writer: createWriter(place),
    variables: new Array<Value>(slots).fill(undefined),
    spend: (amount) => {
      work += amount
      if (work > workMax) throw new TemplateFault('The template does too much work.')
    },
    turn: () => {
      turns += 1
      if (turns > loopTurnsMax) {
        throw new TemplateFault(`The template's loops turn more than ${loopTurnsMax} times.`)
      }
    },
  }
  // What comes from outside is JSON; it is only ever read through template-value.ts.
  const dot = scope as Value
  run.variables[0] = dot
  try {
    walk(nodes, dot, run)
    return run.writer.end()
  } catch (thrown) {
    // A value that is nested deeper than the stack is.
    if (thrown instanceof RangeError) throw new TemplateFault('A value is nested too deep.')
    throw thrown
  }
}

function walk(nodes: readonly Node[], dot: Value, run: Run): Ended {
  for (const node of nodes) {
    run.spend(1)
    if (node.kind === 'text') run.writer.text(node.text)
    else if (node.kind === 'yield') yieldValue(evaluate(node.value, dot, run), node.at, run)
    else if (node.kind === 'assign') evaluate(node.value, dot, run)
    else if (node.kind === 'break' || node.kind === 'continue') return node.kind
    else {
      const ended = node.kind === 'range' ? loop(node, dot, run) : choose(node, dot, run)
      if (ended !== 'on') return ended
    }
  }
  return 'on'
}

function yieldValue(value: Value, at: number, run: Run): void {
  try {
    run.spend(Math.ceil(run.writer.value(value) / 8))
  } catch (thrown) {
    throw placed(thrown, at, run)
  }
}

/** A fault that says where it came about. */
function placed(thrown: unknown, at: number, { template }: Run): unknown {
  const known = thrown instanceof TemplateFault && !thrown.message.startsWith('Line ')
  return known ? faultAt(template, at, thrown.message) : thrown
}

function choose(
  node: Extract<Node, { value: Expression; then: unknown }>,
  dot: Value,
  run: Run,
): Ended {
  const value = evaluate(node.value, dot, run)
  run.spend(workOf(value))
  if (!truthOf(value)) return walk(node.else, dot, run)
  return walk(node.then, node.kind === 'with' ? value : dot, run)
}

function loop(node: Extract<Node, { kind: 'range' }>, dot: Value, run: Run): Ended {
  const over = evaluate(node.value, dot, run)
  let turned = false
  for (const [index, element] of elementsOf(over, node.at, run)) {
    turned = true
    run.turn()
    run.spend(1)
    if (node.index !== undefined) run.variables[node.index] = index
    if (node.element !== undefined) run.variables[node.element] = element
    if (walk(node.then, element, run) === 'break') break
  }
  return turned ? 'on' : walk(node.else, dot, run)
}

/** What `range` goes over: elements, members in their order, a count, characters; nothing where there is nothing. */
function* elementsOf(over: Value, at: number, run: Run): Generator<readonly [Value, Value]> {
  if (over === undefined || over === null) return
  if (isList(over)) yield* over.entries()
  else if (isMap(over)) {
    run.spend(sizeOf(over))
    yield* Object.entries(over)
  } else if (typeof over === 'number') {
    for (let count = 0; count < Math.trunc(over); count += 1) yield [count, count]
  } else if (typeof over === 'string' || isWritten(over)) {
    let index = 0
    for (const character of textOf(over)) {
      yield [index, character]
      index += character.length
    }
  } else throw faultAt(run.template, at, `range cannot go over ${typeof over}.`)
}

function evaluate(expression: Expression, dot: Value, run: Run): Value {
  run.spend(1)
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'dot':
      return below(dot, expression.path)
    case 'variable':
      return below(run.variables[expression.slot], expression.path)
    case 'below':
      return below(evaluate(expression.of, dot, run), expression.path)
    case 'assign': {
      const value = evaluate(expression.value, dot, run)
      run.variables[expression.slot] = value
      return value
    }
    case 'and':
    case 'or': {
      let value: Value
      for (const arg of expression.args) {
        value = evaluate(arg, dot, run)
        run.spend(workOf(value))
        if (truthOf(value) === (expression.kind === 'or')) break
      }
      return value
    }
    case 'gjson': {
      const { path, at } = expression
      if ('stages' in path) return selectGjson(dot, path, run)
      const text = textOf(evaluate(path, dot, run))
      run.spend(text.length)
      return selectGjson(
        dot,
        parseGjsonPath(text, (what) => faultAt(run.template, at, what)),
        run,
      )
    }
    case 'call':
      return call(expression, dot, run)
  }
}

function call(expression: Extract<Expression, { kind: 'call' }>, dot: Value, run: Run): Value {
  const args = expression.args.map((arg) => evaluate(arg, dot, run))
  for (const arg of args) run.spend(workOf(arg))
  try {
    const value = expression.run(args, run)
    run.spend(workOf(value))
    return value
  } catch (thrown) {
    throw placed(thrown, expression.at, run)
  }
}

/** What looking at a value once costs. */
function workOf(value: Value): number {
  if (isList(value)) return value.length
  if (isMap(value)) return sizeOf(value)
  return typeof value === 'string' || isWritten(value) ? Math.ceil(sizeOf(value) / 8) : 1
}
