import { type AgentTool, Problem } from '@sallyport/contracts'
import { bridgeTool } from './bridge-tool.ts'
import { callBridge } from './call-bridge.ts'
import type { CallContext } from './call-context.ts'
import { callGranted, isNoSuchTool } from './call-granted.ts'
import { createCallTool } from './call-tool.ts'
import type { CarryOutNeeds } from './carry-out.ts'
import { type Arguments, checkArguments } from './check-arguments.ts'
import type { GivenLinks } from './given-links.ts'
import type { GrantedList, GrantedTools } from './granted-tools.ts'
import { listedToolsMax } from './limits.ts'
import { callToolTool, isSearched, metaTools, searchToolsTool } from './meta-tools.ts'
import { outputSchemaOf } from './output-schema.ts'
import { FailedOfForm, type PassedResult } from './pass-result.ts'
import type { UpstreamReader } from './read-upstreams.ts'
import { searchTools } from './search-tools.ts'
import type { ToolNaming } from './tool-naming.ts'
import { type ToolName, tools } from './tools.ts'
import { isReading, isUpstream } from './upstream-tools.ts'

type Members = Readonly<Record<string, unknown>>

export interface ToolboxNeeds extends CarryOutNeeds {
  readonly granted: GrantedTools
  readonly naming: ToolNaming
  readonly given: GivenLinks
  /** What upstream servers offer beside tools. */
  readonly reader: UpstreamReader
  /** The seven tools are there too. Else granted ones alone. */
  readonly hasOwn: boolean
}

/** A tool as `tools/list` answers it. Types and not interfaces, because the SDK takes any JSON value in schemas. */
export type ListedTool = {
  name: string
  title?: string
  description: string
  inputSchema: { type: 'object'; [keyword: string]: unknown }
  outputSchema?: { type: 'object'; [keyword: string]: unknown }
  annotations: Members
}

/** What a client sees and calls. */
export interface Toolbox {
  /** The tools that are there whatever was granted. */
  readonly ownNames: readonly string[]
  list(signal: AbortSignal): Promise<ListedTool[]>
  /** @throws Problem, LinkNotShownYet, UnknownTool, FailedOfForm */
  call(name: string, args: Arguments, context: CallContext): Promise<Members | PassedResult>
}

/** There is no tool of this name, or none for this agent. */
export class UnknownTool extends Error {
  override readonly name = 'UnknownTool'
}

const isToolName = (name: string): name is ToolName => tools.some((tool) => tool.name === name)
const isMetaName = (name: string) => metaTools.some((tool) => tool.name === name)

type Shape = Omit<ListedTool, 'name'>

/** Made once for each tool: a list holds the same ones until they change, and is asked for again and again. */
const shapes = new WeakMap<AgentTool, Shape>()

function shapeOf(tool: AgentTool): Shape {
  const known = shapes.get(tool)
  if (known !== undefined) return known
  const { title, description, inputSchema, annotations } = tool
  const outputSchema = isUpstream(tool) ? tool.outputSchema : outputSchemaOf(tool.outputSchema)
  const shape: Shape = {
    ...(title !== undefined && { title }),
    description,
    inputSchema: { ...inputSchema, type: 'object' },
    ...(outputSchema !== undefined && { outputSchema: { ...outputSchema, type: 'object' } }),
    annotations,
  }
  shapes.set(tool, shape)
  return shape
}

/** What of an agent's tools a client is shown. */
interface Shown extends GrantedList {
  /** Those that stand for resources and prompts, too. */
  readonly all: readonly AgentTool[]
  readonly hasBridge: boolean
}

/** Clients get to resources and prompts by MCP's own methods, or by the tool `mcp`, which is there where any server is. */
function shownOf(list: GrantedList, { nameOf }: ToolNaming): Shown {
  const { tools: all } = list
  const isTaken = (tool: AgentTool) => nameOf(tool) === bridgeTool.name
  const hasBridge = all.some(isUpstream) && !all.some(isTaken)
  return { ...list, all, tools: all.filter((tool) => !isReading(tool)), hasBridge }
}

