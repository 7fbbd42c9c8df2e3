import type { Catalog } from '@sallyport/catalog'
import type { IdKind, ProblemType } from '@sallyport/contracts'
import type { MayUseOrigin } from '../check-connection.ts'
import type { OAuthAppStore } from './oauth-app-store.ts'
import type { ReadServer } from './read-metadata.ts'
import type { AppSealer, GivenEndpoints } from './sealed-app.ts'

/** Something that was done with a workspace's OAuth clients. Never a secret in any member. */
export interface OAuthAppEvent {
  readonly auditId: string
  readonly workspaceId: string
  /** The id of the operation, e.g. `createOAuthApp`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed' | 'refused'
  readonly ownerId: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail?: Readonly<Record<string, string | number | readonly string[]>>
}

/** What this room needs of others. */
export interface OAuthAppsNeeds {
  readonly store: OAuthAppStore
  readonly keyring: AppSealer
  readonly catalog: Pick<Catalog, 'findProvider'>
  /** Durable when it resolves: recorded after the change and before the answer. */
  readonly audit: { record(event: OAuthAppEvent): Promise<unknown> }
  readonly mayUseOrigin: MayUseOrigin
  readonly readMetadata: (
    given: GivenEndpoints & { readonly issuer: string },
  ) => Promise<ReadServer>
  /** Why a text is no key that client assertions can be signed with; undefined where it is one. */
  readonly faultOfPrivateKey: (text: string) => string | undefined
  readonly onChanged: (app: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  /** Where people open the vault's pages, without trailing slash. */
  readonly pagesUrl: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Where providers send browsers back to: the one address to be registered with all of them. */
export const redirectUriOf = (pagesUrl: string): string => `${pagesUrl}/api/v1/connections/callback`
