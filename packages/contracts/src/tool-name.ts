import { z } from 'zod'

/** The most characters of a toolset's name and of a tool's. */
export const toolsetNameCharsMax = 32
export const toolNameCharsMax = 48

/** A toolset's name: what stands before the dot in `stock-index.get_index`. No `_`, so that it ends at the first `__`. */
export const ToolsetName = z
  .string()
  .max(toolsetNameCharsMax, `must have at most ${toolsetNameCharsMax} characters`)
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'must be small letters, digits and single hyphens: stock-index',
  )

/** A tool's name within its toolset. */
export const ToolName = z
  .string()
  .max(toolNameCharsMax, `must have at most ${toolNameCharsMax} characters`)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must begin with a letter and hold letters, digits, _ and -')

/** A tool by its full name: `stock-index.get_index`. */
export const FullToolName = z
  .string()
  .max(toolsetNameCharsMax + 1 + toolNameCharsMax)
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*\.[A-Za-z][A-Za-z0-9_-]*$/,
    'must be a toolset and a tool with a dot between them: stock-index.get_index',
  )

/** The full name of a tool, as the wire, the command line and policies write it. */
export const fullToolName = (toolset: string, tool: string): string => `${toolset}.${tool}`

/** Which tools: full names, in which a last `*` stands for any rest (`stock-index.*`, `*`). */
export const ToolPattern = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9_.-]*\*?$/, 'must be the name of a tool; a last * stands for any rest')
  .min(1)
