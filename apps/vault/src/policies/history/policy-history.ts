// What the audit log says of a policy: a draft of it run over the attempts of the last days, and what to make narrower or wider.

import {
  type AuditEntry,
  type InputOf,
  type OutputOf,
  type PolicyDocument,
  Problem,
  type simulatePolicy,
  type suggestPolicy,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import { acceptDocument } from '../accept-document.ts'
import { agentNotFound, connectionNotFound, policyNotFound } from '../policy-problems.ts'
import type { PolicyStore, StoredPolicy } from '../policy-store.ts'
import { createJudge, createOriginsOf, type FindToolNames, namesFor } from './judge-attempt.ts'
import type { HistoryNeeds } from './read-history.ts'
import { simulate } from './simulate.ts'
import { suggest } from './suggest.ts'
import { createPlaces } from './take-places.ts'

type Owner = Pick<AuthenticatedOwner, 'workspaceId'>

/** What this part of the room needs of others. */
export interface PolicyHistoryNeeds {
  readonly store: Pick<PolicyStore, 'find' | 'findParties'>
  readonly history: HistoryNeeds
  /** An entry of the workspace's audit log. */
  readonly findEntry: (workspaceId: string, auditId: string) => Promise<AuditEntry | undefined>
  readonly findToolNames: FindToolNames
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What is answered from history. Each is bound to the caller's workspace. */
export interface PolicyHistory {
  /**
   * Runs a draft over the attempts of its pair. Problems: `policy-not-found`, `agent-not-found`, `connection-not-found`,
   * `invalid-input` for a draft that is none, `overloaded`.
   */
  simulate(
    owner: Owner,
    input: InputOf<typeof simulatePolicy>,
  ): Promise<OutputOf<typeof simulatePolicy>>
  /** Problems: `policy-not-found`, `audit-entry-not-found` also for an attempt of another pair, `overloaded`. */
  suggest(
    owner: Owner,
    input: InputOf<typeof suggestPolicy>,
  ): Promise<OutputOf<typeof suggestPolicy>>
}

const dayMs = 86_400_000

/** Builds the two. */
export function createPolicyHistory(needs: PolicyHistoryNeeds): PolicyHistory {
  const { store, history, now } = needs
  const takePlace = createPlaces()
  const toolNamesOf = (workspaceId: string, document: PolicyDocument) =>
    namesFor(document, (toolsetIds) => needs.findToolNames(workspaceId, toolsetIds))
  return {
    async simulate({ workspaceId }, { draft, days, change, limit, cursor, ...wanted }) {
      const pair = await findPair(store, workspaceId, wanted)
      const document = acceptDocument(draft)
      const { origins, ...whose } = await requireParties(store, pair)
      const toolNames = await toolNamesOf(workspaceId, document)
      const judge = createJudge(document, createOriginsOf(origins), toolNames)
      const time = timeOf(now(), days)
      const shown = { change, limit, cursor }
      const asked = { whose: { ...whose, fromMs: time.fromMs }, judge, shown }
      const simulation = await takePlace(workspaceId, () => simulate(history, asked))
      return { ...time.said, ...simulation }
    },

    async suggest({ workspaceId }, { policyId, days, auditId }) {
      const policy = await getPolicy(store, workspaceId, policyId)
      const denied = auditId === undefined ? undefined : await findDenied(needs, policy, auditId)
      const { origins, ...whose } = await requireParties(store, policy)
      const nowMs = now()
      const time = timeOf(nowMs, days)
      const asked = {
        whose: { ...whose, fromMs: time.fromMs },
        document: policy.document satisfies PolicyDocument,
        originsOf: createOriginsOf(origins),
        toolNames: await toolNamesOf(workspaceId, policy.document),
        ...{ denied, nowMs },
      }
      const suggested = await takePlace(workspaceId, () => suggest(history, asked))
      return { ...time.said, ...suggested }
    },
  }
}

function timeOf(nowMs: number, days: number) {
  const fromMs = nowMs - days * dayMs
  const said = { from: new Date(fromMs).toISOString(), to: new Date(nowMs).toISOString() }
  return { fromMs, said }
}

type Pair = Pick<StoredPolicy, 'workspaceId' | 'agentId' | 'connectionId'>

async function getPolicy(
  store: PolicyHistoryNeeds['store'],
  workspaceId: string,
  policyId: string,
): Promise<StoredPolicy> {
  const policy = isLookupId(policyId) ? await store.find(workspaceId, policyId) : undefined
  if (policy === undefined) throw policyNotFound()
  return policy
}

/** Of the policy that is named, or the pair itself: a draft may be for a pair that has no policy yet. */
async function findPair(
  store: PolicyHistoryNeeds['store'],
  workspaceId: string,
  wanted: Pick<InputOf<typeof simulatePolicy>, 'policyId' | 'agentId' | 'connectionId'>,
): Promise<Pair> {
  const { policyId, agentId, connectionId } = wanted
  if (policyId !== undefined) {
    const policy = await getPolicy(store, workspaceId, policyId)
    for (const field of ['agentId', 'connectionId'] as const) {
      if (wanted[field] === undefined || wanted[field] === policy[field]) continue
      throw wrong(field, 'must be that of the policy, or be left out')
    }
    return policy
  }
  if (agentId === undefined) throw wrong('agentId', 'must be given where policyId is not')
  if (connectionId === undefined) throw wrong('connectionId', 'must be given where policyId is not')
  return { workspaceId, agentId, connectionId }
}

const wrong = (field: string, message: string) =>
  new Problem('invalid-input', `The field ${field} ${message}.`, {
    next: 'Give policyId, or agentId and connectionId.',
    fields: [{ field, message }],
  })

async function requireParties(
  store: PolicyHistoryNeeds['store'],
  { workspaceId, agentId, connectionId }: Pair,
): Promise<Pair & { readonly origins: readonly string[] }> {
  if (!isLookupId(agentId)) throw agentNotFound()
  if (!isLookupId(connectionId)) throw connectionNotFound()
  const pair = { workspaceId, agentId, connectionId }
  const { hasAgent, origins } = await store.findParties(pair)
  if (!hasAgent) throw agentNotFound()
  if (origins === undefined) throw connectionNotFound()
  return { ...pair, origins }
}

/** An attempt of the policy's own agent at its own connection: of another one there is nothing to say here. */
async function findDenied(
  { findEntry }: PolicyHistoryNeeds,
  { workspaceId, agentId, connectionId }: StoredPolicy,
  auditId: string,
): Promise<AuditEntry> {
  const entry = isLookupId(auditId) ? await findEntry(workspaceId, auditId) : undefined
  const isOurs =
    (entry?.operation === 'execute' || entry?.operation === 'callMyTool') &&
    entry.agentId === agentId &&
    entry.connectionId === connectionId
  if (entry !== undefined && isOurs) return entry
  throw new Problem('audit-entry-not-found', 'There is no such attempt under this policy.', {
    next: 'Take the id of a denied attempt of this agent at this connection out of the audit log.',
  })
}
