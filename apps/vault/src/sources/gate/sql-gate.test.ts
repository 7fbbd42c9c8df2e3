import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { checkTree } from './check-tree.ts'
import { createSqlGate } from './create-sql-gate.ts'
import type { GateDialect } from './sql-gate.ts'

const gate = createSqlGate({ checkTree })
const everywhere: readonly GateDialect[] = ['postgres', 'mysql', 'sqlite']

/** What a model's own query may not be, as data: the name, the text, and where it is tried. */
const refused: readonly (readonly [string, string, readonly GateDialect[]])[] = [
  ['a stacked statement', 'SELECT 1; DELETE FROM t', everywhere],
  ['a stacked statement behind a comment', 'SELECT 1 /* ; */ ; DROP TABLE t --', everywhere],
  ['a statement behind the end of a comment', 'SELECT 1 -- x\n; DELETE FROM t', everywhere],
  [
    'a comment that only one lexer ends',
    'SELECT 1 /* /* */ ; DELETE FROM t /* */ */',
    ['mysql', 'sqlite'],
  ],
  ['no statement', '', everywhere],
  ['a comment alone', '-- nothing', everywhere],
  ['DELETE', 'DELETE FROM t', everywhere],
  ['INSERT', 'INSERT INTO t SELECT 1', everywhere],
  ['UPDATE', 'UPDATE t SET a = 1', everywhere],
  ['DROP', 'DROP TABLE t', everywhere],
  ['BEGIN', 'BEGIN', everywhere],
  ['SET', 'SET a = 1', everywhere],
  ['a CTE that deletes', 'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone', everywhere],
  [
    'a CTE that inserts',
    'WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x',
    everywhere,
  ],
  [
    'a CTE that updates, inside a subselect',
    'SELECT * FROM (WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x) y',
    everywhere,
  ],
  ['a CTE before a DELETE', 'WITH x AS (SELECT 1) DELETE FROM t', everywhere],
  ['SELECT INTO', 'SELECT * INTO copied FROM t', everywhere],
  ['SELECT INTO in a union', 'SELECT 1 UNION SELECT 1 INTO x', everywhere],
  ['FOR UPDATE', 'SELECT * FROM t FOR UPDATE', everywhere],
  ['FOR SHARE inside', 'SELECT * FROM (SELECT * FROM t FOR SHARE) x', ['postgres', 'mysql']],
  ['a bound place', 'SELECT $1', everywhere],
  ['a NUL', 'SELECT 1\0', everywhere],
  ['a lone surrogate', "SELECT '\ud800'", everywhere],
  ['a function that is not on the list', 'SELECT frobnicate(1)', everywhere],
  ['an unknown function in a join', 'SELECT * FROM a JOIN b ON frobnicate(a.x) = b.x', everywhere],
  ['an unknown function in ORDER BY', 'SELECT 1 FROM t ORDER BY frobnicate(a)', everywhere],
  ['a function of a schema', 'SELECT public.lower(a) FROM t', everywhere],
  ['a function by its quoted name', 'SELECT "pg_sleep"(5)', ['postgres', 'sqlite']],
  ['EXPLAIN ANALYZE', 'EXPLAIN ANALYZE SELECT 1', everywhere],
  ['a very long statement', `SELECT ${'1,'.repeat(4_001)}1`, everywhere],
  ['very many words', `SELECT ${'1 '.repeat(2_100)}`, everywhere],
  ['a deep nesting of brackets', `SELECT ${'('.repeat(60)}1${')'.repeat(60)}`, everywhere],
  [
    'a deep nesting of selects',
    `${'SELECT * FROM ('.repeat(60)}SELECT 1${') x'.repeat(60)}`,
    everywhere,
  ],

  ['COPY', "COPY t TO PROGRAM 'id'", ['postgres']],
  ['COPY of a query', "COPY (SELECT 1) TO '/tmp/x'", ['postgres']],
  ['DO', 'DO $$ BEGIN PERFORM 1; END $$', ['postgres']],
  ['CALL', 'CALL p()', ['postgres', 'mysql', 'sqlite']],
  ['PREPARE', 'PREPARE p AS SELECT 1', ['postgres']],
  ['LISTEN', 'LISTEN x', ['postgres']],
  ['TABLE of the system', 'TABLE pg_shadow', ['postgres']],
  ...[
    "lo_import('/etc/passwd')",
    "pg_read_file('/etc/passwd')",
    "pg_catalog.pg_read_file('/etc/passwd')",
    "pg_ls_dir('/')",
    'pg_sleep(5)',
    "pg_sleep_for('5 s')",
    "dblink('host=x', 'SELECT 1')",
    "set_config('transaction_read_only', 'off', true)",
    "current_setting('data_directory')",
    "query_to_xml('DELETE FROM t', true, true, '')",
    "table_to_xml('t', true, true, '')",
    "nextval('s')",
    'pg_terminate_backend(1)',
    'pg_advisory_lock(1)',
    "ts_stat('DELETE FROM t')",
    "ts_rewrite('a'::tsquery, 'DELETE FROM t')",
    'txid_current()',
    "pg_notify('a', 'b')",
    "has_table_privilege('t', 'SELECT')",
  ].map((call) => [call, `SELECT ${call}`, ['postgres']] as const),
  ['a function in FROM', "SELECT * FROM pg_ls_dir('.') x", ['postgres']],
  ['a function in ROWS FROM', "SELECT * FROM ROWS FROM (pg_ls_dir('.')) x", ['postgres']],
  ['a function in a window', 'SELECT sum(a) OVER (ORDER BY pg_sleep(1)) FROM t', ['postgres']],
  [
    'a function in a FILTER',
    'SELECT count(*) FILTER (WHERE pg_sleep(1) IS NULL) FROM t',
    ['postgres'],
  ],
  ['a function in LIMIT', "SELECT 1 LIMIT nextval('s')", ['postgres']],
  ['an operator of a schema', 'SELECT 1 OPERATOR(public.+) 1', ['postgres']],
  ['a table of the system', 'SELECT * FROM pg_stat_activity', ['postgres']],
  ['a table of the system by its schema', 'SELECT * FROM pg_catalog.pg_class', ['postgres']],
  ['a sample of a table', 'SELECT * FROM t TABLESAMPLE mine(1)', ['postgres']],
  ['XML', "SELECT xmlparse(document '<a/>')", ['postgres']],
  [
    'a table function of JSON',
    "SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a int)) x",
    ['postgres'],
  ],

  ['INTO OUTFILE', "SELECT * FROM t INTO OUTFILE '/tmp/x'", ['mysql']],
  ['INTO DUMPFILE', "SELECT 1 INTO DUMPFILE '/tmp/x'", ['mysql']],
  ['INTO a variable', 'SELECT 1 INTO @a', ['mysql']],
  ['a user variable', 'SELECT @a', ['mysql']],
  ['an assignment', 'SELECT @a := 1', ['mysql']],
  ['a system variable', 'SELECT @@datadir', ['mysql']],
  ['an executable comment', 'SELECT 1 /*! INTO OUTFILE "/tmp/x" */', ['mysql']],
  ['an executable comment with a version', 'SELECT 1 /*!50000 , SLEEP(5) */', ['mysql']],
  ['an executable comment of MariaDB', 'SELECT 1 /*M! , SLEEP(5) */', ['mysql']],
  ['a hash comment', 'SELECT 1 # x', ['mysql']],
  ['a text that a backslash does not end', String.raw`SELECT '\' OR 1=1 -- '`, ['mysql']],
  ['LOCK IN SHARE MODE', 'SELECT * FROM t LOCK IN SHARE MODE', ['mysql']],
  ['PROCEDURE ANALYSE', 'SELECT * FROM t PROCEDURE ANALYSE()', ['mysql']],
  ['a sequence', 'SELECT NEXT VALUE FOR s', ['mysql']],
  ['a sequence as a function', 'SELECT NEXTVAL(s)', ['mysql']],
  ['a table of the system in quotes', 'SELECT * FROM `mysql`.`user`', ['mysql']],
  ['statements of others', 'SELECT * FROM information_schema . processlist', ['mysql']],
  ['a quoted name of a function', 'SELECT `sleep`(5)', ['mysql']],
  ['a line break before the bracket', 'SELECT sleep\n(5)', ['mysql']],
  ['HANDLER', 'HANDLER t OPEN', ['mysql']],
  ...[
    'LOAD_FILE("/etc/passwd")',
    'SLEEP(5)',
    'BENCHMARK(1e9, SHA1(1))',
    "GET_LOCK('a', 5)",
    'UUID_SHORT()',
    'USER()',
    "SYS_EXEC('id')",
    'MASTER_POS_WAIT(1,1)',
    'ENCRYPT(1)',
    "EXTRACTVALUE('<a/>', 1)",
  ].map((call) => [call, `SELECT ${call}`, ['mysql']] as const),

  // The server's lexer ends a number where a word begins: what would be hidden in it is read.
  ['a word behind a number', "SELECT a FROM t WHERE a = 1.into outfile '/tmp/x'", ['mysql']],
  ['a lock behind a number', 'SELECT a FROM t WHERE a = 1.lock in share mode', ['mysql']],
  ['a join behind a number', 'SELECT 1.from t', ['mysql', 'sqlite']],
  ...['CURRENT_USER', 'current_role', '`a` , CURRENT_USER'].map(
    (name) => [`${name} without brackets`, `SELECT ${name} FROM t`, ['mysql']] as const,
  ),
  ...[
    'current_user',
    'session_user',
    'user',
    'current_role',
    'current_catalog',
    'current_schema',
  ].map((name) => [name, `SELECT ${name}`, ['postgres']] as const),
  ...['regrole', 'regproc', 'regnamespace', 'pg_catalog.regrole', 'regprocedure[]'].map(
    (type) => [`a cast to ${type}`, `SELECT 10::oid::${type}`, ['postgres']] as const,
  ),
  ['ATTACH', "ATTACH '/tmp/x' AS x", ['sqlite']],
  ['PRAGMA', 'PRAGMA writable_schema = 1', ['sqlite']],
  ['a pragma as a table', "SELECT * FROM pragma_database_list('x')", ['sqlite']],
  ['VACUUM INTO', "VACUUM INTO '/tmp/x'", ['sqlite']],
  ...[
    "load_extension('/tmp/x')",
    "writefile('/tmp/x', 'y')",
    "readfile('/etc/passwd')",
    "edit('x')",
    'randomblob(1000000000)',
    'zeroblob(1000000000)',
    "fts3_tokenizer('a', x'00')",
    'sqlite_source_id()',
  ].map((call) => [call, `SELECT ${call}`, ['sqlite']] as const),
  ['a function by its bracketed name', "SELECT [load_extension]('/tmp/x')", ['sqlite']],
]

