import {
  type Agent,
  type Connection,
  describePolicy,
  type FilePolicy,
  type Policy,
  PolicyDocument,
  type PolicyDocumentInput,
  type ToolGrant,
} from '@sallyport/contracts'
import { namesOrigin, readPolicyDocument } from '@sallyport/vault/offline-decide'
import { nearestName } from './nearest-name.ts'
import type { FileFault, ReadPolicyFile } from './read-policy-file.ts'
import { type NamedToolset, toGrants } from './tool-names.ts'
import { documentOf } from './write-policy-file.ts'

/** What is to become of one policy. */
export interface PlannedChange {
  readonly action: 'create' | 'change' | 'delete' | 'unchanged'
  readonly agent: string
  readonly connection: string
  readonly agentId: string
  readonly connectionId: string
  /** What stands in the vault; its version is the one that the change was planned on. */
  readonly current: Policy | undefined
  readonly document: PolicyDocument | undefined
  /** Fields that differ, such as `limits` and `rules.no-share`. */
  readonly fields: readonly string[]
  /** Sentences that no longer hold, and new ones. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

/** What stands in the vault. */
export interface VaultState {
  readonly agents: readonly Agent[]
  readonly connections: readonly Connection[]
  readonly policies: readonly Policy[]
  /** With their tools; none are needed where no policy says anything of tools. */
  readonly toolsets?: readonly NamedToolset[] | undefined
}

/** Plans what makes the vault say what the files say, or tells what is wrong with them. */
export function planChanges(
  files: readonly ReadPolicyFile[],
  state: VaultState,
  { prune }: { readonly prune: boolean },
): { readonly changes: readonly PlannedChange[] } | { readonly faults: readonly FileFault[] } {
  const faults: FileFault[] = []
  const changes: PlannedChange[] = []
  const wanted = new Set<string>()
  for (const file of files) {
    for (const [at, policy] of (file.content.policies ?? []).entries()) {
      const fault = (field: readonly PropertyKey[], message: string) =>
        void faults.push(file.faultAt(['policies', at, ...field], message))
      const agent = pickOne(state.agents, policy.agent, {
        nameOf: ({ name }) => name,
        noun: 'agent',
      })
      const connection = pickOne(state.connections, policy.connection, {
        nameOf: (one) => (one.status === 'revoked' ? undefined : one.label),
        noun: 'connection',
      })
      if (typeof agent === 'string') fault(['agent'], agent)
      if (typeof connection === 'string') fault(['connection'], connection)
      if (typeof agent === 'string' || typeof connection === 'string') continue
      const pair = `${agent.id} ${connection.id}`
      if (wanted.has(pair)) fault(['agent'], 'has a policy for this connection already')
      wanted.add(pair)
      const unfit = unfitOrigins(policy, connection.origins)
      for (const { field, message } of unfit) fault(field, message)
      const tools = policy.tools && toGrants(policy.tools, state.toolsets ?? [])
      for (const { path, message } of tools?.faults ?? []) fault(path, message)
      const on = { agent, connection, policies: state.policies }
      changes.push(planOne({ ...policy, tools: tools?.grants }, on))
    }
  }
  if (faults.length > 0) return { faults }
  return { changes: prune ? [...changes, ...planDeletions(changes, state)] : changes }
}

interface Called<Row> {
  readonly nameOf: (row: Row) => string | undefined
  readonly noun: 'agent' | 'connection'
}

/** What is called so, or has the id; else what is wrong with the name. */
function pickOne<Row extends { readonly id: string }>(
  rows: readonly Row[],
  wanted: string,
  { nameOf, noun }: Called<Row>,
): Row | string {
  const byId = rows.find(({ id }) => id === wanted)
  if (byId !== undefined) return byId
  const fitting = rows.filter((row) => nameOf(row) === wanted)
  const [only, ...others] = fitting
  if (others.length > 0) {
    return `is the name of several: give the id (${fitting.map(({ id }) => id).join(', ')})`
  }
  if (only !== undefined) return only
  const names = rows.flatMap((row) => nameOf(row) ?? [])
  const near = nearestName(wanted, names)
  const said = `must name ${noun === 'agent' ? 'an agent' : 'a connection'} of the vault, and none is called “${wanted}”`
  const known = `\`sallyport ${noun}s list\` shows them`
  return `${said}: ${near === undefined ? known : `did you mean “${near}”?`}`
}

const unfitOrigins = ({ allow }: FilePolicy, origins: readonly string[]) =>
  allow.flatMap(({ origin }, at) =>
    namesOrigin(origin, origins)
      ? []
      : [{ field: ['allow', at, 'origin'], message: `must be one of ${origins.join(', ')}` }],
  )

/** A policy of a file whose tools are known by their ids. */
type WithIds = Omit<FilePolicy, 'tools'> & { readonly tools: readonly ToolGrant[] | undefined }

function planOne(
  { agent: _, connection: __, tools = [], ...rest }: WithIds,
  on: { agent: Agent; connection: Connection; policies: readonly Policy[] },
): PlannedChange {
  const input = { ...rest, ...(tools.length > 0 && { tools: [...tools] }) }
  const document = PolicyDocument.parse(readPolicyDocument(input))
  const current = on.policies.find(
    ({ agentId, connectionId }) => agentId === on.agent.id && connectionId === on.connection.id,
  )
  const before = current === undefined ? undefined : plain(documentOf(current))
  const fields = before === undefined ? [] : changedFields(before, plain(document))
  const isSame = before !== undefined && fields.length === 0
  return {
    action: before === undefined ? 'create' : isSame ? 'unchanged' : 'change',
    ...{ agent: on.agent.name, agentId: on.agent.id },
    ...{ connection: on.connection.label, connectionId: on.connection.id },
    ...{ current, document, fields },
    ...compareSentences(before, document),
  }
}

/** Only agents that the files name: a file of one agent takes nothing from another. */
function planDeletions(planned: readonly PlannedChange[], state: VaultState): PlannedChange[] {
  const agents = new Map(planned.map(({ agentId, agent }) => [agentId, agent]))
  const kept = new Set(planned.map(({ current }) => current?.id))
  const labels = new Map(state.connections.map(({ id, label }) => [id, label]))
  return state.policies.flatMap((current) => {
    const agent = agents.get(current.agentId)
    if (agent === undefined || kept.has(current.id)) return []
    const { agentId, connectionId } = current
    const connection = labels.get(connectionId) ?? connectionId
    const { removed } = compareSentences(plain(documentOf(current)), undefined)
    const none = { document: undefined, fields: [], removed, added: [] }
    return [{ action: 'delete', agent, agentId, connection, connectionId, current, ...none }]
  })
}

type Plain = ReturnType<typeof plain>

/** With everything that may be left out, so that two of them can be compared. */
const plain = (document: PolicyDocumentInput) => PolicyDocument.parse(readPolicyDocument(document))

/** Names of the members that differ; of rules and entries, which of them. */
function changedFields(before: Plain, after: Plain): string[] {
  return Object.keys(PolicyDocument.shape).flatMap((name) => {
    const [one, other] = [Reflect.get(before, name), Reflect.get(after, name)] as unknown[]
    if (canonical(one) === canonical(other)) return []
    if (!Array.isArray(one ?? []) || !Array.isArray(other ?? [])) return [name]
    const parts = changedParts((one ?? []) as unknown[], (other ?? []) as unknown[])
    return parts.length === 0 ? [`${name} (order)`] : parts.map((part) => `${name}.${part}`)
  })
}

function changedParts(before: readonly unknown[], after: readonly unknown[]): string[] {
  const [one, other] = [byKey(before), byKey(after)]
  return [...new Set([...one.keys(), ...other.keys()])].filter(
    (key) => one.get(key) !== other.get(key),
  )
}

const byKey = (parts: readonly unknown[]) =>
  new Map(
    parts.map((part, at) => {
      const id: unknown = Object(part).id
      return [typeof id === 'string' ? id : String(at), canonical(part)] as const
    }),
  )

/** JSON in which the order of members says nothing. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    ) ?? 'undefined'
  )
}

function compareSentences(before: Plain | undefined, after: Plain | undefined) {
  const [one, other] = [before, after].map((document) =>
    document === undefined ? [] : describePolicy(document),
  )
  return {
    removed: (one ?? []).filter((sentence) => other?.includes(sentence) !== true),
    added: (other ?? []).filter((sentence) => one?.includes(sentence) !== true),
  }
}
