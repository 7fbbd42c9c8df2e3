import type { AllowEntry, Limits, Policy } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { everyPage } from './lookup.ts'

/** What a policy is for. */
export interface Pair {
  readonly agentId: string
  readonly connectionId: string
}

/** What to add to a policy. What is left open stays as it is. */
export interface Grant {
  readonly entries: readonly AllowEntry[]
  readonly approval?: Policy['approval'] | undefined
  readonly limits?: Limits
  readonly expiresAt?: string | undefined
}

/** The policy of an agent for a connection, if it has one. */
export async function findPolicy(client: Client, pair: Pair): Promise<Policy | undefined> {
  const [policy] = await everyPage(async (cursor) => {
    const { agentId, connectionId } = pair
    const page = await client.call('listPolicies', { agentId, connectionId, ...cursor })
    return { rows: page.policies, nextCursor: page.nextCursor }
  })
  return policy
}

/** Adds to the policy that is there, or makes one. An entry that it has already is not added again. */
export async function grantAccess(client: Client, pair: Pair, grant: Grant): Promise<Policy> {
  const current = await findPolicy(client, pair)
  const before = current?.allow ?? []
  const known = new Set(before.map(keyOf))
  const expiresAt = grant.expiresAt ?? current?.expiresAt
  const document = {
    allow: [...before, ...grant.entries.filter((entry) => !known.has(keyOf(entry)))],
    approval: grant.approval ?? current?.approval ?? 'writes',
    limits: { ...current?.limits, ...grant.limits },
    windows: current?.windows ?? [],
    ...(expiresAt !== undefined && { expiresAt }),
  }
  if (current === undefined) {
    return (await client.call('createPolicy', { ...pair, ...document })).policy
  }
  const { id: policyId, version } = current
  return (await client.call('replacePolicy', { policyId, version, ...document })).policy
}

const keyOf = ({ origin, methods, paths }: AllowEntry) =>
  JSON.stringify([origin, methods.toSorted(), paths.toSorted()])

/** GET of everything at the connection's origins. */
export const readEverything = (origins: readonly string[]): AllowEntry[] =>
  origins.map((origin) => ({ origin, methods: ['GET'], paths: ['/**'] }))
