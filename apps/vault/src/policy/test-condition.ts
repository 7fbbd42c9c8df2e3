import { type BodyField, fieldKey, isWithin, joinKey } from './body-field.ts'
import type { BodyNode } from './body-node.ts'
import { type Answer, type Compared, type Comparison, compileComparison } from './compare.ts'
import { type PathStep, parseJsonPath } from './json-path.ts'
import type { ReadBody } from './read-body.ts'
import { knownValues, type Value, valuesAt } from './values-at.ts'

/** A condition on a body or on a query made ready. */
export interface CompiledCondition {
  /** What it looks at, as it was written, for whoever is told about it. */
  readonly part: { readonly kind: 'query' | 'body'; readonly where: string }
  /** Undefined for a path that is none: the condition is unclear about everything. */
  readonly steps: readonly PathStep[] | undefined
  /** The names of the path as the keys of fields are made. */
  readonly key: string
  /** That of the first alone, where there are more; else empty. */
  readonly firstKey: string
  readonly comparison: Comparison
}

export function compileBodyCondition({
  path,
  ...compared
}: Compared & { readonly path: string }): CompiledCondition {
  const steps = parseJsonPath(path)
  const names = (steps ?? []).map((step) => (step.kind === 'name' ? step.folded : ''))
  const key = names.length === 1 ? fieldKey(names[0] ?? '') : joinKey(names)
  const [first] = steps ?? []
  const hasMore = first?.kind === 'name' && (steps ?? []).length > 1
  return {
    part: { kind: 'body', where: path },
    steps,
    key,
    firstKey: hasMore ? fieldKey(first.name) : '',
    comparison: compileComparison(compared),
  }
}

export function compileQueryCondition({
  name,
  ...compared
}: Compared & { readonly name: string }): CompiledCondition {
  const steps: PathStep[] = [{ kind: 'name', name, folded: name }]
  return {
    part: { kind: 'query', where: name },
    steps,
    key: fieldKey(name),
    firstKey: '',
    comparison: compileComparison(compared),
  }
}

/** What a condition says to a body that was read. Never `unknown`. */
export function testBody(condition: CompiledCondition, body: ReadBody): Answer {
  const { steps, comparison } = condition
  if (steps === undefined || comparison.kind === 'broken') return 'unclear'
  if (body.kind === 'none') return testNothing(comparison)
  if (body.kind === 'form' || body.kind === 'multipart') return testFields(condition, body.fields)
  if (body.kind === 'json') {
    return testValues(comparison, knownValues(body, steps, condition.part.where))
  }
  if (body.kind === 'message' && steps[0]?.kind === 'mime') {
    return testValues(comparison, valuesAt(body.root, steps.slice(1)))
  }
  return 'unclear'
}

const testNothing = (comparison: Comparison): Answer =>
  comparison.kind === 'exists' && !comparison.wanted ? 'yes' : 'no'

type Ready = Exclude<Comparison, { readonly kind: 'broken' }>

function testValues(comparison: Ready, values: readonly Value[]): Answer {
  if (comparison.kind === 'exists') return testExists(comparison.wanted, values)
  if (comparison.kind === 'count') return testCount(comparison.max, values)
  let answer: Answer = 'no'
  let isDoubted = false
  for (const { node, isSure } of values) {
    const one = testNode(comparison.test, node)
    if (!isSure && one !== 'yes') isDoubted = true
    if (one === 'yes' && isSure) answer = 'yes'
    else if (one !== 'no' && answer === 'no') answer = 'unclear'
  }
  return answer === 'yes' && isDoubted ? 'unclear' : answer
}

type Test = (Comparison & { readonly kind: 'value' })['test']

/** What stands where one value is meant and is a list or an object is never sure: some reader may take any of its parts. */
function testNode(test: Test, node: BodyNode): Exclude<Answer, 'unknown'> {
  if (node.trait === 'opaque') return 'unclear'
  const parts = node.items ?? (node.members && [...node.members.values()])
  if (parts === undefined) return test(node)
  return parts.some((part) => testNode(test, part) !== 'no') ? 'unclear' : 'no'
}

function testExists(wanted: boolean, values: readonly Value[]): Answer {
  const isThere = values.some(({ node, isSure }) => isSure && !isUnreadable(node))
  if (!isThere && values.length > 0) return 'unclear'
  return isThere === wanted ? 'yes' : 'no'
}

const isUnreadable = ({ trait, members }: BodyNode) => trait === 'opaque' && members?.size === 0

