import { operations } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApprovalScene,
  clientOf,
  problemOf,
  startApprovalScene,
} from './fixtures/approval-scene.ts'
import { addPerson, type Person, signIn } from './fixtures/people.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// Who may answer: an entitled person, by POST, from the vault's own pages or with a token that has the scope. Nobody else, by
// no route, and nothing that is over becomes approved.

let scene: ApprovalScene
let owner: Person
beforeAll(async () => {
  scene = await startApprovalScene()
  owner = await signIn(scene.vault)
})
afterAll(() => scene?.stop())

const statusOf = async (approvalId: string) => (await scene.row(approvalId)).status
const pathsOf = (approvalId: string) =>
  ['approve', 'deny'].map((verb) => `/api/v1/approvals/${approvalId}/${verb}`)

async function send(method: string, path: string, headers: Record<string, string>) {
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: '{}' }
  const response = await fetch(`${scene.vault.url}${path}`, { method, headers, ...body })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return {
    status: response.status,
    type: isJson && text !== '' ? String(JSON.parse(text).type) : '',
  }
}
const json = { 'content-type': 'application/json' }

describe('an agent', () => {
  it('can answer by no operation of any plane, its own approvals or another’s', async () => {
    verifies('S-26', 'S-08')
    const { ask, agent } = await scene.subject()
    const other = await scene.subject()
    const { approvalRequestId: own } = await ask()
    const { approvalRequestId: theirs } = await other.ask()
    const token = await (await createWireAgent(scene.vault, agent)).newToken()
    const bearer = { ...json, authorization: `Bearer ${token}` }
    for (const approvalId of [own, theirs]) {
      for (const path of pathsOf(approvalId)) {
        for (const headers of [
          bearer,
          { ...bearer, origin: scene.vault.url },
          { ...bearer, cookie: `sallyport=${token}`, origin: scene.vault.url },
          { ...json, cookie: `sallyport=${token}`, origin: scene.vault.url },
        ]) {
          expect((await send('POST', path, headers)).status).toBe(401)
        }
        for (const prefix of ['/v1', '/v1/vault', '']) {
          const inPlane = path.replace('/api/v1', prefix)
          expect([404, 405]).toContain((await send('POST', inPlane, bearer)).status)
        }
      }
      expect(await statusOf(approvalId)).toBe('pending')
    }
    // Every other operation of its own plane leaves the approval as it is, whatever id it is given.
    const mine = Object.values(operations).filter(({ caller }) => caller[0] === 'agent')
    for (const { method, path } of mine) {
      if (path.includes('/revoke')) continue
      await send(method, path.replace(/\{\w+\}/, own), bearer)
      await send(method, path.replace(/\{\w+\}/, theirs), bearer)
    }
    expect([await statusOf(own), await statusOf(theirs)]).toEqual(['pending', 'pending'])
  })

  it('finds another’s approval exactly as one that does not exist', async () => {
    verifies('S-09')
    const { execute, redeem, agent } = await scene.subject()
    const other = await scene.subject()
    const { approvalRequestId: theirs } = await other.ask()
    await scene.approve(theirs)
    const none = `${theirs.slice(0, -6)}000000`
    const told = async (id: string) => {
      const answers = await Promise.all([
        redeem(id).catch((problem: Error) => problem.message),
        redeem(id, 1).catch((problem: Error) => problem.message),
        execute({ approvalId: id }).catch((problem: Error) => problem.message),
        execute({ approvalId: id, waitSeconds: 1 }).catch((problem: Error) => problem.message),
        agent.client
          .call('getMyApproval', { approvalId: id })
          .catch((problem: Error) => problem.message),
        agent.client
          .call('getMyApproval', { approvalId: id, waitSeconds: 1 })
          .catch((problem: Error) => problem.message),
      ])
      return JSON.stringify(answers).replaceAll(id, 'ID')
    }
    expect(await told(theirs)).toBe(await told(none))
    expect(await statusOf(theirs)).toBe('approved')
    const { approvals } = await agent.client.call('listMyApprovals', {})
    expect(approvals.map(({ id }) => id)).not.toContain(theirs)
  })

  it('does not take its own approval to another connection or another agent’s request', async () => {
    verifies('S-24', 'S-09')
    const one = await scene.subject()
    const other = await scene.subject()
    const { approvalRequestId: approvalId } = await one.ask()
    await scene.approve(approvalId)
    const before = scene.sent()
    const swapped = one.agent.client.call('execute', {
      connectionId: other.connectionId,
      method: 'POST',
      url: `${scene.upstream.origin}/v1/notes?list=1`,
      body: { text: 'hello' },
      approvalId,
    })
    expect(await problemOf(swapped)).toBe('connection-not-found')
    expect(await problemOf(other.execute({ approvalId }))).toBe('approval-not-found')
    expect(scene.sent()).toBe(before)
    expect(await statusOf(approvalId)).toBe('approved')
  })
})

