// What a parsed template can do. The language is a part of Go's text/template with the functions that Higress documents use;
// docs/templates.md describes it.

/** Where a yield stands, and so how it is escaped. `text` is not escaped. */
export type EscapeFor = 'path' | 'query' | 'header' | 'cookie' | 'json' | 'form' | 'text'

/** What a template may know beside its scope. */
export interface TemplateWorld {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** What a template sees as `.`: arguments and constants, or a parsed answer. No secret is ever in it. */
export type TemplateScope = Readonly<Record<string, unknown>>

/** A template that was parsed once; rendering is bounded in steps and characters and cannot reach anything else. */
export interface Template {
  /**
   * What the template yields. Literal text stands as it is, every yield of an action is escaped for its place.
   * @throws TemplateFault where a function refuses its arguments or a bound is passed
   */
  render(scope: TemplateScope, place: EscapeFor, world: TemplateWorld): string
  /** The paths that it reads, as written: `.args.symbol`. For checks when a document is imported. */
  readonly reads: readonly string[]
}

/** A fault in a template or in what it was given; the message names the place and is fit for an owner. */
export class TemplateFault extends Error {
  override name = 'TemplateFault'
}
