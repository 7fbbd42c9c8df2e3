import type { FunctionRun } from './functions/template-function.ts'
import type { GjsonCondition, GjsonPart, GjsonPath } from './gjson-types.ts'
import {
  compare,
  isList,
  isMap,
  jsonOf,
  memberOf,
  sizeOf,
  textOf,
  type Value,
  type ValueMap,
} from './template-value.ts'

/** How deep lists are flattened. */
const flattenDepthMax = 100

/** What a path finds below a value; undefined where there is nothing. Every element that is looked at is counted. */
export function selectGjson(value: Value, path: GjsonPath, run: FunctionRun): Value {
  let found = value
  for (const stage of path.stages) found = select(found, stage, run)
  return found
}

function select(value: Value, parts: readonly GjsonPart[], run: FunctionRun): Value {
  const [part, ...rest] = parts
  run.spend(1 + rest.length)
  if (part === undefined) return value
  if (value === undefined) return undefined
  if (part.kind === 'each' || (part.kind === 'filter' && part.all)) {
    if (!isList(value)) return undefined
    const elements =
      part.kind === 'each' ? value : value.filter((one) => fits(one, part.conditions, run))
    run.spend(value.length)
    if (rest.length === 0) return part.kind === 'each' ? value.length : elements
    return elements.map((one) => select(one, rest, run)).filter((one) => one !== undefined)
  }
  return select(step(value, part, run), rest, run)
}

function step(value: Value, part: GjsonPart, run: FunctionRun): Value {
  if (part.kind === 'name') return memberOf(value, part.name)
  if (part.kind === 'wildcard') return firstFitting(value, part.pattern, run)
  if (part.kind === 'filter') {
    return isList(value) ? value.find((one) => fits(one, part.conditions, run)) : undefined
  }
  if (part.kind === 'modifier') return modify(value, part.name, { argument: part.argument, run })
  if (part.kind !== 'several') return undefined
  const found = part.paths
    .map(({ name, path }) => [name, selectGjson(value, path, run)] as const)
    .filter(([, one]) => one !== undefined)
  return part.as === 'list' ? found.map(([, one]) => one) : mapOf(found)
}

/** A map without a prototype. */
export function mapOf(entries: readonly (readonly [string, Value])[]): ValueMap {
  const map: Record<string, Value> = Object.create(null)
  for (const [name, value] of entries) map[name] = value
  return map
}

function fits(value: Value, conditions: readonly GjsonCondition[], run: FunctionRun): boolean {
  return conditions.every(({ path, operator, value: wanted }) => {
    const found = path === undefined ? value : selectGjson(value, path, run)
    run.spend(1)
    if (found === undefined) return false
    if (operator === 'exists') return true
    if (operator === '%' || operator === '!%') {
      const pattern = patternOf(textOf(wanted))
      return wildcardFits(textOf(found), pattern, run) === (operator === '%')
    }
    const order = compare(found, wanted)
    if (operator === '==') return order === 0
    if (operator === '!=') return order !== 0
    if (operator === '<') return order < 0
    if (operator === '<=') return order <= 0
    return operator === '>' ? order > 0 : order >= 0
  })
}

type Pattern = readonly (string | { readonly any: '*' | '?' })[]

const patternOf = (text: string): Pattern =>
  text
    .split(/([*?])/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece === '*' || piece === '?' ? { any: piece } : piece))

function firstFitting(value: Value, pattern: Pattern, run: FunctionRun): Value {
  if (isList(value)) {
    const index = value.findIndex((_, at) => wildcardFits(String(at), pattern, run))
    return value[index]
  }
  if (!isMap(value)) return undefined
  const name = Object.keys(value).find((one) => wildcardFits(one, pattern, run))
  return name === undefined ? undefined : value[name]
}

/** After a `*`, the rest is tried at each place once; only the last `*` is ever gone back to. */
function wildcardFits(text: string, pattern: Pattern, run: FunctionRun): boolean {
  let at = 0
  let next = 0
  let star: { next: number; at: number } | undefined
  while (true) {
    run.spend(1)
    const piece = pattern[next]
    if (piece === undefined && at === text.length) return true
    if (typeof piece === 'object' && piece.any === '*') {
      star = { next: next + 1, at }
      next += 1
      continue
    }
    const length = piece === undefined ? 0 : typeof piece === 'string' ? piece.length : 1
    const here =
      piece !== undefined &&
      at + length <= text.length &&
      (typeof piece !== 'string' || text.startsWith(piece, at))
    if (here) {
      at += length
      next += 1
    } else {
      if (star === undefined || star.at >= text.length) return false
      star = { next: star.next, at: star.at + 1 }
      at = star.at
      next = star.next
    }
  }
}

function modify(
  value: Value,
  name: string,
  { argument, run }: { readonly argument: string; readonly run: FunctionRun },
): Value {
  run.spend(sizeOf(value))
  switch (name) {
    case 'reverse':
      if (isList(value)) return value.toReversed()
      return isMap(value) ? mapOf(Object.entries(value).toReversed()) : value
    case 'keys':
      return isMap(value) ? Object.keys(value) : []
    case 'values':
      return isMap(value) ? Object.values(value) : isList(value) ? value : [value]
    case 'flatten':
      return isList(value)
        ? flatten(value, argument.includes('"deep":true') ? flattenDepthMax : 1, run)
        : value
    case 'tostr': {
      const text = jsonOf(value)
      run.spend(text.length)
      return text
    }
    case 'fromstr':
      return parsed(textOf(value))
    case 'join':
      return isList(value)
        ? mapOf(value.flatMap((one) => (isMap(one) ? Object.entries(one) : [])))
        : value
    default:
      // `this`, `valid`, `pretty` and `ugly` change nothing of a value.
      return value
  }
}

/** The lists of a list become its own elements; all of them, and theirs, with `{"deep":true}`. */
function flatten(list: readonly Value[], depth: number, run: FunctionRun): readonly Value[] {
  run.spend(list.length)
  return list.flatMap((one) => {
    if (!isList(one)) return [one]
    return depth > 1 ? flatten(one, depth - 1, run) : one
  })
}

/** What a text of JSON means; nothing where it is none. */
function parsed(text: string): Value {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}
