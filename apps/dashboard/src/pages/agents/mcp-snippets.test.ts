import { describe, expect, it } from 'vitest'
import { mcpSnippets } from './mcp-snippets.ts'

describe('what is pasted to reach the vault over HTTP', () => {
  it('has the address of all tools, or of one toolset, and the token as a bearer token', () => {
    const all = mcpSnippets({ vaultUrl: 'https://vault.example', token: 'spc_x' })
    expect(JSON.parse(all.mcporter)).toEqual({
      mcpServers: {
        sallyport: {
          type: 'http',
          url: 'https://vault.example/mcp',
          headers: { Authorization: 'Bearer spc_x' },
        },
      },
    })
    const one = mcpSnippets({
      vaultUrl: 'https://vault.example/',
      token: 'spc_x',
      toolset: 'stock-index',
    })
    expect(one.url).toBe('https://vault.example/mcp/stock-index')
    expect(one.claude).toBe(
      "claude mcp add --transport http stock-index https://vault.example/mcp/stock-index --header 'Authorization: Bearer spc_x'",
    )
  })
})
