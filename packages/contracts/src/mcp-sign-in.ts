import { z } from 'zod'
import { ConnectFlow, ReturnTo } from './connect.ts'
import { ClientAuthentication, ClientId, ClientSecret, EndpointUrl, Scopes } from './credential.ts'
import { UpstreamId } from './ids.ts'
import { McpServer, OneServer, ServerRef } from './mcp-server-shape.ts'
import { defineOperation } from './operation.ts'

// Signing in to upstream MCP servers by OAuth (MCP, Authorization): what a server asks for is found, and the grant becomes a
// connection that goes to that server alone.

/** How the vault comes to a client id at an authorization server. */
const ClientWay = z.enum(['given', 'kept', 'document', 'registration', 'by-hand']).meta({
  description:
    'given: by the owner; kept: of an earlier sign-in; document: the vault’s own metadata document; registration: RFC 7591; by-hand: an owner has to register a client',
})

/** What a server and its authorization server say of signing in. */
export const McpSignInFound = z.object({
  resource: z.string().meta({ description: 'What tokens are asked for (RFC 8707)' }),
  issuer: z.string(),
  issuers: z.array(z.string()).meta({ description: 'All that the server names' }),
  authorizationEndpoint: z.string().optional(),
  tokenEndpoint: z.string(),
  scopes: z.array(z.string()).meta({ description: 'What is asked for unless scopes are given' }),
  client: ClientWay,
  clientId: z.string().optional(),
  redirectUri: z.string().meta({ description: 'To be registered by hand, exactly so' }),
  message: z.string(),
})
export type McpSignInFound = z.infer<typeof McpSignInFound>

const signInProblems = [
  'mcp-server-not-found',
  'invalid-input',
  'origin-not-allowed',
  'provider-refused',
  'provider-unavailable',
  'credential-unreadable',
] as const

const issuer = EndpointUrl.optional().meta({
  description: 'One of those that the server names; the first unless given',
})

export const discoverMcpSignIn = defineOperation({
  id: 'discoverMcpSignIn',
  method: 'POST',
  path: '/api/v1/mcp/servers/{serverId}/sign-in/discover',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Find out how an upstream MCP server is signed in to; nothing secret is sent',
  input: z.strictObject({ serverId: UpstreamId, issuer }),
  output: z.object({ found: McpSignInFound }),
  problems: [...signInProblems],
})

export const signInToMcpServer = defineOperation({
  id: 'signInToMcpServer',
  method: 'POST',
  path: '/api/v1/mcp/servers/{serverId}/sign-in',
  caller: ['owner'],
  demand: 'connections:write',
  summary:
    'Begin to sign in to an upstream MCP server, or sign in as a client of one’s own at once; the tools stay as they are',
  input: z.strictObject({
    serverId: UpstreamId,
    method: z.enum(['authorization_code', 'client_credentials']).default('authorization_code'),
    issuer,
    clientId: ClientId.optional().meta({
      description: 'Of a client that was registered by hand; needed for client_credentials',
    }),
    clientSecret: ClientSecret.optional(),
    clientAuthentication: ClientAuthentication.exclude(['private_key_jwt']).optional(),
    newClient: z.boolean().optional().meta({
      description: 'Do not use the client of an earlier sign-in again',
    }),
    scopes: Scopes.optional().meta({ description: 'What the server asks for unless given' }),
    returnTo: ReturnTo.optional(),
  }),
  output: z.object({
    server: McpServer,
    found: McpSignInFound,
    authorizationUrl: z.string().optional().meta({
      description:
        'Where the browser goes now; absent for client_credentials and for a flow that a token began, which has a continueUrl',
    }),
    flow: ConnectFlow.optional(),
  }),
  status: 201,
  answerMsMax: 60_000,
  problems: [
    ...signInProblems,
    'fresh-sign-in-required',
    'too-many-attempts',
    'oauth-app-missing',
    'oauth-app-not-found',
    'version-conflict',
  ],
})

export const signOutOfMcpServer = defineOperation({
  id: 'signOutOfMcpServer',
  method: 'DELETE',
  path: '/api/v1/mcp/servers/{serverId}/sign-in',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Destroy the tokens of an upstream MCP server, and tell its authorization server',
  input: ServerRef,
  output: OneServer,
  answerMsMax: 60_000,
  problems: ['mcp-server-not-found'],
})

/** OAuth Client ID Metadata Document: the vault as a client of authorization servers that take such documents. */
export const getMcpClientMetadata = defineOperation({
  id: 'getMcpClientMetadata',
  method: 'GET',
  path: '/oauth/mcp-client.json',
  caller: ['anyone'],
  summary: 'The vault as an OAuth client of upstream MCP servers (client ID metadata document)',
  input: z.strictObject({}),
  output: z.object({
    client_id: z.string(),
    client_name: z.string(),
    client_uri: z.string(),
    redirect_uris: z.array(z.string()),
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    token_endpoint_auth_method: z.literal('none'),
  }),
  problems: [],
})
