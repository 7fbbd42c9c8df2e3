import { parseJsonPath } from './json-path.ts'

/**
 * Which members of a JSON text some paths name, as a tree: the steps that any of them takes are edges. A place is the nodes
 * that some path has come to, so that `items[].id` and `items[0].name` are followed side by side.
 */

/** One step of a path: a member's name, the number of an element, or any element. */
export type FieldStep = string | number | typeof anyElement

/** The step that `[]` is. */
export const anyElement = Symbol('any element')

interface FieldNode {
  /** A path ends here: what stands here is named, with all that is in it. */
  isEnd: boolean
  readonly names: Map<string, FieldNode>
  readonly elements: Map<number, FieldNode>
  each: FieldNode | undefined
}

/** Where some paths have come to. Empty: none of them leads here. */
export type FieldPlace = readonly FieldNode[]

const createNode = (): FieldNode => ({
  isEnd: false,
  names: new Map(),
  elements: new Map(),
  each: undefined,
})

/**
 * Reads a path as `JsonPath` of the contracts writes it.
 * @throws SyntaxError whose message says what is wrong with it
 */
export function readFieldPath(path: string): FieldStep[] {
  const steps = parseJsonPath(path)
  if (steps === undefined) throw new SyntaxError('must be a path of names, [n] and []')
  if (steps.length === 0) throw new SyntaxError('must name a member')
  return steps.map((step) => {
    if (step.kind === 'name') return step.name
    if (step.kind === 'index') return step.index
    if (step.kind === 'any') return anyElement
    throw new SyntaxError('must not read messages: @mime is for requests')
  })
}

/** The place where all of these paths begin. Throws as `readFieldPath` does. */
export function beginFields(paths: readonly string[]): FieldPlace {
  const root = createNode()
  for (const path of paths) {
    let node = root
    for (const step of readFieldPath(path)) node = addStep(node, step)
    node.isEnd = true
  }
  return [root]
}

function addStep(node: FieldNode, step: FieldStep): FieldNode {
  if (step === anyElement) {
    node.each ??= createNode()
    return node.each
  }
  const known = typeof step === 'string' ? node.names.get(step) : node.elements.get(step)
  if (known !== undefined) return known
  const made = createNode()
  if (typeof step === 'string') node.names.set(step, made)
  else node.elements.set(step, made)
  return made
}

/** The place one step further: into a member by its name, into an element by its number. */
export function stepInto(place: FieldPlace, key: string | number): FieldPlace {
  const next: FieldNode[] = []
  for (const node of place) {
    if (typeof key === 'string') {
      const member = node.names.get(key)
      if (member !== undefined) next.push(member)
      continue
    }
    if (node.each !== undefined) next.push(node.each)
    const element = node.elements.size === 0 ? undefined : node.elements.get(key)
    if (element !== undefined) next.push(element)
  }
  return next
}

/** Whether a path ends at the place. */
export function isNamed(place: FieldPlace): boolean {
  for (const node of place) if (node.isEnd) return true
  return false
}
