import { mapOf } from '../select-gjson.ts'
import { TemplateFault } from '../template.ts'
import {
  compare,
  isList,
  isMap,
  isWritten,
  jsonOf,
  memberOf,
  sizeOf,
  textOf,
  truthOf,
  type Value,
  wholeOf,
} from '../template-value.ts'
import {
  atLeast,
  between,
  type FunctionRun,
  type FunctionTable,
  fixed,
  spendSearch,
} from './template-function.ts'

/** The most elements of a list that a function makes. */
const elementsMax = 100_000

/** A list as it is, a text's characters not: what is not there is an empty list. */
function listOf(value: Value): readonly Value[] {
  if (isList(value)) return value
  if (value === undefined || value === null) return []
  throw new TemplateFault('a list is needed here.')
}

/** Elements as texts; anything but a list is a list of one. */
const textsOf = (value: Value): readonly string[] =>
  isList(value)
    ? value.filter((one) => one !== undefined && one !== null).map(textOf)
    : [textOf(value)]

/** Sprig's order is the separator first. What Higress documents write as `join .list ", "` is meant as well. */
function join([first, second]: readonly Value[], run: FunctionRun): string {
  const turned = isList(first) && !isList(second)
  const [separator, list] = turned ? [second, first] : [first, second]
  const text = textsOf(list).join(textOf(separator))
  run.spend(text.length)
  return text
}

function numbers(from: number, to: number, step: number): readonly number[] {
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((to - from) / step))
  if (count > elementsMax) throw new TemplateFault(`a list has at most ${elementsMax} elements.`)
  return Array.from({ length: count }, (_, at) => from + at * step)
}

function seq(args: readonly Value[]): string {
  const [first = 0, second = 0, third = 0] = args.map(wholeOf)
  if (args.length === 0) return ''
  const [from, step, to] =
    args.length === 1
      ? [1, first < 1 ? -1 : 1, first]
      : args.length === 2
        ? [first, second < first ? -1 : 1, second]
        : [first, second, third]
  return numbers(from, to + Math.sign(step), step).join(' ')
}

/** `index .list 0 "name"`: an index that is not there is a fault, as in Go; a name that is not there is nothing. */
function index([value, ...keys]: readonly Value[]): Value {
  return keys.reduce((at, key) => {
    if (isList(at) && (typeof key !== 'number' || key < 0 || key >= at.length)) {
      throw new TemplateFault(`there is no element ${textOf(key).slice(0, 40)}.`)
    }
    return memberOf(at, textOf(key))
  }, value)
}

/** `slice .list 1 3`, and Go's for texts. */
function slice([value, from, to, step]: readonly Value[]): Value {
  const [start, end] = [
    from === undefined ? 0 : wholeOf(from),
    to === undefined ? undefined : wholeOf(to),
  ]
  if (start < 0 || (end !== undefined && end < start))
    throw new TemplateFault('slice goes from a smaller to a larger index.')
  if (typeof value === 'string' || isWritten(value)) return textOf(value).slice(start, end)
  const list = listOf(value).slice(start, end)
  const every = step === undefined ? 1 : Math.max(1, wholeOf(step))
  return list.filter((_, at) => at % every === 0)
}

