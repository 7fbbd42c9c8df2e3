import type { AgentTool } from '@sallyport/contracts'
import { Problem } from '@sallyport/contracts'
import { type Asked, UpstreamRefusal } from './ask-upstream.ts'
import { listThings, listTools } from './bridge-lists.ts'
import { type BridgeAction, bridgeTool } from './bridge-tool.ts'
import type { CallContext } from './call-context.ts'
import { type Arguments, checkArguments } from './check-arguments.ts'
import { cutContents } from './cut-contents.ts'
import type { ListKind, UpstreamReader } from './read-upstreams.ts'
import { isReading, isUpstream, type UpstreamTool } from './upstream-tools.ts'

type Members = Readonly<Record<string, unknown>>

interface BridgeNeeds<Result> {
  /** Of the agent, or of the toolset whose address was called. */
  readonly tools: readonly AgentTool[]
  readonly reader: UpstreamReader
  readonly nameOf: (tool: AgentTool) => string
  /** Calls a tool by its full name. */
  readonly callTool: (tool: UpstreamTool, args: Arguments) => Promise<Result>
}

/**
 * Does one action of the tool `mcp`: by the same calls, so under the same decisions, as the tools and methods themselves.
 * @throws Problem `invalid-input` where a member is missing or nothing of that name was granted, and the vault's own
 */
export async function callBridge<Result>(
  needs: BridgeNeeds<Result>,
  args: Arguments,
  context: CallContext,
): Promise<Members | Result> {
  const given = checkArguments(bridgeTool.inputSchema, args)
  const action = given.action as BridgeAction
  const servers = serversOf(needs.tools)
  const server = given.server === undefined ? undefined : findServer(servers, String(given.server))
  const cursor = given.cursor === undefined ? undefined : String(given.cursor)
  const own = (given.arguments ?? {}) as Arguments
  const list = (kind: ListKind) =>
    refusedAsProblem(() => listThings(needs.reader, { kind, server, cursor }, context))
  switch (action) {
    case 'list_servers':
      return { servers: [...servers].map(([name, tools]) => describeServer(name, tools)) }
    case 'list_tools':
      return listTools(needs.tools, needs.nameOf, { server, cursor })
    case 'call_tool':
      return await needs.callTool(
        findTool(servers, {
          server: required(server, 'server', action),
          tool: required(given.tool, 'tool', action),
        }),
        own,
      )
    case 'list_resources': {
      // The patterns go with the first page: a model has no other way to learn of them.
      const templates = cursor === undefined ? await list('resourceTemplates') : {}
      // The cursor is that of the resources alone: where it goes on is where they do.
      const { nextCursor: _, ...first } = templates
      return { ...first, ...(await list('resources')) }
    }
    case 'read_resource': {
      const uri = required(given.uri, 'uri', action)
      const read = needs.reader.names.readUri(uri)
      const wanted = { ...read, ...(server !== undefined && { server }) }
      return answerOf(await refusedAsProblem(() => needs.reader.readResource(wanted, context)), uri)
    }
    case 'list_prompts':
      return await list('prompts')
    case 'get_prompt': {
      const prompt = required(given.prompt, 'prompt', action)
      const read = needs.reader.names.readPrompt(prompt)
      const wanted = { ...read, ...(server !== undefined && { server }), args: own }
      return answerOf(await refusedAsProblem(() => needs.reader.getPrompt(wanted, context)), prompt)
    }
  }
}

type Servers = ReadonlyMap<string, readonly UpstreamTool[]>

/** The tools of each server by its name. */
function serversOf(tools: readonly AgentTool[]): Servers {
  const servers = new Map<string, UpstreamTool[]>()
  for (const tool of tools) {
    if (isUpstream(tool)) servers.set(tool.toolset, [...(servers.get(tool.toolset) ?? []), tool])
  }
  return servers
}

const describeServer = (server: string, tools: readonly UpstreamTool[]) => ({
  server,
  tools: tools.filter((tool) => !isReading(tool)).length,
  resources: tools.some(({ upstream }) => upstream.method.startsWith('resources/')),
  prompts: tools.some(({ upstream }) => upstream.method.startsWith('prompts/')),
})

/** Models write a name as people do: `My Server` is my-server. */
function findServer(servers: Servers, given: string): string {
  const name = given
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  if (servers.has(name)) return name
  throw nothingSuch('server', `there is no MCP server ${given}`, [...servers.keys()])
}

function findTool(
  servers: Servers,
  { server, tool }: { readonly server: string; readonly tool: string },
): UpstreamTool {
  const tools = (servers.get(server) ?? []).filter((one) => !isReading(one))
  const found =
    tools.find(({ upstream }) => upstream.tool === tool) ??
    tools.find(({ name, mcpName }) => mcpName === tool || name === `${server}.${tool}`)
  if (found !== undefined) return found
  const names = tools.map(({ upstream }) => upstream.tool)
  throw nothingSuch('tool', `${server} has no tool ${tool}`, names)
}

/** Names that are told of what there is. */
const namesMax = 50

const nothingSuch = (field: string, message: string, names: readonly string[]) =>
  new Problem('invalid-input', `The arguments are not valid: ${field}: ${message}.`, {
    next:
      names.length === 0
        ? 'Nothing of this kind was granted to you.'
        : `There is ${names.slice(0, namesMax).join(', ')}${names.length > namesMax ? ' and more' : ''}.`,
    fields: [{ field, message }],
  })

function required(value: unknown, field: string, action: BridgeAction): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Problem('invalid-input', `The arguments are not valid: ${field} is missing.`, {
    next: `${action} needs ${field}; nothing was sent.`,
    fields: [{ field, message: 'is missing' }],
  })
}

/** What a server answers in place of a result is told as what it is. */
async function refusedAsProblem<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof UpstreamRefusal)) throw error
    throw new Problem('invalid-input', `The MCP server refused: ${error.message}`, {
      next: 'Correct what you asked for; list_resources and list_prompts say what there is.',
      extra: { code: error.code },
      cause: error,
    })
  }
}

function answerOf(asked: Asked | undefined, named: string): Members {
  if (asked === undefined) {
    throw new Problem('invalid-input', `Nothing of yours is called ${named}.`, {
      next: 'Use list_resources or list_prompts to see what there is.',
    })
  }
  return 'result' in asked ? cutContents(asked.result) : asked.approval
}
