// What a document is once it is read.

/** Plain data: objects have no prototype, so that no name in a document (`__proto__`, `constructor`) means anything. */
export type Data = string | number | boolean | null | DataList | DataObject
export type DataList = readonly Data[]
export interface DataObject {
  readonly [name: string]: Data | undefined
}

/** What one document may cost. */
export interface DocumentLimits {
  /** In UTF-8. */
  readonly bytesMax: number
  /** Objects and lists inside each other. */
  readonly depthMax: number
  /** Values of any kind, with what an alias stands for counted each time. */
  readonly nodesMax: number
  /** Characters of all texts and names, with what an alias stands for counted each time. */
  readonly charsMax: number
}
