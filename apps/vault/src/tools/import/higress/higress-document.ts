import { type Data, type DataObject, isList, isObject, readDocument } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'
import { plainKeywords } from '../yaml-tools/argument-schemas.ts'
import {
  createDocumentReader,
  type DocumentReader,
  type Place,
} from '../yaml-tools/document-reader.ts'
import type {
  HigressArgument,
  HigressDocument,
  HigressRequest,
  HigressScheme,
  HigressTool,
  SecurityReference,
} from './higress-types.ts'
import { unwrapPlugin } from './unwrap-plugin.ts'

// A document of Higress as it stands: every key that it may have is named here, and any other refuses it.

const documentKeys = ['server', 'tools', 'allowTools', 'toolSet']
const serverKeys = [
  'name',
  'type',
  'description',
  'config',
  'securitySchemes',
  'allowTools',
  'toolSet',
  'defaultUpstreamSecurity',
  'defaultDownstreamSecurity',
  'passthroughAuthHeader',
  'mcpServerURL',
  'timeout',
  'transport',
  'protocolStrategy',
  'autoDetection',
]
const schemeKeys = ['id', 'type', 'scheme', 'in', 'name', 'defaultCredential', 'description']
const toolKeys = [
  'name',
  'title',
  'description',
  'args',
  'requestTemplate',
  'responseTemplate',
  'errorResponseTemplate',
  'security',
  'outputSchema',
  'annotations',
  'legacyOnly',
]
const argumentKeys = [
  'name',
  'description',
  'type',
  'required',
  'default',
  'enum',
  'items',
  'properties',
  'position',
  'nullable',
  'example',
  ...plainKeywords,
]
const requestKeys = [
  'url',
  'method',
  'headers',
  'body',
  'argsToJsonBody',
  'argsToUrlParam',
  'argsToFormBody',
  'security',
  'timeout',
]

/**
 * Reads a document of Higress.
 * @throws Problem `document-refused` with the line of a key that is not known and of a value of another kind
 */
export function readHigressDocument(text: string): HigressDocument {
  const { value, under } = unwrapPlugin(readDocument(text).value)
  const read = createDocumentReader(text, 0, under)
  const root = read.object(value, [], documentKeys)
  const server = read.object(root.server ?? Object.create(null), ['server'], serverKeys)
  refuseOtherServers(root, server, read)
  const schemes = read
    .list(server.securitySchemes, ['server', 'securitySchemes'])
    .map((one, at) => readScheme(one, at, read))
  return {
    name: read.text(server.name, ['server', 'name']) ?? '',
    description: read.text(server.description, ['server', 'description']),
    config: read.map(server.config, ['server', 'config']),
    schemes,
    upstream: readSecurity(
      server.defaultUpstreamSecurity,
      ['server', 'defaultUpstreamSecurity'],
      read,
    ),
    downstream: readSecurity(
      server.defaultDownstreamSecurity,
      ['server', 'defaultDownstreamSecurity'],
      read,
    ),
    passthroughHeader:
      read.flag(server.passthroughAuthHeader, ['server', 'passthroughAuthHeader']) ?? false,
    allowed: readAllowed(root, server, read),
    nameOf: (path) => `server.config.${path}`,
    tools: read.list(root.tools, ['tools']).map((one, at) => readTool(one, ['tools', at], read)),
  }
}

/** What is Higress's too, but no REST API. */
function refuseOtherServers(root: DataObject, server: DataObject, read: DocumentReader): void {
  const toolSet = root.toolSet ?? server.toolSet
  if (toolSet !== undefined && toolSet !== null) {
    const place: Place = root.toolSet === undefined ? ['server', 'toolSet'] : ['toolSet']
    const set = read.object(toolSet, place, ['name', 'serverTools'])
    const servers = read.list(set.serverTools, [...place, 'serverTools']).map((one, at) => {
      const part = read.object(one, [...place, 'serverTools', at], ['serverName', 'tools'])
      return quoteName(
        read.text(part.serverName, [...place, 'serverTools', at, 'serverName']) ?? '',
      )
    })
    refuseDocument(
      `It puts tools of other servers together (${servers.join(', ')}) and has none of its own.`,
      {
        next: 'Import those servers, each from its own document; then assemble a toolset from their tools.',
      },
    )
  }
  const type = read.text(server.type, ['server', 'type']) ?? 'rest'
  if (type === 'mcp-proxy' || server.mcpServerURL !== undefined) {
    refuseDocument('It stands for an MCP server and not for a REST API.', {
      next: 'Connect that MCP server to the vault as an upstream.',
    })
  }
  if (type !== 'rest')
    read.refuse(['server', 'type'], `the type ${quoteName(type)} is not known here.`)
  if (root.tools === undefined || root.tools === null) {
    refuseDocument('It has no tools: it names a server that is built into Higress.', {
      next: 'Give a document with tools of its own.',
    })
  }
}

