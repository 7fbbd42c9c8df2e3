import type { SourceCheck, SqlDialect } from '@sallyport/contracts'
import { boolean, index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, createdAt } from './columns.ts'
import { connections, workspaceId } from './tables.ts'
import { toolsets } from './tool-tables.ts'

/**
 * SQL sources: where a database is and what bounds its calls. The password is its connection's, and so is the word on where that may
 * go: the place stands among the origins that the credential is sealed for. Its tools are its toolset's.
 */
export const sqlSources = pgTable(
  'sql_sources',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    toolsetId: text('toolset_id')
      .notNull()
      .references(() => toolsets.id, { onDelete: 'cascade' }),
    dialect: text('dialect').$type<SqlDialect>().notNull(),
    /** Of a server; of a file, path alone. */
    host: text('host'),
    port: integer('port'),
    database: text('database'),
    tls: text('tls').$type<'require' | 'off'>(),
    path: text('path'),
    /** Stands in the credential too, where there is a password. */
    login: text('login'),
    query: boolean('query').notNull(),
    schemaTools: boolean('schema_tools').notNull(),
    rowsMax: integer('rows_max').notNull(),
    timeoutSeconds: integer('timeout_seconds').notNull(),
    bytesMax: integer('bytes_max').notNull(),
    /** What came of the last test, and when that was. */
    lastCheck: json('last_check').$type<SourceCheck>(),
    checkedAt: at('checked_at'),
    /** Counts the changes of this row. */
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('sql_sources_by_connection').on(table.connectionId),
    uniqueIndex('sql_sources_by_toolset').on(table.toolsetId),
    index('sql_sources_by_workspace').on(table.workspaceId, table.createdAt, table.id),
  ],
)
