import { faultAt, type Token } from './lex-template.ts'
import type { Expression } from './template-nodes.ts'

/** The most variables of a template. */
const variablesMax = 200

/** What names mean where the parser stands: which variables are set, and what the dot is. */
export interface TemplateNames {
  /** Undefined where the variable is not set here. */
  slotOf(name: string): number | undefined
  /** Sets a variable of the innermost block. @throws TemplateFault where there are too many */
  declare(token: Token): number
  /** Variables that are set within are gone after it. */
  scoped<Result>(body: () => Result): Result
  /** Within, the dot is this; undefined for what no path names. */
  withDot<Result>(value: Expression | undefined, body: () => Result): Result
  /** Notes that a path below the dot, or below the root, is read. */
  noteDot(path: readonly string[]): void
  noteRoot(path: readonly string[]): void
  slots(): number
  reads(): string[]
}

export function createTemplateNames(template: string): TemplateNames {
  const scopes: Map<string, number>[] = [new Map([['$', 0]])]
  const reads = new Set<string>()
  let dot: readonly string[] | undefined = []
  let slots = 1

  const slotOf = (name: string): number | undefined =>
    scopes
      .toReversed()
      .find((scope) => scope.has(name))
      ?.get(name)

  const declare = (token: Token): number => {
    const slot = slots
    slots += 1
    if (slots > variablesMax) {
      throw faultAt(template, token.offset, `a template has at most ${variablesMax} variables.`)
    }
    scopes.at(-1)?.set(token.text, slot)
    return slot
  }

  const scoped = <Result>(body: () => Result): Result => {
    scopes.push(new Map())
    try {
      return body()
    } finally {
      scopes.pop()
    }
  }

  const withDot = <Result>(value: Expression | undefined, body: () => Result): Result => {
    const before = dot
    dot = pathOf(value, before)
    try {
      return body()
    } finally {
      dot = before
    }
  }

  const noteRoot = (path: readonly string[]): void => {
    reads.add(`.${path.join('.')}`)
  }

  return {
    slotOf,
    declare,
    scoped,
    withDot,
    // What the dot is inside of a loop was noted where the loop began.
    noteDot: (path) => {
      if (dot !== undefined) noteRoot([...dot, ...path])
    },
    noteRoot,
    slots: () => slots,
    reads: () => [...reads],
  }
}

/** The path of an expression from the root, where it is one. */
function pathOf(
  value: Expression | undefined,
  dot: readonly string[] | undefined,
): readonly string[] | undefined {
  if (value?.kind === 'assign') return pathOf(value.value, dot)
  if (value?.kind === 'dot' && dot !== undefined) return [...dot, ...value.path]
  return value?.kind === 'variable' && value.slot === 0 ? value.path : undefined
}
