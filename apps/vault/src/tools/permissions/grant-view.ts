import type { EffectiveGrant, PolicyDocument } from '@sallyport/contracts'
import { compileGrants, grantFor, grantOf, type ToolRef } from '../../policy/find-grant.ts'

/** What of a policy says which tools there are. */
export type GrantingPart = Pick<PolicyDocument, 'tools' | 'approval' | 'expiresAt'>

const none: EffectiveGrant = { allowed: false, from: 'none' }

/** No tool has it: a look with it finds what is said of the toolset alone. */
export const noTool = ''

/** What a policy says of a tool, as its calls are decided; of a whole toolset with `noTool` as the tool. */
export function viewGrant(
  document: GrantingPart | undefined,
  tool: ToolRef,
  nowMs: number,
): EffectiveGrant {
  if (document === undefined) return none
  const { expiresAt } = document
  const policy = {
    grants: compileGrants(document),
    expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
  }
  const grant = grantFor(policy, tool)
  if (grant === undefined) return none
  const { source, mode } = grant
  const ends = [source.expiresAt, expiresAt].filter((end) => end !== undefined)
  const [end] = ends.toSorted((one, other) => Date.parse(one) - Date.parse(other))
  return {
    allowed: grantOf(policy, tool, nowMs) !== undefined,
    from: source.toolId === undefined ? 'toolset' : 'tool',
    approval: mode,
    ...(source.limits !== undefined && { limits: source.limits }),
    ...(end !== undefined && { expiresAt: end }),
  }
}
