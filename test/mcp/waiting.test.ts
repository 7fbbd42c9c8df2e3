import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// An agent that waits for its owner, through the package as people install it and the clients that they have.

let mcp: PackedMcp
let vault: TestVault
let upstream: EchoUpstream
let agent: TestAgent
let connectionId: string
let env: Record<string, string>

beforeAll(async () => {
  ;[mcp, vault, upstream] = await Promise.all([
    installPackedMcp(),
    startVault(),
    startEchoUpstream(),
  ])
  agent = await vault.createAgentWithKey('waiter')
  connectionId = await vault.addConnection({ origins: [upstream.origin], label: 'Upstream' })
  await vault.addPolicy({
    agentId: agent.agentId,
    connectionId,
    approval: 'writes',
    allow: [{ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/**'] }],
  })
  env = {
    PATH: process.env.PATH ?? '',
    SALLYPORT_BASE_URL: vault.url,
    SALLYPORT_AGENT_ID: agent.agentId,
    SALLYPORT_PRIVATE_KEY_PATH: agent.keyPath,
    SALLYPORT_POLL_INTERVAL_MS: '300',
  }
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
  mcp?.remove()
})

/** A request that nobody made before, so that it opens an approval of its own. */
const wish = (more: { waitSeconds?: number } = {}) => ({
  name: 'execute',
  arguments: {
    connectionId,
    method: 'POST',
    url: `${upstream.origin}/bills/${randomUUID()}`,
    body: { amount: 4200 },
    reason: 'The user asked for it.',
    ...more,
  },
})
type Wish = ReturnType<typeof wish>
const changed = (wished: Wish, more: Record<string, unknown>): Wish => ({
  ...wished,
  arguments: { ...wished.arguments, ...more },
})
const pathOf = ({ arguments: { url } }: Wish) => new URL(url).pathname
const reached = (wished: Wish) =>
  upstream.requests.filter(({ target }) => target === pathOf(wished)).length

/** The approval that a wish opened, once it is there. */
async function approvalOf(wished: Wish) {
  for (let look = 0; look < 100; look += 1) {
    const { approvals } = await vault.owner.call('listApprovals', { status: 'pending' })
    const found = approvals.find(({ path }) => path === pathOf(wished))
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('Nobody was asked')
}
/** On the vault's public address, whichever of its names that is. */
const linkOf = (id: string) =>
  new RegExp(`^http://[^/]+:${new URL(vault.url).port}/approvals/${id}$`)
const approve = async (wished: Wish) => {
  const { id: approvalId } = await approvalOf(wished)
  await vault.owner.call('approveRequest', { approvalId })
  return approvalId
}
const deny = async (wished: Wish, note: string) => {
  const { id: approvalId } = await approvalOf(wished)
  await vault.owner.call('denyRequest', { approvalId, note })
}

interface Result {
  readonly isError?: boolean
  readonly content: unknown
  readonly structuredContent: Record<string, unknown>
}
/** Text and structure say the same, whatever became of the call. */
function expectSame({ content, structuredContent }: Result): void {
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }])
}

/** A client of one of the two SDKs, told alike. */
interface Connected {
  call(wished: Wish, options?: CallOptions): Promise<Result>
  close(): Promise<void>
  /** The links that it was asked to show. */
  readonly shown: { url?: string; message?: string; mode?: string }[]
}
interface CallOptions {
  readonly signal?: AbortSignal
  readonly onprogress?: (progress: { progress: number; message?: string | undefined }) => void
}
type ElicitAnswer = () => Promise<{ action: 'accept' | 'decline' | 'cancel' }>

const clientInfo = { name: 'test', version: '1' }
const capabilities = { elicitation: { url: {} } }
const longMs = 60_000

async function connectV1(elicit?: ElicitAnswer): Promise<Connected> {
  const client = new ClientV1(clientInfo, elicit === undefined ? {} : { capabilities })
  const shown: Connected['shown'] = []
  if (elicit !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      shown.push(params as { url: string })
      return await elicit()
    })
  }
  await client.connect(new StdioV1({ command: mcp.bin, env }))
  return {
    shown,
    call: async (wished, options) =>
      (await client.callTool(wished, undefined, {
        timeout: longMs,
        ...(options as object),
      })) as unknown as Result,
    close: () => client.close(),
  }
}

const connectV2 =
  (mode: 'legacy' | 'auto') =>
  async (elicit?: ElicitAnswer): Promise<Connected> => {
    const client = new ClientV2(clientInfo, {
      ...(elicit !== undefined && { capabilities }),
      versionNegotiation: { mode },
    })
    const shown: Connected['shown'] = []
    if (elicit !== undefined) {
      client.setRequestHandler('elicitation/create', async ({ params }) => {
        shown.push(params as { url: string })
        return await elicit()
      })
    }
    await client.connect(new StdioV2({ command: mcp.bin, env }))
    return {
      shown,
      call: async (wished, options) =>
        (await client.callTool(wished, {
          timeout: longMs,
          ...(options as object),
        })) as unknown as Result,
      close: () => client.close(),
    }
  }

const clients = [
  ['the v1 SDK client', connectV1],
  ['the v2 SDK client of 2025-11-25', connectV2('legacy')],
  ['the v2 SDK client of 2026-07-28', connectV2('auto')],
] as const

async function using<Answer>(
  connecting: Promise<Connected>,
  work: (client: Connected) => Promise<Answer>,
): Promise<Answer> {
  const client = await connecting
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** One client for all tests of a description: each starts the package's program. */
function forAll(connect: () => Promise<Connected>): () => Connected {
  let client: Connected | undefined
  beforeAll(async () => {
    client = await connect()
  })
  afterAll(() => client?.close())
  return () => {
    if (client === undefined) throw new Error('nobody is connected')
    return client
  }
}

describe.each(clients)('%s', (_, connect) => {
  const connected = forAll(connect)
  it('waits for the owner, hears what for, and gets the API’s answer', async () => {
    const client = connected()
    const wished = wish({ waitSeconds: 40 })
    const heard: { progress: number; message?: string | undefined }[] = []
    const calling = client.call(wished, { onprogress: (progress) => heard.push(progress) })
    const { id, agentReason } = await approvalOf(wished)
    expect([agentReason, reached(wished)]).toEqual(['The user asked for it.', 0])
    await new Promise((resolve) => setTimeout(resolve, 700))
    await approve(wished)
    const result = await calling
    expectSame(result)
    expect(result.structuredContent).toMatchObject({ status: 200, body: { ok: true } })
    expect(reached(wished)).toBe(1)
    const steps = heard.map(({ progress }) => progress)
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
    expect(heard.length).toBeGreaterThan(1)
    expect(heard.some(({ message }) => message?.includes(`/approvals/${id}`))).toBe(true)
  })

  it('is told of a denial, with the owner’s note, and nothing is sent', async () => {
    const client = connected()
    const wished = wish({ waitSeconds: 40 })
    const calling = client.call(wished)
    await deny(wished, 'Not this month.')
    const result = await calling
    expectSame(result)
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { type: 'approval-denied', fixableBy: 'owner' },
    })
    expect(JSON.stringify(result)).toContain('Not this month.')
    expect(reached(wished)).toBe(0)
  })

  it('is told at once where it does not wait, and after its wait, how to go on', async () => {
    const client = connected()
    const wished = wish()
    const atOnce = await client.call(wished)
    const later = await client.call(changed(wished, { waitSeconds: 1 }))
    for (const result of [atOnce, later]) {
      expectSame(result)
      expect(result.isError).not.toBe(true)
      expect(result.structuredContent).toMatchObject({
        approvalRequired: true,
        approvalUrl: expect.stringMatching(/\/approvals\/apr_/),
        next: expect.stringMatching(/approvalId "apr_.*waitSeconds/s),
      })
    }
    // Equal requests share one approval.
    const { approvalRequestId: approvalId } = atOnce.structuredContent
    expect(later.structuredContent.approvalRequestId).toBe(approvalId)
    await approve(wished)
    const again = changed(wished, { approvalId })
    const sent = await client.call(again)
    expect(sent.structuredContent).toMatchObject({ status: 200 })
    const twice = await client.call(again)
    expect(twice).toMatchObject({
      isError: true,
      structuredContent: { type: 'approval-consumed', auditId: sent.structuredContent.auditId },
    })
    expect(reached(wished)).toBe(1)
  })

  it('ends the wait by cancelling, and nothing is sent when the owner approves later', async () => {
    const client = connected()
    const wished = wish({ waitSeconds: 40 })
    const cancel = new AbortController()
    const calling = client.call(wished, { signal: cancel.signal })
    const failing = expect(calling).rejects.toThrow()
    await approvalOf(wished)
    cancel.abort('changed my mind')
    await failing
    await approve(wished)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(reached(wished)).toBe(0)
  })
})

describe.each(clients)('%s, which can show links', (_, connect) => {
  let action: 'accept' | 'decline' | 'cancel' = 'accept'
  const connected = forAll(() => connect(async () => ({ action })))
  it('shows the approval’s, and waits without being told to', async () => {
    action = 'accept'
    const client = connected()
    client.shown.length = 0
    const wished = wish()
    const calling = client.call(wished)
    const { id } = await approvalOf(wished)
    await approve(wished)
    expect((await calling).structuredContent).toMatchObject({ status: 200 })
    expect(client.shown).toEqual([
      expect.objectContaining({ mode: 'url', url: expect.stringMatching(linkOf(id)) }),
    ])
    expect(reached(wished)).toBe(1)
  })

  it.each(['accept', 'decline', 'cancel'] as const)('decides nothing by “%s”', async (answer) => {
    verifies('S-26')
    action = answer
    const wished = wish({ waitSeconds: 2 })
    const result = await connected().call(wished)
    expect(result.structuredContent).toMatchObject({ approvalRequired: true })
    expect(reached(wished)).toBe(0)
    const { status } = await approvalOf(wished)
    expect(status).toBe('pending')
  })

  it('and does not is told the link at once, to show it otherwise', async () => {
    action = 'decline'
    const startedAt = performance.now()
    const result = await connected().call(wish())
    expect(result.structuredContent).toMatchObject({ approvalRequired: true })
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  })
})

describe('a client that never answers about a link', () => {
  it('gets the API’s answer all the same', async () => {
    await using(
      connectV1(() => new Promise(() => {})),
      async (client) => {
        const wished = wish({ waitSeconds: 40 })
        const calling = client.call(wished)
        await approve(wished)
        expect((await calling).structuredContent).toMatchObject({ status: 200 })
      },
    )
  })
})

describe('a server that waits', () => {
  it('ends with its stdin, and sends nothing afterwards', async () => {
    const wished = wish({ waitSeconds: 40 })
    const client = await connectV1()
    const calling = client.call(wished).catch((error: unknown) => error)
    await approvalOf(wished)
    await client.close()
    await calling
    await approve(wished)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(reached(wished)).toBe(0)
  })

  it('goes on through a restart of the vault', async () => {
    await using(connectV1(), async (client) => {
      const wished = wish({ waitSeconds: 40 })
      const calling = client.call(wished)
      await approvalOf(wished)
      await vault.terminate()
      await vault.restart()
      await approve(wished)
      expect((await calling).structuredContent).toMatchObject({ status: 200 })
      expect(reached(wished)).toBe(1)
    })
  })
})

describe('mcporter', () => {
  it('gets the answer of a call that waited for the owner', async () => {
    const config = join(mcp.dir, 'mcporter-waiting.json')
    writeFileSync(config, JSON.stringify({ mcpServers: { sallyport: { command: mcp.bin, env } } }))
    const command = fileURLToPath(new URL('../../node_modules/.bin/mcporter', import.meta.url))
    const wished = wish({ waitSeconds: 40 })
    const args = ['--args', JSON.stringify(wished.arguments), '--output', 'json']
    const calling = runProgram(
      command,
      ['--config', config, 'call', 'sallyport.execute', ...args],
      { timeoutMs: longMs },
    )
    await approve(wished)
    const called = await calling
    expect(JSON.parse(called.stdout)).toMatchObject({ status: 200, body: { ok: true } })
    expect(reached(wished)).toBe(1)
  })
})

describe('list_approvals', () => {
  it('says of each what it is and what to do next', async () => {
    const client = new ClientV2(clientInfo, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StdioV2({ command: mcp.bin, env }))
    const wished = wish()
    await client.callTool(wished)
    const { id } = await approvalOf(wished)
    const result = (await client.callTool({ name: 'list_approvals' })) as unknown as Result
    await client.close()
    expectSame(result)
    const [newest] = result.structuredContent.approvals as Record<string, unknown>[]
    expect(newest).toMatchObject({
      id,
      status: 'pending',
      approvalUrl: expect.stringMatching(linkOf(id)),
      next: expect.stringContaining(id),
    })
  })
})
