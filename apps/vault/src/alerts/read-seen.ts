/** A record of the audit log as it is watched; of an outcome, agent and connection of the attempt that it ends. */
export interface WatchedRecord {
  readonly kind: string
  readonly atMs: number
  readonly agentId: string
  readonly connectionId: string | null
  readonly entry: string
}

/** An attempt of an agent. */
export interface Attempt {
  readonly type: 'attempt'
  readonly agentId: string
  readonly connectionId: string | undefined
  readonly atMs: number
  readonly bytes: number
  /** Of a request that is sent. */
  readonly host: string | undefined
  readonly end: 'sent' | 'denied' | 'limited' | 'other'
  /** What a limit said as it refused. */
  readonly reason: string | undefined
}

/** The answer to an attempt. */
export interface Answer {
  readonly type: 'answer'
  readonly agentId: string
  readonly connectionId: string | undefined
  readonly atMs: number
  readonly bytes: number
}

export type Seen = Attempt | Answer

/** Refusals that say something about what the agent tried; what the vault or an upstream lacked says nothing of that. */
const denials: ReadonlySet<string> = new Set([
  'policy-denied',
  'policy-expired',
  'outside-window',
  'origin-not-allowed',
  'connection-not-found',
  'tool-not-found',
  'connection-revoked',
  'address-refused',
  'request-too-large',
  'invalid-url',
  'invalid-method',
  'invalid-header',
  'invalid-query',
  'approval-not-found',
  'approval-mismatch',
  'approval-denied',
])
const limits: ReadonlySet<string> = new Set(['limit-exceeded', 'budget-exceeded'])

const hostPattern = /^[\x21-\x7e]{1,253}$/
const connectionPattern = /^[\x21-\x7e]{1,64}$/

/**
 * Reads a record. Undefined for what is no attempt of an agent to send something, nor the end of one, and for an entry that
 * somebody has spoilt. Total: nothing that stands in the log makes it throw.
 */
export function readSeen(record: WatchedRecord): Seen | undefined {
  const entry = parse(record.entry)
  if (entry === undefined || !Number.isFinite(record.atMs)) return undefined
  const connectionId =
    record.connectionId !== null && connectionPattern.test(record.connectionId)
      ? record.connectionId
      : undefined
  const whose = { agentId: record.agentId, connectionId, atMs: Math.max(0, record.atMs) }
  if (record.kind === 'outcome')
    return { type: 'answer', ...whose, bytes: amount(entry.responseBytes) }
  if (entry.operation !== 'execute' && entry.operation !== 'callMyTool') return undefined
  if (record.kind === 'intent') {
    const named = text(entry.host)
    const host = named !== undefined && hostPattern.test(named) ? named : undefined
    const bytes = amount(entry.requestBytes)
    return { type: 'attempt', ...whose, bytes, host, end: 'sent', reason: undefined }
  }
  if (record.kind !== 'refusal') return undefined
  // Nothing of what was refused has moved.
  const refused = { type: 'attempt', ...whose, bytes: 0, host: undefined } as const
  const problem = text(entry.problem) ?? ''
  if (limits.has(problem)) return { ...refused, end: 'limited', reason: text(entry.reason) }
  return { ...refused, end: denials.has(problem) ? 'denied' : 'other', reason: undefined }
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const amount = (value: unknown) =>
  typeof value === 'number' && value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0

/** Done for every record: no schema. */
function parse(entry: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(entry)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined
  } catch {
    return undefined
  }
}
