import type { Answer } from './compare.ts'

/** What takes the place of a stretch of a body's text. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What one search came to in one request. */
export interface SearchResult {
  readonly answer: Answer
  /** What a rule that redacts takes out. */
  readonly taking?: { readonly edits: readonly Edit[] | undefined }
}

/** What was looked for in a request before it is decided, by compiled search. A decision comes to the same with it and without it. */
export type Searched = ReadonlyMap<object, SearchResult>
