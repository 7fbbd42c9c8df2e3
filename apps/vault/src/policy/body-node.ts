import { foldName } from './json-path.ts'
import { isUsual } from './plain-form.ts'

// What the parts of a body are to the rules, whatever it was written in.

/** A value in a body. Positions are those of its text in the body's text, in UTF-16 units; -1 where it has none of its own. */
export interface BodyNode {
  readonly type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  /** Of a scalar. */
  readonly value: string | number | boolean | null
  /** A text that is its own plain form, and of ASCII. */
  readonly isUsual: boolean
  /** A number as it was written; else empty. */
  readonly literal: string
  /** Of an object. A map, so that `__proto__` is a member like any other. */
  readonly members: ReadonlyMap<string, BodyNode> | undefined
  /** Its members that are not named in plain lower case, by the name that others may know them by. */
  readonly otherNames: OtherNames | undefined
  readonly items: readonly BodyNode[] | undefined
  readonly start: number
  readonly end: number
  /** Where the name of this member stands, quotes included. */
  readonly nameStart: number
  readonly nameEnd: number
  /**
   * `loose`: text of a form, which cannot say whether it means a number. `opaque`: there is more to it than can be read here,
   * such as the bytes of a file.
   */
  readonly trait: 'plain' | 'loose' | 'opaque'
}

/** Where a node stands. */
export interface Where extends Pick<BodyNode, 'start' | 'end' | 'nameStart' | 'nameEnd'> {}

/** A member under another name than its own: folded, or what stands before the dot of a name; then `rest` is behind it. */
interface OtherName {
  readonly name: string
  readonly rest: string | undefined
  readonly node: BodyNode
}
type OtherNames = ReadonlyMap<string, readonly OtherName[]>

/** What a node is made of. */
export interface NodeParts extends Pick<BodyNode, 'type'> {
  readonly value?: BodyNode['value']
  readonly literal?: string
  readonly members?: BodyNode['members'] | undefined
  readonly items?: BodyNode['items'] | undefined
  readonly trait?: BodyNode['trait']
}

const nowhere: Where = { start: -1, end: -1, nameStart: -1, nameEnd: -1 }

/** Makes a node: every member named, and always in this order, so that all nodes have one hidden class. */
export const createNode = (
  { type, value = null, literal = '', members, items, trait = 'plain' }: NodeParts,
  { start, end, nameStart, nameEnd }: Where = nowhere,
): BodyNode => ({
  type,
  value,
  isUsual: typeof value === 'string' && isUsual(value),
  literal,
  members,
  otherNames: members && otherNamesOf(members),
  items,
  start,
  end,
  nameStart,
  nameEnd,
  trait,
})

/** What is its own folded form and has no dot. */
const plainName = /^[a-z0-9_$@-]*$/
/** Longer names are none that a path could lead to. */
const nameCharsMax = 200

export const isPlainName = (name: string): boolean => plainName.test(name)

function otherNamesOf(members: ReadonlyMap<string, BodyNode>): OtherNames | undefined {
  let others: Map<string, OtherName[]> | undefined
  const add = (by: string, other: OtherName) => {
    others ??= new Map()
    const list = others.get(by)
    if (list === undefined) others.set(by, [other])
    else list.push(other)
  }
  for (const [name, node] of members) {
    if (isPlainName(name)) continue
    if (name.length <= nameCharsMax) add(foldName(name), { name, rest: undefined, node })
    const dot = name.indexOf('.')
    if (dot <= 0 || dot > nameCharsMax) continue
    add(foldName(name.slice(0, dot)), { name, rest: name.slice(dot + 1), node })
  }
  return others
}

/** Text that stands in a body, but not as a JSON string of its own. */
export const stringNode = (
  value: string,
  trait: BodyNode['trait'] = 'plain',
  where: Where = nowhere,
): BodyNode => createNode({ type: 'string', value, trait }, where)

export const numberNode = (value: number): BodyNode =>
  createNode({ type: 'number', value, literal: String(value) })

export const arrayNode = (items: readonly BodyNode[]): BodyNode =>
  createNode({ type: 'array', items })

export const objectNode = (
  members: Readonly<Record<string, BodyNode>>,
  trait: BodyNode['trait'] = 'plain',
): BodyNode => createNode({ type: 'object', members: new Map(Object.entries(members)), trait })
