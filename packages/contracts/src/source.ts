import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp, wholeText } from './common.ts'
import { secretCharsMin } from './credential.ts'
import { ConnectionId, SourceId, ToolsetId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { ToolDescription, ToolSummary } from './tool.ts'
import { SqlParameter } from './tool-binding.ts'
import { ToolName, ToolsetName } from './tool-name.ts'
import { ToolChange } from './toolset-import.ts'

// SQL sources: a database that the vault signs in to, and the statements of it that are tools. A source owns one connection,
// which holds its password, and one toolset, which holds its tools: their grants, versions and approvals are those of any tool.

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
const loginName = z
  .string()
  .min(1, 'must not be empty')
  .max(128)
  .regex(/^[\x20-\x39\x3b-\x7e]*$/, 'must be printable ASCII without a colon')
const password = z
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
const target = {
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

const login = {
  user: loginName.optional(),
  password: password
    .optional()
    .meta({ description: 'Kept sealed; absent for servers that ask for none, and for files' }),
} as const

const bounds = {
  rowsMax: z.number().int().min(1).max(10_000),
  timeoutSeconds: z.number().int().min(1).max(55),
  bytesMax: z
    .number()
    .int()
    .min(1024)
    .max(8 * 1024 * 1024)
    .meta({ description: 'Of the rows of one answer, as JSON' }),
} as const

const builtIns = {
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
    .meta({ description: 'revoked is for good: make the source anew with its password' }),
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

const SourceWithTools = Source.extend({ tools: z.array(SourceTool) })
const Notes = z
  .array(z.string())
  .meta({ description: 'What could not be tried or should be known, in sentences' })
const OneSource = z.object({ source: SourceWithTools, notes: Notes })
const SourceRef = z.strictObject({ sourceId: SourceId })

const connectionsWrite = () => 'connections:write' as const

/** What of a source is its connection: where it is and who signs in. */
const ofConnection = ['host', 'port', 'database', 'tls', 'path', 'user', 'password'] as const
type OfConnection = Readonly<Partial<Record<(typeof ofConnection)[number], unknown>>>

export const createSource = defineOperation({
  id: 'createSource',
  method: 'POST',
  path: '/api/v1/sources',
  caller: ['owner'],
  demand: 'tools:write',
  /** A connection is made with it. */
  furtherDemand: connectionsWrite,
  summary: 'Keep the sign-in to a database and make tools of statements; nobody has them yet',
  input: z.strictObject({
    name: ToolsetName,
    title: Label.optional(),
    description: ToolDescription.optional(),
    dialect: SqlDialect,
    ...target,
    ...login,
    query: builtIns.query.default(false),
    schemaTools: builtIns.schemaTools.default(false),
    rowsMax: bounds.rowsMax.default(sourceRowsDefault),
    timeoutSeconds: bounds.timeoutSeconds.default(sourceTimeoutSecondsDefault),
    bytesMax: bounds.bytesMax.default(sourceBytesDefault),
    tools: z.array(SourceStatement).max(statementsOfSourceMax).default([]).meta({
      description: 'Statements; putSourceTools changes them',
    }),
  }),
  output: OneSource,
  status: 201,
  problems: ['toolset-exists', 'origin-not-allowed', 'overloaded'],
  bodyBytesMax: 8 * 1024 * 1024,
})

export const listSources = defineOperation({
  id: 'listSources',
  method: 'GET',
  path: '/api/v1/sources',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List SQL sources, newest first',
  input: z.strictObject({ ...Page, name: z.string().max(100).optional() }),
  output: z.object({ sources: z.array(Source), nextCursor: NextCursor }),
  problems: [],
})

export const getSource = defineOperation({
  id: 'getSource',
  method: 'GET',
  path: '/api/v1/sources/{sourceId}',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Read a SQL source with its statements',
  input: SourceRef,
  output: z.object({ source: SourceWithTools }),
  problems: ['source-not-found'],
})

export const updateSource = defineOperation({
  id: 'updateSource',
  method: 'PATCH',
  path: '/api/v1/sources/{sourceId}',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: (input: OfConnection) =>
    ofConnection.some((name) => input[name] !== undefined) ? 'connections:write' : undefined,
  summary:
    'Change what is named and keep the rest, the password included; another host, database, user or password takes a recent sign-in',
  input: z.strictObject({
    sourceId: SourceId,
    name: ToolsetName.optional(),
    title: Label.nullable().optional(),
    description: ToolDescription.nullable().optional(),
    ...target,
    user: loginName.nullable().optional(),
    password: password.nullable().optional().meta({
      description: 'null takes it away; the one that is kept stays where it is not named',
    }),
    query: builtIns.query.optional(),
    schemaTools: builtIns.schemaTools.optional(),
    rowsMax: bounds.rowsMax.optional(),
    timeoutSeconds: bounds.timeoutSeconds.optional(),
    bytesMax: bounds.bytesMax.optional(),
  }),
  output: OneSource,
  problems: [
    'source-not-found',
    'toolset-exists',
    'connection-revoked',
    'credential-unreadable',
    'fresh-sign-in-required',
    'origin-not-allowed',
    'version-conflict',
  ],
})

export const deleteSource = defineOperation({
  id: 'deleteSource',
  method: 'DELETE',
  path: '/api/v1/sources/{sourceId}',
  caller: ['owner'],
  /** Whoever may revoke its connection ends all of its tools by that. */
  demand: 'connections:write',
  summary:
    'Delete a SQL source with its tools and their grants; its connection is revoked and the password destroyed',
  input: SourceRef,
  output: z.object({ deleted: z.literal(true) }),
  problems: ['source-not-found'],
})

export const putSourceTools = defineOperation({
  id: 'putSourceTools',
  method: 'PUT',
  path: '/api/v1/sources/{sourceId}/tools',
  caller: ['owner'],
  demand: 'tools:write',
  summary:
    'Make exactly these statements the tools of a source; those that keep their name keep their grants',
  input: z.strictObject({
    sourceId: SourceId,
    tools: z.array(SourceStatement).max(statementsOfSourceMax),
    version: z.number().int().optional().meta({
      description: 'The version that was looked at; refused where it is another by now',
    }),
    dryRun: z.boolean().default(false).meta({
      description: 'Check all of it and tell the changes; nothing is kept',
    }),
  }),
  output: z.object({ ...OneSource.shape, changes: z.array(ToolChange) }),
  problems: ['source-not-found', 'version-conflict', 'overloaded'],
  bodyBytesMax: 8 * 1024 * 1024,
})

const Tested = z.object({ check: SourceCheck })

export const testSource = defineOperation({
  id: 'testSource',
  method: 'POST',
  path: '/api/v1/sources/{sourceId}/test',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Sign in to a source’s database, look at what its role may do, and remember it',
  input: SourceRef,
  output: Tested,
  problems: ['source-not-found', 'connection-revoked', 'credential-unreadable', 'overloaded'],
})

export const testSourceDraft = defineOperation({
  id: 'testSourceDraft',
  method: 'POST',
  path: '/api/v1/sources/test',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Sign in to a database that is not saved yet; nothing is kept',
  input: z.strictObject({
    dialect: SqlDialect,
    ...target,
    ...login,
    writes: z.boolean().default(false).meta({
      description: 'Whether its statements will write; else a role that may is warned of',
    }),
  }),
  output: Tested,
  problems: ['origin-not-allowed', 'overloaded'],
})
