import { type BodyNode, isPlainName, objectNode } from './body-node.ts'
import type { PathStep } from './json-path.ts'
import { messageOf } from './read-message.ts'

/**
 * A value that a path leads to. Not sure: only some readers would find it there, such as an element where the path has no
 * `[]`, or a member whose name differs in case.
 */
export interface Value {
  readonly node: BodyNode
  readonly isSure: boolean
}

/** Where something stands that cannot be read. */
const unreadable: Value = { node: objectNode({}, 'opaque'), isSure: false }

/** Places that are looked at for one path: `[][][]` over objects in objects could be followed in very many ways. */
const placesMax = 200_000

interface Walk {
  readonly steps: readonly PathStep[]
  readonly found: Value[]
  placesLeft: number
}

interface Place {
  readonly at: number
  readonly isSure: boolean
}

/** A path of 200 characters has no more steps. Made once, since every value on the way needs one. */
const stepsMax = 200
const sure = Array.from({ length: stepsMax + 1 }, (_, at): Place => ({ at, isSure: true }))
const unsure = Array.from({ length: stepsMax + 1 }, (_, at): Place => ({ at, isSure: false }))

const placeAt = (at: number, isSure: boolean): Place =>
  (isSure ? sure : unsure)[at] ?? { at, isSure }

/** What a path leads to; among it what cannot be read, where it leads to too much. */
export function valuesAt(root: BodyNode, steps: readonly PathStep[]): readonly Value[] {
  const found: Value[] = []
  follow({ steps, found, placesLeft: placesMax }, root, placeAt(0, true))
  return found
}

/** What paths lead to in one body, by how they are written: many rules ask for the same fields. */
export type KnownValues = Map<string, readonly Value[]>

const knownPathsMax = 100
const knownValuesMax = 1000

/** The same for one of the paths into a body, worked out once. */
export function knownValues(
  { root, known }: { readonly root: BodyNode; readonly known: KnownValues },
  steps: readonly PathStep[],
  path: string,
): readonly Value[] {
  const kept = known.get(path)
  if (kept !== undefined) return kept
  const values = valuesAt(root, steps)
  if (known.size < knownPathsMax && values.length <= knownValuesMax) known.set(path, values)
  return values
}

function follow(walk: Walk, node: BodyNode, place: Place): void {
  walk.placesLeft -= 1
  if (walk.placesLeft < 0) {
    if (walk.placesLeft === -1) walk.found.push(unreadable)
    return
  }
  const step = walk.steps[place.at]
  if (step === undefined) walk.found.push({ node, isSure: place.isSure })
  else if (step.kind === 'name') followName(walk, node, { step, place })
  else if (step.kind === 'mime') followMime(walk, node, place)
  else if (step.kind === 'any') followAny(walk, node, place)
  else followIndex(walk, node, { index: step.index, place })
}

function followAny(walk: Walk, node: BodyNode, { at, isSure }: Place): void {
  const { items, members } = node
  if (items !== undefined) {
    for (const item of items) follow(walk, item, placeAt(at + 1, isSure))
    return
  }
  // One where a list is meant is a list of one to lenient readers; one whose names are numbers is the list itself.
  follow(walk, node, placeAt(at + 1, isSure && members === undefined))
  for (const member of members?.values() ?? []) follow(walk, member, placeAt(at + 1, false))
}

interface Indexed {
  readonly index: number
  readonly place: Place
}

function followIndex(walk: Walk, node: BodyNode, { index, place: { at, isSure } }: Indexed): void {
  if (node.items !== undefined) {
    const item = node.items[index]
    if (item !== undefined) follow(walk, item, placeAt(at + 1, isSure))
    return
  }
  const member = node.members?.get(String(index))
  if (member !== undefined) follow(walk, member, placeAt(at + 1, false))
  if (index === 0) follow(walk, node, placeAt(at + 1, false))
}

interface Named {
  readonly step: PathStep & { readonly kind: 'name' }
  readonly place: Place
}

function followName(walk: Walk, node: BodyNode, { step, place: { at, isSure } }: Named): void {
  const { items, members, otherNames } = node
  if (items !== undefined) {
    for (const item of items) if (isContainer(item)) follow(walk, item, placeAt(at, false))
    return
  }
  if (members === undefined) return
  const own = members.get(step.name)
  if (own !== undefined) follow(walk, own, placeAt(at + 1, isSure))
  const lower = step.folded === step.name ? undefined : members.get(step.folded)
  if (lower !== undefined && isPlainName(step.folded)) follow(walk, lower, placeAt(at + 1, false))
  for (const other of otherNames?.get(step.folded) ?? []) {
    if (other.name === step.name) continue
    const there = other.rest === undefined ? other.node : objectNode({ [other.rest]: other.node })
    follow(walk, there, placeAt(at + 1, false))
  }
}

const isContainer = ({ items, members }: BodyNode) => items !== undefined || members !== undefined

function followMime(walk: Walk, node: BodyNode, { at, isSure }: Place): void {
  const { items, value } = node
  if (items !== undefined) {
    for (const item of items) follow(walk, item, placeAt(at, false))
    return
  }
  if (typeof value !== 'string') {
    if (isContainer(node)) walk.found.push(unreadable)
    return
  }
  const message = messageOf(node, value)
  if (message === undefined) walk.found.push(unreadable)
  else follow(walk, message, placeAt(at + 1, isSure))
}
