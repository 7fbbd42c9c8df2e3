// What the parts of a body are to the rules, whatever it was written in.

/** A value in a body. Positions are those of its text in the body's text, in UTF-16 units; -1 where it has none of its own. */
export interface BodyNode {
  readonly type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  /** Of a scalar. */
  readonly value: string | number | boolean | null
  /** A number as it was written; else empty. */
  readonly literal: string
  /** Of an object. A map, so that `__proto__` is a member like any other. */
  readonly members: ReadonlyMap<string, BodyNode> | undefined
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

const nowhere = { start: -1, end: -1, nameStart: -1, nameEnd: -1 } as const
const plain = { literal: '', members: undefined, items: undefined, trait: 'plain' } as const

/** Text that stands in a body, but not as a JSON string of its own. */
export const stringNode = (value: string, trait: BodyNode['trait'] = 'plain'): BodyNode => ({
  ...plain,
  ...nowhere,
  ...{ type: 'string', value, trait },
})

export const numberNode = (value: number): BodyNode => ({
  ...plain,
  ...nowhere,
  ...{ type: 'number', value, literal: String(value) },
})

export const arrayNode = (items: readonly BodyNode[]): BodyNode => ({
  ...plain,
  ...nowhere,
  ...{ type: 'array', value: null, items },
})

export const objectNode = (
  members: Readonly<Record<string, BodyNode>>,
  trait: BodyNode['trait'] = 'plain',
): BodyNode => ({
  ...plain,
  ...nowhere,
  ...{ type: 'object', value: null, members: new Map(Object.entries(members)), trait },
})