function readAllowed(
  root: DataObject,
  server: DataObject,
  read: DocumentReader,
): ReadonlySet<string> | undefined {
  const lists = [
    [root.allowTools, ['allowTools']],
    [server.allowTools, ['server', 'allowTools']],
  ] as const
  let allowed: ReadonlySet<string> | undefined
  for (const [value, place] of lists) {
    if (value === undefined || value === null) continue
    const names = new Set(
      read.list(value, place).map((one, at) => read.text(one, [...place, at]) ?? ''),
    )
    allowed =
      allowed === undefined ? names : new Set([...allowed].filter((name) => names.has(name)))
  }
  return allowed
}

function readScheme(value: Data | undefined, at: number, read: DocumentReader): HigressScheme {
  const place: Place = ['server', 'securitySchemes', at]
  const scheme = read.object(value, place, schemeKeys)
  const text = (key: string) => read.text(scheme[key], [...place, key])
  return {
    id: text('id') ?? read.refuse(place, 'it has no id.'),
    type: text('type') ?? '',
    scheme: text('scheme')?.toLowerCase(),
    in: text('in')?.toLowerCase(),
    name: text('name'),
    defaultCredential: text('defaultCredential'),
    where: `server.securitySchemes[${at}].defaultCredential`,
  }
}

function readSecurity(
  value: Data | undefined,
  place: Place,
  read: DocumentReader,
): SecurityReference | undefined {
  if (value === undefined || value === null) return undefined
  const security = read.object(value, place, ['id', 'passthrough', 'credential'])
  const id = read.text(security.id, [...place, 'id'])
  if (id === undefined || id === '') return undefined
  return {
    id,
    passthrough: read.flag(security.passthrough, [...place, 'passthrough']) ?? false,
    credential: read.text(security.credential, [...place, 'credential']) || undefined,
  }
}

function readTool(value: Data | undefined, place: Place, read: DocumentReader): HigressTool {
  const tool = read.object(value, place, toolKeys)
  const name = read.text(tool.name, [...place, 'name'])
  if (name === undefined || name === '') return read.refuse(place, 'it has no name.')
  const response = read.object(
    tool.responseTemplate ?? Object.create(null),
    [...place, 'responseTemplate'],
    ['body', 'prependBody', 'appendBody'],
  )
  const part = (key: string) =>
    read.text(response[key], [...place, 'responseTemplate', key]) || undefined
  return {
    name,
    title: read.text(tool.title, [...place, 'title']),
    description: read.text(tool.description, [...place, 'description'])?.trim() ?? '',
    args: read
      .list(tool.args, [...place, 'args'])
      .map((one, at) => readArgument(one, [...place, 'args', at], read)),
    request: readRequest(tool.requestTemplate, [...place, 'requestTemplate'], read),
    response: {
      body: part('body'),
      prepend: part('prependBody'),
      append: part('appendBody'),
      error:
        read.text(tool.errorResponseTemplate, [...place, 'errorResponseTemplate']) || undefined,
    },
    security: readSecurity(tool.security, [...place, 'security'], read),
    outputSchema: isObject(tool.outputSchema) ? tool.outputSchema : undefined,
    annotations:
      tool.annotations === undefined || tool.annotations === null
        ? undefined
        : read.object(
            tool.annotations,
            [...place, 'annotations'],
            ['title', 'readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'],
          ),
  }
}

function readArgument(
  value: Data | undefined,
  place: Place,
  read: DocumentReader,
): HigressArgument {
  const schema = read.object(value, place, argumentKeys)
  const name = read.text(schema.name, [...place, 'name'])
  if (name === undefined || name === '') return read.refuse(place, 'it has no name.')
  // A list belongs to the members of an object; only the truth value is about the argument.
  const isListed = isList(schema.required)
  return {
    name,
    required: isListed ? false : (read.flag(schema.required, [...place, 'required']) ?? false),
    position: read.text(schema.position, [...place, 'position'])?.toLowerCase() || undefined,
    schema,
  }
}

function readRequest(
  value: Data | undefined,
  place: Place,
  read: DocumentReader,
): HigressRequest | undefined {
  if (value === undefined || value === null) return undefined
  const request = read.object(value, place, requestKeys)
  const url = read.text(request.url, [...place, 'url'])?.trim()
  if (url === undefined || url === '') return undefined
  const headers = read.list(request.headers, [...place, 'headers']).map((one, at) => {
    const header = read.object(one, [...place, 'headers', at], ['key', 'value'])
    const of = (key: string) => read.text(header[key], [...place, 'headers', at, key]) ?? ''
    return { key: of('key').trim(), value: of('value') }
  })
  const flags = [
    ['argsToJsonBody', 'json'],
    ['argsToUrlParam', 'query'],
    ['argsToFormBody', 'form'],
  ] as const
  return {
    url,
    method: read.text(request.method, [...place, 'method'])?.trim() || undefined,
    headers: headers.filter(({ key }) => key !== ''),
    body: read.text(request.body, [...place, 'body']) || undefined,
    argsTo: flags.flatMap(([key, to]) =>
      read.flag(request[key], [...place, key]) === true ? [to] : [],
    ),
    security: readSecurity(request.security, [...place, 'security'], read),
  }
}