const taken: readonly (readonly [string, readonly GateDialect[]])[] = [
  ['SELECT 1', everywhere],
  ['SELECT 1.0, 1.5e3, 1e-3, 1.25 FROM t WHERE a > 0.1', everywhere],
  ['SELECT 0x1F, 0b1', ['mysql']],
  ['SELECT current_date, current_timestamp', everywhere],
  ['select a, b AS c from t where a = 1 and b in (1, 2, 3) order by 1 limit 5;', everywhere],
  [
    "SELECT 'a ; b -- c /* d */' AS x, count(*) FROM t GROUP BY 1 HAVING count(*) > (2)",
    everywhere,
  ],
  ['WITH x AS (SELECT a FROM t) SELECT * FROM x JOIN u ON (x.a = u.a)', everywhere],
  [
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n',
    everywhere,
  ],
  ['SELECT lower(a), round(b, 2), coalesce(c, 0) FROM t LEFT JOIN u USING (id)', everywhere],
  ['SELECT a, row_number() OVER (PARTITION BY b ORDER BY c DESC) FROM t', everywhere],
  [
    'SELECT CASE WHEN a > 1 THEN (2) ELSE (3) END FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a)',
    everywhere,
  ],
  ["SELECT cast(a AS char(10)), replace(a, 'x', 'y') FROM t UNION SELECT 1, 2", everywhere],
  ['SELECT 1 /* why */ -- because', ['postgres']],
  [
    "SELECT date_trunc('day', at), a::numeric, x->>'k', extract(year FROM at), a ILIKE '%b' FROM t",
    ['postgres'],
  ],
  [
    "SELECT 't'::regclass, array_agg(a ORDER BY b) FILTER (WHERE c), interval '1 day' + now() FROM t",
    ['postgres'],
  ],
  [
    "SELECT a FROM t WHERE a SIMILAR TO 'x' AND b BETWEEN 1 AND 2 AND c = ANY (ARRAY[1, 2])",
    ['postgres'],
  ],
  ['SELECT g FROM generate_series(1, 3) AS g', ['postgres']],
  [
    "SELECT date_format(at, '%Y'), if(a > 1, 'x', 'y'), group_concat(b SEPARATOR ',') FROM `t`",
    ['mysql'],
  ],
  ["SELECT strftime('%Y', at), json_extract(a, '$.b'), a ->> '$.c' FROM t", ['sqlite']],
  ["SELECT a FROM t WHERE MATCH (a, b) AGAINST ('x' IN BOOLEAN MODE)", ['mysql']],
]

