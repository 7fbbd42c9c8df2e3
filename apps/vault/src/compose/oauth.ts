import type { Catalog } from '@sallyport/catalog'
import { createTokenEndpoint } from '../connections/oauth/token-endpoint.ts'
import { createAskForToken } from '../connections/tokens/ask-for-token.ts'
import { createTokensOfKind } from '../connections/tokens/tokens-of-kind.ts'
import { readSigningKey } from '../credentials/signing-key.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import { composeOAuthApps } from './connect.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds what asks providers: the way out to them, the OAuth clients of workspaces, and where tokens come from. */
export function composeOAuth(needs: ComposeNeeds, foundation: Foundation, catalog: Catalog) {
  const { now, randomBytes } = needs
  const { egress, keyring } = foundation
  const fetch = createEgressFetch({ send: egress.send, poolKey: 'oauth' })
  const mayUseOrigin = egress.isAllowedOrigin
  const endpoint = createTokenEndpoint({ fetch, mayUseOrigin, readSigningKey, now })
  const apps = composeOAuthApps(needs, foundation, { catalog, fetch })
  const askForToken = createAskForToken({ endpoint, readSigningKey, randomBytes, now })
  const source = createTokensOfKind({
    ...{ keyring, endpoint, askForToken, catalog },
    clients: apps.clients,
  })
  return { ...apps, fetch, endpoint, askForToken, source }
}
