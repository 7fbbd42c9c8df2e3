import { z } from 'zod'
import { mcpMethods } from './tool-binding.ts'

// The bodies of calls that are no HTTP requests: what is frozen, decided, shown to owners and handed to whoever sends it.

/** What an upstream MCP server is asked: a method of MCP with its parameters. */
export const McpPayload = z.strictObject({
  method: z.enum(mcpMethods),
  params: z.record(z.string(), z.unknown()),
})
export type McpPayload = z.infer<typeof McpPayload>

/** What a SQL source is asked. Whether a statement may write is told by the method of its call: GET reads, POST writes. */
export const SqlPayload = z.discriminatedUnion('run', [
  /** The owner’s statement, and the values that are bound to it in their order. */
  z.strictObject({
    run: z.literal('statement'),
    statement: z.string(),
    parameters: z.array(z.unknown()),
    /** Of each value, as its parameter says: NULL and whole numbers do not show theirs. `integer[]` is a list. */
    types: z.array(z.string()),
  }),
  /** A statement of the model’s own, which reads alone. */
  z.strictObject({ run: z.literal('query'), statement: z.string() }),
  z.strictObject({ run: z.literal('list_tables'), schema: z.string().optional() }),
  z.strictObject({ run: z.literal('describe_table'), table: z.string() }),
])
export type SqlPayload = z.infer<typeof SqlPayload>
