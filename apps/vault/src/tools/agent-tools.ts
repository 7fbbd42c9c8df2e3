import { createHash } from 'node:crypto'
import {
  type AgentTool,
  fullToolName,
  mcpToolName,
  type PolicyDocument,
  type ToolBinding,
  type ToolListing,
} from '@sallyport/contracts'
import {
  type CompiledGrant,
  type CompiledGrants,
  compileGrants,
  grantOf,
} from '../policy/find-grant.ts'
import { effectiveTool, isOfServer } from './effective-tool.ts'
import type { ToolRow } from './toolset-store.ts'

/** A policy of an agent that says something of tools. */
export interface GrantingDocument {
  readonly policyId: string
  readonly connectionId: string
  readonly document: Pick<PolicyDocument, 'tools' | 'approval' | 'expiresAt'>
}

/** What is read of an agent's tools: everything that any of its policies speaks of. */
export interface AgentToolsRead {
  readonly listing: ToolListing
  readonly policies: readonly GrantingDocument[]
  readonly tools: readonly ToolRow[]
}

/** A tool that an agent may have. */
interface Candidate {
  readonly toolId: string
  readonly toolsetId: string
  readonly connectionId: string
  readonly toolset: string
  readonly name: string
  readonly digest: string
  /** When what it lists was another list last, in ms since 1970; of tools that list a server’s resources or prompts. */
  readonly listedAtMs?: number
  readonly view: AgentTool
}

/** A policy's grants, made ready. */
interface Granting {
  readonly policyId: string
  readonly grants: CompiledGrants
  readonly expiresAt: number | undefined
}

/** All that says which tools an agent has, made ready once for many looks. */
export interface AgentTools {
  readonly listing: ToolListing
  readonly candidates: readonly Candidate[]
  /** By the connection's id. */
  readonly granting: ReadonlyMap<string, Granting>
}

/** A tool that an agent has, and by which grant. */
export interface HeldTool extends Candidate {
  readonly grant: CompiledGrant
}

/** Makes what was read ready. A tool that nobody may call now is none. */
export function prepareAgentTools({ listing, policies, tools }: AgentToolsRead): AgentTools {
  const granting = new Map(
    policies.map(({ policyId, connectionId, document }) => [
      connectionId,
      {
        policyId,
        grants: compileGrants(document),
        expiresAt: document.expiresAt === undefined ? undefined : Date.parse(document.expiresAt),
      },
    ]),
  )
  const candidates = tools.flatMap((row) => candidateOf(row) ?? [])
  // By code units, which the cursor compares as well.
  candidates.sort((a, b) => (a.view.name < b.view.name ? -1 : 1))
  return { listing, granting, candidates }
}

function candidateOf(row: ToolRow): Candidate | undefined {
  const effective = effectiveTool(row)
  if (effective?.status !== 'active' || row.connectionId === null) return undefined
  const { digest, definition } = effective
  const { title, description, inputSchema, outputSchema, annotations, binding } = definition
  const { toolset, name } = row
  return {
    ...{ toolId: row.id, toolsetId: row.toolsetId, connectionId: row.connectionId },
    ...{ toolset, name, digest },
    ...(isReading(binding) && { listedAtMs: row.updatedAt.getTime() }),
    view: {
      name: fullToolName(toolset, name),
      mcpName: mcpToolName(toolset, name, isOfServer(row)),
      toolset,
      ...(title !== undefined && { title }),
      ...{ description, inputSchema },
      ...(outputSchema !== undefined && { outputSchema }),
      ...{ annotations, digest },
      ...(binding.kind !== 'http' && { kind: binding.kind }),
      ...(binding.kind === 'mcp' && {
        upstream: { method: binding.method, tool: binding.tool },
      }),
    },
  }
}

/** Does it stand for something else of a server than a tool? */
const isReading = (binding: ToolBinding) =>
  binding.kind === 'mcp' && (binding.method ?? 'tools/call') !== 'tools/call'

/** The tools that an agent has now: decided by the function that decides its calls. */
export function heldTools(
  { candidates, granting }: AgentTools,
  {
    isUsable,
    nowMs,
  }: { readonly isUsable: (connectionId: string) => boolean; readonly nowMs: number },
): HeldTool[] {
  return candidates.flatMap((candidate) => {
    const policy = granting.get(candidate.connectionId)
    if (policy === undefined || !isUsable(candidate.connectionId)) return []
    const grant = grantOf(policy, candidate, nowMs)
    return grant === undefined ? [] : [{ ...candidate, grant }]
  })
}

/** Until when the same tools are held, in ms since 1970, where nothing but time goes on: the next end of a grant or a policy. */
export function heldUntil({ granting }: AgentTools, nowMs: number): number {
  let untilMs = Number.POSITIVE_INFINITY
  const ends = (atMs: number | undefined) => {
    if (atMs !== undefined && atMs > nowMs && atMs < untilMs) untilMs = atMs
  }
  for (const { grants, expiresAt } of granting.values()) {
    ends(expiresAt)
    for (const grant of grants.ofTools.values()) ends(grant.expiresAt)
    for (const grant of grants.ofToolsets.values()) ends(grant.expiresAt)
  }
  return untilMs
}

/** Another one whenever a tool comes, goes, or is another one, and whenever a server’s resources or prompts are others. */
export function revisionOf(listing: ToolListing, tools: readonly HeldTool[]): string {
  const hash = createHash('sha256').update(`${listing}\n`)
  for (const { view, digest, listedAtMs = '' } of tools) {
    hash.update(`${view.name} ${digest} ${listedAtMs}\n`)
  }
  return hash.digest('base64url')
}
