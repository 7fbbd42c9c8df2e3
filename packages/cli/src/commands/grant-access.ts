import type { AllowEntry, Limits, Policy } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { documentOf } from '../policy-files/write-policy-file.ts'
import { everyPage } from './lookup.ts'

/** What a policy is for. */
export interface Pair {
  readonly agentId: string
  readonly connectionId: string
}

/** What to add to a policy. What is left open stays as it is. */
export interface Grant {
  readonly entries: readonly AllowEntry[]
  /** For these entries; a policy that is made now has it for all. */
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

/**
 * Adds to the policy that is there, or makes one. An entry that it has already is not added again, but asked about as the
 * grant says; what else the policy allows is asked about as before.
 */
export async function grantAccess(client: Client, pair: Pair, grant: Grant): Promise<Policy> {
  const current = await findPolicy(client, pair)
  // Whatever else it says stays: rules, filters of answers, grants of tools.
  const before = current && documentOf(current)
  const expiresAt = grant.expiresAt ?? before?.expiresAt
  const document = {
    ...before,
    allow: current === undefined ? [...grant.entries] : addEntries(current, grant),
    approval: before?.approval ?? grant.approval ?? 'writes',
    limits: { ...before?.limits, ...grant.limits },
    windows: before?.windows ?? [],
    ...(expiresAt !== undefined && { expiresAt }),
  }
  if (current === undefined) {
    return (await client.call('createPolicy', { ...pair, ...document })).policy
  }
  const { id: policyId, version } = current
  return (await client.call('replacePolicy', { policyId, version, ...document })).policy
}

function addEntries(
  { allow, approval: usual }: Policy,
  { entries, approval }: Grant,
): AllowEntry[] {
  const mode = approval === undefined || approval === usual ? {} : { approval }
  const granted = new Set(entries.map(keyOf))
  const known = new Set(allow.map(keyOf))
  const before = allow.map((entry) => {
    if (approval === undefined || !granted.has(keyOf(entry))) return entry
    const { approval: _, ...rest } = entry
    return { ...rest, ...mode }
  })
  const added = entries.filter((entry) => !known.has(keyOf(entry)))
  return [...before, ...added.map((entry) => ({ ...entry, ...mode }))]
}

// What ends some day is not the same as what does not.
const keyOf = ({ origin, methods, paths, expiresAt }: AllowEntry) =>
  JSON.stringify([origin, methods.toSorted(), paths.toSorted(), expiresAt])

/** GET of everything at the connection's origins. */
export const readEverything = (origins: readonly string[]): AllowEntry[] =>
  origins.map((origin) => ({ origin, methods: ['GET'], paths: ['/**'] }))
