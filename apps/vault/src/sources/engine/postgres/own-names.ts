import { allowedFunctions } from '../../gate/allowed-functions.ts'
import type { UsedNames } from '../../gate/sql-gate.ts'
import type { Ask } from '../server-needs.ts'

/** Names of columns that PostgreSQL has a function for, too, which only turns its argument into something else. */
const harmlessAttributes = [
  ...[
    'name',
    'text',
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'interval',
    'money',
    'numeric',
    'xml',
  ],
  ...['pg_typeof', 'record_out', 'hash_record'],
]

/**
 * Asks the database whether a name of a query leads to something of its own making: a function or an operator in a schema of
 * the search path, which could be meant instead of the server's (CVE-2018-1058), or a function behind `t.name`. What an
 * extension brought is the administrator's. Answers a sentence, or nothing.
 */
export async function lookForOwnNames(ask: Ask, uses: UsedNames): Promise<string | undefined> {
  const harmless = [...allowedFunctions('postgres'), ...harmlessAttributes]
  const lists = [uses.functions, uses.operators, uses.attributes, harmless]
  const [found] = await ask(statement, lists.map(arrayText))
  if (found === undefined) return undefined
  const [kind, name] = found
  if (kind === 'attribute')
    return `${name} is a function here and not a column; free queries do not call it.`
  return `The database has a ${kind} ${name} of its own, which could be called instead of PostgreSQL’s.`
}

const arrayText = (names: readonly string[]): string =>
  `{${[...new Set(names)].map((name) => `"${name.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`

const statement = `
WITH own (oid) AS (
  SELECT n.oid FROM pg_catalog.pg_namespace n
  WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)) AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
), extension (class, object) AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype OPERATOR(pg_catalog.=) 'e'
)
SELECT 'function', p.proname::text FROM pg_catalog.pg_proc p
WHERE p.proname OPERATOR(pg_catalog.=) ANY ($1::text[]::name[]) AND p.pronamespace IN (SELECT oid FROM own)
  AND NOT EXISTS (SELECT FROM extension WHERE class OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::regclass AND object OPERATOR(pg_catalog.=) p.oid)
UNION ALL
SELECT 'operator', o.oprname::text FROM pg_catalog.pg_operator o
WHERE o.oprname OPERATOR(pg_catalog.=) ANY ($2::text[]::name[]) AND o.oprnamespace IN (SELECT oid FROM own)
  AND NOT EXISTS (SELECT FROM extension WHERE class OPERATOR(pg_catalog.=) 'pg_catalog.pg_operator'::regclass AND object OPERATOR(pg_catalog.=) o.oid)
UNION ALL
SELECT 'attribute', p.proname::text FROM pg_catalog.pg_proc p
WHERE p.proname OPERATOR(pg_catalog.=) ANY ($3::text[]::name[]) AND NOT p.proname OPERATOR(pg_catalog.=) ANY ($4::text[]::name[])
  AND p.pronargs OPERATOR(pg_catalog.-) p.pronargdefaults OPERATOR(pg_catalog.<=) 1 AND p.pronargs OPERATOR(pg_catalog.>=) 1
  AND (p.provolatile OPERATOR(pg_catalog.<>) 'i' OR p.pronamespace IN (SELECT oid FROM own))
LIMIT 1`
