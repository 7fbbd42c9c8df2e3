import { type FieldFault, type PolicyDocument, Problem, type ToolGrant } from '@sallyport/contracts'

/** A toolset of the workspace, and through which connections its tools go. */
export interface GrantableToolset {
  readonly toolsetId: string
  readonly name: string
  /** Of the toolset itself, and of its tools. */
  readonly connectionIds: ReadonlySet<string>
  /** By their ids: what they are called, and the connection that they go through. */
  readonly tools: ReadonlyMap<string, { readonly name: string; readonly connectionId: string }>
}

/** What checking grants needs of others. */
export type FindGrantable = (
  workspaceId: string,
  toolsetIds: readonly string[],
) => Promise<readonly GrantableToolset[]>

interface Checked {
  readonly workspaceId: string
  readonly connectionId: string
  readonly document: PolicyDocument
  /** What stood there before stays, whatever has become of it: else a policy could not be saved any more. */
  readonly before: PolicyDocument | undefined
}

const keyOf = ({ toolsetId, toolId }: ToolGrant) => `${toolsetId} ${toolId ?? ''}`

/**
 * New grants name toolsets and tools of the workspace, whose calls go through the connection that the policy is for.
 * @throws Problem invalid-input naming each grant that does not
 */
export async function requireTools(
  findGrantable: FindGrantable,
  { workspaceId, connectionId, document, before }: Checked,
): Promise<void> {
  const known = new Set((before?.tools ?? []).map(keyOf))
  const added = (document.tools ?? []).flatMap((grant, at) =>
    known.has(keyOf(grant)) ? [] : [{ grant, at }],
  )
  if (added.length === 0) return
  const ids = [...new Set(added.map(({ grant }) => grant.toolsetId))]
  const found = await findGrantable(workspaceId, ids)
  const toolsets = new Map(found.map((one) => [one.toolsetId, one]))
  const fields = added.flatMap(({ grant, at }): FieldFault[] => {
    const fault = faultOf(grant, toolsets.get(grant.toolsetId), connectionId)
    return fault === undefined ? [] : [{ ...fault, field: `tools.${at}.${fault.field}` }]
  })
  const [first] = fields
  if (first === undefined) return
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    next: 'List the toolsets and their tools to see which there are, and through which connection they go.',
    fields,
  })
}

function faultOf(
  { toolId }: ToolGrant,
  toolset: GrantableToolset | undefined,
  connectionId: string,
): FieldFault | undefined {
  if (toolset === undefined) return { field: 'toolsetId', message: 'must name a toolset' }
  if (toolId === undefined) {
    if (toolset.connectionIds.has(connectionId)) return undefined
    return { field: 'toolsetId', message: `must name a toolset that goes through ${connectionId}` }
  }
  const own = toolset.tools.get(toolId)?.connectionId
  if (own === undefined) return { field: 'toolId', message: 'must name a tool of the toolset' }
  if (own === connectionId) return undefined
  return { field: 'toolId', message: `must name a tool that goes through ${connectionId}` }
}
