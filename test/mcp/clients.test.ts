import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFromNpm, installingTestMsMax, nodeAtLeast22 } from '../fixtures/npm-program.ts'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { runProgram } from '../fixtures/run-program.ts'

// Without a vault: what clients see of one that cannot be reached. Port 9 (discard) has no listener on a test machine.
const env = { SALLYPORT_BASE_URL: 'http://127.0.0.1:9', SALLYPORT_BEARER_TOKEN: 'spt_SECRET' }
const clientInfo = { name: 'test', version: '1' }

let mcp: PackedMcp
beforeAll(async () => {
  mcp = await installPackedMcp()
})
afterAll(() => mcp?.remove())

const unreachable = {
  error: expect.stringContaining('could not be reached'),
  type: 'vault-unreachable',
  fixableBy: 'operator',
  next: expect.stringContaining('SALLYPORT_BASE_URL'),
}

type Result = Record<string, unknown>

/** What every failed call promises: the same in text and in structure, and no secret. */
function expectFailure(result: Result, failure: object): void {
  expect(result.isError).toBe(true)
  expect(result.structuredContent).toMatchObject(failure)
  const text = JSON.stringify(result.structuredContent)
  expect(result.content).toEqual([{ type: 'text', text }])
  expect(text).not.toContain('SECRET')
}

const execute = {
  name: 'execute',
  arguments: { method: 'GET', url: 'https://api.example.com/', service: 'x' },
}
const invalid = { name: 'execute', arguments: { method: 'GET' } }
const invalidInput = {
  type: 'invalid-input',
  fixableBy: 'agent',
  error: expect.stringContaining('url is missing'),
}

describe('the v1 SDK client', () => {
  it('lists the tools and gets results that say what failed', async () => {
    const client = new ClientV1(clientInfo)
    await client.connect(
      new StdioV1({ command: mcp.bin, env: { ...process.env, ...env } as Record<string, string> }),
    )
    try {
      expect((await client.listTools()).tools).toHaveLength(7)
      expect(client.getInstructions()).toContain('list_connections')
      expectFailure(await client.callTool({ name: 'list_connections' }), unreachable)
      expectFailure(await client.callTool(execute), unreachable)
      expectFailure(await client.callTool(invalid), invalidInput)
    } finally {
      await client.close()
    }
  })
})

describe.each(['legacy', 'auto'] as const)('the v2 SDK client, version %s', (mode) => {
  it('lists the tools and gets results that say what failed', async () => {
    const client = new ClientV2(clientInfo, { versionNegotiation: { mode } })
    await client.connect(
      new StdioV2({ command: mcp.bin, env: { ...process.env, ...env } as Record<string, string> }),
    )
    try {
      expect(client.getNegotiatedProtocolVersion()).toBe(
        mode === 'auto' ? '2026-07-28' : '2025-11-25',
      )
      expect((await client.listTools()).tools).toHaveLength(7)
      expectFailure(await client.callTool({ name: 'list_connections' }), unreachable)
      expectFailure(await client.callTool(execute), unreachable)
      expectFailure(await client.callTool(invalid), invalidInput)
    } finally {
      await client.close()
    }
  })
})

describe('mcporter', () => {
  it('lists the tools and shows what failed', async () => {
    const config = join(mcp.dir, 'mcporter.json')
    writeFileSync(config, JSON.stringify({ mcpServers: { sallyport: { command: mcp.bin, env } } }))
    const command = fileURLToPath(new URL('../../node_modules/.bin/mcporter', import.meta.url))
    const listed = await runProgram(command, ['--config', config, 'list', 'sallyport', '--json'])
    expect((JSON.parse(listed.stdout) as { tools: unknown[] }).tools).toHaveLength(7)
    const called = await runProgram(command, [
      '--config',
      config,
      'call',
      'sallyport.list_connections',
      '--output',
      'json',
    ])
    expect(JSON.parse(called.stdout)).toMatchObject(unreachable)
  })
})

describe('MCP Inspector’s command line', () => {
  it('lists the tools and shows what failed', { timeout: installingTestMsMax }, async ({
    skip,
  }) => {
    const node = await nodeAtLeast22()
    if ('missing' in node) return skip(node.missing)
    const inspector = await installFromNpm(['@modelcontextprotocol/inspector@2.12.0'])
    if ('missing' in inspector) return skip(inspector.missing)
    const launcher = join(
      inspector.modules,
      '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
    )
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    const inspect = (...args: string[]) =>
      runProgram(node.node, [launcher, '--cli', ...variables, process.execPath, realBin(), ...args])
    const listed = await inspect('--method', 'tools/list')
    expect((JSON.parse(listed.stdout) as { tools: unknown[] }).tools).toHaveLength(7)
    const called = await inspect('--method', 'tools/call', '--tool-name', 'list_connections')
    expectFailure(JSON.parse(called.stdout) as Result, unreachable)
  })

  // It takes a program and its arguments; the link that npm made is a script for Node.
  const realBin = () => join(mcp.dir, 'node_modules/sallyport-mcp/dist/sallyport-mcp.js')
})
