import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Entry,
  eventually,
  isAlive,
  postmasterPid,
  type Scene,
  startScene,
} from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// The vault ends by kill -9 at each step of an approval's life. Afterwards the approval is unspent, or its attempt is recorded
// and it can not be used again; no request reaches the upstream twice.

const randomRounds = 6
const perRoundMax = 60

let scene: Scene
/** Takes connections and never says a word: no TLS comes about, so nothing is ever sent. */
let mute: Server
let muteOrigin: string
const muted = new Set<Socket>()
beforeAll(async () => {
  mute = createServer((socket) => {
    muted.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => muted.delete(socket))
  })
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const address = mute.address()
  muteOrigin = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  scene = await startScene({ origins: [muteOrigin] })
  const { vault, agent, upstream } = scene
  const { policies } = await vault.owner.call('listPolicies', { agentId: agent.agentId })
  await vault.owner.call('replacePolicy', {
    policyId: policies[0]?.id ?? '',
    approval: 'always',
    allow: [upstream.origin, muteOrigin].map((origin) => ({
      origin,
      methods: ['GET', 'POST'],
      paths: ['/**'],
    })),
  })
})
afterAll(async () => {
  await scene?.stop()
  for (const socket of muted) socket.destroy()
  mute?.close()
})

let next = 0
const path = (kind: string) => `/${kind}/${++next}`

const input = (target: string, origin = scene.upstream.origin) => ({
  connectionId: scene.connectionId,
  method: 'GET',
  url: `${origin}${target}`,
})

async function ask(target: string, origin?: string): Promise<string> {
  const asked = await scene.agent.client.call('execute', input(target, origin))
  if (!('approvalRequestId' in asked)) throw new Error('no owner was asked')
  return asked.approvalRequestId
}
const approve = (approvalId: string) => scene.vault.owner.call('approveRequest', { approvalId })
const statusOf = async (approvalId: string) =>
  (await scene.vault.owner.call('getApproval', { approvalId })).approval
const redeem = (approvalId: string): Promise<string> =>
  scene.agent.client.call('executeApproval', { approvalId }, { timeoutMs: 70_000 }).then(
    (answer) => ('status' in answer ? String(answer.status) : 'asked'),
    (problem: Error) => ('type' in problem ? String(problem.type) : String(problem)),
  )

/** Outcomes are written after the answer; what a call that has been answered came to is on record a little later. */
async function endedAttempts(): Promise<readonly Entry[]> {
  let attempts: readonly Entry[] = []
  await eventually(async () => {
    attempts = await scene.attempts()
    return attempts.every(({ outcome }) => outcome !== 'pending')
  }, 10_000)
  return attempts
}

async function crash(): Promise<void> {
  const server = postmasterPid(scene.vault) ?? 0
  await scene.vault.kill()
  expect(await eventually(() => !isAlive(server), 10_000)).toBe(true)
  await scene.vault.restart()
}

/** Unspent and of use, or spent with its attempt on record; sent at most once in either case. */
async function expectWhole(
  approvalId: string,
  target: string,
  attempts?: readonly Entry[],
): Promise<string> {
  const { status, auditId } = await statusOf(approvalId)
  const hits = scene.upstream.hits.get(target) ?? 0
  if (status === 'consumed') {
    const attempt = (attempts ?? (await endedAttempts())).find(({ id }) => id === auditId)
    expect(attempt).toMatchObject({ detail: { approvalId }, decision: 'allow' })
    expect(['sent', 'failed', 'unknown']).toContain(attempt?.outcome)
    expect(hits).toBeLessThanOrEqual(1)
    expect(await redeem(approvalId)).toBe('approval-consumed')
  } else {
    expect(['pending', 'approved']).toContain(status)
    expect(hits).toBe(0)
    if (status === 'pending') await approve(approvalId)
    expect(await redeem(approvalId)).toBe('200')
    expect(scene.upstream.hits.get(target)).toBe(1)
  }
  return status
}

