import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'

type Mode = PolicyDocument['approval']

/** A grant of a tool, or of all tools of a toolset, made ready. */
export interface CompiledGrant {
  /** Its place in `tools` of the policy. */
  readonly at: number
  readonly allowed: boolean
  /** When an owner is asked: the grant's own mode, or the policy's. */
  readonly mode: Mode
  /** Milliseconds since 1970; from that instant on it allows nothing. Infinity where it has no end. */
  readonly expiresAt: number
  /** As it is stored. */
  readonly source: ToolGrant
}

/** The grants of a policy. Of two of the same the first counts; saving refuses the second. */
export interface CompiledGrants {
  /** By the tool's id. */
  readonly ofTools: ReadonlyMap<string, CompiledGrant>
  /** By the toolset's id. */
  readonly ofToolsets: ReadonlyMap<string, CompiledGrant>
}

/** A tool as grants know it. */
export interface ToolRef {
  readonly toolsetId: string
  readonly toolId: string
}

/** What of a compiled policy says which tools there are. */
interface Granting {
  readonly grants: CompiledGrants
  /** Milliseconds since 1970; the policy is over at that instant. */
  readonly expiresAt: number | undefined
}

/** Compiles the grants of a policy. */
export function compileGrants({
  tools = [],
  approval,
}: Pick<PolicyDocument, 'tools' | 'approval'>): CompiledGrants {
  const ofTools = new Map<string, CompiledGrant>()
  const ofToolsets = new Map<string, CompiledGrant>()
  for (const [at, source] of tools.entries()) {
    const { toolId, toolsetId, allowed, expiresAt } = source
    const [grants, id] = toolId === undefined ? [ofToolsets, toolsetId] : [ofTools, toolId]
    if (grants.has(id)) continue
    grants.set(id, {
      at,
      allowed,
      mode: source.approval ?? approval,
      expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
      source,
    })
  }
  return { ofTools, ofToolsets }
}

/**
 * The grant that speaks of a tool, whatever it says: its own before its toolset's. One that is over still speaks for its tool, so
 * that no looser one takes its place.
 */
export function grantFor(
  { grants }: Pick<Granting, 'grants'>,
  { toolsetId, toolId }: ToolRef,
): CompiledGrant | undefined {
  const own = grants.ofTools.get(toolId)
  // A tool is of one toolset: a grant that names it under another one says nothing.
  if (own !== undefined && own.source.toolsetId === toolsetId) return own
  return grants.ofToolsets.get(toolsetId)
}

/**
 * By which grant a policy lets an agent have a tool now; undefined: by none. What an agent sees in its list and what it can call
 * are decided by this one function.
 */
export function grantOf(policy: Granting, tool: ToolRef, nowMs: number): CompiledGrant | undefined {
  if (policy.expiresAt !== undefined && !(nowMs < policy.expiresAt)) return undefined
  const grant = grantFor(policy, tool)
  return grant?.allowed === true && nowMs < grant.expiresAt ? grant : undefined
}
