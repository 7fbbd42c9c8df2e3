import type { Policy } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { grantAccess, readEverything } from './grant-access.ts'

const pair = { agentId: 'agt_1', connectionId: 'con_1' }
const origin = 'https://api.example.com'
const policy = {
  id: 'pol_1',
  version: 3,
  ...pair,
  allow: [{ origin, methods: ['GET', 'HEAD'], paths: ['/b', '/a'] }],
  approval: 'always',
  approvalOptions: { secondOwner: true },
  limits: { perHour: 5 },
  windows: [{ days: ['mon'], from: '09:00', to: '17:00', timezone: 'UTC' }],
  expiresAt: '2030-01-01T00:00:00.000Z',
} as unknown as Policy

/** A vault with this policy, which keeps what it was told last. */
function vaultWith(current: Policy | undefined) {
  const sent: { operation: string; input: object }[] = []
  const call = async (operation: string, input: object) => {
    if (operation === 'listPolicies') return { policies: current === undefined ? [] : [current] }
    sent.push({ operation, input })
    return { policy: input }
  }
  return { client: { call } as unknown as Client, sent }
}

describe('granting access', () => {
  it('makes a policy where there is none, which asks before writes', async () => {
    const { client, sent } = vaultWith(undefined)
    await grantAccess(client, pair, { entries: readEverything([origin]) })
    const allow = [{ origin, methods: ['GET'], paths: ['/**'] }]
    const input = { ...pair, allow, approval: 'writes', limits: {}, windows: [] }
    expect(sent).toEqual([{ operation: 'createPolicy', input }])
  })

  it('adds to the policy that is there and keeps everything else of it', async () => {
    const { client, sent } = vaultWith(policy)
    const entry = { origin, methods: ['POST' as const], paths: ['/c'] }
    await grantAccess(client, pair, { entries: [entry], limits: { perDay: 9 } })
    const { id: policyId, version, approval, approvalOptions, windows, expiresAt, allow } = policy
    expect(sent).toEqual([
      {
        operation: 'replacePolicy',
        input: {
          policyId,
          version,
          approval,
          approvalOptions,
          windows,
          expiresAt,
          allow: [...allow, entry],
          limits: { perHour: 5, perDay: 9 },
        },
      },
    ])
  })

  it('takes away no rule, no filter of answers and no tool that the policy has', async () => {
    const more = {
      tools: [{ toolsetId: 'tls_1', allowed: true }],
      rules: [{ id: 'no-secrets', when: { paths: ['/secret/**'] }, then: 'deny' }],
      response: [{ id: 'no-mail', drop: ['email'] }],
    }
    const { client, sent } = vaultWith({ ...policy, ...more } as unknown as Policy)
    await grantAccess(client, pair, { entries: readEverything([origin]) })
    expect(sent[0]?.input).toMatchObject(more)
  })

  it('does not add what is allowed already, in whatever order it is written', async () => {
    const { client, sent } = vaultWith(policy)
    const entry = { origin, methods: ['HEAD' as const, 'GET' as const], paths: ['/a', '/b'] }
    await grantAccess(client, pair, { entries: [entry] })
    expect(sent[0]?.input).toMatchObject({ allow: policy.allow })
  })

  it('asks as it says about what it grants, and as before about everything else', async () => {
    const { client, sent } = vaultWith(policy)
    const more = { origin, methods: ['POST' as const], paths: ['/c'] }
    await grantAccess(client, pair, { entries: [more], approval: 'never' })
    expect(sent[0]?.input).toMatchObject({
      approval: 'always',
      allow: [...policy.allow, { ...more, approval: 'never' }],
    })
    await grantAccess(client, pair, { entries: policy.allow, approval: 'writes' })
    const [entry] = policy.allow
    expect(sent[1]?.input).toMatchObject({
      approval: 'always',
      allow: [{ ...entry, approval: 'writes' }],
    })
    await grantAccess(client, pair, { entries: [more], approval: 'always' })
    expect(sent[2]?.input).toMatchObject({ allow: [...policy.allow, more] })
  })
})
