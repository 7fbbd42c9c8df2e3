import { z } from 'zod'
import { Label, NextCursor, Page } from './common.ts'
import { SourceId } from './ids.ts'
import { defineOperation } from './operation.ts'
import {
  bounds,
  builtIns,
  login,
  loginName,
  OneSource,
  password,
  Source,
  SourceRef,
  SourceStatement,
  SourceWithTools,
  SqlDialect,
  sourceBytesDefault,
  sourceRowsDefault,
  sourceTimeoutSecondsDefault,
  statementsOfSourceMax,
  target,
} from './source-shape.ts'
import { ToolDescription } from './tool.ts'
import { ToolsetName } from './tool-name.ts'
import { ToolChange } from './toolset-import.ts'

// SQL sources: a database that the vault signs in to, and the statements of it that are tools. A source owns one connection,
// which holds its password, and one toolset, which holds its tools: their grants, versions and approvals are those of any tool.

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
  answerMsMax: 60_000,
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
      description:
        'null takes it away; the one that is kept stays where it is not named. Where the connection was revoked, either makes another one, and its tools keep their grants',
    }),
    query: builtIns.query.optional(),
    schemaTools: builtIns.schemaTools.optional(),
    rowsMax: bounds.rowsMax.optional(),
    timeoutSeconds: bounds.timeoutSeconds.optional(),
    bytesMax: bounds.bytesMax.optional(),
  }),
  output: OneSource,
  answerMsMax: 60_000,
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
  answerMsMax: 60_000,
  problems: ['source-not-found', 'version-conflict', 'overloaded'],
  bodyBytesMax: 8 * 1024 * 1024,
})
