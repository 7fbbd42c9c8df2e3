// A path of gjson once it was read.

export type GjsonPart =
  /** A member's name or an element's index. */
  | { readonly kind: 'name'; readonly name: string }
  /** The first member whose name fits; `*` is any run, `?` any character. */
  | {
      readonly kind: 'wildcard'
      readonly pattern: readonly (string | { readonly any: '*' | '?' })[]
    }
  /** `#`: how many, or the rest of the path for each element. */
  | { readonly kind: 'each' }
  | {
      readonly kind: 'filter'
      readonly all: boolean
      readonly conditions: readonly GjsonCondition[]
    }
  | { readonly kind: 'modifier'; readonly name: string; readonly argument: string }
  | {
      readonly kind: 'several'
      readonly as: 'map' | 'list'
      readonly paths: readonly { readonly name: string; readonly path: GjsonPath }[]
    }

export interface GjsonPath {
  /** Each works on the whole of what the one before it found (`|`). */
  readonly stages: readonly (readonly GjsonPart[])[]
  /** The plain names with which it begins. */
  readonly names: readonly string[]
}

/** What a filter asks of an element: `age>30`, `==admin`, `nested.value`. */
export interface GjsonCondition {
  /** Below the element; the element itself where it is absent. */
  readonly path: GjsonPath | undefined
  readonly operator: GjsonOperator
  readonly value: string | number | boolean | null
}

export type GjsonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '%' | '!%' | 'exists'
