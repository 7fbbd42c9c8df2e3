import { type ImportFormat, Problem } from '@sallyport/contracts'
import { type Data, type DataObject, isList, isObject, readDocuments } from './read-document.ts'
import { refuseDocument } from './refuse-document.ts'

/**
 * Finds out what kind of document a text is.
 * @throws Problem `document-refused` for a text that is none of them, saying what it seems to be where that is known
 */
export function detectFormat(document: string): ImportFormat {
  const quick = detectBySight(document)
  if (quick !== undefined) return quick
  const values = readUnlessShell(document)
  if (values === undefined) return 'curl'
  const found = values.length === 1 ? detectOne(values[0]) : detectStream(values)
  return found ?? refuseDocument(sayWhatItIs(values[0]), { next: whatIsTaken })
}

/** A script with curl in it is read as commands, which say what of it cannot be read; as YAML it would be refused for its colons. */
function readUnlessShell(document: string): readonly Data[] | undefined {
  try {
    return readDocuments(document).map(({ value }) => value)
  } catch (thrown) {
    const start = document.slice(0, sightCharsMax)
    const isShell = /^[ \t]*(?:[$>%] |[A-Za-z_]\w*=["']?\$\()?curl\s/m
    // A description may show a command: what is wrong with the document around it is what has to be said.
    const isYaml = /^["']?(?:server|tools|toolSet|sources|kind|apiVersion|info|paths)["']?[ \t]*:/m
    if (thrown instanceof Problem && isShell.test(start) && !isYaml.test(start)) return undefined
    throw thrown
  }
}

const whatIsTaken =
  'Give an OpenAPI or Swagger document, Higress YAML with server and tools, genai-toolbox YAML with sources and tools, or a curl command.'

const sightCharsMax = 100_000

/** By the look of it alone: reading a large document twice costs seconds. */
function detectBySight(document: string): ImportFormat | undefined {
  const start = document.slice(0, sightCharsMax)
  if (/^\s*(?:[#$>`][^\n]*\n\s*)*(?:[$>]\s+)?(?:[A-Za-z_]\w*=\S*\s+)*curl(?:\.exe)?\s/.test(start))
    return 'curl'
  if (/^\s*\{\s*"(?:openapi|swagger)"\s*:/.test(start)) return 'openapi'
  // At the first column a YAML key is one of the document's own members.
  const isFlow = /^\s*[{[]/.test(start)
  if (!isFlow && /^["']?(?:openapi|swagger)["']?[ \t]*:[ \t]/m.test(start)) return 'openapi'
  return undefined
}

function detectOne(value: Data | undefined): ImportFormat | undefined {
  if (!isObject(value)) return undefined
  if (value.openapi !== undefined || value.swagger !== undefined) return 'openapi'
  if (value.kind === 'WasmPlugin') return 'higress'
  if (isToolboxKinds(value)) return 'genai-toolbox'
  if (value.server !== undefined || value.toolSet !== undefined || isList(value.tools))
    return 'higress'
  if (value.sources !== undefined || isObject(value.tools)) return 'genai-toolbox'
  if (value.paths !== undefined && value.info !== undefined) return 'openapi'
  return undefined
}

/** The stream form of genai-toolbox: documents that say their kind. */
function detectStream(values: readonly Data[]): ImportFormat | undefined {
  const objects = values.filter(isObject)
  return objects.length > 0 && objects.every(isToolboxKinds) ? 'genai-toolbox' : undefined
}

const toolboxKinds: ReadonlySet<unknown> = new Set([
  ...['source', 'sources', 'tool', 'tools', 'toolset', 'toolsets', 'authService', 'authServices'],
])
const isToolboxKinds = (value: DataObject): boolean =>
  toolboxKinds.has(value.kind) && value.name !== undefined

const others: readonly (readonly [(value: DataObject) => boolean, string])[] = [
  [({ asyncapi }) => asyncapi !== undefined, 'an AsyncAPI document, which describes messages'],
  [
    ({ db_tool, db_tools }) => db_tool !== undefined || db_tools !== undefined,
    'a tool of Higress for a database: import it as a SQL source (POST /api/v1/sources/import)',
  ],
  [({ mcpServers }) => mcpServers !== undefined, 'the configuration of an MCP client'],
  [
    ({ info, item }) => isList(item) && isObject(info),
    'a Postman collection: convert it to OpenAPI first',
  ],
  [({ log }) => isObject(log) && isList(log.entries), 'a HAR file'],
  [
    ({ kind }) => typeof kind === 'string' && kind.startsWith('discovery#'),
    'a Google discovery document: convert it to OpenAPI first',
  ],
  [
    ({ swaggerVersion }) => swaggerVersion !== undefined,
    'Swagger 1, which is not taken: convert it to OpenAPI first',
  ],
  [
    ({ __schema, data }) => __schema !== undefined || isObject(data),
    'a GraphQL introspection result',
  ],
  [
    ({ apiVersion, kind }) => apiVersion !== undefined && kind !== undefined,
    'a Kubernetes manifest',
  ],
]

function sayWhatItIs(value: Data | undefined): string {
  const found = isObject(value) ? others.find(([is]) => is(value)) : undefined
  if (found !== undefined) return `The document seems to be ${found[1]}.`
  return 'The document is of no kind that can be imported.'
}
