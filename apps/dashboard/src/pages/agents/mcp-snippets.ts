interface McpSnippetsOptions {
  /** Where agents reach the vault. */
  readonly vaultUrl: string
  readonly token: string
  /** Its tools alone, by their plain names; all that the agent has otherwise. */
  readonly toolset?: string
}

/** What an MCP client is given that reaches the vault over HTTP with a consumer token, in the form of each client. */
export function mcpSnippets({ vaultUrl, token, toolset }: McpSnippetsOptions) {
  const base = `${vaultUrl.replace(/\/$/, '')}/mcp`
  const url = toolset === undefined ? base : `${base}/${toolset}`
  const name = toolset ?? 'sallyport'
  const headers = { Authorization: `Bearer ${token}` }
  const standard = JSON.stringify(
    { mcpServers: { [name]: { type: 'http', url, headers } } },
    null,
    2,
  )
  return {
    url,
    claude: `claude mcp add --transport http ${name} ${url} --header 'Authorization: Bearer ${token}'`,
    mcporter: standard,
    json: standard,
  }
}
