import { operations as op, operations, toOpenApi } from '@sallyport/contracts'
import { resourceMetadata } from '../mcp-route.ts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** Made once: it takes long, and anybody may ask for it. */
function createDocument(version: string): () => ReturnType<typeof toOpenApi> {
  let document: ReturnType<typeof toOpenApi> | undefined
  return () => {
    document ??= toOpenApi(operations, version)
    return document
  }
}

export const systemRoutes = ({ readiness, publicUrl, version }: Rooms): Mounted[] => [
  mount(op.getHealth, () => ({ status: 'ok' as const })),
  mount(op.getReadiness, () => readiness()),
  mount(op.getOpenApi, createDocument(version)),
  mount(op.getAuthorizationServerMetadata, () => ({
    issuer: publicUrl(),
    authorization_endpoint: `${publicUrl()}/authorize`,
    token_endpoint: `${publicUrl()}${op.issueAgentToken.path}`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
  })),
  mount(op.getProtectedResourceMetadata, () => resourceMetadata(publicUrl())),
  mount(op.getToolsetResourceMetadata, ({ input }) => resourceMetadata(publicUrl(), input.toolset)),
]
