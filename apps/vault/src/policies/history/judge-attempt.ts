import type { PolicyDocument } from '@sallyport/contracts'
import { type CompiledPolicy, compilePolicy } from '../../policy/compile-policy.ts'
import { decideHistory } from '../../policy/decide.ts'
import type { PastDecision } from '../../policy/decision.ts'
import type { NamedTool } from '../../policy/tool-pattern.ts'
import type { Attempt } from './read-attempt.ts'
import { isSettled } from './settled-path.ts'

/** What a policy would have said to an attempt. */
export type Verdict = Pick<PastDecision, 'outcome' | 'reason' | 'problem' | 'ruleId'>

/** Says what a policy would have said; at other times than then where that is asked. */
export type Judge = (attempt: Attempt, timesMs?: readonly number[]) => Verdict

/** What tools are called now, by their ids. The log keeps what they were called then, and rules have followed them since. */
export type ToolNames = ReadonlyMap<string, NamedTool>

/** Reads what the tools of toolsets are called. */
export type FindToolNames = (
  workspaceId: string,
  toolsetIds: readonly string[],
) => Promise<ToolNames>

/**
 * Of the toolsets that a policy has a word on: calls of others it denies, whatever they are called. None where no rule asks for
 * names.
 */
export async function namesFor(
  { rules = [], tools = [] }: PolicyDocument,
  find: (toolsetIds: readonly string[]) => Promise<ToolNames>,
): Promise<ToolNames> {
  if (rules.every(({ when }) => when.tools === undefined)) return new Map()
  return await find([...new Set(tools.map(({ toolsetId }) => toolsetId))])
}

/** Of a log, whose entries say the host: the origins that it may have been. */
export type OriginsOf = (attempt: Attempt) => readonly string[]

/** The scheme is not kept: it is known where the connection has one origin with that host. */
export function createOriginsOf(origins: readonly string[]): OriginsOf {
  const byHost = new Map<string, string[]>()
  for (const origin of origins) {
    const host = origin.slice(origin.indexOf('://') + '://'.length)
    byHost.set(host, [...(byHost.get(host) ?? []), origin])
  }
  return ({ host }) => byHost.get(host) ?? [`https://${host}`, `http://${host}`]
}

/**
 * Builds the judge of a policy over past attempts, with the decision that live requests get. What is not the policy's matter is
 * taken to have been in order: freeze, status, the credential's origins. `unknown` wherever what the log lacks would matter. A tool
 * that is there still is judged by the names that it has now.
 */
export function createJudge(
  document: PolicyDocument,
  originsOf: OriginsOf,
  toolNames: ToolNames = new Map(),
): Judge {
  const policy = compilePolicy({ id: 'draft', version: 0, document })
  const readsTime =
    document.windows.length > 0 ||
    document.expiresAt !== undefined ||
    document.allow.some(({ expiresAt }) => expiresAt !== undefined) ||
    (document.tools ?? []).some(({ expiresAt }) => expiresAt !== undefined)
  const patterns = [
    ...document.allow.flatMap(({ paths }) => paths),
    ...(document.rules ?? []).flatMap(({ when }) => when.paths ?? []),
  ]
  const asNamed = (attempt: Attempt): Attempt => {
    const { tool } = attempt
    const name = typeof tool === 'object' ? toolNames.get(tool.toolId) : undefined
    return typeof tool === 'object' && name !== undefined
      ? { ...attempt, tool: { ...tool, ...name } }
      : attempt
  }
  return (past, timesMs = readsTime ? [past.begunMs, past.atMs] : [past.atMs]) => {
    const attempt = asNamed(past)
    // Whatever a policy says: where the credential may not go is not its matter.
    if (attempt.problem === 'origin-not-allowed') return outOfReach(attempt)
    if (attempt.pathIsCut && patterns.some((pattern) => !isSettled(pattern, attempt.path))) {
      return unknown('It depends on the whole path, which was too long to be kept.')
    }
    const verdicts = originsOf(attempt).flatMap((origin) =>
      timesMs.map((atMs) => decideAt(policy, { attempt, origin, atMs })),
    )
    const [first] = verdicts
    if (first === undefined) return unknown('Where it went to is not known.')
    const other = verdicts.find(({ outcome }) => outcome !== first.outcome)
    if (other === undefined) return first
    return unknown(
      verdicts.length > timesMs.length
        ? 'It depends on the scheme of its URL, which history does not keep.'
        : 'It came at the very edge of a window or an end: which side it was on is not kept.',
    )
  }
}

function decideAt(
  policy: CompiledPolicy,
  asked: { readonly attempt: Attempt; readonly origin: string; readonly atMs: number },
): Verdict {
  const { attempt, origin, atMs } = asked
  const { method, path, queryNames, bodyBytes, tool } = attempt
  return decideHistory(
    policy,
    { method, origin, path, queryNames, bodyBytes, tool },
    {
      now: atMs,
      workspace: { isFrozen: false },
      agent: { status: 'active' },
      connection: { status: 'healthy', origins: [origin] },
    },
  )
}

const outOfReach = ({ reason }: Attempt): Verdict => ({
  outcome: 'deny',
  problem: 'origin-not-allowed',
  reason: reason === '' ? 'The credential could not be sent there.' : reason,
})

const unknown = (reason: string): Verdict => ({ outcome: 'unknown', reason })
