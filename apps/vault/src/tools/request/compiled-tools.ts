import type { ToolDefinition } from '@sallyport/contracts'
import { compileTool } from './compile-tool.ts'
import type { CompiledTool } from './compiled-tool.ts'

/** How many tools stay ready: each holds the compiled form of its schema, tens to hundreds of kilobytes. */
const toolsMax = 300

/**
 * Keeps compiled tools by the digests of their definitions, those called last. A first call compiles the schema, which takes
 * milliseconds; the next takes microseconds.
 */
export function createCompiledTools(): (
  digest: string,
  definition: ToolDefinition,
) => CompiledTool {
  const kept = new Map<string, CompiledTool>()
  return (digest, definition) => {
    const tool = kept.get(digest) ?? compileTool(definition)
    kept.delete(digest)
    kept.set(digest, tool)
    const [oldest] = kept.keys()
    if (kept.size > toolsMax && oldest !== undefined) kept.delete(oldest)
    return tool
  }
}
