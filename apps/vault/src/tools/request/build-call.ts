import type {
  McpBinding,
  McpPayload,
  SqlBinding,
  SqlPayload,
  ToolDefinition,
} from '@sallyport/contracts'
import type { ToolCaller } from '../../execute/callable-tool.ts'
import { toolMethod } from '../tool-url.ts'
import type { ArgumentObject, ArgumentValue } from './argument-value.ts'
import type { BuiltCall } from './compiled-tool.ts'
import { refuseArgument } from './refuse-arguments.ts'

/** A definition of what is no HTTP request. */
export type CallDefinition = ToolDefinition & { readonly binding: McpBinding | SqlBinding }

/** The arguments of `query`, `list_tables` and `describe_table`, by which their schemas call them. */
const sqlArgumentNames = {
  query: 'statement',
  list_tables: 'schema',
  describe_table: 'table',
} as const

/**
 * The call that checked arguments make: what is asked of an upstream MCP server, or of a SQL source with the owner’s statement and
 * the values in their order. Values that say who calls come from the vault alone. @throws Problem `invalid-arguments`
 */
export function buildCall(
  definition: CallDefinition,
  args: ArgumentObject,
  caller: ToolCaller | undefined,
): BuiltCall {
  const { name, binding } = definition
  const shared = {
    ...{ name, method: methodOf(definition), ownHeaders: [] },
  }
  return binding.kind === 'mcp'
    ? { ...shared, scheme: 'mcp', target: binding.serverId, payload: mcpPayload(binding, args) }
    : {
        ...{ ...shared, scheme: 'sql', target: binding.sourceId },
        payload: sqlPayload(binding, args, caller),
      }
}

const methodOf = (definition: CallDefinition): 'GET' | 'POST' =>
  toolMethod(definition) === 'GET' ? 'GET' : 'POST'

/**
 * Refuses arguments that would stand where the vault itself says who calls: nobody says that of themselves.
 * @throws Problem `invalid-arguments`
 */
export function refuseOwn(
  { binding }: CallDefinition,
  args: Readonly<Record<string, unknown>>,
): void {
  if (binding.kind !== 'sql') return
  for (const { name, agent } of binding.parameters) {
    if (agent === undefined || !Object.hasOwn(args, name)) continue
    refuseArgument([name], `must be left out: the vault fills in the agent’s ${agent}`)
  }
}

const mcpPayload = ({ method, tool }: McpBinding, args: ArgumentObject): McpPayload => ({
  method,
  params: method === 'tools/call' ? { name: tool, arguments: args } : args,
})

function sqlPayload(
  binding: SqlBinding,
  args: ArgumentObject,
  caller: ToolCaller | undefined,
): SqlPayload {
  switch (binding.run) {
    case 'statement':
      return {
        ...{ run: 'statement', statement: binding.statement ?? '' },
        parameters: valuesOf(binding, args, caller),
        types: binding.parameters.map(({ type, items }) =>
          type === 'array' ? `${items}[]` : type,
        ),
      }
    case 'query':
      return { run: 'query', statement: textOf(args, sqlArgumentNames.query) }
    case 'list_tables': {
      const schema = args[sqlArgumentNames.list_tables]
      return { run: 'list_tables', ...(typeof schema === 'string' && { schema }) }
    }
    case 'describe_table':
      return { run: 'describe_table', table: textOf(args, sqlArgumentNames.describe_table) }
  }
}

/** In the order of the statement’s places; NULL where nothing was said. */
const valuesOf = (
  { parameters }: SqlBinding,
  args: ArgumentObject,
  caller: ToolCaller | undefined,
): (ArgumentValue | unknown)[] =>
  parameters.map(({ name, agent, default: usual }) => {
    if (agent === undefined) return Object.hasOwn(args, name) ? args[name] : (usual ?? null)
    // Else it would be bound to nobody, which some statements take for everybody.
    if (caller === undefined) throw new Error('nobody is said to call')
    return caller[agent]
  })

function textOf(args: ArgumentObject, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : refuseArgument([name], 'must be a text')
}
