import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  aPolicy,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { openSuperuser } from '../../../../test/fixtures/superuser.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createRememberedStore } from './remembered-approvals.ts'

const rootKey = new Uint8Array(32).fill(7)

describe('an answer that counts for several requests', () => {
  let test: TestDatabase
  let admin: ReturnType<typeof openSuperuser>
  let replicas: readonly TestAuditLog[]

  beforeAll(async () => {
    test = await startTestDatabase()
    admin = openSuperuser(test.urls.owner)
    replicas = [1, 2].map(() => openAuditLog({ url: test.urls.app, rootKey }))
  })
  afterAll(async () => {
    for (const replica of replicas) await replica.close()
    await admin.end({ timeout: 1 })
    await test.stop()
  })

  async function remembered(uses: number) {
    const { workspaceId, policyId } = await aPolicy(test.database.sql)
    const [pair] = await admin<{ agentId: string; connectionId: string }[]>`
      select agent_id as "agentId", connection_id as "connectionId" from policies where id = ${policyId}`
    const { agentId = '', connectionId = '' } = pair ?? {}
    const id = newId('rememberedApproval')
    const ownerId = newId('owner')
    await admin`
      insert into owners (id, workspace_id, email, role)
      values (${ownerId}, ${workspaceId}, ${`${ownerId}@example.com`}, 'approver')`
    await admin`
      insert into remembered_approvals (id, workspace_id, policy_id, agent_id, connection_id, connection_version, approval_id,
        scope, method, origin, path, digest, fingerprints, fields, fresh_sign_in, owners_needed, uses, created_by,
        created_by_email, expires_at)
      values (${id}, ${workspaceId}, ${policyId}, ${agentId}, ${connectionId}, 1, 'apr_1', 'exact', 'POST',
        'https://a.example', '/', 'd', '{}', '{}', false, 1, ${uses}, ${ownerId}, 'o@example.com', now() + interval '1 hour')`
    const spending = { approvalId: id, isRemembered: true, policyId, policyVersion: 1 }
    const begin = (at = 0, version = 1) =>
      (replicas[at % 2] ?? replicas[0])?.log.begin(
        anIntent(workspaceId, { policyId, agentId, connectionId }),
        undefined,
        { ...spending, policyVersion: version },
      )
    const used = async () =>
      (await admin`select used from remembered_approvals where id = ${id}`)[0]?.used
    return { id, ownerId, workspaceId, policyId, agentId, connectionId, begin, used }
  }

  it('lets as many through as it is good for, whatever two replicas do at once', async () => {
    verifies('S-25')
    const { begin, used, workspaceId } = await remembered(7)
    const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => begin(at)))
    expect(answers.filter((answer) => answer?.granted)).toHaveLength(7)
    expect(answers.find((answer) => !answer?.granted)).toEqual({
      ...{ granted: false, approval: 'consumed' },
    })
    expect(await used()).toBe(7)
    expect(await replicas[0]?.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 60 })
  })

  it('lets nothing through once it was revoked, was over, or what it stands on has changed', async () => {
    verifies('S-27')
    const changes: [string, (one: Awaited<ReturnType<typeof remembered>>) => unknown][] = [
      [
        'cancelled',
        ({ workspaceId, id }) =>
          createRememberedStore(test.database).revoke(workspaceId, id, 'own_1'),
      ],
      [
        'expired',
        ({ id }) => admin`update remembered_approvals set expires_at = now() where id = ${id}`,
      ],
      ['cancelled', ({ ownerId }) => admin`delete from owners where id = ${ownerId}`],
      [
        'cancelled',
        ({ ownerId }) => admin`update owners set role = 'auditor' where id = ${ownerId}`,
      ],
      ['changed', ({ policyId }) => admin`update policies set version = 2 where id = ${policyId}`],
      ['changed', ({ policyId }) => admin`delete from policies where id = ${policyId}`],
      [
        'changed',
        ({ connectionId: id }) => admin`update connections set version = 2 where id = ${id}`,
      ],
      [
        'changed',
        ({ connectionId: id }) => admin`update connections set status = 'revoked' where id = ${id}`,
      ],
      [
        'changed',
        ({ agentId: id }) => admin`update agents set status = 'disabled' where id = ${id}`,
      ],
      [
        'changed',
        ({ workspaceId: id }) => admin`update workspaces set frozen_at = now() where id = ${id}`,
      ],
    ]
    for (const [approval, change] of changes) {
      const one = await remembered(5)
      expect(await one.begin()).toMatchObject({ granted: true })
      await change(one)
      expect(await one.begin(1), String(change)).toEqual({ granted: false, approval })
      expect((await one.used()) ?? 1).toBe(1)
    }
  })

  it('counts nothing where a limit refuses', async () => {
    const { id, workspaceId, policyId, agentId, connectionId, used } = await remembered(5)
    const begin = () =>
      replicas[0]?.log.begin(
        anIntent(workspaceId, { policyId, agentId, connectionId }),
        {
          ...{ policyId, leaseMs: 60_000 },
          windows: [{ name: 'perDay', limit: 2, windowMs: 86_400_000 }],
        },
        { approvalId: id, isRemembered: true, policyId, policyVersion: 1 },
      )
    const answers = [await begin(), await begin(), await begin()]
    expect(answers.map((answer) => answer?.granted)).toEqual([true, true, false])
    expect(await used()).toBe(2)
  })
})