describe('a person', () => {
  it('needs the scope: an auditor has none, and a token only what it was given', async () => {
    verifies('S-26', 'S-08')
    const { ask } = await scene.subject()
    const { approvalRequestId: approvalId } = await ask()
    const auditor = await addPerson(scene.vault, 'auditor')
    const approver = await addPerson(scene.vault, 'approver')
    const tokens = [
      await auditor.newToken(['approvals:read', 'audit:read']),
      await approver.newToken(['approvals:read', 'capabilities:write', 'policies:read']),
    ]
    for (const path of pathsOf(approvalId)) {
      const bySession = await auditor.send('POST', path, { body: {} })
      expect(bySession.body.type).toBe('insufficient-scope')
      for (const token of tokens) {
        const refused = await send('POST', path, { ...json, authorization: `Bearer ${token}` })
        expect(refused.type).toBe('insufficient-scope')
      }
    }
    expect(await statusOf(approvalId)).toBe('pending')
    const seen = await auditor.send('GET', `/api/v1/approvals/${approvalId}`)
    expect(seen.status).toBe(200)
  })

  it('loses it with the session, the token or the role', async () => {
    verifies('S-26')
    const { ask } = await scene.subject()
    const { approvalRequestId: approvalId } = await ask()
    const person = await addPerson(scene.vault, 'approver')
    const token = await person.newToken(['approvals:write'])
    await owner.send('PATCH', `/api/v1/workspace/members/${person.id}`, {
      body: { role: 'auditor' },
    })
    const call = clientOf(scene.vault, token).call('approveRequest', { approvalId })
    expect(await problemOf(call)).toMatch(/unauthenticated|insufficient-scope/)
    const [path = ''] = pathsOf(approvalId)
    expect([401, 403]).toContain((await person.send('POST', path, { body: {} })).status)
    expect(await statusOf(approvalId)).toBe('pending')
  })

  it('answers from the vault’s own pages alone, and never by GET', async () => {
    verifies('S-26', 'S-42')
    const { ask } = await scene.subject()
    const { approvalRequestId: approvalId } = await ask()
    const { cookie } = owner
    const { url } = scene.vault
    const forged: Record<string, string>[] = [
      { ...json, cookie },
      { ...json, cookie, origin: 'https://evil.example' },
      { ...json, cookie, origin: 'null' },
      { ...json, cookie, origin: `${url}.evil.example` },
      { ...json, cookie, 'sec-fetch-site': 'cross-site' },
      { ...json, cookie, 'sec-fetch-site': 'same-site' },
      { ...json, cookie, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { cookie, origin: url, 'content-type': 'text/plain' },
      { cookie, origin: url, 'content-type': 'application/x-www-form-urlencoded' },
    ]
    for (const path of pathsOf(approvalId)) {
      for (const headers of forged) {
        const { status } = await send('POST', path, headers)
        expect([path, JSON.stringify(headers), [403, 415].includes(status)]).toEqual([
          path,
          JSON.stringify(headers),
          true,
        ])
      }
      for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { status } = await send(method, path, { ...json, cookie, origin: url })
        expect([method, [404, 405].includes(status)]).toEqual([method, true])
      }
    }
    const before = await scene.row(approvalId)
    for (const path of [
      `/api/v1/approvals/${approvalId}`,
      '/api/v1/approvals',
      `/api/v1/approvals/${approvalId}?approve=1`,
      `/approvals/${approvalId}`,
      `/approvals/${approvalId}?action=approve`,
    ]) {
      await send('GET', path, { cookie })
    }
    expect(await scene.row(approvalId)).toEqual(before)
    const [path = ''] = pathsOf(approvalId)
    expect((await owner.send('POST', path, { body: { note: 'x' } })).status).toBe(400)
    expect((await owner.send('POST', path, { body: {} })).status).toBe(200)
  })
})

