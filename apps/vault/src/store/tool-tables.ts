import type { ToolDefinition, ToolsetFormat } from '@sallyport/contracts'
import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, createdAt } from './columns.ts'
import { connections, workspaceId } from './tables.ts'

// The tables of tools. What agents may do with them stands in their policies; a document is never kept, only what was made of it.

export const toolsets = pgTable(
  'toolsets',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    title: text('title'),
    description: text('description'),
    format: text('format').$type<ToolsetFormat>().notNull(),
    /** The template of the catalog, with its version: `github@1`. */
    template: text('template'),
    /** SHA-256 of the document, hex. */
    sourceDigest: text('source_digest'),
    /** Keys of operations that an owner did not want; they stay out when the source is imported anew. */
    leftOut: json('left_out').$type<readonly string[]>(),
    /** Whose credential its tools are sent with; null where they are other toolsets’ tools. */
    connectionId: text('connection_id').references(() => connections.id, { onDelete: 'cascade' }),
    /** Off, none of its tools is anybody’s: an upstream MCP server that owners switched off. */
    enabled: boolean('enabled').notNull().default(true),
    /** Counts its changes, those of its tools included: every one of them moves it. */
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('toolsets_by_name').on(table.workspaceId, table.name),
    index('toolsets_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('toolsets_by_connection').on(table.connectionId),
  ],
)

const toolsetId = () =>
  text('toolset_id')
    .notNull()
    .references(() => toolsets.id, { onDelete: 'cascade' })

export const tools = pgTable(
  'tools',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    toolsetId: toolsetId(),
    name: text('name').notNull(),
    /** What it is in its source; the same over re-imports. */
    key: text('key').notNull(),
    status: text('status').$type<'active' | 'disabled' | 'held'>().notNull(),
    /** Null for a tool of an assembled toolset: it is what its source is. `json`, which keeps the order of members. */
    definition: json('definition').$type<ToolDefinition>(),
    /** SHA-256 of the definition as canonical JSON, hex; of an assembled tool, of what it says of its own. */
    digest: text('digest').notNull(),
    /** Of the definition as its source says it; null for a tool of an assembled toolset. */
    definitionDigest: text('definition_digest'),
    /** The tool that this one is, under a name of its own; gone with it. */
    sourceToolId: text('source_tool_id'),
    /** What an owner says in place of the source, by the names of the definition. */
    overrides:
      json('overrides').$type<
        Partial<Pick<ToolDefinition, 'name' | 'title' | 'description' | 'annotations'>>
      >(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('tools_by_name').on(table.toolsetId, table.name),
    index('tools_by_workspace').on(table.workspaceId, table.name, table.id),
    index('tools_by_source').on(table.sourceToolId).where(sql`source_tool_id IS NOT NULL`),
  ],
)

/** What a toolset was: whole, so that it can be compared and restored. The last 20 are kept. */
export const toolsetVersions = pgTable(
  'toolset_versions',
  {
    toolsetId: toolsetId(),
    version: integer('version').notNull(),
    cause: text('cause').$type<'created' | 'imported' | 'edited' | 'restored'>().notNull(),
    ownerId: text('owner_id'),
    /** Its tools as they were then: status, overrides, source, and the definition by its digest. */
    tools: json('tools').notNull(),
    toolCount: integer('tool_count').notNull(),
    added: integer('added').notNull(),
    removed: integer('removed').notNull(),
    changed: integer('changed').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.toolsetId, table.version] })],
)

/** Definitions that tools had: kept once each, for as long as a version that is kept had them. */
export const toolsetDefinitions = pgTable(
  'toolset_definitions',
  {
    toolsetId: toolsetId(),
    digest: text('digest').notNull(),
    definition: json('definition').$type<ToolDefinition>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.toolsetId, table.digest] })],
)
