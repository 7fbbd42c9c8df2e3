import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

interface Server {
  readonly command: string
  readonly args: string[]
  readonly env: Record<string, string>
}
interface Connected {
  readonly agentId: string
  readonly name: string
  readonly keyPath: string
  readonly path: string
  readonly paste: string
}

let vault: TestVault
let person: Person
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
const secret = 'sk-upstream-0123456789abcdef'

beforeAll(async () => {
  upstream = await startEchoUpstream()
  vault = await startVault()
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
  await vault.addConnection({
    label: 'echo',
    origins: [upstream.origin],
    credential: { kind: 'bearer', token: secret },
  })
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await upstream?.close()
})

const agentNames = async () =>
  (await vault.owner.call('listAgents', {})).agents.map(({ name }) => name)

/** What a client does with its configuration: starts the server and calls through it. */
async function callThrough({ command, args, env }: Server) {
  const transport = new StdioClientTransport({ command, args, env, stderr: 'ignore' })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  try {
    const input = { url: `${upstream.origin}/hello`, method: 'GET' }
    const { connections } = (await client.callTool({ name: 'list_connections', arguments: {} }))
      .structuredContent as { connections: { id: string }[] }
    const connectionId = connections[0]?.id
    const answer = await client.callTool({ name: 'execute', arguments: { ...input, connectionId } })
    return answer.structuredContent
  } finally {
    await client.close()
  }
}

describe('connecting a client', () => {
  it('writes a configuration with which the client’s first call works', async () => {
    verifies('S-38')
    const made = await person.json<Connected>(['connect', 'claude', '--allow', 'echo'])
    expect(made).toMatchObject({ name: 'Claude Code', path: join(person.project, '.mcp.json') })
    expect(statSync(made.keyPath).mode & 0o777).toBe(0o600)
    const { d } = JSON.parse(readFileSync(made.keyPath, 'utf8'))
    const text = readFileSync(made.path, 'utf8')
    for (const hidden of [d, vault.ownerToken, secret]) {
      expect(text).not.toContain(hidden)
      expect(person.printed()).not.toContain(hidden)
    }
    expect(await callThrough(JSON.parse(text).mcpServers.sallyport)).toMatchObject({
      status: 200,
      body: { path: '/hello' },
    })
    expect(JSON.stringify(upstream.requests.at(-1))).toContain(secret)
  })

  it('connects the same agent when it is done again, and gives it what it is allowed now', async () => {
    const before = await agentNames()
    const again = await person.run(['connect', 'claude'])
    expect(again.stdout).toContain(`GET  ${upstream.origin}  /**`)
    expect(await agentNames()).toEqual(before)
  })

  it('makes an agent of its own for another project, under a name that can be told apart', async () => {
    mkdirSync(join(person.project, 'other'))
    const made = await person.json<Connected>(['connect', 'claude', '--directory', 'other'])
    expect(made).toMatchObject({ name: 'Claude Code 2' })
    expect(made.path).toBe(join(person.project, 'other', '.mcp.json'))
    const { stdout } = await person.run(['connect', 'claude', '--directory', 'other'])
    expect(stdout).toContain("npx sallyport policies allow 'Claude Code 2' <connection>")
  })

  it('keeps what stands in the configurations of mcporter and OpenCode', async () => {
    const others = { remote: { type: 'remote', url: 'https://example.com/mcp' } }
    mkdirSync(join(person.project, 'config'))
    const files = [
      ['mcporter', join(person.project, 'config', 'mcporter.json'), 'mcpServers'],
      ['opencode', join(person.project, 'opencode.json'), 'mcp'],
    ] as const
    for (const [client, path, member] of files) {
      writeFileSync(path, JSON.stringify({ $schema: 'kept', [member]: others }))
      await person.json(['connect', client, '--allow', 'echo'])
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
        $schema: 'kept',
        [member]: { ...others, sallyport: expect.anything() },
      })
    }
    const { environment, command } = JSON.parse(readFileSync(files[1][1], 'utf8')).mcp.sallyport
    const [program, ...args] = command
    const server = { command: program, args, env: environment }
    expect(await callThrough(server)).toMatchObject({ status: 200 })
  })

  it('gives any other client what to paste', async () => {
    const { paste, name } = await person.json<Connected>(['connect', 'json', '--name', 'mine'])
    expect(name).toBe('mine')
    expect(JSON.parse(paste)).toMatchObject({
      mcpServers: { sallyport: { args: expect.anything() } },
    })
  })

  it('works where the vault is reached by another address than its public one', async () => {
    const url = vault.url.replace('127.0.0.1', 'localhost')
    const args = ['connect', 'json', '--allow', 'echo', '--url', url]
    const { paste } = await person.json<Connected>(args)
    const server: Server = JSON.parse(paste).mcpServers.sallyport
    expect(server.env).toMatchObject({
      SALLYPORT_BASE_URL: url,
      SALLYPORT_TOKEN_AUDIENCE: vault.url,
    })
    expect(await callThrough(server)).toMatchObject({ status: 200 })
  })
})

describe('connecting what cannot be connected', () => {
  it.each(['{broken', '[]', '{"mcpServers":[]}'])(
    'refuses %s in the configuration, leaves it as it is and makes nothing',
    async (text) => {
      const directory = join(person.project, 'broken')
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, '.mcp.json'), text)
      const before = [await agentNames(), person.files().length]
      const args = ['connect', 'claude', '--directory', directory]
      const { code, stdout, stderr } = await person.run(args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('was not changed')
      expect(readFileSync(join(directory, '.mcp.json'), 'utf8')).toBe(text)
      expect([await agentNames(), person.files().length]).toEqual(before)
    },
  )

  it('makes nothing for a connection or a directory that is not there', async () => {
    const before = await agentNames()
    for (const wrong of [
      ['--allow', 'nope'],
      ['--directory', '/nonexistent'],
    ]) {
      expect((await person.run(['connect', 'claude', '--name', 'x', ...wrong])).code).toBe(1)
    }
    expect(await agentNames()).toEqual(before)
  })
})
