import { readFileSync } from 'node:fs'
import { type CallToolResult, Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { type RawServer, startRawServer } from '../fixtures/raw-server.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'

const secret = 'upstream-secret-0123456789'
const items = Array.from({ length: 2000 }, (_, id) => ({ id, text: 'x'.repeat(50) }))

type Result = Omit<CallToolResult, 'structuredContent'> & {
  structuredContent?: Record<string, unknown>
}

let mcp: PackedMcp
let vault: TestVault
let upstream: RawServer
let agent: TestAgent
let connectionId: string
let env: Record<string, string>
let client: Client

/** A server on loopback: `/big` is long JSON, `/slow` takes a while, everything else says what it was sent. */
const startUpstream = () =>
  startRawServer({
    async answer(socket, { target, method }) {
      if (target === '/slow') await new Promise((resolve) => setTimeout(resolve, 1200))
      const text = JSON.stringify(
        target.startsWith('/big') ? { items, page: 1 } : { method, target },
      )
      const status = target === '/gone' ? '404 Not Found' : '200 OK'
      const head = `content-type: application/json\r\nset-cookie: a=b\r\nx-powered-by: x\r\netag: "1"`
      socket.write(
        `HTTP/1.1 ${status}\r\n${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      )
    },
  })

async function connect(variables: Record<string, string>): Promise<Client> {
  const connected = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  )
  const transport = new StdioClientTransport({
    command: mcp.bin,
    env: { PATH: process.env.PATH ?? '', ...variables },
  })
  await connected.connect(transport)
  return connected
}

const call = async (name: string, args: Record<string, unknown> = {}): Promise<Result> =>
  (await client.callTool({ name, arguments: args })) as Result
const execute = (path: string, args: Record<string, unknown> = {}) =>
  call('execute', { connectionId, method: 'GET', url: `${upstream.origin}${path}`, ...args })

function expectSame({ content, structuredContent }: Result): void {
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }])
}

beforeAll(async () => {
  ;[mcp, vault, upstream] = await Promise.all([installPackedMcp(), startVault(), startUpstream()])
  agent = await vault.createAgentWithKey('mcp')
  connectionId = await vault.addConnection({ origins: [upstream.origin], label: 'Upstream' })
  await vault.addPolicy({ agentId: agent.agentId, connectionId })
  env = {
    SALLYPORT_BASE_URL: vault.url,
    SALLYPORT_AGENT_ID: agent.agentId,
    SALLYPORT_PRIVATE_KEY_PATH: agent.keyPath,
  }
  client = await connect(env)
})
afterAll(async () => {
  await client?.close()
  await vault?.stop()
  await upstream?.close()
  mcp?.remove()
})

describe('execute', () => {
  it('sends through the vault with the credential, which the agent never sees', async () => {
    const result = await execute('/hello', { query: { a: 'b' } })
    expect(result.structuredContent).toMatchObject({
      status: 200,
      body: { method: 'GET', target: '/hello?a=b' },
      auditId: expect.stringMatching(/^aud_/),
    })
    expectSame(result)
    const [request] = upstream.requests.slice(-1)
    expect(JSON.stringify(request)).toContain(`Bearer ${secret}`)
    expect(JSON.stringify(result)).not.toContain(secret)
  })

  it('gives an API’s failure as a result, with the safe headers only', async () => {
    const { structuredContent, isError } = await execute('/gone')
    expect(isError).not.toBe(true)
    expect(structuredContent).toMatchObject({ status: 404 })
    expect(Object.keys(structuredContent?.headers ?? {}).sort()).toEqual(['content-type', 'etag'])
  })

  it('cuts a long body, says so, and takes the part that is asked for', async () => {
    const cut = await execute('/big')
    expectSame(cut)
    expect(cut.structuredContent).toMatchObject({
      truncated: true,
      totalBytes: Buffer.byteLength(JSON.stringify({ items, page: 1 })),
      next: expect.stringContaining('items[2000], page'),
    })
    expect(Buffer.byteLength(String(cut.structuredContent?.body))).toBeLessThanOrEqual(24 * 1024)
    const part = await execute('/big', { select: 'items[1999].id' })
    expect(part.structuredContent).toMatchObject({ body: 1999 })
    const some = await execute('/big', { maxBytes: 10 })
    expect(some.structuredContent).toMatchObject({ body: '{"items":[' })
  })

  it('says of what the policy refuses whose move it is, and sends nothing', async () => {
    const before = upstream.requests.length
    const result = await execute('/hello', { method: 'DELETE' })
    expectSame(result)
    expect(result).toMatchObject({
      isError: true,
      structuredContent: {
        type: 'policy-denied',
        fixableBy: 'owner',
        next: expect.any(String),
        auditId: expect.stringMatching(/^aud_/),
      },
    })
    expect(upstream.requests.length).toBe(before)
  })

  it('says what a dry run would do, and sends nothing', async () => {
    const before = upstream.requests.length
    const { structuredContent } = await execute('/hello', { dryRun: true })
    expect(structuredContent).toMatchObject({ dryRun: true, decision: 'allow' })
    expect(upstream.requests.length).toBe(before)
  })

  it('tells a client that asked for it that a slow call goes on', async () => {
    const impatient = await connect({ ...env, SALLYPORT_POLL_INTERVAL_MS: '200' })
    const heard: number[] = []
    const args = { connectionId, method: 'GET', url: `${upstream.origin}/slow` }
    const result = await impatient.callTool(
      { name: 'execute', arguments: args },
      { onprogress: ({ progress }) => heard.push(progress) },
    )
    await impatient.close()
    expect(result.structuredContent).toMatchObject({ status: 200 })
    expect(heard.length).toBeGreaterThan(1)
    expect(heard).toEqual([...heard].sort((a, b) => a - b))
  })
})

describe('the other tools', () => {
  it('list what the agent may use, and not what it may not', async () => {
    await vault.addConnection({ origins: ['https://other.example'], label: 'Not for it' })
    const result = await call('list_connections')
    expectSame(result)
    expect(result.structuredContent?.connections).toEqual([
      expect.objectContaining({ id: connectionId, label: 'Upstream', status: 'healthy' }),
    ])
  })

  it('say what can be asked for, ask, and say that it has been asked for', async () => {
    const { structuredContent: services } = await call('list_services')
    const [service] = (services?.services ?? []) as { actions: { id: string }[] }[]
    const actionTemplateId = service?.actions[0]?.id
    const args = { actionTemplateId, reason: 'To read what I was asked about.' }
    const asked = await call('request_capability', args)
    expect(asked.structuredContent).toMatchObject({
      actionTemplateId,
      id: expect.stringMatching(/^cap_/),
    })
    const again = await call('request_capability', args)
    expect(again).toMatchObject({
      isError: true,
      structuredContent: { type: 'capability-already-requested' },
    })
    const { structuredContent: mine } = await call('get_my_capabilities')
    expect(mine?.pendingRequests).toEqual([expect.objectContaining({ actionTemplateId })])
    expect((await call('list_approvals')).structuredContent).toEqual({ approvals: [] })
  })

  it('revoke a connection in both shapes, after which nothing goes through it', async () => {
    const doomed = await vault.addConnection({ origins: [upstream.origin], label: 'Doomed' })
    await vault.addPolicy({ agentId: agent.agentId, connectionId: doomed })
    const result = await call('revoke', { connectionId: doomed })
    expect(result.structuredContent).toMatchObject({
      revoked: true,
      connectionId: doomed,
      auditId: expect.stringMatching(/^aud_/),
      connection: { id: doomed, label: 'Doomed', status: 'revoked' },
    })
    const before = upstream.requests.length
    expect(await execute('/hello', { connectionId: doomed })).toMatchObject({ isError: true })
    expect(upstream.requests.length).toBe(before)
  })
})

describe('signing in', () => {
  it('happens once for calls that come at once', async () => {
    const fresh = await connect(env)
    const calls = Array.from({ length: 8 }, () => fresh.callTool({ name: 'list_connections' }))
    for (const result of await Promise.all(calls)) expect(result.isError).not.toBe(true)
    await fresh.close()
  })

  it('goes on after the agent’s tokens were ended', async () => {
    expect((await call('list_connections')).isError).not.toBe(true)
    await vault.owner.call('resetAgent', { agentId: agent.agentId })
    expect((await call('list_connections')).isError).not.toBe(true)
  })

  it('by a key in a variable and by a bearer token works too', async () => {
    const key = Buffer.from(readFileSync(agent.keyPath)).toString('base64')
    const { SALLYPORT_PRIVATE_KEY_PATH: _, ...others } = env
    const byVariable = await connect({ ...others, SALLYPORT_PRIVATE_KEY: key })
    expect((await byVariable.callTool({ name: 'list_connections' })).isError).not.toBe(true)
    await byVariable.close()
    const wrong = await connect({
      SALLYPORT_BASE_URL: vault.url,
      SALLYPORT_BEARER_TOKEN: 'spt_wrong',
    })
    const refused = await wrong.callTool({ name: 'list_connections' })
    await wrong.close()
    expect(refused).toMatchObject({
      isError: true,
      structuredContent: {
        type: 'unauthenticated',
        next: expect.stringContaining('SALLYPORT_BEARER_TOKEN'),
      },
    })
  })

  it('that is refused says what a person has to look at', async () => {
    const stranger = await connect({ ...env, SALLYPORT_AGENT_ID: 'agt_00000000000000000000000000' })
    const refused = await stranger.callTool({ name: 'list_connections' })
    await stranger.close()
    expect(refused).toMatchObject({
      isError: true,
      structuredContent: {
        type: 'invalid-client',
        next: expect.stringContaining('agt_00000000000000000000000000'),
      },
    })
  })

  it('of a disabled agent is refused until an owner enables it', async () => {
    await vault.owner.call('disableAgent', { agentId: agent.agentId })
    const refused = await call('list_connections')
    await vault.owner.call('enableAgent', { agentId: agent.agentId })
    expect(refused.isError).toBe(true)
    expect((await call('list_connections')).isError).not.toBe(true)
  })
})

describe('--check', () => {
  it('goes the whole way and prints what it found', async () => {
    const ended = await runProgram(mcp.bin, ['--check'], { env })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    for (const part of [vault.url, agent.agentId, connectionId, 'Upstream', 'healthy']) {
      expect(ended.stdout).toContain(part)
    }
  })

  it('names the variable where the key signs for another address than the vault’s', async () => {
    const wrong = { ...env, SALLYPORT_TOKEN_AUDIENCE: 'https://elsewhere.example' }
    const ended = await runProgram(mcp.bin, ['--check'], { env: wrong })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(`SALLYPORT_TOKEN_AUDIENCE=${vault.url}`)
  })
})

describe('a vault that goes away', () => {
  it('is told of, and used again when it is back', async () => {
    await vault.terminate()
    expect(await call('list_connections')).toMatchObject({
      isError: true,
      structuredContent: { type: 'vault-unreachable' },
    })
    await vault.restart()
    expect((await call('list_connections')).isError).not.toBe(true)
  })
})
