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

/** Places that are looked at for one path: `[][][]` over objects in objects could be followed in very many ways. */
const placesMax = 200_000

interface Walk {
  readonly steps: readonly PathStep[]
  readonly visit: Visit
  placesLeft: number
}

/** Visits what a path leads to. True where the visitor has ended it. */
export function visitValues(root: BodyNode, steps: readonly PathStep[], visit: Visit): boolean {
  return follow({ steps, visit, placesLeft: placesMax }, root, { at: 0, isSure: true })
}

interface Place {
  readonly at: number
  readonly isSure: boolean
}

function follow(walk: Walk, node: BodyNode, place: Place): boolean {
  walk.placesLeft -= 1
  if (walk.placesLeft < 0) return walk.visit(unreadable, false)
  const step = walk.steps[place.at]
  if (step === undefined) return walk.visit(node, place.isSure)
  const on = { at: place.at + 1, isSure: place.isSure }
  const unsure = { at: place.at + 1, isSure: false }
  if (step.kind === 'name') return followName(walk, node, { step, place })
  if (step.kind === 'mime') return followMime(walk, node, place)
  if (step.kind === 'any') {
    if (node.items !== undefined) return node.items.some((item) => follow(walk, item, on))
    if (node.members === undefined) return follow(walk, node, on)
    // One where a list is meant is a list of one to lenient readers; one whose names are numbers is the list itself.
    if (follow(walk, node, unsure)) return true
    return [...node.members.values()].some((member) => follow(walk, member, unsure))
  }
  if (node.items !== undefined) {
    const item = node.items[step.index]
    return item !== undefined && follow(walk, item, on)
  }
  if (node.members !== undefined) {
    const member = node.members.get(String(step.index))
    if (member !== undefined && follow(walk, member, unsure)) return true
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
    const node = name === step.name ? undefined : memberFor(step, name, member)
    if (node !== undefined && follow(walk, node, { at: next, isSure: false })) return true
  }
  return false
}

const dot = 0x2e

/** What some readers find where a name leads: under a name in another case, or `a.b` for the `b` of an `a`. */
function memberFor(step: Named['step'], name: string, member: BodyNode): BodyNode | undefined {
  const { length } = step.name
  if (name.length < length) return undefined
  if (name.length === length) return foldName(name) === step.folded ? member : undefined
  if (name.charCodeAt(length) !== dot || foldName(name.slice(0, length)) !== step.folded) {
    return undefined
  }
  return objectNode({ [name.slice(length + 1)]: member })
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
