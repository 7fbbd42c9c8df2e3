import { describe, expect, it } from 'vitest'
import { looksLikeSources } from './import-sources.ts'

describe('a document of SQL sources', () => {
  it('is told by the kind of its tools, in each way to write it', () => {
    for (const document of [
      'sources: {}\ntools:\n  search:\n    kind: postgres-sql\n',
      'tools: {search: {kind: mysql-sql, source: a}}',
      '{"tools": {"a": {"kind": "sqlite-sql"}}}',
      'kind: tools\nname: a\ntype: postgres-sql\n',
      'db_tool:\n  name: x\n  statement: SELECT 1',
      '- db_tool:\n    name: x',
    ]) {
      expect([document, looksLikeSources(document)]).toEqual([document, true])
    }
  })

  it('is none where it describes an API', () => {
    for (const document of [
      'sources:\n  a:\n    kind: http\ntools:\n  b:\n    kind: http\n',
      'openapi: 3.1.0\ninfo: {title: About postgres-sql}\npaths: {}',
      'curl https://a.test -d "kind=postgres-sql"',
      'server:\n  name: x\ntools:\n  - name: y\n    description: SELECT by a db_tool',
    ]) {
      expect([document, looksLikeSources(document)]).toEqual([document, false])
    }
  })
})
