import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { readSqlDocument } from './read-sql-document.ts'
import type { ReadStatement } from './sql-document.ts'

const source = `sources:
  shop:
    kind: postgres
    host: db.example.com
    database: shop
    user: reader
    password: a-password-that-is-one
`
/** A document with one tool, of these lines. */
const withTool = (lines: string, of = source) =>
  `${of}tools:\n  one:\n    source: shop\n    description: One\n${lines.replaceAll(/^/gm, '    ')}\n`
const plain = 'kind: postgres-sql\nstatement: SELECT $1\n'

const read = (document: string, variables?: Record<string, string>) =>
  readSqlDocument({ document, variables })
const toolOf = (document: string, variables?: Record<string, string>): ReadStatement | undefined =>
  read(document, variables).statements[0]

function refusalOf(document: string): string {
  try {
    read(document)
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.type === 'document-refused') return thrown.detail
    throw thrown
  }
  throw new Error('it was read')
}

describe('a document of genai-toolbox', () => {
  it('says where its database is, and how its statements are called', () => {
    const found = read(
      withTool(
        `${plain}parameters:
  - {name: ids, type: array, description: Which, items: {name: id, type: integer}}
  - {name: from-day, type: string, description: Since when, default: '2026-01-01'}`,
      ),
    )
    expect(found.sources).toEqual([
      expect.objectContaining({
        ...{ key: 'shop', dialect: 'postgres', host: 'db.example.com', database: 'shop' },
        ...{ user: 'reader', password: 'a-password-that-is-one', asks: [] },
      }),
    ])
    expect(found.statements[0]).toMatchObject({
      ...{ name: 'one', statement: 'SELECT $1' },
      reason: 'Its parameter “from-day” is called from_day.',
      parameters: [
        { name: 'ids', type: 'array', items: 'integer', required: true },
        { name: 'from_day', type: 'string', default: '2026-01-01' },
      ],
    })
  })

  it.each([
    ['templateParameters: [{name: t, type: string, description: x}]', 'cannot be bound'],
    ['parameters: [{name: u, type: string, authServices: [{name: g, field: sub}]}]', 'agent: id'],
    ['parameters: [{name: m, type: map, description: x}]', 'of the type “map”'],
    ['parameters: [{name: s, type: string, maxValue: 5, description: x}]', 'on numbers'],
    ['parameters: [{name: n, type: integer, minValue: 9, maxValue: 5, description: x}]', 'maximum'],
    ["parameters: [{name: s, type: string, allowedValues: ['a.*'], description: x}]", 'expression'],
    [
      'parameters: [{name: n, type: integer, allowedValues: [1, x], description: x}]',
      'type integer',
    ],
    [
      'parameters: [{name: s, type: string, excludedValues: [a], description: x}]',
      'excludedValues',
    ],
    ['parameters: [{name: s, type: string, escape: backticks, description: x}]', 'for templates'],
    [
      'parameters: [{name: s, type: array, allowedValues: [a], description: x, items: {name: i, type: string, description: x}}]',
      'belongs to its items',
    ],
    [
      'parameters: [{name: s, type: array, description: x, items: {name: i, type: string, excludedValues: [a]}}]',
      'excludedValues',
    ],
    [
      'parameters: [{name: n, type: integer, default: 7, maxValue: 5, description: x}]',
      'a value that is taken',
    ],
    ['parameters: [{name: s, type: array, description: x}]', 'of no type that can be bound'],
    ['parameters: [{name: s, type: string, embeddedBy: model, description: x}]', 'embedding model'],
  ])('refuses a tool with %s', (lines, reason) => {
    expect(toolOf(withTool(plain + lines))?.refused).toContain(reason)
  })

  it('holds callers to the values and bounds that a schema can say, and says where that is less than it was', () => {
    const found = toolOf(
      withTool(
        `${plain}parameters: [${[
          '{name: status, type: string, allowedValues: [open, closed], description: x}',
          "{name: kind, type: string, allowedValues: ['^new$', '^used$'], description: x}",
          '{name: count, type: integer, minValue: 0, maxValue: 5, default: 3, description: x}',
          '{name: level, type: integer, allowedValues: [1, 2], description: x}',
          '{name: ids, type: array, description: x, items: {name: id, type: integer, minValue: 1}}',
        ].join(', ')}]`,
      ),
    )
    expect(found).toMatchObject({
      parameters: [
        { name: 'status', enum: ['open', 'closed'] },
        { name: 'kind', enum: ['new', 'used'] },
        { name: 'count', minimum: 0, maximum: 5, default: 3 },
        { name: 'level', enum: [1, 2] },
        { name: 'ids', type: 'array', items: 'integer', minimum: 1 },
      ],
      reason: expect.stringMatching(/^Its parameter “status” takes its allowedValues alone[^“]*$/),
    })
  })

  it.each([
    ['postgres-execute-sql', 'query: true'],
    ['postgres-list-tables', 'schemaTools: true'],
    ['mysql-sql', 'its source is of the kind postgres'],
    ['bigquery-sql', 'of the kind “bigquery-sql”'],
    ['http', 'Import the document as a toolset'],
  ])('refuses a tool of the kind %s', (kind, reason) => {
    const document = withTool(plain.replace('postgres-sql', kind))
    expect(toolOf(document)?.refused).toContain(reason)
  })

  it.each(['cloud-sql-postgres', 'cloud-sql-mysql', 'alloydb-postgres', 'spanner', 'toString'])(
    'refuses a source of the kind %s with the reason',
    (kind) => {
      const document = withTool(plain, source.replace('kind: postgres', `kind: ${kind}`))
      expect(read(document).sources[0]?.refused).toMatch(/of the kind/)
    },
  )

  it('takes nothing from the environment of the vault, and asks for it', () => {
    const path = process.env.PATH ?? ''
    expect(path).not.toBe('')
    const from = source
      .replace('db.example.com', `\${PATH}`)
      .replace('a-password-that-is-one', `\${constructor}`)
      .replace('reader', `\${DB_USER:reader}`)
    const [found] = read(withTool(plain, from)).sources
    expect(found).toMatchObject({ user: 'reader' })
    expect(found?.host).toBeUndefined()
    expect(found?.password).toBeUndefined()
    expect(found?.asks).toEqual([
      { field: 'host', message: 'must be given: the document takes it from PATH' },
      { field: 'password', message: 'must be given: the document takes it from constructor' },
    ])
    const given = { PATH: 'db.example.org', constructor: 'typed-by-the-owner' }
    expect(read(withTool(plain, from), given).sources[0]).toMatchObject({
      ...{ host: 'db.example.org', password: 'typed-by-the-owner', asks: [] },
    })
  })

  it('refuses a tool whose statement needs what was not given', () => {
    const document = withTool(`kind: postgres-sql\nstatement: SELECT * FROM \${SCHEMA}.t`)
    expect(toolOf(document)?.refused).toContain('SCHEMA')
    expect(toolOf(document, { SCHEMA: 'sales' })).toMatchObject({
      statement: 'SELECT * FROM sales.t',
    })
  })

  it('asks for a password where a placeholder stands', () => {
    const [found] = read(
      withTool(plain, source.replace('a-password-that-is-one', 'my-password')),
    ).sources
    expect(found?.password).toBeUndefined()
    expect(found?.asks.map(({ field }) => field)).toEqual(['password'])
  })

  it('has no tool that says a password of it', () => {
    const document = withTool(
      "kind: postgres-sql\nstatement: SELECT dblink('password=a-password-that-is-one')",
    )
    const found = toolOf(document)
    expect(found?.refused).toContain('password')
    expect(JSON.stringify(found)).not.toContain('a-password-that-is-one')
  })

  it.each([
    ['a key of a source', source.replace('user:', 'usr: x\n    user:'), plain],
    ['a key of a tool', source, `${plain}timeout: 5`],
    ['a key of a parameter', source, `${plain}parameters: [{name: a, kind: string}]`],
    ['a section', `${source}secrets: {}\n`, plain],
  ])('with %s that is not known is refused with its line', (_what, of, lines) => {
    expect(refusalOf(withTool(lines, of))).toMatch(/^Line \d+, column \d+ .*is not known here/)
  })

  it('is bounded', () => {
    const many = Array.from(
      { length: 1001 },
      (_, n) => `  t${n}: {kind: postgres-sql, source: shop}`,
    )
    expect(refusalOf(`${source}tools:\n${many.join('\n')}\n`)).toContain('more than 1000 tools')
    expect(refusalOf(`${source}# ${'x'.repeat(4 * 1024 * 1024)}`)).toContain('more than')
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let level = 0; level < 9; level += 1) {
      const [name, of] = ['bcdefghij'[level], 'abcdefghi'[level]]
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(',')}]`)
    }
    expect(refusalOf(`${bomb.join('\n')}\n${withTool(plain)}`)).toContain('aliases')
  })

  it('reads TLS as what it is here: required, or off', () => {
    const tlsOf = (params: string) => {
      const found = read(withTool(plain, `${source}    queryParams: {${params}}\n`))
      return [found.sources[0]?.tls, found.notes.length]
    }
    expect(tlsOf('sslmode: disable')).toEqual(['off', 0])
    expect(tlsOf('sslmode: verify-full')).toEqual(['require', 0])
    expect(tlsOf('sslmode: prefer')).toEqual(['require', 1])
    expect(tlsOf('application_name: x')).toEqual([undefined, 1])
  })
})

describe('a document of Higress with db_tool', () => {
  const document = `db_tool:
  - kind: postgres-sql
    source: my-pg-source
    name: search-hotels-by-name
    description: Search for hotels based on name.
    inputSchema:
      - type: object
        properties:
          table: {type: string, description: hotel name, enum: [a, b]}
        required: [table]
    statement: SELECT * FROM hotels WHERE name ILIKE '%' || $1 || '%';
`
  it('is a statement whose source has to be said', () => {
    expect(read(document)).toMatchObject({
      format: 'higress',
      sources: [{ key: 'my-pg-source', dialect: 'postgres', asks: [{ field: 'host' }, {}, {}] }],
      statements: [
        {
          ...{ name: 'search-hotels-by-name', source: 'my-pg-source' },
          parameters: [{ name: 'table', type: 'string', required: true, enum: ['a', 'b'] }],
        },
      ],
    })
  })

  it('takes db_source beside it', () => {
    const beside = `db_source: {name: my-pg-source, kind: postgres, host: h.example.com, database: d, user: u}\n${document}`
    expect(read(beside).sources).toMatchObject([{ host: 'h.example.com', asks: [] }])
  })

  it('with another key is refused', () => {
    expect(refusalOf(document.replace('statement:', 'sql:'))).toContain('is not known here')
  })
})
