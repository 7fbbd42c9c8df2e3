import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { isAnswerLost } from '../oauth/oauth-problem.ts'
import { backoffMs } from './backoff.ts'
import type { Outcome, RenewalEvent, RenewalNeeds } from './renewal-needs.ts'
import type { LeaseAt, StoredTokens } from './token-store.ts'

type Needs = Omit<RenewalNeeds, 'source' | 'keyring'>

/** Builds what writes down that a renewal failed: when it is tried again, or that the connection needs its owner. */
export function createFailureNotes(
  needs: Needs,
  look: (connectionId: string, version: number) => Promise<Outcome>,
) {
  const { store } = needs

  async function note(
    at: LeaseAt,
    stored: StoredTokens,
    { error, wasLeft }: { readonly error: unknown; readonly wasLeft: boolean },
  ): Promise<Outcome> {
    const problem = toProblem(error)
    if (problem.type === 'internal-error') needs.onFailure('a renewal failed', error)
    if (problem.type === 'connection-needs-reauth')
      return end(at, stored, reasonOf(problem, wasLeft))
    const retryMs = backoffMs(
      stored.failures + 1,
      randomOf(needs.randomBytes),
      problem.retryAfterSeconds,
    )
    const keepsMark = wasLeft || isAnswerLost(problem)
    const { type, detail: message } = problem
    await store
      .fail(at, { problem: type, message, retryMs, keepsMark })
      .catch((failure: unknown) => needs.onFailure('a failed renewal could not be noted', failure))
    needs.onTokensChanged(stored.connection)
    if (type === 'credential-unreadable') await recordUnreadable(stored, problem)
    return { kind: 'failed', problem, retryMs }
  }

  async function end(
    at: Omit<LeaseAt, 'leaseId'> & { readonly leaseId?: string },
    { connection }: StoredTokens,
    reason: string,
  ): Promise<Outcome> {
    // Where somebody was faster (the account was connected anew, the connection revoked) that is what counts.
    if (!(await store.end({ ...at, reason }))) return look(at.connectionId, at.version)
    needs.onConnectionChanged(connection)
    needs.onTokensChanged(connection)
    await record({
      workspaceId: connection.workspaceId,
      operation: 'connectionNeedsReauth',
      outcome: 'done',
      connectionId: connection.id,
      problem: 'connection-needs-reauth',
      reason,
    })
    return { kind: 'ended', reason }
  }

  const recordUnreadable = ({ connection }: StoredTokens, problem: Problem) =>
    record({
      workspaceId: connection.workspaceId,
      operation: 'renewAccessToken',
      outcome: 'failed',
      connectionId: connection.id,
      problem: problem.type,
      reason: problem.detail,
    })

  /** The log is written after the change, and what it cannot take is said to the operator. */
  const record = (event: Omit<RenewalEvent, 'auditId'>) =>
    needs.audit
      .record({ auditId: needs.newId('audit'), ...event })
      .catch((error: unknown) => needs.onFailure('a renewal could not be recorded', error))

  return { note, end }
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem('internal-error', 'The renewal failed in the vault itself.', { cause: error })
}

/** What was interrupted may have been the cause: whoever looks for it is told. */
function reasonOf({ detail }: Problem, wasLeft: boolean): string {
  if (!wasLeft) return detail
  return `${detail} An earlier renewal was interrupted before its answer was kept: the provider may have given a new refresh token then, and take the old one for stolen.`
}

/** Between 0 and 1. */
function randomOf(randomBytes: Needs['randomBytes']): number {
  return Buffer.from(randomBytes(4)).readUInt32BE() / 2 ** 32
}
