import type { McpServerStage, McpTransport } from '@sallyport/contracts'
import { boolean, index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Pin, RefusedTool } from '../upstreams/kept/pin.ts'
import { at, bytes, createdAt } from './columns.ts'
import { connections, workspaceId } from './tables.ts'
import { toolsets } from './tool-tables.ts'

/**
 * Upstream MCP servers: how each is reached. Values of headers and of the environment are its connection's, sealed there with a digest
 * of the place that they are for. Its tools are its toolset's.
 */
export const mcpServers = pgTable(
  'mcp_servers',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    toolsetId: text('toolset_id')
      .notNull()
      .references(() => toolsets.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    description: text('description'),
    transport: text('transport').$type<McpTransport>().notNull(),
    command: text('command'),
    args: json('args').$type<readonly string[]>().notNull(),
    cwd: text('cwd'),
    url: text('url'),
    permission: text('permission').$type<'workspace' | 'full'>().notNull(),
    package: text('package'),
    connectTimeoutSeconds: integer('connect_timeout_seconds').notNull(),
    readTimeoutSeconds: integer('read_timeout_seconds').notNull(),
    perAgent: boolean('per_agent').notNull(),
    /** What its values are called; the values are sealed. */
    envNames: json('env_names').$type<readonly string[]>().notNull(),
    headerNames: json('header_names').$type<readonly string[]>().notNull(),
    /** Variables that its values refer to. */
    variables: text('variables').array().notNull(),
    enabled: boolean('enabled').notNull(),
    /** What became of the last attempt of any replica. */
    status: text('status').$type<'connected' | 'disconnected' | 'error'>().notNull(),
    failure: json('failure').$type<{
      readonly stage: McpServerStage
      readonly message: string
      readonly at: string
    }>(),
    serverInfo: json('server_info').$type<{ readonly name: string; readonly version: string }>(),
    lastConnectedAt: at('last_connected_at'),
    /** That it wants a sign-in, or more scopes. */
    challenge: json('challenge').$type<{
      readonly status: 401 | 403
      readonly scopes?: readonly string[]
    }>(),
    /** When its tools were read first: those were taken as they were. */
    syncedAt: at('synced_at'),
    /** Where the server says something else than an owner has seen. */
    pins: json('pins').$type<readonly Pin[]>().notNull(),
    refused: json('refused').$type<readonly RefusedTool[]>().notNull(),
    /** Counts what owners changed of it. */
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('mcp_servers_by_name').on(table.workspaceId, table.name),
    uniqueIndex('mcp_servers_by_connection').on(table.connectionId),
    uniqueIndex('mcp_servers_by_toolset').on(table.toolsetId),
    index('mcp_servers_by_workspace').on(table.workspaceId, table.createdAt, table.id),
  ],
)

/** What settings of upstream MCP servers may refer to by name. */
export const variables = pgTable(
  'variables',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    /** Whose key it is; stands in the seal, too, and counts there. */
    connectionId: text('connection_id').references(() => connections.id, { onDelete: 'cascade' }),
    /** The value, or which connection's key it is, under its name; sealed for this row and `version`. */
    sealed: bytes('sealed').notNull(),
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('variables_by_name').on(table.workspaceId, table.name),
    index('variables_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('variables_by_connection').on(table.connectionId),
  ],
)