describe('an approval that is over', () => {
  const ends: Record<string, (approvalId: string) => Promise<unknown>> = {
    denied: (id) => scene.deny(id),
    expired: (id) => scene.admin`update approvals set expires_at = now() where id = ${id}`,
    consumed: async (id) => {
      await scene.approve(id)
      await redeemAs.get(id)?.()
    },
    cancelled: (id) =>
      scene.admin`update approvals set status = 'cancelled', sealed = null where id = ${id}`,
  }
  const redeemAs = new Map<string, () => Promise<unknown>>()

  it.each(Object.keys(ends))('%s stays so, whoever answers and however often', async (status) => {
    verifies('S-26')
    const { ask, redeem, execute } = await scene.subject()
    const { approvalRequestId: approvalId } = await ask()
    redeemAs.set(approvalId, () => redeem(approvalId))
    await ends[status]?.(approvalId)
    const before = scene.sent()
    const second = await addPerson(scene.vault, 'admin')
    const answers = pathsOf(approvalId).flatMap((path) =>
      [owner, second].flatMap((person) => [
        person.send('POST', path, { body: {} }),
        person.send('POST', path, { body: {} }),
      ]),
    )
    for (const { body } of await Promise.all(answers)) {
      expect(body).toMatchObject({ type: 'approval-not-pending', approvalStatus: status })
    }
    const calls = [redeem(approvalId), redeem(approvalId, 1), execute({ approvalId })]
    const types = await Promise.all(calls.map(problemOf))
    expect(new Set(types)).toEqual(new Set([`approval-${status}`]))
    expect(scene.sent()).toBe(before)
    const { approval } = await scene.vault.owner.call('getApproval', { approvalId })
    expect(approval.status).toBe(status)
  })

  it('answered twice at once, was answered once', async () => {
    verifies('S-26')
    const { ask } = await scene.subject()
    const people: Person[] = []
    for (let at = 0; at < 3; at += 1) people.push(await addPerson(scene.vault, 'approver'))
    for (let round = 0; round < 5; round += 1) {
      const { approvalRequestId: approvalId } = await ask({ body: { round } })
      const answers = await Promise.all(
        people.map((person) =>
          person.send('POST', `/api/v1/approvals/${approvalId}/approve`, { body: {} }),
        ),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const { approval } = await scene.vault.owner.call('getApproval', { approvalId })
      expect(approval.approvedBy).toHaveLength(1)
      // A yes and a no at once: the no holds, for it also ends what was approved.
      const other = await ask({ body: { round, both: true } })
      const id = other.approvalRequestId
      await Promise.all([
        people[0]?.send('POST', `/api/v1/approvals/${id}/approve`, { body: {} }),
        people[1]?.send('POST', `/api/v1/approvals/${id}/deny`, { body: {} }),
      ])
      expect(await statusOf(id)).toBe('denied')
    }
  })
})
