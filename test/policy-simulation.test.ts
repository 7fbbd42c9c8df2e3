import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallOf, operations } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson, type Person } from './cli/sallyport.ts'
import { clientOf, problemOf } from './fixtures/approval-scene.ts'
import { signIn } from './fixtures/people.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { eventually } from './fixtures/scene.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, type WireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

let vault: TestVault
let upstream: RawServer
let agent: WireAgent
let connectionId: string
let policyId: string
let folder: string
let person: Person

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
type Simulate = CallOf<typeof operations.simulatePolicy>
type Draft = Simulate['draft']

const entry = (methods: readonly string[], paths: readonly string[]) =>
  ({ origin: upstream.origin, methods, paths }) as Draft['allow'][number]

/** What the traffic was sent under. */
const present = (): Draft => ({
  allow: [
    entry(['GET', 'DELETE'], ['/v1/**', '/v3/never']),
    { ...entry(['POST'], ['/v1/notes']), approval: 'always' },
  ],
  approval: 'never',
  rules: [
    { id: 'no-secrets', label: 'No secrets', when: { paths: ['/v1/secrets/*'] }, then: 'deny' },
    {
      id: 'no-strangers',
      when: { methods: ['POST'], body: [{ path: 'to', op: 'eq', value: 'stranger' }] },
      then: 'deny',
    },
  ],
})

beforeAll(async () => {
  upstream = await startRawServer({ answer: (socket) => void socket.write(answer) })
  vault = await startVault()
  agent = await createWireAgent(vault, await vault.createAgentWithKey('simulated'))
  connectionId = await vault.addConnection({ origins: [upstream.origin] })
  policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId, ...present() })
  const send = (method: string, path: string, body?: object) =>
    agent.execute({ connectionId, method, url: `${upstream.origin}${path}`, ...(body && { body }) })
  for (const id of [1, 2, 3]) expect((await send('GET', `/v1/users/${id}?q=1`)).status).toBe(200)
  expect((await send('GET', '/v1/secrets/7')).status).toBe(403)
  expect((await send('GET', '/v2/elsewhere')).status).toBe(403)
  expect((await send('PUT', '/v1/users/1', { a: 1 })).status).toBe(403)
  expect((await send('POST', '/v1/notes', { to: 'friend' })).status).toBe(202)
  expect((await send('POST', '/v1/notes', { to: 'stranger' })).status).toBe(403)
  folder = mkdtempSync(join(tmpdir(), 'drafts-'))
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
})
afterAll(async () => {
  person?.leave()
  rmSync(folder, { recursive: true, force: true })
  await vault?.stop()
  await upstream?.close()
})

const simulate = (draft: Draft, over: Partial<Simulate> = {}) =>
  vault.owner.call('simulatePolicy', { policyId, draft, ...over })

/** The attempt with this path that was denied. */
async function deniedAt(path: string): Promise<string> {
  const { entries } = await vault.owner.call('listAudit', { decision: 'deny', limit: 50 })
  const found = entries.find((one) => one.path === path)
  if (found === undefined) throw new Error(`nothing was denied at ${path}`)
  return found.id
}

