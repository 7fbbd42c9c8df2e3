import type { AgentTool } from '@sallyport/contracts'
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
import { searchTools } from './search-tools.ts'
import type { ToolNaming } from './tool-naming.ts'
import { type ToolName, tools } from './tools.ts'

type Members = Readonly<Record<string, unknown>>

export interface ToolboxNeeds extends CarryOutNeeds {
  readonly granted: GrantedTools
  readonly naming: ToolNaming
  readonly given: GivenLinks
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
  /** @throws Problem, LinkNotShownYet, UnknownTool */
  call(name: string, args: Arguments, context: CallContext): Promise<Members>
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
  const outputSchema = outputSchemaOf(tool.outputSchema)
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

/** Builds the tools of one agent: the seven, where it has them, and those that were granted to it. */
export function createToolbox(needs: ToolboxNeeds): Toolbox {
  const { granted, naming, hasOwn } = needs
  const callTool = createCallTool(needs)

  const callByName = async (
    call: { readonly shownAs: string; readonly args: Arguments; readonly more?: Arguments },
    context: CallContext,
  ): Promise<Members> => {
    const fullName = await naming.fullNameOf(call.shownAs, context.signal)
    if (fullName === undefined) throw new UnknownTool(call.shownAs)
    try {
      return await callGranted(needs, { ...call, fullName }, context)
    } catch (error) {
      throw isNoSuchTool(error) ? new UnknownTool(call.shownAs) : error
    }
  }

  const callMeta = async (
    list: GrantedList,
    { name, args }: { readonly name: string; readonly args: Arguments },
    context: CallContext,
  ): Promise<Members> => {
    if (name === searchToolsTool.name) {
      const { query = '', limit, offset } = checkArguments(searchToolsTool.inputSchema, args)
      return searchTools(list.tools, {
        query: String(query),
        nameOf: naming.nameOf,
        ...(limit !== undefined && { limit: Number(limit) }),
        ...(offset !== undefined && { offset: Number(offset) }),
      })
    }
    const {
      name: shownAs,
      arguments: own,
      ...more
    } = checkArguments(callToolTool.inputSchema, args)
    return await callByName(
      { shownAs: String(shownAs), args: { ...(own as Members) }, more },
      context,
    )
  }

  return {
    ownNames: hasOwn ? tools.map(({ name }) => name) : [],

    async list(signal) {
      const list = await granted.list(signal)
      const shown = isSearched(list, listedToolsMax)
        ? metaTools.map((tool): ListedTool => ({ ...tool }))
        : list.tools.map((tool): ListedTool => ({ name: naming.nameOf(tool), ...shapeOf(tool) }))
      return [...(hasOwn ? tools : []), ...shown]
    },

    async call(name, args, context) {
      if (hasOwn && isToolName(name)) return await callTool(name, args, context)
      if (isMetaName(name)) {
        const list = await granted.list(context.signal)
        if (isSearched(list, listedToolsMax)) return await callMeta(list, { name, args }, context)
      }
      return await callByName({ shownAs: name, args }, context)
    },
  }
}
