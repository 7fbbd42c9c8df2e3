import type { ClientAuthentication } from '@sallyport/contracts'
import type { PageAfter } from '../../paging/page-cursor.ts'

/** An OAuth client of a workspace as it is stored, without its secret. What is sent to a provider is read from the seal. */
export interface OAuthAppRecord {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly name: string
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly secretHint: string
  readonly issuer: string | null
  readonly authorizationEndpoint: string | null
  readonly tokenEndpoint: string | null
  readonly revocationEndpoint: string | null
  readonly deviceAuthorizationEndpoint: string | null
  readonly parameters: Record<string, string>
  /** Raised whenever it is sealed anew. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The same with all that it is, sealed. */
export interface StoredOAuthApp extends OAuthAppRecord {
  readonly sealed: Uint8Array
}

/** With how many connections use it: those that are not revoked. */
export interface CountedOAuthApp extends OAuthAppRecord {
  readonly connections: number
}

/** What an update may change. */
export type OAuthAppChanges = Partial<
  Omit<StoredOAuthApp, 'id' | 'workspaceId' | 'provider' | 'createdAt'>
>

interface OAuthAppRef {
  readonly workspaceId: string
  readonly id: string
}

/** What the room needs of the store. Every query is bound to a workspace. */
export interface OAuthAppStore {
  /** False where the workspace has one for the provider already. */
  insert(row: StoredOAuthApp): Promise<boolean>
  find(workspaceId: string, id: string): Promise<(StoredOAuthApp & CountedOAuthApp) | undefined>
  findByProvider(workspaceId: string, provider: string): Promise<StoredOAuthApp | undefined>
  /** Newest first. */
  list(workspaceId: string, page: PageAfter): Promise<CountedOAuthApp[]>
  /** The providers that the workspace has a client for. */
  listProviders(workspaceId: string): Promise<string[]>
  /**
   * Compare and set. With `onlyUnused` only where no connection uses it, decided while none can begin to.
   */
  update(
    at: OAuthAppRef & { readonly version: number; readonly onlyUnused: boolean },
    changes: OAuthAppChanges & { readonly updatedAt: Date },
  ): Promise<CountedOAuthApp | 'changed' | 'in-use'>
  /** Only where no connection uses it, decided while none can begin to. Attempts to connect with it end. */
  delete(at: OAuthAppRef): Promise<'deleted' | 'in-use' | 'not-found'>
}
