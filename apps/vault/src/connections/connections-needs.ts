import type { Catalog } from '@sallyport/catalog'
import { type IdKind, Problem, type ProblemType } from '@sallyport/contracts'
import type { MayUseOrigin } from './check-connection.ts'
import type { ConnectFlowStore } from './connect/connect-flow-store.ts'
import type {
  ConnectionSnapshot,
  ConnectionStore,
  StoredConnection,
  TokensChange,
} from './connection-store.ts'
import type { CredentialRules } from './credential-faults.ts'
import type { Sealer } from './credential-opener.ts'
import type { TokenEndpoint } from './oauth/token-endpoint.ts'
import type { OAuthClients } from './oauth-apps/oauth-clients.ts'
import type { AskForToken } from './tokens/ask-for-token.ts'
import type { RevokeAtProvider } from './tokens/revoke-at-provider.ts'
import type { TokenKeeper } from './tokens/token-keeper.ts'

/** Something that was done with a connection, or refused. Never a secret in any member. */
export interface ConnectionEvent {
  readonly auditId: string
  readonly workspaceId: string
  /** The id of the operation, e.g. `createConnection`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed' | 'refused'
  readonly connectionId: string
  readonly ownerId?: string
  readonly agentId?: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/**
 * Sends one GET with the connection's credential, the way that every request goes out, and brackets it with the audit
 * log under `auditId`: the intent is durable before the first byte leaves. Throws a problem where no answer came.
 */
export type Probe = (request: {
  readonly connection: ConnectionSnapshot
  readonly url: string
  readonly ownerId: string
  readonly auditId: string
}) => Promise<{ readonly status: number; readonly auditId: string }>

/** What this room needs of others. */
export interface ConnectionsNeeds {
  readonly store: ConnectionStore
  readonly keyring: Sealer
  readonly catalog: Pick<Catalog, 'services' | 'findService' | 'findProvider'>
  /** The OAuth clients of the workspace. */
  readonly clients: OAuthClients
  readonly refresh: TokenEndpoint['refresh']
  readonly askForToken: AskForToken
  readonly tokens: Pick<TokenKeeper, 'sealFirst' | 'describe'>
  /** Seals a connection's tokens for other origins; undefined where it has none. Problem `credential-unreadable`. */
  readonly resealTokens: (
    connection: StoredConnection,
    origins: readonly string[],
  ) => Promise<TokensChange | undefined>
  /** Tells the provider of tokens that were destroyed. Never rejects. */
  readonly revokeAtProvider: RevokeAtProvider
  readonly isTaken: ConnectFlowStore['isTaken']
  readonly findTokensVersion: ConnectFlowStore['findTokensVersion']
  readonly faultOfPrivateKey: CredentialRules['faultOfPrivateKey']
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking
   * something away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: ConnectionEvent): Promise<unknown> }
  readonly mayUseOrigin: MayUseOrigin
  readonly probe: Probe
  /** Ends the calls that are on their way through a connection, on this replica. */
  readonly endCalls: (selector: { readonly connectionId: string }) => unknown
  /** Told of each change before it is answered, so that this replica's caches drop the connection at once. */
  readonly onChanged: (connection: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The connection with its sealed credential; Problem `connection-not-found`. */
export async function getStored(
  { store }: Pick<ConnectionsNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<StoredConnection> {
  const stored = await store.find(workspaceId, id)
  if (stored === undefined) throw connectionNotFound()
  return stored
}

/** The same; Problem `connection-revoked` where there is no credential to work with any more. */
export async function getLive(
  needs: Pick<ConnectionsNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<StoredConnection> {
  const stored = await getStored(needs, workspaceId, id)
  if (stored.status === 'revoked') {
    throw new Problem('connection-revoked', 'The connection has been revoked; that is for good.', {
      next: 'An owner connects the service anew.',
    })
  }
  return stored
}

/** One and the same for what does not exist and for what the caller may not see (S-09). */
export function connectionNotFound(): Problem {
  return new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })
}

/** Somebody deleted it while it was about to be used. */
export const oauthAppGone = () =>
  new Problem('oauth-app-not-found', 'There is no such OAuth app.', {
    next: 'List the OAuth apps to see which there are.',
  })

/** Failures that are events of their own: a secret that does not open (S-33), or that was shown to a provider. */
const recordedFailures: ReadonlySet<ProblemType> = new Set([
  'credential-unreadable',
  'provider-refused',
  'provider-unavailable',
])

/** Records what such work fails with; the failure goes on unchanged. */
export async function recordFailure<T>(
  { audit }: Pick<ConnectionsNeeds, 'audit'>,
  about: Omit<ConnectionEvent, 'outcome'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Problem && recordedFailures.has(error.type)) {
      await audit.record({ ...about, outcome: 'failed', problem: error.type, reason: error.detail })
      error.auditId = about.auditId
    }
    throw error
  }
}
