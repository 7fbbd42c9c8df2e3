import type { SqlBoundValue, SqlCall, SqlDialect } from './sql-engine.ts'

/** A statement of our own, with what is bound to it. */
export interface CatalogStatement {
  readonly statement: string
  readonly parameters: readonly SqlBoundValue[]
}

type CatalogCall = Extract<SqlCall, { kind: 'list_tables' | 'describe_table' }>

const text = (value: string | null): SqlBoundValue => ({ type: 'string', value })

/** How a database is asked for its tables, and for one of them: of what the role may read, and nothing else. */
export function catalogStatement(dialect: SqlDialect, call: CatalogCall): CatalogStatement {
  if (call.kind === 'list_tables') {
    if (dialect === 'postgres') {
      return { statement: pgTables, parameters: [text(call.schema ?? null)] }
    }
    return { statement: dialect === 'mysql' ? mysqlTables : sqliteTables, parameters: [] }
  }
  if (dialect !== 'postgres') {
    const count = dialect === 'mysql' ? 1 : 2
    return {
      statement: dialect === 'mysql' ? mysqlColumns : sqliteColumns,
      parameters: Array.from({ length: count }, () => text(call.table)),
    }
  }
  const dot = call.table.indexOf('.')
  const schema = dot < 0 ? null : call.table.slice(0, dot)
  return { statement: pgColumns, parameters: [text(schema), text(call.table.slice(dot + 1))] }
}

const pgTables = `
SELECT n.nspname AS schema, c.relname AS name,
  CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
  pg_catalog.obj_description(c.oid, 'pg_class') AS description
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND ($1::text IS NULL OR n.nspname = $1)
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 1, 2`

const pgColumns = `
SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default,
  EXISTS (SELECT FROM pg_catalog.pg_constraint p
    WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attnum = ANY (p.conkey)) AS primary_key,
  (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(f.oid), '; ') FROM pg_catalog.pg_constraint f
    WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS "references",
  pg_catalog.col_description(c.oid, a.attnum) AS description
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $2
  AND (n.nspname = $1 OR ($1::text IS NULL AND pg_catalog.pg_table_is_visible(c.oid)))
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attnum`

const mysqlTables = `
SELECT table_schema AS \`schema\`, table_name AS name, LOWER(REPLACE(table_type, 'BASE TABLE', 'TABLE')) AS kind,
  NULLIF(table_comment, '') AS description
FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`

const mysqlColumns = `
SELECT c.column_name AS name, c.column_type AS type, c.is_nullable = 'YES' AS nullable, c.column_default AS \`default\`,
  c.column_key = 'PRI' AS primary_key,
  (SELECT GROUP_CONCAT(CONCAT(k.referenced_table_name, '(', k.referenced_column_name, ')'))
    FROM information_schema.key_column_usage k WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name
    AND k.column_name = c.column_name AND k.referenced_table_name IS NOT NULL) AS \`references\`,
  NULLIF(c.column_comment, '') AS description
FROM information_schema.columns c
WHERE c.table_schema = DATABASE() AND c.table_name = ? ORDER BY c.ordinal_position`

const sqliteTables = `
SELECT name, type AS kind FROM sqlite_schema
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`

const sqliteColumns = `
SELECT c.name, c.type, c."notnull" = 0 AS nullable, c.dflt_value AS "default", c.pk > 0 AS primary_key,
  (SELECT group_concat(f."table" || '(' || coalesce(f."to", '') || ')') FROM pragma_foreign_key_list(?) f
    WHERE f."from" = c.name) AS "references"
FROM pragma_table_xinfo(?) c WHERE c.hidden <> 1 ORDER BY c.cid`
