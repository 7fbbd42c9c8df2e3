import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import type { NewServer } from '../upstreams/kept/server-store.ts'
import { createServerStore } from './mcp-servers.ts'
import { workspaces } from './tables.ts'

const at = new Date('2026-11-22T10:00:00.000Z')
const common = { workspaceId: 'wsp_1', version: 1, createdAt: at, updatedAt: at }

const made = (id: string): NewServer => ({
  server: {
    ...{ ...common, id, name: id, description: null, transport: 'stdio', command: '/bin/x' },
    ...{ args: [], cwd: null, url: null, permission: 'workspace', package: null },
    ...{ connectTimeoutSeconds: 30, readTimeoutSeconds: 30, perAgent: false, enabled: true },
    ...{ connectionId: `con_${id}`, toolsetId: `tls_${id}`, envNames: [], headerNames: [] },
    ...{ variables: [], status: 'disconnected', failure: null, serverInfo: null },
    ...{ challenge: null, lastConnectedAt: null },
  },
  connection: {
    ...{ ...common, id: `con_${id}`, provider: 'mcp', service: 'mcp', label: id },
    ...{ status: 'healthy', statusReason: null, singleton: false, requestedScopes: [] },
    ...{ grantedScopes: [], oauthAppId: null, account: null, accountSubject: null },
    ...{ origins: [`mcp://${id}`], requestHeaders: [], responseHeaders: [], testUrl: null },
    ...{ allowEncodedSlash: false, credentialKind: 'upstream', credentialHint: '' },
    ...{ sealed: Buffer.from('sealed'), revokedAt: null },
  },
  toolset: {
    ...{ ...common, id: `tls_${id}`, connectionId: `con_${id}`, format: 'mcp' },
    ...{ name: id.replace('_', '-'), title: id, description: null },
    ...{ template: null, sourceDigest: null, leftOut: null },
  },
  note: { cause: 'created', ownerId: null, added: 0, removed: 0, changed: 0 },
})

let test: TestDatabase
beforeAll(async () => {
  test = await startTestDatabase()
  await test.database.db.insert(workspaces).values({ id: 'wsp_1', name: 'w' })
})
afterAll(() => test?.stop())

it('knows which servers were deleted, and takes none for one of which it never heard', async () => {
  const store = createServerStore(test.database)
  for (const id of ['ups_gone', 'ups_stays']) {
    expect(await store.insert(made(id))).toBe('inserted')
  }
  const all = ['ups_gone', 'ups_stays', 'ups_unknown']
  expect(await store.listDeleted(all)).toEqual([])
  await store.delete({ workspaceId: 'wsp_1', id: 'ups_gone' }, { ownerId: 'own_1', now: at })
  expect(await store.listDeleted(all)).toEqual(['ups_gone'])
  expect(await store.listDeleted(['ups_stays'])).toEqual([])
  expect(await store.listDeleted([])).toEqual([])
})
