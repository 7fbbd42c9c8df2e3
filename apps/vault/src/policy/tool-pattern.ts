/** Which tools, by their full names: all of it, or how it begins. */
export interface CompiledToolPattern {
  readonly text: string
  /** It ends in `*`: `text` is what stands before. */
  readonly isOpen: boolean
}

/** Compiles a pattern of tools: a last `*` stands for any rest, nothing else is special. Never throws. */
export const compileToolPattern = (pattern: string): CompiledToolPattern =>
  pattern.endsWith('*')
    ? { text: pattern.slice(0, -1), isOpen: true }
    : { text: pattern, isOpen: false }

/** Whether any of the patterns is about a request: one that came as no call of a tool is about none. */
export function matchesTool(
  patterns: readonly CompiledToolPattern[],
  tool: { readonly name: string } | undefined,
): boolean {
  if (tool === undefined) return false
  return patterns.some(({ text, isOpen }) =>
    isOpen ? tool.name.startsWith(text) : tool.name === text,
  )
}
