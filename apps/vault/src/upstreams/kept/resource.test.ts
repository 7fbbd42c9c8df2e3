import { expect, it } from 'vitest'
import { coversUrl } from './resource.ts'

it('takes a server’s own address for the server, and its host, and nothing else', () => {
  const url = 'https://mcp.example.com/team/mcp'
  for (const same of [
    ...['https://mcp.example.com/team/mcp', 'https://mcp.example.com/team/mcp/'],
    ...['https://mcp.example.com', 'https://mcp.example.com/', 'https://mcp.example.com/team'],
    'HTTPS://MCP.example.com:443/team/mcp',
  ]) {
    expect(coversUrl(same, url), same).toBe(true)
  }
  for (const other of [
    ...['https://mcp.example.com/team/mc', 'https://mcp.example.com/team/mcp/more'],
    ...['https://evil.example/team/mcp', 'http://mcp.example.com/team/mcp', 'mcp.example.com', ''],
    ...['https://mcp.example.com:8443/team/mcp', 'https://mcp.example.com.evil.example/team/mcp'],
    ...['https://mcp.example.com@evil.example/team/mcp', 'https://a@mcp.example.com/team/mcp'],
    ...['https://mcp.example.com/team/mcp#x', 'https://mcp.example.com/team/mcp?x=1', 'data:,x'],
    'https://mcp.example.com/team/../other',
  ]) {
    expect(coversUrl(other, url), other).toBe(false)
  }
})
