import { describe, expect, it } from 'vitest'
import { stillWorld, toolOf } from '../../../../test/fixtures/tool-calls.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compileTool } from '../tools/request/compile-tool.ts'
import type { ToolSnapshot } from './callable-tool.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import { createRunningCalls } from './running-calls.ts'
import { createScrubber } from './scrub.ts'
import { createTryCall } from './try-call.ts'

const origin = 'https://api.example.com'
const connection: ConnectionSnapshot = {
  ...{ id: 'con_1', workspaceId: 'wsp_1', provider: 'p', service: 's', label: 'l', version: 1 },
  ...{ status: 'healthy', origins: [origin], requestHeaders: [], responseHeaders: [] },
  ...{ allowEncodedSlash: false, sealed: null, credentialKind: 'none' },
}
const tool: ToolSnapshot = {
  ...{ toolId: 'tol_1', toolsetId: 'tls_1', workspaceId: 'wsp_1', name: 'a.tool', digest: 'd' },
  ...{ connectionId: connection.id, status: 'active', compiled: compileTool(toolOf({ origin })) },
}

/** A trial that finds the world as it is told by the time it is sent. */
function roomAt(now: { connection?: Partial<ConnectionSnapshot>; tool?: Partial<ToolSnapshot> }) {
  const sent: string[] = []
  const begun: string[] = []
  const tryCall = createTryCall({
    ...{ world: stillWorld, now: stillWorld.now, elapsed: () => 0, takeTurn: async () => {} },
    running: createRunningCalls(),
    findConnection: async () => ({ ...connection, ...now.connection }),
    findToolById: async () => ({ ...tool, ...now.tool }),
    findSlot: () => ({}),
    checkCall: async () => {},
    readyCredential: () => ({ put: { headers: [], query: [] }, scrubber: createScrubber([]) }),
    newId: () => 'aud_1',
    beginOwnersCall: async ({ attempt }) => begun.push(attempt.auditId),
    send: async ({ url }) => {
      sent.push(url)
      return { status: 200, headers: [], body: (async function* () {})() }
    },
    end: () => {},
  })
  const send = async () =>
    tryCall.send(
      { connection, tool },
      await tryCall.build({
        connection,
        tool,
        arguments: {},
        caller: { id: 'own_1', name: 'own_1' },
      }),
      'own_1',
    )
  return { send, sent, begun }
}

describe('the trial of a tool', () => {
  it('is sent once, with its intent before it', async () => {
    const { send, sent, begun } = roomAt({})
    expect((await send()).answer).toMatchObject({ status: 200 })
    expect([sent, begun]).toEqual([[`${origin}/x`], ['aud_1']])
  })

  it('sends nothing where connection or tool were changed since they were read', async () => {
    verifies('S-10')
    for (const now of [
      { connection: { status: 'revoked' as const, version: 2 } },
      { connection: { version: 2 } },
      { tool: { digest: 'other' } },
      { tool: { connectionId: 'con_2' } },
    ]) {
      const { send, sent, begun } = roomAt(now)
      await expect(send()).rejects.toMatchObject({ type: 'request-stopped' })
      expect([sent, begun]).toEqual([[], []])
    }
  })
})
