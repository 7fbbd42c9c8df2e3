import type { PolicyDocument } from './policy.ts'
import type { ToolGrant } from './tool-grant.ts'

// Grants of tools in plain words. A policy knows tools by their ids alone, so they are counted and not named.

type Granting = Pick<PolicyDocument, 'approval'> & Partial<PolicyDocument>

/** Those that allow something at that time. */
const holding = ({ tools = [] }: Granting, nowMs: number | undefined): readonly ToolGrant[] =>
  tools.filter(
    ({ allowed, expiresAt }) =>
      allowed && (expiresAt === undefined || nowMs === undefined || nowMs < Date.parse(expiresAt)),
  )

/** Whether a policy lets any tool be called. */
export const grantsTools = (policy: Granting, nowMs?: number): boolean =>
  holding(policy, nowMs).length > 0

/** Whether calls of tools could ask an owner, whatever rules say. */
export const toolsAsk = (policy: Granting, nowMs?: number): boolean =>
  holding(policy, nowMs).some(({ approval }) => (approval ?? policy.approval) !== 'never')

/** What a policy says of tools: how many, and when owners are asked; nothing where it grants none. */
export function describeToolGrants(policy: Granting, nowMs?: number): string[] {
  const grants = holding(policy, nowMs)
  if (grants.length === 0) return []
  const wholes = new Set(grants.flatMap(({ toolsetId, toolId }) => (toolId ? [] : [toolsetId])))
  const singles = grants.filter(({ toolId }) => toolId !== undefined).length
  const out = (policy.tools ?? []).filter(({ allowed, toolId }) => !allowed && toolId).length
  const what = [
    ...(wholes.size > 0 ? [`all tools of ${counted(wholes.size, 'toolset')}`] : []),
    ...(singles > 0 ? [counted(singles, 'single tool')] : []),
  ]
  const taken =
    out === 0 ? '' : ` ${capital(counted(out, 'tool'))} ${out === 1 ? 'is' : 'are'} taken out.`
  return [`May call ${what.join(', and ')}.${taken}`, describeModes(grants, policy.approval)]
}

function describeModes(grants: readonly ToolGrant[], approval: PolicyDocument['approval']): string {
  const modes = new Set(grants.map((grant) => grant.approval ?? approval))
  if (modes.size > 1) return 'When you are asked differs from tool to tool.'
  if (modes.has('always')) return 'Each call of a tool asks you first.'
  return modes.has('never')
    ? 'For calls of tools you are not asked.'
    : 'Calls that write ask you first.'
}

const counted = (count: number, noun: string) => (count === 1 ? `one ${noun}` : `${count} ${noun}s`)
const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
