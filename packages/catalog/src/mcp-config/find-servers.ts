// Where in a configuration file its servers stand: each program keeps them in a place of its own.
import { type Data, type DataObject, isList, isObject } from './read-jsonc.ts'

/** Whose form a file has. `mcpServers` is that of many: Claude Code and Desktop, Cursor, Windsurf, Cline, mcporter. */
export type McpConfigForm = 'mcpServers' | 'vscode' | 'clawgo' | 'mateclaw' | 'opencode' | 'single'

/** A server as it stands in the file. */
export interface FoundServer {
  readonly key: string
  readonly value: Data
  /** The path of a project that it is for, in `~/.claude.json`. */
  readonly project?: string
}

/** What a file holds. */
export interface FoundServers {
  readonly form: McpConfigForm
  readonly servers: readonly FoundServer[]
  /** VS Code’s questions. */
  readonly inputs: readonly DataObject[]
  /** A time limit for all of them, in seconds. */
  readonly timeoutSeconds?: number
  /** Members beside the servers that nothing is taken of. */
  readonly leftOver: readonly string[]
  readonly notes: readonly string[]
}

/** Finds the servers of a file; undefined where it holds none in any form that is known. */
export function findServers(document: Data): FoundServers | undefined {
  if (isList(document)) return fromList(document)
  if (!isObject(document)) return undefined
  // These have servers too, of another kind.
  if ('openapi' in document || 'asyncapi' in document || 'swagger' in document) return undefined
  return (
    fromMcpServers(document) ??
    fromVsCode(document) ??
    fromClawGo(document) ??
    fromOpenCode(document) ??
    fromMateClaw(document) ??
    fromOne(document)
  )
}

const nothingMore = { inputs: [], leftOver: [], notes: [] } as const

const entriesOf = (servers: DataObject, project?: string): FoundServer[] =>
  Object.entries(servers).map(([key, value]) => ({
    ...{ key, value },
    ...(project !== undefined && { project }),
  }))

const membersBut = (object: DataObject, ...known: readonly string[]): string[] =>
  Object.keys(object).filter((name) => name !== '$schema' && !known.includes(name))

function fromMcpServers(document: DataObject): FoundServers | undefined {
  const { mcpServers, imports, projects } = document
  const ofProjects = isObject(projects)
    ? Object.entries(projects).flatMap(([path, project]) =>
        isObject(project) && isObject(project.mcpServers)
          ? entriesOf(project.mcpServers, path)
          : [],
      )
    : []
  if (!isObject(mcpServers) && ofProjects.length === 0) return undefined
  const servers = isObject(mcpServers) ? entriesOf(mcpServers) : []
  const others = isList(imports) ? imports.filter((one) => typeof one === 'string') : []
  return {
    form: 'mcpServers',
    servers: [...servers, ...ofProjects],
    inputs: [],
    leftOver: membersBut(document, 'mcpServers', 'imports', 'projects'),
    notes:
      others.length === 0
        ? []
        : [`It takes over the servers of ${others.join(', ')}: import those files by themselves.`],
  }
}

/** `.vscode/mcp.json`, the `mcp` of its settings, and a dev container’s. */
function fromVsCode(document: DataObject): FoundServers | undefined {
  const { customizations } = document
  const vscode = isObject(customizations) ? customizations.vscode : undefined
  const places = [document, document.mcp, isObject(vscode) ? vscode.mcp : undefined]
  const found = places.filter(isObject).find(({ servers }) => isObject(servers))
  if (found === undefined || !isObject(found.servers)) return undefined
  return {
    form: 'vscode',
    servers: entriesOf(found.servers),
    inputs: isList(found.inputs) ? found.inputs.filter(isObject) : [],
    leftOver: found === document ? membersBut(document, 'servers', 'inputs') : [],
    notes: [],
  }
}

function fromClawGo({ tools }: DataObject): FoundServers | undefined {
  const mcp = isObject(tools) ? tools.mcp : undefined
  if (!isObject(mcp) || !isObject(mcp.servers)) return undefined
  const seconds = mcp.request_timeout_sec
  return {
    ...nothingMore,
    form: 'clawgo',
    servers: entriesOf(mcp.servers),
    ...(typeof seconds === 'number' && { timeoutSeconds: seconds }),
    leftOver: membersBut(mcp, 'servers', 'enabled', 'request_timeout_sec'),
    notes: mcp.enabled === false ? ['MCP is switched off in that file.'] : [],
  }
}

function fromOpenCode(document: DataObject): FoundServers | undefined {
  const { mcp } = document
  if (!isObject(mcp)) return undefined
  const servers = entriesOf(mcp)
  const isOne = ({ value }: FoundServer) =>
    isObject(value) && (value.type === 'local' || value.type === 'remote')
  if (servers.length === 0 || !servers.every(isOne)) return undefined
  return { ...nothingMore, form: 'opencode', servers, leftOver: membersBut(document, 'mcp') }
}

/** What MateClaw’s API answers, and this vault’s own. */
function fromMateClaw({ data, servers }: DataObject): FoundServers | undefined {
  const list = isList(data) ? data : isList(servers) ? servers : undefined
  return list === undefined ? undefined : fromList(list)
}

function fromList(list: readonly Data[]): FoundServers | undefined {
  const isOne = (value: Data): value is DataObject =>
    isObject(value) && typeof value.name === 'string' && typeof value.transport === 'string'
  if (list.length === 0 || !list.every(isOne)) return undefined
  const servers = list.map((value) => ({ key: String(value.name), value }))
  return { ...nothingMore, form: 'mateclaw', servers }
}

/** One server without its name, as `claude mcp add-json` takes it. */
function fromOne(document: DataObject): FoundServers | undefined {
  const { name, command, url, type } = document
  const isAddress = typeof url === 'string' && /^(?:https?|\$\{)/.test(url) && type !== undefined
  if (typeof command !== 'string' && !isAddress) return undefined
  const key = typeof name === 'string' ? name : 'server'
  return { ...nothingMore, form: 'single', servers: [{ key, value: document }] }
}
