import { timeOfId } from '../../paging/id-time.ts'
import type { CalledTool } from '../../policy/decision.ts'

// What an entry of the audit log says of an attempt that a policy can be asked about again.

/** What the policy said to an attempt. */
export type Said = 'allow' | 'deny' | 'require_approval'

/** An attempt of an agent, as far as the log keeps it. */
export interface Attempt {
  readonly auditId: string
  readonly at: string
  /** When it began and when it was recorded, ms since 1970: it was decided in between. */
  readonly begunMs: number
  readonly atMs: number
  readonly method: string
  readonly host: string
  readonly path: string
  /** The path was too long to be kept: this is how it begins. */
  readonly pathIsCut: boolean
  /** Decoded, one for each occurrence; undefined where not all are kept. */
  readonly queryNames: readonly string[] | undefined
  /** 0: it had no body. */
  readonly bodyBytes: number
  readonly was: Said
  /** Of a refusal. */
  readonly problem: string | undefined
  readonly reason: string
  readonly ruleId: string | undefined
  /** Of a call of a tool; `unknown` where the entry does not say of which. */
  readonly tool?: CalledTool | 'unknown'
}

/** As audit/entry.ts cuts them: what has as many characters as is the most and ends so has been cut. */
const cutEnd = '…'
const pathCharsMax = 2048
const queryNamesMax = 64
const nameCharsMax = 128
/** An attempt is recorded when it is decided; while it waits for an owner it is younger than this. */
const undecidedMsMax = 600_000

/** Refusals that are the policy's own word. */
const policyProblems: ReadonlySet<unknown> = new Set([
  'policy-denied',
  'tool-not-found',
  'policy-expired',
  'outside-window',
  'request-too-large',
])
/** Refusals of what the policy had allowed: by what is counted, or by the credential. */
const laterProblems: ReadonlySet<unknown> = new Set([
  'limit-exceeded',
  'budget-exceeded',
  'connection-needs-reauth',
  'token-refresh-failed',
])
/** The name of an allow entry or a grant as a decision gives it: it stands where one of them let the request on. */
const entryName = /^(?:allow|tools)\[\d+\]$/

type Entry = Partial<Record<string, unknown>>

/** Reads the record that opens an entry; undefined for what is no attempt, or where it does not say what the policy said. */
export function readAttempt(text: string): Attempt | undefined {
  const entry = parse(text)
  return entry && attemptOf(entry)
}

/** The same of what such a record says. */
export function attemptOf(entry: Entry): Attempt | undefined {
  const { operation } = entry
  if (operation !== 'execute' && operation !== 'callMyTool') return undefined
  const { id, at, method, host, path } = entry
  if (typeof id !== 'string' || typeof at !== 'string' || typeof method !== 'string')
    return undefined
  if (typeof host !== 'string' || typeof path !== 'string') return undefined
  const bodyBytes = entry.requestBytes
  if (typeof bodyBytes !== 'number') return undefined
  const was = whatWasSaid(entry)
  const atMs = Date.parse(at)
  if (was === undefined || Number.isNaN(atMs)) return undefined
  const begunMs = timeOfId(id)
  return {
    auditId: id,
    at,
    begunMs: begunMs <= atMs && begunMs >= atMs - undecidedMsMax ? begunMs : atMs,
    atMs,
    method,
    host,
    path,
    pathIsCut: path.endsWith(cutEnd) && path.length >= pathCharsMax - 1,
    queryNames: readNames(entry.queryNames),
    bodyBytes,
    was,
    problem: textOf(entry.problem),
    reason: textOf(entry.reason) ?? '',
    ruleId: textOf(entry.ruleId),
    ...(operation === 'callMyTool' && { tool: readTool(entry) }),
  }
}

function readTool({ tool, toolId, toolsetId }: Entry): CalledTool | 'unknown' {
  const [name, id, ofId] = [textOf(tool), textOf(toolId), textOf(toolsetId)]
  if (name === undefined || id === undefined || ofId === undefined) return 'unknown'
  return { name, toolId: id, toolsetId: ofId }
}

function whatWasSaid(entry: Entry): Said | undefined {
  const { kind, decision, problem, ruleId } = entry
  if (kind !== 'intent' && kind !== 'refusal') return undefined
  const { wouldBe, again, approvalId, rememberedApprovalId } = objectOf(entry.detail) ?? {}
  // The same attempt once more, since the upstream refused an access token.
  if (again !== undefined) return undefined
  // An owner's answer stood in the place of the policy's: what the policy said by then is written down where it was another.
  if (isSaid(wouldBe)) return wouldBe
  const isAnswered = approvalId !== undefined || rememberedApprovalId !== undefined
  if (kind === 'intent') return isAnswered ? 'require_approval' : 'allow'
  if (decision === 'require_approval') return decision
  if (problem === 'too-many-approvals') return 'require_approval'
  const wasLetOn = typeof ruleId === 'string' && entryName.test(ruleId)
  // Decided twice, and differently: the log does not say by what.
  if (policyProblems.has(problem)) return wasLetOn ? undefined : 'deny'
  if (problem === 'origin-not-allowed') return 'deny'
  if (!laterProblems.has(problem) || typeof ruleId !== 'string') return undefined
  if (approvalId !== undefined) return undefined
  return rememberedApprovalId === undefined ? 'allow' : 'require_approval'
}

const isSaid = (value: unknown): value is Said =>
  value === 'allow' || value === 'deny' || value === 'require_approval'

/** Those of the query; undefined where some were left out or cut. */
function readNames(value: unknown): readonly string[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length >= queryNamesMax) return undefined
  const names: string[] = []
  for (const name of value) {
    if (typeof name !== 'string') return undefined
    if (name.length >= nameCharsMax - 1 && name.endsWith(cutEnd)) return undefined
    names.push(name)
  }
  return names
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

const objectOf = (value: unknown): Entry | undefined =>
  typeof value === 'object' && value !== null ? { ...value } : undefined

function parse(text: string): Entry | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined // SyntaxError: somebody has changed the entry. The verifier says so; here it counts for nothing.
  }
}
