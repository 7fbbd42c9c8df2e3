import type { Catalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import type { OAuthAppStore, StoredOAuthApp } from './oauth-app-store.ts'
import { type OAuthClient, resolveClient } from './resolve-client.ts'
import { type AppSealer, openApp, unreadableApp } from './sealed-app.ts'

/** A client with the id and the name that its workspace knows it by. */
export interface NamedClient {
  readonly id: string
  readonly name: string
  readonly client: OAuthClient
}

/** The OAuth clients of workspaces, opened. Every look-up is bound to a workspace; `credential-unreadable` is thrown by all. */
export interface OAuthClients {
  /** Problem `oauth-app-missing` where the workspace has no such client any more. */
  get(workspaceId: string, oauthAppId: string): Promise<OAuthClient>
  find(workspaceId: string, oauthAppId: string): Promise<NamedClient | undefined>
  findByProvider(workspaceId: string, provider: string): Promise<NamedClient | undefined>
}

/** Builds the look-ups. Nothing is kept in memory: a client is opened for each attempt and each renewal. */
export function createOAuthClients(needs: {
  readonly store: Pick<OAuthAppStore, 'find' | 'findByProvider'>
  readonly keyring: AppSealer
  readonly catalog: Pick<Catalog, 'findProvider'>
}): OAuthClients {
  const { store, keyring, catalog } = needs
  const open = async (row: StoredOAuthApp | undefined): Promise<NamedClient | undefined> =>
    row && {
      id: row.id,
      name: row.name,
      client: resolveClient(await openApp(keyring, row), catalog),
    }
  const find: OAuthClients['find'] = async (workspaceId, id) =>
    open(await store.find(workspaceId, id))
  return {
    find,
    async findByProvider(workspaceId, provider) {
      const found = await open(await store.findByProvider(workspaceId, provider))
      // The column found it; what was sealed counts. Another's client would get tokens that go to this provider's hosts.
      if (found !== undefined && found.client.provider !== provider) throw unreadableApp()
      return found
    },
    async get(workspaceId, oauthAppId) {
      const found = await find(workspaceId, oauthAppId)
      if (found !== undefined) return found.client
      throw new Problem(
        'oauth-app-missing',
        'The OAuth app of this account is not there any more.',
        {
          next: 'An owner keeps the OAuth app anew and connects the account again.',
        },
      )
    },
  }
}
