import type { EnrolledAgent } from '../agent-key.ts'
import type { Output } from '../api.ts'

const serverName = 'sallyport'

const json = (value: unknown) => JSON.stringify(value, null, 2)

/**
 * What an MCP client has to be given, for each client in its own form; the same as `sallyport connect` writes. The address is
 * the one that agents sign for, which need not be the one that this page was opened by.
 */
export function snippetsOf(
  { agentId, privateKey }: EnrolledAgent,
  { vaultUrl, command, args }: Output<'getClientSetup'>,
) {
  const env = {
    SALLYPORT_BASE_URL: vaultUrl,
    SALLYPORT_AGENT_ID: agentId,
    SALLYPORT_PRIVATE_KEY: btoa(JSON.stringify(privateKey)),
  }
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const words = ['claude', 'mcp', 'add', serverName, ...variables, '--', command, ...args]
  const standard = json({ mcpServers: { [serverName]: { command, args, env } } })
  const openCode = { type: 'local', command: [command, ...args], environment: env, enabled: true }
  return {
    claude: words.map(shellWord).join(' '),
    mcporter: standard,
    opencode: json({ mcp: { [serverName]: openCode } }),
    json: standard,
  }
}

/** A word that a POSIX shell reads as it is meant. */
const shellWord = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
