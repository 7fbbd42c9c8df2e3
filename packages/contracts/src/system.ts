import { z } from 'zod'
import { defineOperation } from './operation.ts'

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
  output: z.object({ status: z.literal('ready'), checks: z.record(z.string(), z.literal('ok')) }),
  problems: ['store-unavailable'],
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