function unique(list: readonly Value[], run: FunctionRun): readonly Value[] {
  const seen = new Set<string>()
  return list.filter((one) => {
    const key = jsonOf(one)
    run.spend(key.length)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function has(wanted: Value, list: readonly Value[], run: FunctionRun): boolean {
  const key = jsonOf(wanted)
  run.spend(list.length * 2)
  return list.some((one) => {
    if (typeof one === 'object' && one !== null) run.spend(sizeOf(one))
    return jsonOf(one) === key
  })
}

function split([separator, value]: readonly Value[], run: FunctionRun): readonly string[] {
  const [part, text] = [textOf(separator), textOf(value)]
  spendSearch(run, part, text)
  return text.split(part)
}

function dict(args: readonly Value[]): Value {
  const entries: [string, Value][] = []
  for (let at = 0; at < args.length; at += 2) entries.push([textOf(args[at]), args[at + 1] ?? ''])
  return mapOf(entries)
}

/** Members of a map; a thing that is none has none. */
const entriesOf = (value: Value, run: FunctionRun): readonly (readonly [string, Value])[] => {
  run.spend(8 * sizeOf(value))
  return isMap(value) ? Object.entries(value) : []
}

/** Compares two values; lists and maps by their JSON, which is work. */
function ordered(left: Value, right: Value, run: FunctionRun): number {
  for (const one of [left, right]) {
    if (isList(one) || isMap(one)) run.spend(jsonOf(one).length)
  }
  return compare(left, right)
}

const sorted = (list: readonly Value[]): readonly string[] => list.map(textOf).toSorted()

const reverse = fixed(1, ([list]) => listOf(list).toReversed())
const last = fixed(1, ([list]) => (typeof list === 'string' ? list.slice(-1) : listOf(list).at(-1)))
const first = fixed(1, ([list]) => (typeof list === 'string' ? list.slice(0, 1) : listOf(list)[0]))

export const listFunctions: FunctionTable = {
  list: atLeast(0, (args) => [...args]),
  tuple: atLeast(0, (args) => [...args]),
  len: fixed(1, ([value]) => {
    return typeof value === 'string' || isWritten(value)
      ? Buffer.byteLength(textOf(value))
      : sizeOf(value)
  }),
  index: atLeast(1, index),
  slice: between([1, 4], slice),
  first,
  last,
  rest: fixed(1, ([list]) => listOf(list).slice(1)),
  initial: fixed(1, ([list]) => listOf(list).slice(0, -1)),
  append: fixed(2, ([list, value]) => [...listOf(list), value]),
  push: fixed(2, ([list, value]) => [...listOf(list), value]),
  prepend: fixed(2, ([list, value]) => [value, ...listOf(list)]),
  concat: atLeast(0, (lists) => lists.flatMap(listOf)),
  reverse,
  uniq: fixed(1, ([list], run) => unique(listOf(list), run)),
  without: atLeast(1, ([list, ...gone], run) => listOf(list).filter((one) => !has(one, gone, run))),
  has: fixed(2, ([wanted, list], run) => has(wanted, listOf(list), run)),
  compact: fixed(1, ([list]) => listOf(list).filter(truthOf)),
  sortAlpha: fixed(1, ([list], run) => {
    run.spend(sizeOf(list) * 4)
    return sorted(listOf(list))
  }),
  join: fixed(2, join),
  splitList: fixed(2, split),
  split: fixed(2, (args, run) =>
    mapOf(split(args, run).map((part, at) => [`_${at}`, part] as const)),
  ),
  until: fixed(1, ([count]) => numbers(0, wholeOf(count), wholeOf(count) < 0 ? -1 : 1)),
  untilStep: fixed(3, ([from, to, step]) => numbers(wholeOf(from), wholeOf(to), wholeOf(step))),
  seq: between([0, 3], seq),
  dict: atLeast(0, dict),
  get: fixed(2, ([map, name]) => memberOf(map, textOf(name)) ?? ''),
  hasKey: fixed(2, ([map, name]) => memberOf(map, textOf(name)) !== undefined),
  set: fixed(3, ([map, name, value], run) =>
    mapOf([...entriesOf(map, run), [textOf(name), value]]),
  ),
  unset: fixed(2, ([map, name], run) =>
    mapOf(entriesOf(map, run).filter(([one]) => one !== textOf(name))),
  ),
  keys: atLeast(1, (maps, run) => maps.flatMap((map) => entriesOf(map, run).map(([name]) => name))),
  values: fixed(1, ([map], run) => entriesOf(map, run).map(([, value]) => value)),
  pick: atLeast(1, ([map, ...names], run) => {
    const wanted = new Set(names.map(textOf))
    return mapOf(entriesOf(map, run).filter(([name]) => wanted.has(name)))
  }),
  omit: atLeast(1, ([map, ...names], run) => {
    const gone = new Set(names.map(textOf))
    return mapOf(entriesOf(map, run).filter(([name]) => !gone.has(name)))
  }),
  /** What stands first wins. */
  merge: atLeast(1, (maps, run) => mapOf(maps.toReversed().flatMap((map) => entriesOf(map, run)))),
  pluck: atLeast(1, ([name, ...maps]) =>
    maps.map((map) => memberOf(map, textOf(name))).filter((one) => one !== undefined),
  ),
  dig: atLeast(3, (args) => {
    const path = args.slice(0, -2)
    const found = path.reduce((at, name) => memberOf(at, textOf(name)), args.at(-1))
    return found === undefined ? args.at(-2) : found
  }),
  not: fixed(1, ([value]) => !truthOf(value)),
  eq: atLeast(2, ([left, ...rights], run) =>
    rights.some((right) => ordered(left, right, run) === 0),
  ),
  ne: fixed(2, ([left, right], run) => ordered(left, right, run) !== 0),
  lt: fixed(2, ([left, right], run) => ordered(left, right, run) < 0),
  le: fixed(2, ([left, right], run) => ordered(left, right, run) <= 0),
  gt: fixed(2, ([left, right], run) => ordered(left, right, run) > 0),
  ge: fixed(2, ([left, right], run) => ordered(left, right, run) >= 0),
}