describe('a draft over what an agent really did', () => {
  it('changes nothing where it is the policy itself, but for what bodies would have to say', async () => {
    const simulated = await simulate(present())
    expect(simulated).toMatchObject({ looked: 8, truncated: false, same: 6, unknown: 2 })
    expect(simulated).toMatchObject({ newlyAllowed: 0, newlyDenied: 0, newlyAsking: 0 })
    for (const one of simulated.entries) {
      expect(one).toMatchObject({ method: 'POST', path: '/v1/notes', change: 'unknown' })
      expect(one.reason).toMatch(/body/)
    }
    expect(upstream.requests).toHaveLength(3)
  })

  it('says what it would deny, allow and ask about, and shows those that are asked for', async () => {
    const draft: Draft = {
      allow: [
        entry(['GET'], ['/v1/users/1', '/v1/secrets/*', '/v2/**']),
        { ...entry(['PUT'], ['/v1/**']), approval: 'always' },
      ],
      approval: 'never',
    }
    const simulated = await simulate(draft)
    expect(simulated).toMatchObject({
      ...{ looked: 8, same: 2, newlyDenied: 3, newlyAllowed: 2, newlyAsking: 1, unknown: 0 },
    })
    const { entries } = await simulate(draft, { change: 'newlyAsking' })
    expect(entries).toMatchObject([
      { method: 'PUT', path: '/v1/users/1', was: 'deny', wouldBe: 'require_approval' },
    ])
    const denied = await simulate(draft, { change: 'newlyDenied' })
    const paths: string[] = []
    for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
      const part = await simulate(draft, {
        ...{ change: 'newlyDenied', limit: 2 },
        ...(cursor !== undefined && { cursor }),
      })
      // The counts are of all, whichever page it is.
      expect(part).toMatchObject({ looked: 8, newlyDenied: 3 })
      expect(part.entries).toHaveLength(page === 0 ? 2 : 1)
      paths.push(...part.entries.map(({ path }) => path))
      cursor = part.nextCursor
    }
    expect(paths).toEqual(denied.entries.map(({ path }) => path))
    expect(denied.entries.map(({ path }) => path)).toEqual([
      '/v1/notes',
      '/v1/users/3',
      '/v1/users/2',
    ])
    // A draft is saved nowhere, and the policy is as it was.
    const { policy } = await vault.owner.call('getPolicy', { policyId })
    expect(policy).toMatchObject({ version: 1, allow: present().allow })
  })

  it('is for a pair that has no policy as well, and for as many days as are asked for', async () => {
    const pair = { agentId: agent.agentId, connectionId }
    const { looked, from, to } = await vault.owner.call('simulatePolicy', {
      ...{ ...pair, draft: present(), days: 90 },
    })
    expect(looked).toBe(8)
    expect(Date.parse(to) - Date.parse(from)).toBe(90 * 86_400_000)
    const other = await vault.addConnection({ origins: [upstream.origin] })
    const none = await vault.owner.call('simulatePolicy', {
      ...{ agentId: agent.agentId, connectionId: other, draft: present() },
    })
    expect(none).toMatchObject({ looked: 0, entries: [] })
  })

  it('is refused where it is no policy, or for no time that there is', async () => {
    const bad: Partial<Simulate>[] = [
      { days: 0 },
      { days: 91 },
      { limit: 0 },
      { limit: 201 },
      { cursor: 'no attempt' },
      { days: 1.5 },
      { change: 'other' as never },
      { policyId: undefined as never },
      { agentId: 'agt_01k8v3t5m9r2c4x6z8b0d1f3h5' },
      { draft: { allow: 'all' } as never },
      {
        draft: {
          ...present(),
          rules: [{ id: 'x', when: { body: [{ path: '..', op: 'eq' }] }, then: 'deny' }],
        },
      },
      {
        draft: {
          ...present(),
          rules: [
            { id: 'x', when: { query: [{ name: 'q', op: 'matches', value: '(' }] }, then: 'deny' },
          ],
        },
      },
    ]
    for (const over of bad) {
      const { draft = present(), ...rest } = over
      expect(await problemOf(simulate(draft, rest)), JSON.stringify(over)).toBe('invalid-input')
    }
  })
})

describe('who may ask history', () => {
  it('are people who may read policies; an agent may not, and what is not theirs does not exist', async () => {
    verifies('S-08', 'S-09')
    const draft = present()
    const owner = await signIn(vault)
    const reader = clientOf(vault, await owner.newToken(['policies:read']))
    const asked = { policyId, draft }
    expect((await reader.call('simulatePolicy', asked)).looked).toBe(8)
    expect((await reader.call('suggestPolicy', { policyId })).looked).toBe(8)
    const other = clientOf(vault, await owner.newToken(['audit:read', 'approvals:write']))
    expect(await problemOf(other.call('simulatePolicy', asked))).toBe('insufficient-scope')
    expect(await problemOf(other.call('suggestPolicy', { policyId }))).toBe('insufficient-scope')
    expect(
      await problemOf(clientOf(vault, await agent.newToken()).call('simulatePolicy', asked)),
    ).toBe('unauthenticated')
    const unknown = 'pol_01k8v3t5m9r2c4x6z8b0d1f3h5'
    expect(await problemOf(reader.call('simulatePolicy', { ...asked, policyId: unknown }))).toBe(
      'policy-not-found',
    )
    expect(await problemOf(reader.call('suggestPolicy', { policyId: unknown }))).toBe(
      'policy-not-found',
    )
    const pair = { agentId: agent.agentId, connectionId }
    const nobody = 'agt_01k8v3t5m9r2c4x6z8b0d1f3h5'
    expect(
      await problemOf(reader.call('simulatePolicy', { draft, ...pair, agentId: nobody })),
    ).toBe('agent-not-found')
    const nothing = 'con_01k8v3t5m9r2c4x6z8b0d1f3h5'
    expect(
      await problemOf(reader.call('simulatePolicy', { draft, ...pair, connectionId: nothing })),
    ).toBe('connection-not-found')
    // An attempt of another agent is not one of this policy’s.
    const stranger = await createWireAgent(vault, await vault.createAgentWithKey('stranger'))
    const refused = await stranger.execute({
      ...{ connectionId, method: 'GET', url: `${upstream.origin}/v1/users/1` },
    })
    for (const auditId of [String(refused.body.auditId), 'aud_01k8v3t5m9r2c4x6z8b0d1f3h5']) {
      expect(await problemOf(reader.call('suggestPolicy', { policyId, auditId }))).toBe(
        'audit-entry-not-found',
      )
    }
  })
})

