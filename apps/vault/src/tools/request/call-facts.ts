import type { TemplateWorld } from '../template/template.ts'
import type { ArgumentObject } from './argument-value.ts'

/** What the parts of one request are written from. */
export interface CallFacts {
  /** Checked, defaults filled in. */
  readonly args: ArgumentObject
  /** Constants of the binding that templates see. */
  readonly config: Readonly<Record<string, string>>
  readonly world: TemplateWorld
  /** Whether the connection takes a slash within a segment, as `%2F`. */
  readonly allowEncodedSlash: boolean
}