describe('the gate of free queries', () => {
  for (const [what, statement, dialects] of refused) {
    for (const dialect of dialects) {
      it(`refuses ${what} (${dialect})`, async () => {
        verifies('S-39')
        const verdict = await gate.checkQuery(dialect, statement)
        expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(/\.$/) })
      })
    }
  }
  for (const [statement, dialects] of taken) {
    for (const dialect of dialects) {
      it(`takes ${statement} (${dialect})`, async () => {
        expect(await gate.checkQuery(dialect, statement)).toMatchObject({ ok: true })
      })
    }
  }

  it('names what only the database can resolve', async () => {
    const verdict = await gate.checkQuery(
      'postgres',
      "SELECT f.pg_read_file, (a).b, lower(c) FROM unnest(array['x']) f WHERE c ~~ 'x'",
    )
    if (!verdict.ok) throw new Error(verdict.reason)
    expect([...(verdict.uses?.attributes ?? [])].sort()).toEqual(['b', 'pg_read_file'])
    expect([...(verdict.uses?.functions ?? [])].sort()).toEqual(['lower', 'unnest'])
    expect(verdict.uses?.operators).toContain('~~')
  })

  it('is quick with the longest that it reads', async () => {
    const before = Date.now()
    for (const dialect of everywhere) {
      await gate.checkQuery(dialect, `SELECT ${'1+'.repeat(990)}1`)
      await gate.checkQuery(dialect, `SELECT ${'('.repeat(50)}1${')'.repeat(50)}`)
      await gate.checkQuery(dialect, `SELECT '${'x'.repeat(7_900)}'`)
      await gate.checkQuery(dialect, `SELECT 1 WHERE ${'NOT '.repeat(1_900)} 1`)
    }
    expect(Date.now() - before).toBeLessThan(10_000)
  })
})

