import { z } from 'zod'
import { Label, Timestamp, wholeText } from './common.ts'
import { secretCharsMin } from './credential.ts'
import { ConnectionId, SourceId, ToolsetId } from './ids.ts'
import { SqlParameter } from './sql-parameter.ts'
import { ToolDescription, ToolSummary } from './tool.ts'
import { ToolName } from './tool-name.ts'

// How a SQL source is said and shown. Only what `index.ts` names leaves this package.

export const sqlDialects = ['postgres', 'mysql', 'sqlite'] as const
export const SqlDialect = z.enum(sqlDialects)
export type SqlDialect = z.infer<typeof SqlDialect>

/** The most statements of one source. */
export const statementsOfSourceMax = 500
/** Where nothing else is said: rows and bytes of one answer, and seconds of one call. */
export const sourceRowsDefault = 1000
export const sourceBytesDefault = 1024 * 1024
export const sourceTimeoutSecondsDefault = 30
/** The port of a server where none is said. */
export const sqlPortOf = { postgres: 5432, mysql: 3306 } as const

const host = wholeText()
  .trim()
  .min(1, 'must not be empty')
  .max(253)
  .regex(/^[A-Za-z0-9._:[\]-]+$/, 'must be a DNS name or an IP address, without a port')
/** Who signs in. */
export const loginName = z
  .string()
  .min(1, 'must not be empty')
  .max(128)
  .regex(/^[\x20-\x39\x3b-\x7e]*$/, 'must be printable ASCII without a colon')
/** A password that can be found in answers and kept out of them. */
export const password = z
  .string()
  .min(
    secretCharsMin,
    `must have at least ${secretCharsMin} characters: shorter ones cannot be kept out of answers`,
  )
  .max(1000)
  .regex(/^[\x20-\x7e]*$/, 'must hold only printable ASCII')
  .regex(/^\S.*\S$/s, 'must not begin or end with white space')
const databaseName = wholeText().min(1, 'must not be empty').max(128)
const filePath = wholeText()
  .max(1000)
  .regex(/^(?:\/|[A-Za-z]:[\\/])/, 'must be an absolute path')
  .meta({ description: 'SQLite: below one of the folders that the operator listed' })

/** Where the database is. A server has host, port, database and tls; a file has path alone. */
export const target = {
  host: host.optional(),
  port: z.number().int().min(1).max(65_535).optional().meta({
    description: 'The usual one of the dialect unless given',
  }),
  database: databaseName.optional(),
  tls: z.enum(['require', 'off']).optional().meta({
    description:
      'require (unless given): TLS with a verified certificate. off: in the clear, inside the operator’s ranges alone',
  }),
  path: filePath.optional(),
} as const

/** Who signs in, and with what. */
export const login = {
  user: loginName.optional(),
  password: password
    .optional()
    .meta({ description: 'Kept sealed; absent for servers that ask for none, and for files' }),
} as const

/** How much one call may take. */
export const bounds = {
  rowsMax: z.number().int().min(1).max(10_000),
  timeoutSeconds: z.number().int().min(1).max(55),
  bytesMax: z
    .number()
    .int()
    .min(1024)
    .max(8 * 1024 * 1024)
    .meta({ description: 'Of the rows of one answer, as JSON' }),
} as const

/** The tools that the vault makes of itself. */
export const builtIns = {
  query: z.boolean().meta({
    description:
      'A tool `query` that takes a SELECT of the model’s own: parsed, read-only, bounded',
  }),
  schemaTools: z.boolean().meta({ description: 'The tools `list_tables` and `describe_table`' }),
} as const

/** One statement as a tool. Its name is what it is known by: with another name it is another tool. */
export const SourceStatement = z.strictObject({
  name: ToolName,
  title: Label.optional(),
  description: ToolDescription,
  statement: wholeText().trim().min(1, 'must not be empty').max(65_536),
  parameters: z.array(SqlParameter).max(100).default([]).meta({
    description: 'In the order of their places: $1, $2 (PostgreSQL, SQLite) or ? (MySQL, SQLite)',
  }),
  writes: z.boolean().default(false).meta({
    description:
      'Must be true for a statement that changes anything; its calls are approved like writes',
  }),
  tags: z.array(wholeText().trim().min(1).max(100)).max(20).optional(),
})
export type SourceStatement = z.infer<typeof SourceStatement>

/** How far a test of a source came, and what its role may do and need not. */
export const SourceCheck = z.object({
  ok: z.boolean(),
  stage: z.string().meta({
    description: 'done, or where it ended',
    examples: ['address', 'connect', 'sign-in', 'query', 'done'],
  }),
  message: z.string(),
  latencyMs: z.number(),
  version: z.string().optional().meta({ description: 'Of the database, as it says' }),
  warnings: z
    .array(z.string())
    .meta({ description: 'What the role may do and need not, in sentences' }),
})
export type SourceCheck = z.infer<typeof SourceCheck>

/** A source as owners list it. The password is never part of it. */
export const Source = z.object({
  id: SourceId,
  name: z.string().meta({ description: 'Of its toolset, too' }),
  title: z.string().optional(),
  description: z.string().optional(),
  dialect: SqlDialect,
  host: z.string().optional(),
  port: z.number().int().optional(),
  database: z.string().optional(),
  tls: z.enum(['require', 'off']).optional(),
  path: z.string().optional(),
  user: z.string().optional(),
  hasPassword: z.boolean(),
  ...builtIns,
  ...bounds,
  connectionId: ConnectionId,
  connectionStatus: z
    .string()
    .meta({ description: 'revoked: its password was destroyed; updateSource takes a new one' }),
  toolsetId: ToolsetId,
  toolCount: z.number().int(),
  version: z
    .number()
    .int()
    .meta({ description: 'Of its toolset: counts the changes of its tools' }),
  check: SourceCheck.extend({ at: Timestamp })
    .optional()
    .meta({ description: 'What came of the last test; absent where it was never tested' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Source = z.infer<typeof Source>

/** A statement as it stands, with the tool that it is. */
export const SourceTool = ToolSummary.extend({
  run: z.enum(['statement', 'query', 'list_tables', 'describe_table']),
  statement: z.string().optional(),
  parameters: z.array(SqlParameter),
  writes: z.boolean(),
})
export type SourceTool = z.infer<typeof SourceTool>

/** A source as it is read alone. */
export const SourceWithTools = Source.extend({ tools: z.array(SourceTool) })
const Notes = z
  .array(z.string())
  .meta({ description: 'What could not be tried or should be known, in sentences' })
/** An answer that is one source. */
export const OneSource = z.object({ source: SourceWithTools, notes: Notes })
/** A question that names one source. */
export const SourceRef = z.strictObject({ sourceId: SourceId })
