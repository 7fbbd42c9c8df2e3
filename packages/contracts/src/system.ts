import { z } from 'zod'
import { defineOperation } from './operation.ts'
import { ToolsetName } from './tool-name.ts'

export const getHealth = defineOperation({
  id: 'getHealth',
  method: 'GET',
  path: '/healthz',
  caller: ['anyone'],
  summary: 'Say that the process is alive',
  input: z.strictObject({}),
  output: z.object({ status: z.literal('ok') }),
  problems: [],
})

export const getReadiness = defineOperation({
  id: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  caller: ['anyone'],
  summary: 'Say whether requests can be served: database, change feed and root key',
  input: z.strictObject({}),
  output: z.object({
    status: z.literal('ready'),
    checks: z.record(z.string(), z.literal('ok')),
    /** Neither is needed to decide on requests: while one cannot be reached, each process goes on by itself. */
    queue: z.object({
      kind: z.enum(['timers', 'postgresql', 'redis', 'elsewhere']).meta({
        description:
          'What shares out the jobs that all replicas share; elsewhere: this replica leaves them to others',
      }),
      reachable: z.boolean(),
    }),
    requestLimit: z
      .object({
        kind: z.enum(['replica', 'redis']).meta({
          description: 'What counts the requests of agents, where there is such a limit',
        }),
        reachable: z.boolean(),
      })
      .optional(),
  }),
  problems: ['store-unavailable', 'draining'],
})

/** RFC 8414. */
export const getAuthorizationServerMetadata = defineOperation({
  id: 'getAuthorizationServerMetadata',
  method: 'GET',
  path: '/.well-known/oauth-authorization-server',
  caller: ['anyone'],
  summary: 'OAuth 2.0 authorization server metadata (RFC 8414)',
  input: z.strictObject({}),
  output: z.object({
    issuer: z.string(),
    authorization_endpoint: z.string().meta({
      description:
        'Nothing is there: no grant of the vault uses it, but MCP SDKs take no metadata without it',
    }),
    token_endpoint: z.string(),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    service_documentation: z.string().optional(),
  }),
  problems: [],
})

const ProtectedResource = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()),
  bearer_methods_supported: z.array(z.string()),
  resource_name: z.string().optional(),
})

/** RFC 9728: where a client of `/mcp` gets a token. The address is that of the resource with the well-known part before it. */
export const getProtectedResourceMetadata = defineOperation({
  id: 'getProtectedResourceMetadata',
  method: 'GET',
  path: '/.well-known/oauth-protected-resource/mcp',
  caller: ['anyone'],
  summary: 'OAuth 2.0 protected resource metadata of /mcp (RFC 9728)',
  input: z.strictObject({}),
  output: ProtectedResource,
  problems: [],
})

/** The same whether there is such a toolset or not. */
export const getToolsetResourceMetadata = defineOperation({
  id: 'getToolsetResourceMetadata',
  method: 'GET',
  path: '/.well-known/oauth-protected-resource/mcp/{toolset}',
  caller: ['anyone'],
  summary: 'OAuth 2.0 protected resource metadata of /mcp/{toolset} (RFC 9728)',
  input: z.strictObject({ toolset: ToolsetName }),
  output: ProtectedResource,
  problems: [],
})

export const getOpenApi = defineOperation({
  id: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  caller: ['anyone'],
  summary: 'This interface as an OpenAPI 3.1 document',
  input: z.strictObject({}),
  output: z.record(z.string(), z.unknown()),
  problems: [],
})
