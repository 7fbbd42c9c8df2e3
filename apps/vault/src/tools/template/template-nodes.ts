import type { TemplateFunction } from './functions/template-function.ts'
import type { GjsonPath } from './gjson-types.ts'
import type { Value } from './template-value.ts'

// What a template is once it was read: pieces of text, actions and blocks. Names are resolved: a variable is a slot. `at` is an
// offset in the template, for faults.

/** Something that has a value. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: Value }
  /** `.a.0.b`: below what the dot is. */
  | { readonly kind: 'dot'; readonly path: readonly string[] }
  /** `$x.a`, and `$.a`, whose slot is the first. */
  | { readonly kind: 'variable'; readonly slot: number; readonly path: readonly string[] }
  /** `(index .a 0).b` */
  | { readonly kind: 'below'; readonly of: Expression; readonly path: readonly string[] }
  | { readonly kind: 'gjson'; readonly path: GjsonPath | Expression; readonly at: number }
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expression[] }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly run: TemplateFunction['run']
      readonly args: readonly Expression[]
      readonly at: number
    }
  | { readonly kind: 'assign'; readonly slot: number; readonly value: Expression }

/** One piece of a template. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'yield'; readonly value: Expression; readonly at: number }
  /** `{{$x := …}}`: yields nothing. */
  | { readonly kind: 'assign'; readonly value: Expression }
  | {
      readonly kind: 'if' | 'with'
      readonly value: Expression
      readonly then: readonly Node[]
      readonly else: readonly Node[]
    }
  | {
      readonly kind: 'range'
      readonly value: Expression
      /** Slots of the index or key and of the element. */
      readonly index?: number | undefined
      readonly element?: number | undefined
      readonly then: readonly Node[]
      readonly else: readonly Node[]
      readonly at: number
    }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
