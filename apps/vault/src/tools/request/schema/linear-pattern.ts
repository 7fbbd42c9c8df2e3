import { RE2JS } from 're2js'

/** What one call may cost to check, in steps of validation and in characters times the size of a pattern. */
export interface Budget {
  steps: number
}

/** Thrown where a check costs more than its budget. */
export class BudgetSpent extends Error {
  override name = 'BudgetSpent'
}

/** @throws BudgetSpent */
export function spend(budget: Budget, steps: number): void {
  budget.steps -= steps
  if (budget.steps < 0) throw new BudgetSpent('The check costs too much.')
}

const patternCharsMax = 2000
const programSizeMax = 4000
const repeatsMax = 8 * programSizeMax
/** A step of the automaton is that much cheaper than one of validation. */
const charsPerStep = 20

export interface LinearPattern {
  test(text: string): boolean
}

/**
 * A pattern of ECMA 262 as RE2 reads it, so that matching takes linear time; undefined where RE2 cannot read it, and then it is
 * not enforced. Like all patterns of JSON Schema it matches anywhere.
 */
export function compileLinearPattern(pattern: string, budget: Budget): LinearPattern | undefined {
  if (pattern.length > patternCharsMax || repeats(pattern) > repeatsMax) return undefined
  const compiled = read(pattern)
  if (compiled === undefined) return undefined
  const size = compiled.programSize()
  if (size > programSizeMax) return undefined
  return {
    test(text) {
      spend(budget, Math.ceil((text.length * size) / charsPerStep))
      return compiled.matcher(text).find()
    },
  }
}

function read(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch {
    // Look-around, a reference back, a syntax error: RE2JS says so in several classes.
    return undefined
  }
}

/** Adding up keeps a large program from being built only to be given up. */
function repeats(pattern: string): number {
  let sum = 0
  for (const [, least = '', most] of pattern.matchAll(/\{(\d{1,6})(?:,(\d{0,6}))?\}/g)) {
    sum += Math.max(Number(least), Number(most ?? 0))
  }
  return sum
}
