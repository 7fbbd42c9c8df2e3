import { type FileToolGrant, fullToolName, type ToolGrant } from '@sallyport/contracts'
import { nearestName } from './nearest-name.ts'

// In files toolsets and tools stand by what they are called; policies know them by their ids.

/** A toolset of the vault, with its tools. */
export interface NamedToolset {
  readonly id: string
  readonly name: string
  readonly tools: readonly { readonly id: string; readonly name: string }[]
}

/** What is wrong with the name in one grant. */
export interface GrantFault {
  /** `tools.2.tool` as a path. */
  readonly path: readonly PropertyKey[]
  readonly message: string
}

type Named = { readonly toolset: string; readonly tool?: string | undefined }

const withIds = (
  { toolset: _, tool: __, allowed = true, ...rest }: FileToolGrant,
  ids: Pick<ToolGrant, 'toolsetId' | 'toolId'>,
): ToolGrant => ({ ...ids, allowed, ...rest })

/** The grants by ids, or what is wrong with a name. */
export function toGrants(
  grants: readonly FileToolGrant[],
  toolsets: readonly NamedToolset[],
): { readonly grants: readonly ToolGrant[]; readonly faults: readonly GrantFault[] } {
  const faults: GrantFault[] = []
  const found = grants.flatMap((grant, at): ToolGrant[] => {
    const ids = idsOf(grant, toolsets)
    if ('message' in ids) {
      faults.push({ path: ['tools', at, ids.field], message: ids.message })
      return []
    }
    return [withIds(grant, ids)]
  })
  return { grants: found, faults }
}

function idsOf(
  { toolset: wanted, tool: wantedTool }: Named,
  toolsets: readonly NamedToolset[],
): Pick<ToolGrant, 'toolsetId' | 'toolId'> | { readonly field: string; readonly message: string } {
  const toolset = toolsets.find(({ id, name }) => id === wanted || name === wanted)
  if (toolset === undefined) {
    const known = toolsets.map(({ name }) => name)
    return { field: 'toolset', message: whyNone('a toolset of the vault', wanted, known) }
  }
  if (wantedTool === undefined) return { toolsetId: toolset.id }
  const tool = toolset.tools.find(({ id, name }) => id === wantedTool || name === wantedTool)
  if (tool !== undefined) return { toolsetId: toolset.id, toolId: tool.id }
  const known = toolset.tools.map(({ name }) => name)
  return { field: 'tool', message: whyNone(`a tool of ${toolset.name}`, wantedTool, known) }
}

function whyNone(what: string, wanted: string, known: readonly string[]): string {
  const near = nearestName(wanted, known)
  const said = `must name ${what}, and none is called “${wanted}”`
  return near === undefined ? said : `${said}: did you mean “${near}”?`
}

/** The same for a file: by names, and by ids where nothing is called so any more. */
export function toFileGrants(
  grants: readonly ToolGrant[],
  toolsets: readonly NamedToolset[],
): FileToolGrant[] {
  const known = new Map(toolsets.map((toolset) => [toolset.id, toolset]))
  return grants.map(({ toolsetId, toolId, allowed, ...rest }) => {
    const toolset = known.get(toolsetId)
    const tool = toolset?.tools.find(({ id }) => id === toolId)
    return {
      toolset: toolset?.name ?? toolsetId,
      ...(toolId !== undefined && { tool: tool?.name ?? toolId }),
      ...(!allowed && { allowed }),
      ...rest,
    }
  })
}

/** Where no vault is asked, names stand for ids. */
export const offlineGrants = (grants: readonly FileToolGrant[]): ToolGrant[] =>
  grants.map((grant) =>
    withIds(grant, {
      toolsetId: grant.toolset,
      ...(grant.tool !== undefined && { toolId: fullToolName(grant.toolset, grant.tool) }),
    }),
  )

/** A tool by its full name, as `offlineGrants` has it. */
export const offlineTool = (name: string) => ({
  ...{ name, toolId: name },
  toolsetId: name.slice(0, Math.max(0, name.indexOf('.'))),
})
