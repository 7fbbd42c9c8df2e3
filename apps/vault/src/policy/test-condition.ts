import { type BodyField, fieldKey, isWithin, joinKey } from './body-field.ts'
import type { BodyNode } from './body-node.ts'
import { type Answer, type Compared, type Comparison, compileComparison } from './compare.ts'
import { type PathStep, parseJsonPath } from './json-path.ts'
import type { ReadBody } from './read-body.ts'
import { visitValues } from './values-at.ts'

/** A condition on a body or on a query made ready. */
export interface CompiledCondition {
  /** As it was written, for whoever is told about it. */
  readonly where: string
  /** Undefined for a path that is none: the condition is unclear about everything. */
  readonly steps: readonly PathStep[] | undefined
  /** The names of the path as the keys of fields are made. */
  readonly key: string
  readonly comparison: Comparison
}

export function compileBodyCondition({
  path,
  ...compared
}: Compared & { readonly path: string }): CompiledCondition {
  const steps = parseJsonPath(path)
  const names = (steps ?? []).map((step) => (step.kind === 'name' ? step.folded : ''))
  const key = names.length === 1 ? fieldKey(names[0] ?? '') : joinKey(names)
  return { where: path, steps, key, comparison: compileComparison(compared) }
}

export function compileQueryCondition({
  name,
  ...compared
}: Compared & { readonly name: string }): CompiledCondition {
  const steps: PathStep[] = [{ kind: 'name', name, folded: name }]
  return { where: name, steps, key: fieldKey(name), comparison: compileComparison(compared) }
}

/** What a condition says to a body that was read. Never `unknown`. */
export function testBody(condition: CompiledCondition, body: ReadBody): Answer {
  const { steps, comparison } = condition
  if (steps === undefined || comparison.kind === 'broken') return 'unclear'
  if (body.kind === 'none') return testNothing(comparison)
  if (body.kind === 'form' || body.kind === 'multipart') return testFields(condition, body.fields)
  if (body.kind === 'json') return testTree(comparison, body.root, steps)
  if (body.kind === 'message' && steps[0]?.kind === 'mime') {
    return testTree(comparison, body.root, steps.slice(1))
  }
  return 'unclear'
}

const testNothing = (comparison: Comparison): Answer =>
  comparison.kind === 'exists' && !comparison.wanted ? 'yes' : 'no'

type Ready = Exclude<Comparison, { readonly kind: 'broken' }>

function testTree(comparison: Ready, root: BodyNode, steps: readonly PathStep[]): Answer {
  if (comparison.kind === 'exists') return testExists(comparison.wanted, root, steps)
  if (comparison.kind === 'count') return testCount(comparison.max, root, steps)
  let answer = 'no' as Answer
  let isDoubted = false
  visitValues(root, steps, (node, isSure) => {
    const one = testNode(comparison.test, node)
    if (!isSure && one !== 'yes') isDoubted = true
    if (one === 'yes' && isSure) answer = 'yes'
    else if (one !== 'no' && answer === 'no') answer = 'unclear'
    return false
  })
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

function testExists(wanted: boolean, root: BodyNode, steps: readonly PathStep[]): Answer {
  let found = 'no' as Answer
  visitValues(root, steps, (node, isSure) => {
    found = isSure && !isUnreadable(node) ? 'yes' : 'unclear'
    return found === 'yes'
  })
  if (wanted || found === 'unclear') return found
  return found === 'yes' ? 'no' : 'yes'
}

const isUnreadable = ({ trait, members }: BodyNode) => trait === 'opaque' && members?.size === 0

function testCount(max: number, root: BodyNode, steps: readonly PathStep[]): Answer {
  let sure = 0
  let all = 0
  let isReadable = true
  visitValues(root, steps, (node, isSure) => {
    const count = node.items?.length ?? 1
    if (isUnreadable(node)) isReadable = false
    all += count
    if (isSure) sure += count
    return sure > max
  })
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
  const found = fieldsFor(fields, { steps, key: condition.key })
  if (comparison.kind === 'exists') return existsIn(comparison.wanted, { ...found, steps })
  if (comparison.kind === 'count') return countIn(comparison.max, { ...found, steps })
  const on: OnField = ({ node }, rest) =>
    node === undefined ? 'unknown' : testTree(comparison, node, rest)
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

interface Sought {
  readonly steps: readonly PathStep[]
  readonly key: string
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

/** The fields that a path names, and those that only some readers take for them. */
export function fieldsFor(fields: readonly BodyField[], { steps, key }: Sought): FieldsFor {
  const [first] = steps
  const wanted = first?.kind === 'name' ? first.name : undefined
  const isExact = ({ name, isWhole }: BodyField) => name === wanted && isWhole
  const isLoose = (field: BodyField) =>
    !isExact(field) && (steps.length === 0 || (key !== '' && isWithin(field, key)))
  const firstKey = wanted === undefined || steps.length < 2 ? '' : fieldKey(wanted)
  const isNear = (field: BodyField) =>
    firstKey !== '' && !isExact(field) && (field.key === firstKey || field.otherKey === firstKey)
  return {
    exact: fields.filter(isExact),
    near: fields.filter(isNear),
    loose: fields.filter((field) => isLoose(field) && !isNear(field)),
  }
}

interface Found extends FieldsFor {
  readonly steps: readonly PathStep[]
}

function existsIn(wanted: boolean, { exact, near, loose, steps }: Found): Answer {
  const rest = steps.slice(1)
  const isIn = ({ node }: BodyField) => node === undefined || testExists(true, node, rest) !== 'no'
  let found: Answer = loose.length > 0 || near.some(isIn) ? 'unclear' : 'no'
  for (const { node } of exact) {
    const one = node === undefined ? 'yes' : testExists(true, node, rest)
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
      visitValues(node, rest, ({ items }) => {
        count += items?.length ?? 1
        return false
      })
    }
  }
  return count
}
