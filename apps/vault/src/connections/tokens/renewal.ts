import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import { createFailureNotes } from './failure-notes.ts'
import type { Outcome, RenewalNeeds } from './renewal-needs.ts'
import { createAnswerSaving } from './save-answer.ts'
import { openTokens } from './sealed-tokens.ts'
import type { LeaseAt, StoredTokens } from './token-store.ts'

/** Longer than asking a provider and writing down its answer take. */
const leaseMs = 25_000
const leaseIdBytes = 16

/**
 * Builds one attempt to renew a version of a connection's tokens, under a lease that keeps every other replica from it: the
 * lease is durable before the provider is asked, and its answer before anybody is told (S-32).
 */
export function createRenewal(needs: RenewalNeeds) {
  const { store } = needs
  const saving = createAnswerSaving(needs)
  const { note, end } = createFailureNotes(needs, look)

  async function look(connectionId: string, version: number): Promise<Outcome> {
    const stored = await store.find(connectionId)
    if (stored === undefined) return { kind: 'gone' }
    const { connection, leaseLeftMs, attemptInMs } = stored
    if (connection.status === 'revoked') return { kind: 'gone' }
    if (connection.status !== 'healthy') return { kind: 'ended', reason: endedLongAgo }
    if (stored.version !== version) return { kind: 'renewed' }
    if ((leaseLeftMs ?? 0) > 0) return { kind: 'busy', leftMs: leaseLeftMs ?? 0 }
    if ((attemptInMs ?? 0) > 0) return failedBefore(stored, attemptInMs ?? 0)
    return { kind: 'busy', leftMs: 0 }
  }

  async function renewLeased(
    at: LeaseAt,
    stored: StoredTokens,
    wasLeft: boolean,
  ): Promise<Outcome> {
    let answer: TokenAnswer | undefined
    try {
      const { refreshToken } = await openTokens(needs.keyring, stored)
      answer = await needs.source.renew(stored.connection, refreshToken)
      return await saving.save(at, stored, { answer, refreshToken })
    } catch (error) {
      return note(at, stored, { error, wasLeft: wasLeft || answer !== undefined })
    }
  }

  return {
    /** Renews this version, unless somebody has done so, is at it, or failed a moment ago. Throws `store-unavailable`. */
    async attempt(connectionId: string, version: number): Promise<Outcome> {
      const leaseId = Buffer.from(needs.randomBytes(leaseIdBytes)).toString('base64url')
      const leased = await store.lease({ connectionId, version, leaseId, leaseMs })
      if (leased === false) return look(connectionId, version)
      const stored = await store.find(connectionId)
      if (stored?.leasedBy !== leaseId) return look(connectionId, version)
      const at = { connectionId, version: stored.version, leaseId }
      return renewLeased(at, stored, leased.wasLeft)
    },

    /** What cannot be renewed has ended, and the upstream said so: its owner is asked to reconnect it. */
    end: (stored: StoredTokens): Promise<Outcome> =>
      end({ connectionId: stored.connection.id, version: stored.version }, stored, cannotBeRenewed),
  }
}

const endedLongAgo = 'The provider does not take its grant any more.'
const cannotBeRenewed =
  'The access token has ended, and the provider gave nothing to renew it with. An owner reconnects it.'

function failedBefore({ failure, failureMessage }: StoredTokens, retryMs: number): Outcome {
  const type = failure === 'provider-refused' ? 'provider-refused' : 'provider-unavailable'
  const problem = new Problem(type, failureMessage ?? 'The last attempt failed.')
  return { kind: 'failed', problem, retryMs }
}