describe('a vault that is killed', () => {
  it('once an owner was asked, still asks; once one has approved, it is approved still', async () => {
    verifies('S-43')
    const targets = [path('plain'), path('plain')]
    const ids = await Promise.all(targets.map((target) => ask(target)))
    const [, approved = ''] = ids
    await approve(approved)
    await crash()
    expect(await Promise.all(ids.map(async (id) => (await statusOf(id)).status))).toEqual([
      'pending',
      'approved',
    ])
    for (const [at, id] of ids.entries()) await expectWhole(id, targets[at] ?? '')
  })

  it('while the upstream holds the request, ends it as unknown and never sends it again', async () => {
    verifies('S-43', 'S-25')
    for (const kind of ['hold', 'half']) {
      const target = path(kind)
      const id = await ask(target)
      await approve(id)
      const call = redeem(id)
      expect(await eventually(() => scene.upstream.hits.get(target) === 1, 5_000)).toBe(true)
      await crash()
      expect(await call).toBe('vault-unreachable')
      expect(await expectWhole(id, target)).toBe('consumed')
      const { auditId } = await statusOf(id)
      const attempt = (await scene.attempts()).find((entry) => entry.id === auditId)
      expect(attempt?.outcome).toBe('unknown')
      expect(scene.upstream.hits.get(target)).toBe(1)
    }
  })

  it('after the intent is on record and before a byte is sent, has used it all the same', async () => {
    verifies('S-43', 'S-25', 'S-36')
    const target = path('never')
    const id = await ask(target, muteOrigin)
    await approve(id)
    const call = redeem(id)
    expect(await eventually(() => muted.size > 0, 5_000)).toBe(true)
    await crash()
    expect(await call).toBe('vault-unreachable')
    expect(await expectWhole(id, target)).toBe('consumed')
    const { auditId } = await statusOf(id)
    const attempt = (await scene.attempts()).find((entry) => entry.id === auditId)
    expect(attempt).toMatchObject({ outcome: 'unknown', path: target })
  })

  it('after the answer, keeps it used', async () => {
    verifies('S-43', 'S-25')
    const target = path('plain')
    const id = await ask(target)
    await approve(id)
    expect(await redeem(id)).toBe('200')
    await crash()
    expect(await expectWhole(id, target)).toBe('consumed')
  })

  it('while agents wait for owners, loses no approval', async () => {
    verifies('S-43')
    const targets = Array.from({ length: 5 }, () => path('plain'))
    const waiting = targets.map((target) =>
      scene.agent.client.call('execute', { ...input(target), waitSeconds: 60 }).catch(() => 'cut'),
    )
    const pending = async () =>
      (await scene.vault.owner.call('listApprovals', { status: 'pending' })).approvals
    expect(await eventually(async () => (await pending()).length === 5, 5_000)).toBe(true)
    await crash()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['cut']))
    for (const approval of await pending()) {
      expect(await expectWhole(approval.id, approval.path)).toBe('pending')
    }
  })

  it('at any moment amid asking, approving and redeeming, doubles nothing and loses nothing', async () => {
    verifies('S-43', 'S-25', 'S-36')
    const known = new Map<string, string>()
    let wasConsumed = 0
    for (let round = 0; round < randomRounds; round += 1) {
      const state = { stopped: false }
      const workers = Array.from({ length: 6 }, async () => {
        while (!state.stopped && known.size < perRoundMax) {
          const target = path('plain')
          try {
            const id = await ask(target)
            known.set(id, target)
            await approve(id)
            await Promise.all([redeem(id), redeem(id)])
          } catch {
            await sleep(100) // The vault is gone for a moment; what it was told is looked at later.
          }
        }
      })
      await sleep(100 + Math.random() * 500)
      await crash()
      state.stopped = true
      await Promise.all(workers)
      const attempts = await endedAttempts()
      for (const [id, target] of known) {
        const status = await expectWhole(id, target, attempts)
        if (status === 'consumed') wasConsumed += 1
      }
      known.clear()
    }
    for (const [target, count] of scene.upstream.hits) {
      expect(count, `${target} was sent`).toBe(1)
    }
    expect(wasConsumed).toBeGreaterThan(0)
    expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })
})

describe('a vault that is told to stop', () => {
  it('lets those go who wait for an owner, and ends soon', async () => {
    const target = path('plain')
    const waiting = scene.agent.client.call(
      'execute',
      { ...input(target), waitSeconds: 60 },
      { timeoutMs: 70_000 },
    )
    const isAsked = async () => {
      const { approvals } = await scene.vault.owner.call('listApprovals', { status: 'pending' })
      return approvals.some((approval) => approval.path === target)
    }
    expect(await eventually(isAsked, 5_000)).toBe(true)
    const startedAt = performance.now()
    expect(await scene.vault.terminate()).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    const answer = await waiting
    expect(answer).toMatchObject({ approvalRequired: true })
    await scene.vault.restart()
    const id = 'approvalRequestId' in answer ? answer.approvalRequestId : ''
    expect(await expectWhole(id, target)).toBe('pending')
  })
})
