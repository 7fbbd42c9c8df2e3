/** Which tools, by their full names: all of it, or how it begins. */
export interface CompiledToolPattern {
  readonly text: string
  /** It ends in `*`: `text` is what stands before. */
  readonly isOpen: boolean
}

/** Which tools something is about. */
export interface CompiledTools {
  readonly patterns: readonly CompiledToolPattern[]
  /** Also by the name of the tool that it is, where it is another toolset’s tool: no other name takes it out of what keeps back. */
  readonly byAnyName: boolean
}

/** A tool as it is named: in full, and by the full name of the tool that it is where that is another toolset’s. */
export interface NamedTool {
  readonly name: string
  readonly sourceName?: string | undefined
}

/** Compiles a pattern of tools: a last `*` stands for any rest, nothing else is special. Never throws. */
const compileToolPattern = (pattern: string): CompiledToolPattern =>
  pattern.endsWith('*')
    ? { text: pattern.slice(0, -1), isOpen: true }
    : { text: pattern, isOpen: false }

/** Compiles the patterns of a rule. What allows goes by the name under which a tool is called alone. */
export const compileTools = (
  patterns: readonly string[],
  { byAnyName }: Pick<CompiledTools, 'byAnyName'>,
): CompiledTools => ({ patterns: patterns.map(compileToolPattern), byAnyName })

/** Whether any of the patterns is about a request: one that came as no call of a tool is about none. */
export function matchesTool(
  { patterns, byAnyName }: CompiledTools,
  tool: NamedTool | undefined,
): boolean {
  if (tool === undefined) return false
  const { name, sourceName } = tool
  return patterns.some(
    (pattern) =>
      isNamed(pattern, name) ||
      (byAnyName && sourceName !== undefined && isNamed(pattern, sourceName)),
  )
}

const isNamed = ({ text, isOpen }: CompiledToolPattern, name: string): boolean =>
  isOpen ? name.startsWith(text) : name === text
