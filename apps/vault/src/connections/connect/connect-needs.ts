import type { Catalog } from '@sallyport/catalog'
import type { Connection, IdKind, ProblemType } from '@sallyport/contracts'
import type { MayUseOrigin } from '../check-connection.ts'
import type { ConnectionRecord, StoredConnection } from '../connection-store.ts'
import type { Sealer } from '../credential-opener.ts'
import type { TokenEndpoint } from '../oauth/token-endpoint.ts'
import type { OAuthClients } from '../oauth-apps/oauth-clients.ts'
import type { AppSealer } from '../oauth-apps/sealed-app.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import type { ConnectFlowStore } from './connect-flow-store.ts'

/** Something that was done to connect an account, or refused. Never a secret in any member. */
export interface ConnectEvent {
  readonly auditId: string
  readonly workspaceId: string
  /** The id of the operation, e.g. `finishConnection`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed' | 'refused'
  readonly ownerId: string
  readonly connectionId?: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** What this room needs of others. */
export interface ConnectNeeds {
  readonly store: ConnectFlowStore
  readonly findConnection: (
    workspaceId: string,
    id: string,
  ) => Promise<StoredConnection | undefined>
  readonly clients: OAuthClients
  readonly server: AuthorizationServer
  readonly revoke: TokenEndpoint['revoke']
  readonly sealFirst: TokenKeeper['sealFirst']
  readonly viewConnection: (connection: ConnectionRecord) => Promise<Connection>
  readonly keyring: AppSealer & Sealer
  /** The keyed hash under which a state is stored and looked up. */
  readonly tokenHash: (text: string) => Uint8Array
  readonly catalog: Catalog
  /** Durable when it resolves. */
  readonly audit: { record(event: ConnectEvent): Promise<unknown> }
  readonly mayUseOrigin: MayUseOrigin
  /** Told of each change before it is answered, so that this replica's caches drop the connection at once. */
  readonly onChanged: (connection: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  readonly randomBytes: (size: number) => Uint8Array
  /** Where people open the vault's pages, without trailing slash. */
  readonly pagesUrl: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** For what nobody waits for. */
  readonly onFailure: (error: unknown, what: string) => void
}
