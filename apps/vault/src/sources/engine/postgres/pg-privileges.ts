import type { Ask } from '../server-needs.ts'
import type { IntendedUse } from '../sql-engine.ts'

/** What a role may do beyond what its source needs, in sentences for the owner. */
export async function pgWarnings(ask: Ask, use: IntendedUse): Promise<string[]> {
  const [facts = []] = await ask(factsStatement, [])
  const [isSuper, createsRoles, createsDatabases, replicates, bypasses, memberOf, ...counts] = facts
  if (isSuper === 'true') {
    return [
      'The role is a superuser: it may read and change everything, files of the server included. Use a role of its own.',
    ]
  }
  const [owned, writable, tables, creatable, definers] = counts.map(Number)
  const says: readonly (readonly [boolean, string])[] = [
    [createsRoles === 'true', 'The role may create roles (CREATEROLE).'],
    [createsDatabases === 'true', 'The role may create databases (CREATEDB).'],
    [replicates === 'true', 'The role may replicate the whole server (REPLICATION).'],
    [bypasses === 'true', 'The role passes over row security (BYPASSRLS).'],
    [isSome(memberOf), `The role is a member of ${memberOf}.`],
    [positive(owned), `The role owns ${owned} tables and views, and may change and drop them.`],
    [
      !use.writes && positive(writable),
      `The role may write to ${writable} of ${tables} tables and views, and no statement of this source writes. GRANT it SELECT alone.`,
    ],
    [positive(creatable), 'The role may create objects in a schema or in the database.'],
    [
      positive(definers),
      `The role may call ${definers} functions that run with the rights of their owner (SECURITY DEFINER).`,
    ],
  ]
  return says.flatMap(([holds, sentence]) => (holds ? [sentence] : []))
}

export const pgVersionStatement = `SELECT pg_catalog.concat('PostgreSQL ', pg_catalog.current_setting('server_version'))`

const isSome = (text: string | null | undefined): boolean =>
  text !== null && text !== undefined && text !== ''
const positive = (count: number | undefined): boolean => count !== undefined && count > 0

/** Booleans as JSON writes them; the role's groups that reach beyond tables. */
const factsStatement = `
WITH mine AS (
  SELECT c.oid, c.relowner FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
)
SELECT r.rolsuper::text, r.rolcreaterole::text, r.rolcreatedb::text, r.rolreplication::text, r.rolbypassrls::text,
  (SELECT pg_catalog.string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_catalog.pg_roles g
    WHERE g.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend',
      'pg_write_all_data', 'pg_read_all_data', 'pg_read_all_settings', 'pg_monitor', 'pg_checkpoint')
      AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')),
  (SELECT pg_catalog.count(*) FROM mine WHERE pg_catalog.pg_has_role(r.oid, relowner, 'MEMBER')),
  (SELECT pg_catalog.count(*) FROM mine WHERE pg_catalog.has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    OR pg_catalog.has_any_column_privilege(oid, 'INSERT, UPDATE')),
  (SELECT pg_catalog.count(*) FROM mine),
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')::int + (SELECT pg_catalog.count(*)
    FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`
