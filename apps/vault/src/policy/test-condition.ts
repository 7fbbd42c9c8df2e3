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
  visitValues(root, steps, (node, isSure) => {
    const one = testNode(comparison.test, node)
    if (one !== 'no') answer = one === 'yes' && isSure ? 'yes' : 'unclear'
    return answer === 'yes'
  })
  return answer
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
 * do, the condition is unclear, unless it says `[]`: which of them counts is the receiver's guess.
 */
export function testFields(condition: CompiledCondition, fields: readonly BodyField[]): Answer {
  const { steps, comparison } = condition
  if (steps === undefined || comparison.kind === 'broken') return 'unclear'
  const [, second] = steps
  const { exact, loose } = fieldsFor(fields, { steps, key: condition.key })
  if (comparison.kind === 'exists') return existsIn(comparison.wanted, { exact, loose, steps })
  if (comparison.kind === 'count') return countIn(comparison.max, { exact, loose, steps })
  const on: OnField = ({ node }, rest) =>
    node === undefined ? 'unknown' : testTree(comparison, node, rest)
  const answers = exact.map((field) => on(field, steps.slice(1)))
  const loosely = loose.map((field) => on(field, []))
  if (answers.includes('yes')) {
    const isClear = second?.kind === 'any' || answers.every((answer) => answer === 'yes')
    if (isClear) return 'yes'
    return answers.includes('unknown') ? 'unknown' : 'unclear'
  }
  const rest = [...answers, ...loosely]
  if (rest.includes('unknown')) return 'unknown'
  return rest.every((answer) => answer === 'no') ? 'no' : 'unclear'
}

interface Sought {
  readonly steps: readonly PathStep[]
  readonly key: string
}

/** The fields that a path names, and those that only some readers take for them. */
export function fieldsFor(
  fields: readonly BodyField[],
  { steps, key }: Sought,
): { readonly exact: readonly BodyField[]; readonly loose: readonly BodyField[] } {
  const [first] = steps
  const wanted = first?.kind === 'name' ? first.name : undefined
  const isLoose = ({ name, key: fieldsKey }: BodyField) =>
    name !== wanted && (steps.length === 0 || (key !== '' && isWithin(fieldsKey, key)))
  return {
    exact: wanted === undefined ? [] : fields.filter(({ name }) => name === wanted),
    loose: fields.filter(isLoose),
  }
}

interface Found {
  readonly exact: readonly BodyField[]
  readonly loose: readonly BodyField[]
  readonly steps: readonly PathStep[]
}

function existsIn(wanted: boolean, { exact, loose, steps }: Found): Answer {
  const rest = steps.slice(1)
  let found: Answer = loose.length > 0 ? 'unclear' : 'no'
  for (const { node } of exact) {
    const one = node === undefined ? 'yes' : testExists(true, node, rest)
    if (one !== 'no' && found !== 'yes') found = one
  }
  if (wanted || found === 'unclear') return found
  return found === 'yes' ? 'no' : 'yes'
}

function countIn(max: number, { exact, loose, steps }: Found): Answer {
  const rest = steps.slice(1)
  let sure = 0
  for (const { node } of exact) {
    if (node === undefined || rest.length === 0) sure += 1
    else {
      visitValues(node, rest, ({ items }) => {
        sure += items?.length ?? 1
        return sure > max
      })
    }
  }
  if (sure > max) return 'yes'
  return sure + loose.length > max ? 'unclear' : 'no'
}