interface Prescribed {
  readonly statement: string
  readonly count?: number
  readonly writes?: boolean
  readonly dialects?: readonly GateDialect[]
}
const check = (dialect: GateDialect, { statement, count = 0, writes = false }: Prescribed) =>
  gate.checkStatement(dialect, { statement, parameterCount: count, writes })

const wrongTools: readonly Prescribed[] = [
  { statement: '' },
  { statement: 'SELECT 1; SELECT 2' },
  { statement: 'DELETE FROM t' },
  { statement: 'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x' },
  { statement: 'SELECT * FROM t FOR UPDATE' },
  { statement: 'BEGIN', writes: true },
  { statement: 'COMMIT', writes: true },
  { statement: 'SET x = 1', writes: true },
  { statement: 'DROP TABLE t', writes: true },
  { statement: 'ATTACH DATABASE x AS y', writes: true },
  { statement: "COPY t FROM PROGRAM 'id'", writes: true },
  { statement: "SELECT 1 INTO OUTFILE '/x'", writes: true, dialects: ['mysql'] },
  { statement: 'SELECT 1 /*! + 1 */', dialects: ['mysql'] },
  { statement: 'SELECT @a', dialects: ['mysql'] },
  { statement: 'SELECT 1', count: 1 },
  { statement: 'SELECT $1', count: 0 },
  { statement: 'SELECT $2', count: 2, dialects: ['postgres', 'sqlite'] },
  { statement: 'SELECT ?, ?', count: 1, dialects: ['mysql', 'sqlite'] },
  { statement: 'SELECT ?, $1', count: 2, dialects: ['sqlite'] },
  { statement: 'SELECT :name', count: 1, dialects: ['sqlite'] },
  { statement: "SELECT 'it is not over" },
]
const rightTools: readonly Prescribed[] = [
  { statement: 'SELECT 1' },
  { statement: "SELECT '?', '$1' -- what ? is" },
  { statement: 'SELECT $1, $2, $1', count: 2, dialects: ['postgres', 'sqlite'] },
  { statement: 'SELECT ? FROM t WHERE a = ?;', count: 2, dialects: ['mysql', 'sqlite'] },
  { statement: 'UPDATE t SET a = 1', writes: true },
  { statement: 'WITH x AS (SELECT 1) DELETE FROM t', writes: true },
  { statement: 'SELECT * FROM t FOR UPDATE', writes: true, dialects: ['postgres', 'mysql'] },
  {
    statement: 'SELECT pg_size_pretty(pg_relation_size($1::regclass))',
    count: 1,
    dialects: ['postgres'],
  },
]

describe('the gate of prescribed statements', () => {
  for (const [tools, ok] of [
    [wrongTools, false],
    [rightTools, true],
  ] as const) {
    for (const tool of tools) {
      for (const dialect of tool.dialects ?? everywhere) {
        const how = `${tool.count ?? 0} parameters${tool.writes === true ? ', writing' : ''}`
        it(`${ok ? 'takes' : 'refuses'} ${tool.statement} with ${how} (${dialect})`, async () => {
          verifies('S-39')
          expect(await check(dialect, tool)).toMatchObject({ ok })
        })
      }
    }
  }
})
