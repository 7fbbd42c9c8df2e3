// The peer of `bench stdio`: a server as one writes it with the MCP SDK of version 1, zod and jose, unbundled; with as many
// tools, about as long, as the closest peer's.
import { readFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { importJWK, SignJWT } from 'jose'
import { z } from 'zod'

const { SALLYPORT_BASE_URL: baseUrl, SALLYPORT_AGENT_ID: agentId } = process.env
const key = await importJWK(
  JSON.parse(readFileSync(process.env.SALLYPORT_PRIVATE_KEY_PATH, 'utf8')),
  'ES256',
)

async function call(method, path, body) {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(agentId)
    .setSubject(agentId)
    .setAudience(baseUrl)
    .setIssuedAt()
    .setExpirationTime('30s')
    .sign(key)
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${assertion}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { content: [{ type: 'text', text: await response.text() }] }
}

const server = new McpServer({ name: 'peer', version: '1.0.0' })
const post = (path) => (body) => call('POST', path, body)

server.registerTool(
  'vault_execute',
  {
    description: 'Send an HTTP request through the vault, which adds the credential.',
    inputSchema: {
      connectionId: z.string().optional().describe('The connection to use'),
      service: z.string().optional().describe('The service, where there is one connection of it'),
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).describe('HTTP method'),
      url: z.string().url().describe('The absolute URL of the upstream'),
      query: z.record(z.string(), z.string()).optional().describe('Query parameters'),
      headers: z.record(z.string(), z.string()).optional().describe('Headers'),
      body: z.unknown().optional().describe('The body, as JSON'),
      approvalId: z.string().optional().describe('An approval to redeem'),
    },
  },
  post('/v1/vault/execute'),
)
server.registerTool(
  'list_connections',
  { description: 'List what the agent may use.', inputSchema: {} },
  () => call('GET', '/v1/agents/connections'),
)
server.registerTool(
  'list_services',
  { description: 'List the services that can be asked for.', inputSchema: {} },
  () => call('GET', '/v1/capabilities/services'),
)
server.registerTool(
  'my_capabilities',
  { description: 'Say what the agent may do.', inputSchema: {} },
  () => call('GET', '/v1/capabilities/me'),
)
server.registerTool(
  'request_capability',
  {
    description: 'Ask the owner for access to a service.',
    inputSchema: {
      service: z.string().describe('The service'),
      reason: z.string().max(500).describe('Why it is needed'),
    },
  },
  post('/v1/agent-permission-requests'),
)
server.registerTool(
  'list_approvals',
  {
    description: 'List the approvals that wait.',
    inputSchema: { status: z.enum(['pending', 'approved', 'denied', 'expired']).optional() },
  },
  () => call('GET', '/v1/agents/approvals'),
)
server.registerTool(
  'revoke_connection',
  {
    description: 'Revoke a connection at once and for good.',
    inputSchema: { connectionId: z.string().describe('The connection') },
  },
  ({ connectionId }) => call('POST', `/v1/connections/${connectionId}/revoke`),
)

await server.connect(new StdioServerTransport())
