import {
  entryKeys,
  readToolboxDocument,
  type ToolboxDocument,
  type ToolboxEntry,
  unknownSource,
} from '../genai-toolbox/toolbox-document.ts'
import { quoteName } from '../refuse-document.ts'
import { toKey, toToolName } from '../tool-names.ts'
import { refuseTool, ToolRefused } from '../yaml-tools/tool-refused.ts'
import { createFill, type Fill, fillWhole } from './fill-variables.ts'
import { readParameters } from './read-parameters.ts'
import { readSourceEntry } from './read-place.ts'
import type { ReadSqlDocument, ReadStatement } from './sql-document.ts'

const toolKeys = entryKeys([
  'source',
  'title',
  'description',
  'statement',
  'parameters',
  'templateParameters',
  'authRequired',
  'scopesRequired',
  'annotations',
])

/** Which kinds of sources a kind of tool goes with. */
const sourcesOf: Readonly<Record<string, readonly string[]>> = {
  'postgres-sql': ['postgres'],
  'mysql-sql': ['mysql', 'mariadb'],
  'mariadb-sql': ['mysql', 'mariadb'],
  'sqlite-sql': ['sqlite'],
}

interface Facts {
  readonly document: ToolboxDocument
  readonly fill: Fill
  readonly notes: Set<string>
}

/** Reads the SQL sources and tools of a document of genai-toolbox. */
export const readToolboxSql: ReadSqlDocument = ({ document: text, variables = {} }) => {
  const document = readToolboxDocument(text)
  const facts: Facts = { document, fill: createFill(variables), notes: new Set() }
  const sources = [...document.sources.values()].map((entry) => readSourceEntry(entry, facts))
  return {
    format: 'genai-toolbox',
    sources,
    statements: document.tools.map((entry) => readStatement(entry, facts)),
    notes: [...facts.notes],
  }
}

function readStatement(entry: ToolboxEntry, facts: Facts): ReadStatement {
  const { read, place, value } = entry
  const source = typeof value.source === 'string' ? value.source : ''
  const tags = [...facts.document.toolsets].flatMap(([name, tools]) =>
    tools.includes(entry.name) ? [name.slice(0, 100)] : [],
  )
  const told = {
    ...{ key: toKey(entry.name), source, tags: tags.slice(0, 20) },
    description: typeof value.description === 'string' ? value.description : '',
    ...(typeof value.statement === 'string' && { statement: value.statement }),
  }
  try {
    refuseOthers(entry, facts)
    const tool = read.object(value, place, toolKeys)
    refuseTemplates(entry)
    const written = read.text(tool.statement, [...place, 'statement'])
    if (written === undefined || written.trim() === '') return refuseTool('It has no statement.')
    const parameters = { place: [...place, 'parameters'], read }
    const { parameters: made, changed } = readParameters(tool.parameters, parameters)
    if (read.list(tool.authRequired, [...place, 'authRequired']).length > 0) {
      facts.notes.add(
        'authRequired is left out: the vault’s own agents, tokens and grants say who may call.',
      )
    }
    const name = toToolName(entry.name)
    if (name === undefined) return refuseTool('Nothing of its name can be the name of a tool.')
    const title = read.text(tool.title, [...place, 'title'])?.trim()
    const reasons = [...(name === entry.name ? [] : [`It is called ${name}.`]), ...changed]
    return {
      ...told,
      ...{ name, parameters: made, statement: fillWhole(facts.fill, written).trim() },
      ...(title !== undefined && title !== '' && { title: title.slice(0, 120) }),
      ...(reasons.length > 0 && { reason: reasons.join(' ') }),
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolRefused)) throw thrown
    return { ...told, refused: thrown.message }
  }
}

/** @throws ToolRefused for what is no statement of a database that is taken here */
function refuseOthers({ type, value }: ToolboxEntry, { document }: Facts): void {
  if (/-execute-sql$/.test(type)) {
    refuseTool(
      'It takes statements of the model’s own. A source has the tool query for that, where its owner turns it on (query: true): one SELECT, parsed and read-only.',
    )
  }
  if (/-list-(?:tables|schemas)$/.test(type)) {
    refuseTool(
      'A source has the tools list_tables and describe_table for that, where its owner turns them on (schemaTools: true).',
    )
  }
  const kinds = Object.hasOwn(sourcesOf, type) ? sourcesOf[type] : undefined
  if (kinds === undefined) {
    const elsewhere = type === 'http' ? ' Import the document as a toolset for it.' : ''
    refuseTool(
      `It is of the kind ${quoteName(type)}; here ${Object.keys(sourcesOf).join(', ')} are taken.${elsewhere}`,
    )
  }
  const named = typeof value.source === 'string' ? value.source : ''
  const source = document.sources.get(named)
  if (source === undefined) refuseTool(unknownSource(named))
  // A source that is not taken says so itself.
  const isOther = Object.values(sourcesOf)
    .flat()
    .includes(source?.type ?? '')
  if (source !== undefined && isOther && kinds?.includes(source.type) === false) {
    refuseTool(`It is of the kind ${type}, and its source is of the kind ${source.type}.`)
  }
}

/** @throws ToolRefused */
function refuseTemplates({ value, read, place }: ToolboxEntry): void {
  const list = read.list(value.templateParameters, [...place, 'templateParameters'])
  if (list.length === 0) return
  refuseTool(
    'Its templateParameters are written into the statement and cannot be bound: whoever sets them writes SQL. Make one tool for each statement that is wanted.',
  )
}
