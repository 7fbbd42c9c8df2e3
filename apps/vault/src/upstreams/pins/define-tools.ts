import {
  type ToolAnnotations,
  type ToolDefinition,
  toolDescriptionCharsMax,
} from '@sallyport/contracts'
import type { ListedTools, UpstreamTool } from '../clients/upstream-clients.ts'
import type { RefusedTool } from '../kept/pin.ts'
import { readingToolNames, readingToolsOf } from '../reading-tools.ts'
import { faultOfSchema } from './schema-fault.ts'

const keyCharsMax = 200
const titleCharsMax = 200
const toldCharsMax = 300

/** What a server says of itself that makes tools. */
interface SaidTools {
  readonly serverId: string
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly listed: ListedTools
}

/** The definitions of a server’s tools, under the server’s own names yet, and those that cannot be used. */
export interface DefinedTools {
  readonly definitions: readonly ToolDefinition[]
  readonly refused: readonly RefusedTool[]
}

/** Makes definitions of what a server lists, and of its resources and prompts. Schemas stay as they are. */
export function defineTools({ serverId, capabilities, listed }: SaidTools): DefinedTools {
  const read = listed.tools.map((tool) => defineTool(serverId, tool))
  const definitions = read.flatMap((one) => ('definition' in one ? [one.definition] : []))
  return {
    definitions: [...definitions, ...readingToolsOf(serverId, capabilities)],
    refused: [
      ...read.flatMap((one) => ('reason' in one ? [one] : [])),
      ...listed.leftOut.map((reason) => ({ reason })),
    ],
  }
}

/** Names that stand for resources and prompts are theirs alone, whatever tools a server has. */
export const reservedNames: ReadonlySet<string> = new Set(readingToolNames)

function defineTool(
  serverId: string,
  tool: UpstreamTool,
): { readonly definition: ToolDefinition } | (RefusedTool & { readonly reason: string }) {
  const { name } = tool
  const refuse = (reason: string) => ({ name: cut(clean(name), toldCharsMax), reason })
  if (name === '' || name.length > keyCharsMax || clean(name) !== name) {
    return refuse(`Its name has to be text of at most ${keyCharsMax} characters.`)
  }
  const fault = faultOfSchema(tool.inputSchema)
  if (fault !== undefined) {
    return refuse(`Its input schema cannot be used: ${cut(clean(fault), toldCharsMax)}.`)
  }
  const title = tool.title ?? textOf(tool.annotations?.title)
  const shown = title === undefined ? '' : cut(clean(title).trim(), titleCharsMax)
  return {
    definition: {
      name,
      ...(shown !== '' && { title: shown }),
      description: cut(clean(tool.description ?? '').trim(), toolDescriptionCharsMax).trim(),
      inputSchema: tool.inputSchema,
      ...(isUsable(tool.outputSchema) && { outputSchema: tool.outputSchema }),
      annotations: annotationsOf(tool.annotations),
      binding: { kind: 'mcp', serverId, method: 'tools/call', tool: name },
      key: `${toolKeyPrefix}${name}`,
    },
  }
}

/** Apart from the keys of resources and prompts, which are methods. */
const toolKeyPrefix = 'tool:'

/** A schema of answers that nobody could check is left out: the answers are passed on as they are. */
const isUsable = (
  schema: UpstreamTool['outputSchema'],
): schema is Readonly<Record<string, unknown>> =>
  schema !== undefined && faultOfSchema(schema) === undefined

function annotationsOf(said: UpstreamTool['annotations']): ToolAnnotations {
  const names = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
  return Object.fromEntries(
    names.flatMap((name) => (typeof said?.[name] === 'boolean' ? [[name, said[name]]] : [])),
  )
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
/** Text that can be kept and hashed: no NUL, no half of a character. */
const clean = (text: string) => text.replaceAll(/\p{Cs}|\0/gu, '')
const cut = (text: string, charsMax: number) =>
  text.length <= charsMax ? text : text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, '')
