import type { IdKind, Problem, ProblemType } from '@sallyport/contracts'
import type { Sealer } from '../credential-opener.ts'
import type { TokenSource } from './token-source.ts'
import type { TokenStore } from './token-store.ts'

/** What came of an attempt to renew. */
export type Outcome =
  /** There are newer tokens, whoever got them. */
  | { readonly kind: 'renewed' }
  /** Somebody else is at it, for at most so long. */
  | { readonly kind: 'busy'; readonly leftMs: number }
  /** It failed, just now or a while ago, and may be tried again after so long. */
  | { readonly kind: 'failed'; readonly problem: Problem; readonly retryMs: number }
  /** The connection needs its owner. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** There is nothing to renew any more. */
  | { readonly kind: 'gone' }

/** What is recorded of renewals: that an owner has to act, or that a secret did not open. Never a secret in any member. */
export interface RenewalEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly operation: 'connectionNeedsReauth' | 'renewAccessToken'
  readonly outcome: 'done' | 'failed'
  readonly connectionId: string
  readonly problem: ProblemType
  readonly reason: string
}

export interface RenewalNeeds {
  readonly store: Pick<TokenStore, 'find' | 'lease' | 'save' | 'fail' | 'end'>
  readonly keyring: Sealer
  readonly source: TokenSource
  readonly audit: { record(event: RenewalEvent): Promise<unknown> }
  /** Told before anybody is given the new tokens, so that this replica's caches drop the old ones. */
  readonly onTokensChanged: (connection: {
    readonly id: string
    readonly workspaceId: string
  }) => void
  readonly onConnectionChanged: (connection: {
    readonly id: string
    readonly workspaceId: string
  }) => void
  readonly newId: (kind: IdKind) => string
  readonly randomBytes: (size: number) => Uint8Array
  readonly monotonicMs: () => number
  /** What failed beside the requests; never a secret. */
  readonly onFailure: (what: string, error: unknown) => void
}
