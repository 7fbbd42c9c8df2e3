import { type BodyNode, objectNode } from './body-node.ts'
import { foldName, type PathStep } from './json-path.ts'
import { messageOf } from './read-message.ts'

/**
 * Told of each value that a path leads to; true ends the walk. Not sure: only some readers would find it there, such as an
 * element where the path has no `[]`, or a member whose name differs in case.
 */
export type Visit = (node: BodyNode, isSure: boolean) => boolean

/** Where something stands that cannot be read. */
const unreadable: BodyNode = objectNode({}, 'opaque')

interface Walk {
  readonly steps: readonly PathStep[]
  readonly visit: Visit
}

/** Visits what a path leads to. True where the visitor has ended it. */
export function visitValues(root: BodyNode, steps: readonly PathStep[], visit: Visit): boolean {
  return follow({ steps, visit }, root, { at: 0, isSure: true })
}

interface Place {
  readonly at: number
  readonly isSure: boolean
}

function follow(walk: Walk, node: BodyNode, place: Place): boolean {
  const step = walk.steps[place.at]
  if (step === undefined) return walk.visit(node, place.isSure)
  const on = { at: place.at + 1, isSure: place.isSure }
  const unsure = { at: place.at + 1, isSure: false }
  if (step.kind === 'name') return followName(walk, node, { step, place })
  if (step.kind === 'mime') return followMime(walk, node, place)
  if (step.kind === 'any') {
    if (node.items !== undefined) return node.items.some((item) => follow(walk, item, on))
    if (node.members === undefined) return follow(walk, node, on)
    return [...node.members.values()].some((member) => follow(walk, member, unsure))
  }
  if (node.items !== undefined) {
    const item = node.items[step.index]
    return item !== undefined && follow(walk, item, on)
  }
  if (node.members !== undefined) {
    const member = node.members.get(String(step.index))
    return member !== undefined && follow(walk, member, unsure)
  }
  return step.index === 0 && follow(walk, node, unsure)
}

interface Named {
  readonly step: PathStep & { readonly kind: 'name' }
  readonly place: Place
}

function followName(walk: Walk, node: BodyNode, { step, place }: Named): boolean {
  if (node.items !== undefined) {
    const each = { at: place.at, isSure: false }
    return node.items.some((item) => isContainer(item) && follow(walk, item, each))
  }
  if (node.members === undefined) return false
  const own = node.members.get(step.name)
  const next = place.at + 1
  if (own !== undefined && follow(walk, own, { at: next, isSure: place.isSure })) return true
  for (const [name, member] of node.members) {
    if (name.length !== step.name.length || name === step.name) continue
    if (foldName(name) !== step.folded) continue
    if (follow(walk, member, { at: next, isSure: false })) return true
  }
  return false
}

const isContainer = ({ items, members }: BodyNode) => items !== undefined || members !== undefined

function followMime(walk: Walk, node: BodyNode, place: Place): boolean {
  if (node.items !== undefined) {
    const each = { at: place.at, isSure: false }
    return node.items.some((item) => follow(walk, item, each))
  }
  if (typeof node.value !== 'string') return isContainer(node) && walk.visit(unreadable, false)
  const message = messageOf(node, node.value)
  if (message === undefined) return walk.visit(unreadable, false)
  return follow(walk, message, { at: place.at + 1, isSure: place.isSure })
}