describe('what history suggests', () => {
  it('is what was not used, and an allowlist that would have been enough', async () => {
    const { unused, narrower } = await vault.owner.call('suggestPolicy', { policyId })
    expect(unused).toMatchObject([{ at: 0, unusedMethods: ['DELETE'], unusedPaths: ['/v3/never'] }])
    expect(narrower?.allow).toEqual([
      entry(['GET'], ['/v1/users/*']),
      { ...entry(['POST'], ['/v1/notes']), approval: 'always' },
    ])
    if (narrower === undefined) throw new Error('nothing narrower')
    const simulated = await simulate(narrower.document)
    expect(simulated).toMatchObject({ newlyDenied: 0, newlyAllowed: 0, newlyAsking: 0 })
  })

  it('is the smallest change that lets a denied attempt on, and it really does', async () => {
    const expected = {
      '/v1/secrets/7': 'Take out the rule “No secrets” (no-secrets).',
      '/v1/users/1': `Add an entry that allows PUT at ${upstream.origin}/v1/users/1.`,
    }
    for (const [path, sentence] of Object.entries(expected)) {
      const auditId = await deniedAt(path)
      const { smallest } = await vault.owner.call('suggestPolicy', { policyId, auditId })
      expect(smallest).toMatchObject({ sentence, alsoAllows: 0 })
      if (smallest === undefined) throw new Error('no change')
      const { entries } = await simulate(smallest.document, { change: 'newlyAllowed' })
      expect(entries.map((one) => one.auditId)).toContain(auditId)
    }
    const elsewhere = await vault.owner.call('suggestPolicy', {
      ...{ policyId, auditId: await deniedAt('/v2/elsewhere') },
    })
    expect(elsewhere.smallest?.sentence).toMatch(/\/v2\/elsewhere/)
    // Saved, it does what was said.
    await vault.owner.call('replacePolicy', { policyId, ...elsewhere.smallest?.document } as never)
    const url = `${upstream.origin}/v2/elsewhere`
    const sent = await agent.execute({ connectionId, method: 'GET', url })
    expect(sent.status).toBe(200)
    await vault.owner.call('replacePolicy', { policyId, ...present() })
    expect(await eventually(async () => (await simulate(present())).looked === 9, 5_000)).toBe(true)
  })

  it('is why, where no policy would let it on', async () => {
    const url = 'http://127.0.0.3:9/v1/users/1'
    const { body } = await agent.execute({ connectionId, method: 'GET', url })
    expect(body.type).toBe('origin-not-allowed')
    const answered = await vault.owner.call('suggestPolicy', {
      ...{ policyId, auditId: String(body.auditId) },
    })
    expect(answered.smallest).toBeUndefined()
    expect(answered.why).toMatch(/No policy would have allowed it/)
  })
})

describe('the command', () => {
  it('runs a draft in YAML over history, and prints what changes', async () => {
    const file = join(folder, 'draft.yaml')
    writeFileSync(
      file,
      `# less than now\nallow:\n  - origin: ${upstream.origin}\n    methods: [GET]\n    paths: [/v1/users/1]\napproval: never\n`,
    )
    const { code, stdout } = await person.run(['policies', 'simulate', policyId, '--draft', file])
    expect(code).toBe(0)
    expect(stdout).toMatch(/newly denied +\d/)
    expect(stdout).toContain('/v1/users/2')
    const byName = ['policies', 'simulate', '--agent', 'simulated', '--connection', connectionId]
    const { same } = await person.json<{ same: number }>([
      ...byName,
      '--draft',
      file,
      '--days',
      '1',
    ])
    expect(same).toBeGreaterThan(0)
    const suggested = await person.run([
      'policies',
      'suggest',
      policyId,
      '--entry',
      await deniedAt('/v1/secrets/7'),
    ])
    expect(suggested.stdout).toContain('Take out the rule “No secrets” (no-secrets).')
    expect(suggested.stdout).toContain('/v1/users/*')
  })

  it('ends with one sentence where there is no draft, no history, or too many days', async () => {
    const file = join(folder, 'broken.yaml')
    writeFileSync(file, '{')
    const ended = await person.run(['policies', 'simulate', policyId, '--draft', file])
    expect(ended.code).toBe(1)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    for (const args of [
      ['policies', 'simulate', '--draft', file],
      ['policies', 'simulate', policyId],
      ['policies', 'simulate', policyId, '--draft', file, '--days', '91'],
    ]) {
      const { code, stderr } = await person.run(args)
      expect(code).not.toBe(0)
      expect(stderr.trim()).not.toBe('')
    }
  })
})
