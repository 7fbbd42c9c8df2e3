import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// What an owner or a client does at the very moment at which a call waits or is sent: never two sends, and a result that says
// what became of it.

let mcp: PackedMcp
let vault: TestVault
let upstream: EchoUpstream
beforeAll(async () => {
  ;[mcp, vault, upstream] = await Promise.all([
    installPackedMcp(),
    startVault(),
    startEchoUpstream(),
  ])
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
  mcp?.remove()
})

/** A client whose call waits for an owner. */
async function newWaiter() {
  const agent = await vault.createAgentWithKey('waiter')
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  const allow = [{ origin: upstream.origin, methods: ['POST' as const], paths: ['/**'] }]
  const parties = { agentId: agent.agentId, connectionId }
  const policyId = await vault.addPolicy({ ...parties, approval: 'writes', allow })
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  )
  const env = {
    PATH: process.env.PATH ?? '',
    SALLYPORT_BASE_URL: vault.url,
    SALLYPORT_AGENT_ID: agent.agentId,
    SALLYPORT_PRIVATE_KEY_PATH: agent.keyPath,
    SALLYPORT_POLL_INTERVAL_MS: '300',
  }
  await client.connect(new StdioClientTransport({ command: mcp.bin, env }))
  const path = `/${randomUUID()}`
  const call = (more: object, signal?: AbortSignal) =>
    client.callTool(
      {
        name: 'execute',
        arguments: { connectionId, method: 'POST', url: `${upstream.origin}${path}`, ...more },
      },
      { timeout: 60_000, ...(signal !== undefined && { signal }) },
    ) as Promise<{ isError?: boolean; structuredContent?: Record<string, unknown> }>
  return {
    ...{ ...parties, policyId, client, call },
    sends: () => upstream.requests.filter(({ target }) => target === path).length,
    async approvalId(): Promise<string> {
      for (let look = 0; look < 200; look += 1) {
        const { approvals } = await vault.owner.call('listApprovals', { agentId: agent.agentId })
        if (approvals[0] !== undefined) return approvals[0].id
        await sleep(25)
      }
      throw new Error('Nobody was asked')
    },
  }
}
type Waiter = Awaited<ReturnType<typeof newWaiter>>

describe('a call that waits', () => {
  const ends: [string, (waiter: Waiter) => Promise<unknown>, RegExp][] = [
    [
      'its agent is disabled',
      ({ agentId }) => vault.owner.call('disableAgent', { agentId }),
      /unauth|invalid-client|cancelled|disabled/,
    ],
    [
      'its agent is deleted',
      ({ agentId }) => vault.owner.call('deleteAgent', { agentId }),
      /unauth|invalid-client|not-found/,
    ],
    [
      'its policy is deleted',
      ({ policyId }) => vault.owner.call('deletePolicy', { policyId }),
      /approval-cancelled/,
    ],
    [
      'its connection is revoked',
      ({ connectionId }) => vault.owner.call('revokeConnectionByOwner', { connectionId }),
      /approval-cancelled/,
    ],
  ]
  it.each(ends)('says so at once when %s, and sends nothing', async (_, end, type) => {
    verifies('S-10', 'S-27')
    const waiter = await newWaiter()
    try {
      const calling = waiter.call({ waitSeconds: 40 })
      await waiter.approvalId()
      await sleep(200)
      const startedAt = performance.now()
      await end(waiter)
      const result = await calling
      expect(performance.now() - startedAt).toBeLessThan(30_000)
      expect(result.isError).toBe(true)
      expect(String(result.structuredContent?.type)).toMatch(type)
      expect(String(result.structuredContent?.next).length).toBeGreaterThan(10)
      expect(waiter.sends()).toBe(0)
    } finally {
      await waiter.client.close()
    }
  })

  it('and is cancelled in the moment of the approval is sent once or not, and the next call says which', async () => {
    verifies('S-25')
    for (const delayMs of [0, 5, 15, 30, 60]) {
      const waiter = await newWaiter()
      try {
        const cancel = new AbortController()
        const calling = waiter.call({ waitSeconds: 40 }, cancel.signal).catch(() => undefined)
        const approvalId = await waiter.approvalId()
        await sleep(200)
        await Promise.all([
          vault.owner.call('approveRequest', { approvalId }),
          sleep(delayMs).then(() => cancel.abort('cancelled')),
        ])
        await calling
        await sleep(300)
        const sends = waiter.sends()
        expect(sends).toBeLessThanOrEqual(1)
        const next = await waiter.call({ approvalId })
        if (sends === 0) expect(next.structuredContent).toMatchObject({ status: 200 })
        else {
          expect(next).toMatchObject({
            isError: true,
            structuredContent: { type: 'approval-consumed' },
          })
          expect(String(next.structuredContent?.auditId)).toMatch(/^aud_/)
          expect(String(next.structuredContent?.next)).toMatch(/do not send/)
        }
        expect(waiter.sends()).toBe(1)
      } finally {
        await waiter.client.close()
      }
    }
  })
})
