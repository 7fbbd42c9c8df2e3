import type { SchemaTally } from './schema-tally.ts'

/** Arguments leave out what is `readOnly`, answers what is `writeOnly`. */
export type SchemaMode = 'input' | 'output'

/** How much of a schema is written out. */
export interface SchemaDetail {
  /** References inside each other that are followed; deeper ones are left open. */
  readonly refsMax: number
  /** Objects and lists inside each other, within one named schema. */
  readonly depthMax: number
  /** Longer lists of allowed values are left out. */
  readonly enumMax: number
}

/** Where a conversion is. */
export interface Walk {
  readonly mode: SchemaMode
  readonly detail: SchemaDetail
  readonly refsLeft: number
  readonly depthLeft: number
  readonly tally: SchemaTally
}