/** Builds the tools of one agent: the seven, where it has them, and those that were granted to it. */
export function createToolbox(needs: ToolboxNeeds): Toolbox {
  const { granted, naming, hasOwn } = needs
  const callTool = createCallTool(needs)
  const callByName = createCallByName(needs)
  const shown = async (signal: AbortSignal) => shownOf(await granted.list(signal), naming)

  return {
    ownNames: hasOwn ? tools.map(({ name }) => name) : [],

    async list(signal) {
      const list = await shown(signal)
      const listed = isSearched(list, listedToolsMax)
        ? metaTools.map((tool): ListedTool => ({ ...tool }))
        : list.tools.map((tool): ListedTool => ({ name: naming.nameOf(tool), ...shapeOf(tool) }))
      return [...(hasOwn ? tools : []), ...(list.hasBridge ? [bridgeTool] : []), ...listed]
    },

    async call(name, args, context) {
      if (hasOwn && isToolName(name)) return await callTool(name, args, context)
      if (isMetaName(name) || name === bridgeTool.name) {
        const list = await shown(context.signal)
        if (name !== bridgeTool.name && isSearched(list, listedToolsMax)) {
          return await callMeta(list, { name, args, naming, callByName }, context)
        }
        if (name === bridgeTool.name && list.hasBridge) {
          const callTool = (tool: AgentTool, own: Arguments) =>
            callByName({ shownAs: naming.nameOf(tool), args: own, isBridged: true }, context)
          const { nameOf } = naming
          return await callBridge(
            { tools: list.all, reader: needs.reader, nameOf, callTool },
            args,
            context,
          )
        }
      }
      return await callByName({ shownAs: name, args }, context)
    },
  }
}

type CallByName = (
  call: {
    readonly shownAs: string
    readonly args: Arguments
    readonly more?: Arguments
    /** By a tool of ours, and not by its own name. */
    readonly isEnclosed?: true
    /** By the tool `mcp`, whose results have whatever form they have. */
    readonly isBridged?: true
  },
  context: CallContext,
) => Promise<Members | PassedResult>

function createCallByName(needs: ToolboxNeeds): CallByName {
  return async ({ isEnclosed = false, isBridged = false, ...call }, context) => {
    const fullName = await needs.naming.fullNameOf(call.shownAs, context.signal)
    if (fullName === undefined) throw new UnknownTool(call.shownAs)
    const passing = await passingOf(needs, { fullName, isEnclosed, isBridged }, context)
    try {
      return await callGranted(needs, { ...call, fullName, passing }, context)
    } catch (error) {
      if (isNoSuchTool(error)) throw new UnknownTool(call.shownAs)
      const isOfForm = passing?.outputSchema !== undefined && !isEnclosed
      throw isOfForm && error instanceof Problem
        ? new FailedOfForm(error.detail, { cause: error })
        : error
    }
  }
}

interface CalledTool {
  readonly fullName: string
  readonly isEnclosed: boolean
  readonly isBridged: boolean
}

/** How the results of a tool are passed on, where it is an upstream server's. */
async function passingOf(
  { granted }: ToolboxNeeds,
  { fullName, isEnclosed, isBridged }: CalledTool,
  { signal }: CallContext,
) {
  const { tools } = await granted.list(signal)
  const tool = tools.find(({ name }) => name === fullName)
  return tool !== undefined && isUpstream(tool)
    ? { outputSchema: isBridged ? undefined : tool.outputSchema, isEnclosed }
    : undefined
}

interface MetaCall {
  readonly name: string
  readonly args: Arguments
  readonly naming: ToolNaming
  readonly callByName: CallByName
}

async function callMeta(
  list: GrantedList,
  { name, args, naming, callByName }: MetaCall,
  context: CallContext,
): Promise<Members | PassedResult> {
  if (name === searchToolsTool.name) {
    const { query = '', limit, offset } = checkArguments(searchToolsTool.inputSchema, args)
    return searchTools(list.tools, {
      query: String(query),
      nameOf: naming.nameOf,
      ...(limit !== undefined && { limit: Number(limit) }),
      ...(offset !== undefined && { offset: Number(offset) }),
    })
  }
  const { name: shownAs, arguments: own, ...more } = checkArguments(callToolTool.inputSchema, args)
  return await callByName(
    { shownAs: String(shownAs), args: { ...(own as Members) }, more, isEnclosed: true },
    context,
  )
}
