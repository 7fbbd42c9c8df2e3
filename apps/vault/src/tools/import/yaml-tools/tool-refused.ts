/** Why one tool of a document cannot be a tool here; the others go on. The message is a sentence for an owner. */
export class ToolRefused extends Error {
  override name = 'ToolRefused'
}

/** @throws ToolRefused, always */
export function refuseTool(sentence: string): never {
  throw new ToolRefused(sentence)
}
