import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { snippetsOf } from './snippets-of.ts'

const privateKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' } as const
const agent = { agentId: 'agt_1', privateKey }
const setup = {
  vaultUrl: 'https://vault.example.com',
  command: 'npx',
  args: ['-y', 'sallyport-mcp'],
}
const snippets = snippetsOf(agent, setup)
const env = {
  SALLYPORT_BASE_URL: 'https://vault.example.com',
  SALLYPORT_AGENT_ID: 'agt_1',
  SALLYPORT_PRIVATE_KEY: Buffer.from(JSON.stringify(privateKey)).toString('base64'),
}

describe('what is pasted into a client', () => {
  it.each(['mcporter', 'json'] as const)('is JSON as %s reads it', (client) => {
    expect(JSON.parse(snippets[client])).toEqual({
      mcpServers: { sallyport: { command: 'npx', args: ['-y', 'sallyport-mcp'], env } },
    })
  })

  it('is JSON as OpenCode reads it', () => {
    const { mcp } = JSON.parse(snippets.opencode)
    const command = ['npx', '-y', 'sallyport-mcp']
    expect(mcp).toEqual({
      sallyport: { type: 'local', command, environment: env, enabled: true },
    })
  })

  it('is one command for Claude Code, of words that no shell changes', () => {
    expect(snippets.claude).toMatch(
      /^claude mcp add sallyport (-e \S+ ){3}-- npx -y sallyport-mcp$/,
    )
    expect(snippets.claude).toMatch(/^[A-Za-z0-9 =_:./+-]+$/)
  })

  it('is one command too where the way to the server has blanks and quotes in it', () => {
    const command = "/home/Ann O'Hara/node"
    const { claude } = snippetsOf(agent, { ...setup, command, args: ['a b.js'] })
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${claude}`], { encoding: 'utf8' })
    expect(words.trimEnd().split('\n').slice(-3)).toEqual(['--', command, 'a b.js'])
  })
})
