import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import {
  ClientAuthentication,
  ClientId,
  ClientSecret,
  EndpointUrl,
  KeyId,
  PrivateKeyText,
} from './credential.ts'
import { OAuthAppId } from './ids.ts'
import { defineOperation } from './operation.ts'

// The workspace's own OAuth clients: one for each provider.

/** A provider of the catalog, or a name of the owner's own for one that is not in it. */
export const ProviderName = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters and digits, with - between')

/** Where a provider that the catalog does not know is: its issuer (its metadata is read), or its endpoints. */
const endpoints = {
  issuer: EndpointUrl.optional().meta({
    description:
      'Its metadata is read (RFC 8414, OpenID Connect Discovery), and `iss` is checked (RFC 9207)',
  }),
  authorizationEndpoint: EndpointUrl.optional(),
  tokenEndpoint: EndpointUrl.optional(),
  revocationEndpoint: EndpointUrl.optional(),
  deviceAuthorizationEndpoint: EndpointUrl.optional(),
}

/** What the endpoints of the catalog leave to the owner, by name: `{"tenant": "common"}`. */
const Parameters = z.record(
  z.string().max(60),
  z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9._-]+$/, 'must be letters, digits and . _ -'),
)

export const OAuthApp = z.object({
  id: OAuthAppId,
  provider: z.string(),
  name: z.string(),
  clientId: z.string(),
  clientAuthentication: ClientAuthentication,
  secretHint: z.string().meta({ description: 'The last characters of the secret, behind dots' }),
  ...endpoints,
  parameters: Parameters,
  connections: z.number().int().meta({ description: 'How many connections use it' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type OAuthApp = z.infer<typeof OAuthApp>

const OneOAuthApp = z.object({ oauthApp: OAuthApp })
const OAuthAppRef = { oauthAppId: OAuthAppId }

const writable = {
  clientId: ClientId,
  clientAuthentication: ClientAuthentication.optional().meta({
    description: 'As the provider wants it unless given',
  }),
  clientSecret: ClientSecret.optional(),
  privateKey: PrivateKeyText.optional().meta({ description: 'For private_key_jwt (RFC 7523)' }),
  keyId: KeyId.optional(),
  ...endpoints,
  parameters: Parameters.optional(),
}

export const createOAuthApp = defineOperation({
  id: 'createOAuthApp',
  method: 'POST',
  path: '/api/v1/oauth-apps',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Keep the workspace’s own OAuth client for a provider',
  input: z.strictObject({
    provider: ProviderName,
    name: Label.optional().meta({ description: 'The provider’s name unless given' }),
    ...writable,
  }),
  output: OneOAuthApp,
  status: 201,
  problems: ['oauth-app-exists', 'origin-not-allowed', 'provider-unavailable', 'provider-refused'],
})

export const listOAuthApps = defineOperation({
  id: 'listOAuthApps',
  method: 'GET',
  path: '/api/v1/oauth-apps',
  caller: ['owner'],
  demand: 'connections:read',
  summary:
    'List the workspace’s OAuth clients, newest first, with the redirect URI to register for any',
  input: z.strictObject({ ...Page }),
  output: z.object({
    oauthApps: z.array(OAuthApp),
    redirectUri: z
      .string()
      .meta({ description: 'To be registered with every provider, exactly so' }),
    nextCursor: NextCursor,
  }),
  problems: [],
})

export const getOAuthApp = defineOperation({
  id: 'getOAuthApp',
  method: 'GET',
  path: '/api/v1/oauth-apps/{oauthAppId}',
  caller: ['owner'],
  demand: 'connections:read',
  summary: 'Read an OAuth client',
  input: z.strictObject(OAuthAppRef),
  output: OneOAuthApp,
  problems: ['oauth-app-not-found'],
})

export const updateOAuthApp = defineOperation({
  id: 'updateOAuthApp',
  method: 'PATCH',
  path: '/api/v1/oauth-apps/{oauthAppId}',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Change an OAuth client, such as for a new secret; what is not named stays',
  input: z.strictObject({
    ...OAuthAppRef,
    name: Label.optional(),
    ...z.strictObject(writable).partial().shape,
  }),
  output: OneOAuthApp,
  problems: [
    'oauth-app-not-found',
    'oauth-app-in-use',
    'origin-not-allowed',
    'version-conflict',
    'fresh-sign-in-required',
    'provider-unavailable',
    'provider-refused',
    'credential-unreadable',
  ],
})

export const deleteOAuthApp = defineOperation({
  id: 'deleteOAuthApp',
  method: 'DELETE',
  path: '/api/v1/oauth-apps/{oauthAppId}',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Forget an OAuth client that no connection uses any more',
  input: z.strictObject(OAuthAppRef),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['oauth-app-not-found', 'oauth-app-in-use'],
})
