/** What is gathered while one tool is written. */
export interface WrittenParts {
  /** Where an argument goes that no template reads. */
  readonly positions: Map<string, string>
  /** Values of the configuration in whose place a key goes. */
  readonly secrets: Set<string>
  readonly notes: Set<string>
}

/** A request that Higress has no words for. The message names what of it. */
export class NotSayable extends Error {
  override name = 'NotSayable'
}

/** @throws NotSayable, always */
export function cannotSay(what: string): never {
  throw new NotSayable(what)
}
