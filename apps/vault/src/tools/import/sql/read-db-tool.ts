import { type Data, isList, isObject, readDocument } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'
import { toKey, toToolName, toToolsetName } from '../tool-names.ts'
import {
  createDocumentReader,
  type DocumentReader,
  type Place,
} from '../yaml-tools/document-reader.ts'
import { refuseTool, ToolRefused } from '../yaml-tools/tool-refused.ts'
import { createFill, type Fill, fillWhole } from './fill-variables.ts'
import { readSchemaParameters } from './read-parameters.ts'
import { readSourceEntry } from './read-place.ts'
import type { ReadSource, ReadSqlDocument, ReadStatement } from './sql-document.ts'

// Higress’s `db_tool`: a statement with JSON Schema for its arguments, and `db_source` beside it where the document says where the
// database is. What it does not say is asked for.

const rootKeys = ['db_source', 'db_sources', 'db_tool', 'db_tools']
const toolKeys = ['kind', 'source', 'name', 'title', 'description', 'inputSchema', 'statement']

const kindOf: Readonly<Record<string, string>> = {
  'postgres-sql': 'postgres',
  'mysql-sql': 'mysql',
  'sqlite-sql': 'sqlite',
}

/** Reads the SQL sources and tools of a document of Higress. */
export const readDbTool: ReadSqlDocument = ({ document: text, variables = {} }) => {
  const { value } = readDocument(text)
  const read = createDocumentReader(text)
  const root = read.object(value, [], rootKeys)
  const fill = createFill(variables)
  const notes = new Set<string>()
  const sources = listOf(root, ['db_source', 'db_sources']).map(({ one, place }) => {
    const entry = isObject(one) ? one : read.refuse(place, 'it is not an object.')
    const name = read.text(entry.name, [...place, 'name']) ?? read.refuse(place, 'it has no name.')
    const type = read.text(entry.kind ?? entry.type, [...place, 'kind']) ?? ''
    return readSourceEntry({ name, type, value: entry, place, read }, { fill, notes })
  })
  const tools = listOf(root, ['db_tool', 'db_tools'])
  if (tools.length === 0) refuseDocument('It has no db_tool.')
  const statements = tools.map(({ one, place }) => readStatement(one, { place, read, fill }))
  return {
    format: 'higress',
    sources: [...sources, ...unsaid(tools, sources)],
    statements,
    notes: [...notes],
  }
}

function listOf(
  root: Readonly<Record<string, Data | undefined>>,
  keys: readonly string[],
): { one: Data; place: Place }[] {
  return keys.flatMap((key) => {
    const value = root[key]
    if (value === undefined || value === null) return []
    if (!isList(value)) return [{ one: value, place: [key] }]
    return value.map((one, at) => ({ one, place: [key, at] }))
  })
}

function readStatement(
  one: Data,
  {
    place,
    read,
    fill,
  }: { readonly place: Place; readonly read: DocumentReader; readonly fill: Fill },
): ReadStatement {
  const value = read.object(one, place, toolKeys)
  const text = (key: string) => read.text(value[key], [...place, key])
  const name = text('name') ?? read.refuse(place, 'it has no name.')
  const statement = text('statement')
  const told = {
    ...{ key: toKey(name), source: text('source') ?? '', tags: [] },
    description: text('description') ?? '',
    ...(statement !== undefined && { statement }),
  }
  try {
    const kind = text('kind') ?? ''
    if (!Object.hasOwn(kindOf, kind)) {
      refuseTool(
        `It is of the kind ${quoteName(kind)}; here ${Object.keys(kindOf).join(', ')} are taken.`,
      )
    }
    if (statement === undefined || statement.trim() === '')
      return refuseTool('It has no statement.')
    const own = toToolName(name)
    if (own === undefined) return refuseTool('Nothing of its name can be the name of a tool.')
    const under = { place: [...place, 'inputSchema'], read }
    const { parameters, changed } = readSchemaParameters(value.inputSchema, under)
    const title = text('title')?.trim()
    const reasons = [...(own === name ? [] : [`It is called ${own}.`]), ...changed]
    return {
      ...told,
      ...{ name: own, parameters, statement: fillWhole(fill, statement).trim() },
      ...(title !== undefined && title !== '' && { title: title.slice(0, 120) }),
      ...(reasons.length > 0 && { reason: reasons.join(' ') }),
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolRefused)) throw thrown
    return { ...told, refused: thrown.message }
  }
}

/** Sources that tools name and the document does not say: all of them is asked for. */
function unsaid(
  tools: readonly { readonly one: Data }[],
  sources: readonly ReadSource[],
): ReadSource[] {
  const known = new Set(sources.map(({ key }) => key))
  return tools.flatMap(({ one }): ReadSource[] => {
    if (!isObject(one)) return []
    const { source, kind } = one
    if (typeof source !== 'string' || known.has(source)) return []
    const sourceKind = typeof kind === 'string' && Object.hasOwn(kindOf, kind) ? kindOf[kind] : ''
    if (sourceKind === undefined || sourceKind === '') return []
    known.add(source)
    const dialect = sourceKind as 'postgres' | 'mysql' | 'sqlite'
    const fields = dialect === 'sqlite' ? ['path'] : ['host', 'database', 'user']
    const asks = fields.map((field) => ({ field, message: 'must be given' }))
    return [{ key: source, kind: sourceKind, name: toToolsetName(source), dialect, asks }]
  })
}
