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

/** Every text of a place, names of members included; undefined where something cannot be read. */
export function textsOf({ node, name, withName }: Place): readonly (TextAt | undefined)[] {
  const texts: (TextAt | undefined)[] = []
  if (withName && name !== undefined) {
    texts.push({ text: name, beside: undefined, node, isName: true })
  }
  gather(node, name, texts)
  return texts
}

function gather(node: BodyNode, beside: string | undefined, texts: (TextAt | undefined)[]): void {
  const { value } = node
  if (typeof value === 'string') texts.push({ text: value, beside, node, isName: false })
  else if (typeof value === 'number') {
    texts.push({ text: node.literal, beside, node, isName: false })
  } else {
    if (node.trait === 'opaque') texts.push(undefined)
    for (const item of node.items ?? []) gather(item, beside, texts)
    if (node.items !== undefined) return
    for (const [name, member] of node.members ?? []) {
      texts.push({ text: name, beside: undefined, node: member, isName: true })
      gather(member, name, texts)
    }
  }
}
