import { type Agent, type AgentPublicKey, Problem, type ToolListing } from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { thumbprint } from './public-key.ts'
import { newToken, type TokenHash } from './secret-token.ts'

/** Ms for which an enrolment code is good. */
const bootstrapLifeMs = 3_600_000

/** An agent as it is stored. */
export interface AgentRow {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly status: 'pending' | 'active' | 'disabled'
  readonly publicKey: AgentPublicKey | null
  readonly createdAt: Date
  readonly lastSeenAt: Date | null
  readonly toolListing: ToolListing
}

/** What owners may change of an agent. */
export interface AgentChange {
  readonly name?: string | undefined
  readonly toolListing?: ToolListing | undefined
}

/** An agent in its workspace: every query is bound to both (S-09). */
export interface AgentRef {
  readonly workspaceId: string
  readonly agentId: string
}

/** An enrolment code as it is stored. */
export interface BootstrapCode {
  readonly hash: Uint8Array
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Each is one transaction; undefined where the workspace has no such agent. */
export interface AgentStore {
  insert(agent: AgentRef & { name: string }, code: BootstrapCode): Promise<AgentRow>
  list(workspaceId: string, page: PageAfter): Promise<AgentRow[]>
  find(ref: AgentRef): Promise<AgentRow | undefined>
  update(ref: AgentRef, wanted: AgentChange): Promise<AgentRow | undefined>
  /** Stores a new code and ends those that are unused. */
  replaceCode(ref: AgentRef, code: BootstrapCode): Promise<AgentRow | undefined>
  /** Ends the agent's tokens and unused codes with it. */
  disable(ref: AgentRef, nowMs: number): Promise<AgentRow | undefined>
  /** A disabled agent becomes active, or pending where it has no key; any other stays as it is. */
  enable(ref: AgentRef): Promise<AgentRow | undefined>
  endTokens(ref: AgentRef): Promise<AgentRow | undefined>
  delete(ref: AgentRef): Promise<AgentRow | undefined>
}

/** What agents need of others. */
export interface AgentsNeeds {
  readonly store: AgentStore
  readonly record: RecordEvent
  /** Ends the calls that are on their way. */
  readonly endCalls: (selector: { agentId: string }) => unknown
  /** Withdraws the agent's open capability requests. */
  readonly cancelRequests: (agentId: string) => Promise<unknown>
  readonly newId: (kind: 'agent') => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

type ById = { readonly agentId: string }

/**
 * What owners do with agents. Every function takes the owner who asks; an agent of another workspace is
 * Problem `agent-not-found`, exactly as one that does not exist (S-09).
 */
export function createAgents(needs: AgentsNeeds) {
  const { store, now } = needs
  const change = createChange(needs.record)
  const endings = createEndings(needs, change)
  return {
    /** Adds a pending agent with its first enrolment code. */
    async create(owner: AuthenticatedOwner, { name }: { name: string }) {
      const { secret, code } = newCode(needs)
      const ref = { workspaceId: owner.workspaceId, agentId: needs.newId('agent') }
      const row = await change(owner, { ...ref, operation: 'createAgent' }, () =>
        store.insert({ ...ref, name }, code),
      )
      return withSecret(row, secret, code)
    },

    async list({ workspaceId }: AuthenticatedOwner, input: PageInput) {
      const { page, ...rest } = writePage(await store.list(workspaceId, readPage(input)), input)
      return { agents: page.map(view), ...rest }
    },

    async get(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      return { agent: view((await store.find(ref)) ?? notFound()) }
    },

    /** Gives it another name, or says how MCP clients are shown its tools. */
    async rename(owner: AuthenticatedOwner, { agentId, ...wanted }: ById & AgentChange) {
      const ref = refOf(owner, agentId)
      const work = () => store.update(ref, wanted)
      return one(change(owner, { ...ref, operation: 'renameAgent' }, work))
    },

    /** Issues a new code; an earlier unused one stops working. The agent keeps its key until the code is used. */
    async issueBootstrapSecret(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      const { secret, code } = newCode(needs)
      const row = await change(owner, { ...ref, operation: 'issueBootstrapSecret' }, () =>
        store.replaceCode(ref, code),
      )
      return withSecret(row, secret, code)
    },

    /** Ends its tokens, unused codes and running calls; from now on it is refused everywhere (S-10). */
    async disable(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      return one(
        change(owner, { ...ref, operation: 'disableAgent' }, async () => {
          const row = await store.disable(ref, now())
          if (row !== undefined) needs.endCalls({ agentId })
          return row
        }),
      )
    },

    disableByItself: endings.disableByItself,

    async enable(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      return one(change(owner, { ...ref, operation: 'enableAgent' }, () => store.enable(ref)))
    },

    stop: endings.stop,
    reset: endings.reset,
    delete: endings.delete,
  }
}

/** What ends something of an agent's and leaves it as it was, or ends it altogether. */
function createEndings(needs: AgentsNeeds, change: ReturnType<typeof createChange>) {
  const { store } = needs
  const endCallsOf = (row: AgentRow | undefined) => {
    if (row !== undefined) needs.endCalls({ agentId: row.id })
    return row
  }
  return {
    /** Ends running calls; new ones are served. */
    async stop(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      const work = async () => endCallsOf(await store.find(ref))
      return one(change(owner, { ...ref, operation: 'stopAgent' }, work))
    },

    /** Ends tokens, running calls and open capability requests; the agent keeps its key. */
    async reset(owner: AuthenticatedOwner, { agentId }: ById) {
      const ref = refOf(owner, agentId)
      const work = async () => {
        const row = endCallsOf(await store.endTokens(ref))
        if (row !== undefined) await needs.cancelRequests(agentId)
        return row
      }
      return one(change(owner, { ...ref, operation: 'resetAgent' }, work))
    },

    /**
     * Disables it as `disable` does, because of an alert and by nobody's hand. Answers whether that changed anything: an
     * agent that is disabled already, or gone, stays so, and nothing is recorded of it. Recorded first: while nothing can be
     * recorded nothing is sent either, and what failed between the two is done again.
     */
    async disableByItself(
      ref: AgentRef,
      because: { readonly alertId: string; readonly kind: string },
    ): Promise<boolean> {
      const found = await store.find(ref)
      if (found === undefined || found.status === 'disabled') return false
      const detail = { name: found.name, ...because }
      await needs.record({ ...ref, operation: 'autoDisableAgent', outcome: 'done', detail })
      return endCallsOf(await store.disable(ref, needs.now())) !== undefined
    },

    /** Deletes the agent with all that is its own; audit entries stay. */
    async delete(owner: AuthenticatedOwner, { agentId }: ById): Promise<{ deleted: true }> {
      const ref = refOf(owner, agentId)
      const work = async () => endCallsOf(await store.delete(ref))
      await change(owner, { ...ref, operation: 'deleteAgent' }, work)
      return { deleted: true }
    },
  }
}

/** Does the work, then records that it was done. Nothing is recorded of an agent that is not there. */
function createChange(record: RecordEvent) {
  return async (
    { ownerId }: AuthenticatedOwner,
    { operation, workspaceId, agentId }: AgentRef & { operation: string },
    work: () => Promise<AgentRow | undefined>,
  ): Promise<AgentRow> => {
    const row = (await work()) ?? notFound()
    const detail = { name: row.name }
    await record({ workspaceId, operation, outcome: 'done', ownerId, agentId, detail })
    return row
  }
}

function refOf({ workspaceId }: AuthenticatedOwner, agentId: string): AgentRef {
  return isLookupId(agentId) ? { workspaceId, agentId } : notFound()
}

function notFound(): never {
  throw new Problem('agent-not-found', 'There is no such agent in this workspace.', {
    next: 'List the agents to find its id.',
  })
}

function newCode({ randomBytes, tokenHash, now }: AgentsNeeds) {
  const secret = newToken('bootstrap', randomBytes)
  const createdAtMs = now()
  const expiresAtMs = createdAtMs + bootstrapLifeMs
  return { secret, code: { hash: tokenHash(secret), createdAtMs, expiresAtMs } }
}

function withSecret(row: AgentRow, bootstrapSecret: string, { expiresAtMs }: BootstrapCode) {
  return { agent: view(row), bootstrapSecret, expiresAt: new Date(expiresAtMs).toISOString() }
}

const one = async (row: Promise<AgentRow>) => ({ agent: view(await row) })

function view(row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    toolListing: row.toolListing,
    ...(row.publicKey !== null && { keyThumbprint: thumbprint(row.publicKey) }),
    createdAt: row.createdAt.toISOString(),
    ...(row.lastSeenAt !== null && { lastSeenAt: row.lastSeenAt.toISOString() }),
  }
}
