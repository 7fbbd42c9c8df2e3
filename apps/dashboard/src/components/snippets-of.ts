import type { EnrolledAgent } from '../agent-key.ts'

const serverName = 'sallyport'
const start = { command: 'npx', args: ['-y', 'sallyport-mcp'] }

const json = (value: unknown) => JSON.stringify(value, null, 2)

/** What an MCP client has to be given, for each client in its own form; the same as `sallyport connect` writes. */
export function snippetsOf({ agentId, privateKey }: EnrolledAgent, baseUrl: string) {
  const env = {
    SALLYPORT_BASE_URL: baseUrl,
    SALLYPORT_AGENT_ID: agentId,
    SALLYPORT_PRIVATE_KEY: btoa(JSON.stringify(privateKey)),
  }
  const variables = Object.entries(env).map(([name, value]) => `-e ${name}=${value}`)
  const standard = json({ mcpServers: { [serverName]: { ...start, env } } })
  const openCode = {
    type: 'local',
    command: [start.command, ...start.args],
    environment: env,
    enabled: true,
  }
  return {
    claude: ['claude mcp add', serverName, ...variables, '--', start.command, ...start.args].join(
      ' ',
    ),
    mcporter: standard,
    opencode: json({ mcp: { [serverName]: openCode } }),
    json: standard,
  }
}
