import { TemplateFault } from '../template.ts'
import { numberOf, type Value, wholeOf } from '../template-value.ts'
import { atLeast, between, type FunctionTable, fixed } from './template-function.ts'

/** Whole numbers beyond this are not exact any more. */
function exact(value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw new TemplateFault('a whole number is larger than can be computed with.')
}

/** Folds whole numbers. */
const whole = (fold: (left: number, right: number) => number) =>
  atLeast(1, (args) => args.map(wholeOf).reduce((left, right) => exact(fold(left, right))))

const decimal = (fold: (left: number, right: number) => number) =>
  atLeast(1, (args) => args.map(numberOf).reduce((left, right) => fold(left, right)))

const divided =
  (divide: (left: number, right: number) => number) => (left: number, right: number) => {
    if (right === 0) throw new TemplateFault('nothing can be divided by 0.')
    return divide(left, right)
  }

const one = (change: (value: number) => number) => fixed(1, ([value]) => change(numberOf(value)))

function round([value, digits, half]: readonly Value[]): number {
  const places = Math.min(Math.max(wholeOf(digits), 0), 15)
  const factor = 10 ** places
  const edge = half === undefined ? 0.5 : numberOf(half)
  const scaled = numberOf(value) * factor
  const floor = Math.floor(Math.abs(scaled))
  const rounded = Math.abs(scaled) - floor >= edge ? floor + 1 : floor
  return (Math.sign(scaled) * rounded) / factor
}

export const numberFunctions: FunctionTable = {
  add: whole((left, right) => left + right),
  add1: fixed(1, ([value]) => exact(wholeOf(value) + 1)),
  sub: whole((left, right) => left - right),
  mul: whole((left, right) => left * right),
  div: whole(divided((left, right) => Math.trunc(left / right))),
  mod: whole(divided((left, right) => left % right)),
  max: whole(Math.max),
  biggest: whole(Math.max),
  min: whole(Math.min),
  addf: decimal((left, right) => left + right),
  subf: decimal((left, right) => left - right),
  mulf: decimal((left, right) => left * right),
  divf: decimal(divided((left, right) => left / right)),
  maxf: decimal(Math.max),
  minf: decimal(Math.min),
  floor: one(Math.floor),
  ceil: one(Math.ceil),
  round: between([2, 3], round),
  int: fixed(1, ([value]) => wholeOf(value)),
  int64: fixed(1, ([value]) => wholeOf(value)),
  float64: fixed(1, ([value]) => numberOf(value)),
  atoi: fixed(1, ([value]) => wholeOf(value)),
}