function testCount(max: number, values: readonly Value[]): Answer {
  let sure = 0
  let all = 0
  for (const { node, isSure } of values) {
    const count = node.items?.length ?? 1
    all += count
    if (isSure) sure += count
  }
  const isReadable = !values.some(({ node }) => isUnreadable(node))
  if (sure > max && isReadable) return 'yes'
  return all > max || !isReadable ? 'unclear' : 'no'
}

/** What one field says to a path whose first step is its name. */
type OnField = (field: BodyField, steps: readonly PathStep[]) => Answer

/**
 * What a condition says to fields by name. A name that stands several times counts if any of its values fits; where not all
 * do, or not all that some readers take for it, the condition is unclear, unless it says `[]`: which of them counts is the receiver's guess.
 */
export function testFields(condition: CompiledCondition, fields: readonly BodyField[]): Answer {
  const { steps, comparison } = condition
  if (steps === undefined || comparison.kind === 'broken') return 'unclear'
  const [, second] = steps
  const found = fieldsFor(fields, condition)
  if (found === undefined) return testNothing(comparison)
  if (comparison.kind === 'exists') return existsIn(comparison.wanted, { ...found, steps })
  if (comparison.kind === 'count') return countIn(comparison.max, { ...found, steps })
  const on: OnField = ({ node }, rest) =>
    node === undefined ? 'unknown' : testValues(comparison, valuesAt(node, rest))
  const answers = found.exact.map((field) => on(field, steps.slice(1)))
  const loosely = [
    ...found.near.map((field) => on(field, steps.slice(1))),
    ...found.loose.map((field) => on(field, [])),
  ]
  const rest = [...answers, ...loosely]
  if (answers.includes('yes')) {
    const isClear = second?.kind === 'any' || rest.every((answer) => answer === 'yes')
    if (isClear) return 'yes'
    return rest.includes('unknown') ? 'unknown' : 'unclear'
  }
  if (rest.includes('unknown')) return 'unknown'
  return rest.every((answer) => answer === 'no') ? 'no' : 'unclear'
}

/** Fields by how they are named. */
interface FieldsFor {
  /** Their name is the first step of the path: the rest of it leads on inside. */
  readonly exact: readonly BodyField[]
  /** The same, to some readers. */
  readonly near: readonly BodyField[]
  /** To some readers their name is the whole path: `card[number]`. */
  readonly loose: readonly BodyField[]
}

/** The fields that a path names, and those that only some readers take for them; undefined where there are none. */
export function fieldsFor(
  fields: readonly BodyField[],
  sought: Pick<CompiledCondition, 'steps' | 'key' | 'firstKey'>,
): FieldsFor | undefined {
  let found: { exact: BodyField[]; near: BodyField[]; loose: BodyField[] } | undefined
  for (const field of fields) {
    const how = howNamed(field, sought)
    if (how === undefined) continue
    found ??= { exact: [], near: [], loose: [] }
    found[how].push(field)
  }
  return found
}

function howNamed(
  field: BodyField,
  { steps = [], key, firstKey }: Pick<CompiledCondition, 'steps' | 'key' | 'firstKey'>,
): keyof FieldsFor | undefined {
  const [first] = steps
  if (first?.kind === 'name' && field.name === first.name && field.isWhole) return 'exact'
  if (firstKey !== '' && (field.key === firstKey || field.otherKey === firstKey)) return 'near'
  return steps.length === 0 || (key !== '' && isWithin(field, key)) ? 'loose' : undefined
}

interface Found extends FieldsFor {
  readonly steps: readonly PathStep[]
}

function existsIn(wanted: boolean, { exact, near, loose, steps }: Found): Answer {
  const rest = steps.slice(1)
  const isIn = ({ node }: BodyField) =>
    node === undefined || testExists(true, valuesAt(node, rest)) !== 'no'
  let found: Answer = loose.length > 0 || near.some(isIn) ? 'unclear' : 'no'
  for (const { node } of exact) {
    const one = node === undefined ? 'yes' : testExists(true, valuesAt(node, rest))
    if (one !== 'no' && found !== 'yes') found = one
  }
  if (wanted || found === 'unclear') return found
  return found === 'yes' ? 'no' : 'yes'
}

function countIn(max: number, { exact, near, loose, steps }: Found): Answer {
  const rest = steps.slice(1)
  const sure = countOf(exact, rest)
  if (sure > max) return 'yes'
  return sure + loose.length + countOf(near, rest) > max ? 'unclear' : 'no'
}

/** What stands in these fields at the rest of a path. */
function countOf(fields: readonly BodyField[], rest: readonly PathStep[]): number {
  let count = 0
  for (const { node } of fields) {
    if (node === undefined || rest.length === 0) count += 1
    else {
      for (const value of valuesAt(node, rest)) count += value.node.items?.length ?? 1
    }
  }
  return count
}
