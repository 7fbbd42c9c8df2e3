import type { BodyNode } from './body-node.ts'
import type { ReadBody } from './read-body.ts'
import { type CompiledCondition, fieldsFor } from './test-condition.ts'
import { valuesAt } from './values-at.ts'

/** A text that stands in a body: a string, a number as it was written, or the name of a member. */
export interface TextAt {
  readonly text: string
  /** The name of the member that holds it, or of the list that it is in. */
  readonly beside: string | undefined
  readonly node: BodyNode
  /** It is the name of the node. */
  readonly isName: boolean
}

/** Where to look: a node and the name that it has. */
export interface Place {
  readonly node: BodyNode
  readonly name: string | undefined
  /** The name is looked at too. */
  readonly withName: boolean
}

const noFields = { exact: [], near: [], loose: [] }

/** Told of each text; of what cannot be read, with undefined. True ends the visit. */
type VisitText = (text: TextAt | undefined) => boolean

/**
 * Where sensitive data is looked for in a body: at these paths, or everywhere. Undefined where the body, or a path into it,
 * cannot be read.
 */
export function placesOf(
  body: ReadBody,
  paths: readonly CompiledCondition[] | undefined,
): readonly Place[] | undefined {
  if (body.kind === 'none') return []
  if (body.kind === 'unreadable') return undefined
  if (paths === undefined) return everywhere(body)
  if (body.kind === 'text') return undefined
  const places: Place[] = []
  for (const path of paths) {
    const { steps } = path
    if (steps === undefined) return undefined
    const name = steps.findLast((step) => step.kind === 'name')?.name
    const found = (node: BodyNode) => void places.push({ node, name, withName: false })
    const within = (root: BodyNode, rest: typeof steps) => {
      for (const { node } of valuesAt(root, rest)) found(node)
    }
    if (body.kind === 'json') within(body.root, steps)
    else if (body.kind === 'message') {
      if (steps[0]?.kind !== 'mime') return undefined
      within(body.root, steps.slice(1))
    } else {
      const { exact, near, loose } = fieldsFor(body.fields, path) ?? noFields
      for (const { node } of [...exact, ...near]) {
        if (node !== undefined) within(node, steps.slice(1))
      }
      for (const { node } of loose) if (node !== undefined) found(node)
    }
  }
  return places
}

function everywhere(body: Exclude<ReadBody, { kind: 'none' | 'unreadable' }>): readonly Place[] {
  if ('root' in body) return [{ node: body.root, name: undefined, withName: false }]
  return body.fields.flatMap(({ name, node }) =>
    node === undefined ? [] : [{ node, name, withName: true }],
  )
}

/** Visits every text of a place, names of members included. True where the visitor has ended it. */
export function visitTexts({ node, name, withName }: Place, visit: VisitText): boolean {
  if (withName && name !== undefined) {
    if (visit({ text: name, beside: undefined, node, isName: true })) return true
  }
  return visitNode(node, name, visit)
}

function visitNode(node: BodyNode, beside: string | undefined, visit: VisitText): boolean {
  const { value } = node
  if (typeof value === 'string') return visit({ text: value, beside, node, isName: false })
  if (typeof value === 'number') return visit({ text: node.literal, beside, node, isName: false })
  if (node.trait === 'opaque' && visit(undefined)) return true
  if (node.items !== undefined) return node.items.some((item) => visitNode(item, beside, visit))
  for (const [name, member] of node.members ?? []) {
    if (visit({ text: name, beside: undefined, node: member, isName: true })) return true
    if (visitNode(member, name, visit)) return true
  }
  return false
}
