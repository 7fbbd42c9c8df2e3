import {
  type ConsumerToken,
  type createConsumerToken,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { AgentRef } from './agents.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { newToken, type TokenHash } from './secret-token.ts'

const dayMs = 86_400_000
const minuteMs = 60_000
/** Consumer tokens that an agent can have at a time; while one takes the place of another, one more. */
const consumerTokensMax = 20

/** A consumer token as it is stored, its hash aside. */
export interface ConsumerTokenRow {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
}

export interface NewConsumerToken {
  readonly id: string
  readonly name: string
  readonly hash: Uint8Array
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** The token that it takes the place of, and when that one ends at the latest. */
  readonly replaces?: { readonly id: string; readonly endsAtMs: number }
}

/** Why a token was not stored; nothing was changed. */
export type ConsumerTokenRefusal =
  | 'agent-not-found'
  | 'agent-disabled'
  | 'consumer-token-not-found'
  | 'too-many'

/** Each is one transaction, bound to the workspace and the agent (S-09). */
export interface ConsumerTokenStore {
  /** Stores a token, makes a pending agent active, and ends or shortens the token that it replaces. */
  insert(
    ref: AgentRef,
    token: NewConsumerToken,
    tokensMax: number,
  ): Promise<ConsumerTokenRow | ConsumerTokenRefusal>
  /** Those that are over included, while they are kept; undefined where there is no such agent. */
  list(ref: AgentRef, page: PageAfter): Promise<ConsumerTokenRow[] | undefined>
  /** Ends it; its name, or undefined where the agent has no such token. */
  delete(
    ref: AgentRef,
    tokenId: string,
  ): Promise<{ name: string } | 'agent-not-found' | 'consumer-token-not-found'>
}

interface ConsumerTokensNeeds {
  readonly store: ConsumerTokenStore
  readonly record: RecordEvent
  readonly newId: (kind: 'consumerToken') => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/**
 * Long-lived tokens of agents whose clients cannot sign. An owner makes them; they list and call granted tools and reach
 * nothing else (S-08). They end with all others of the agent: when it is disabled, reset, deleted or enrolled anew.
 */
export function createConsumerTokens(needs: ConsumerTokensNeeds) {
  const { store, record, now } = needs
  return {
    /**
     * Makes a token, shown this once; a pending agent becomes active by it. With `replaces` the earlier one ends at once, or
     * after `graceMinutes`, never later than it would have. Problems: `agent-not-found`, `agent-disabled`,
     * `consumer-token-not-found`; `invalid-input` where there are too many.
     */
    async create(
      owner: AuthenticatedOwner,
      input: InputOf<typeof createConsumerToken>,
    ): Promise<OutputOf<typeof createConsumerToken>> {
      const { agentId, name, expiresInDays, replaces, graceMinutes } = input
      const ref = refOf(owner, agentId)
      if (replaces !== undefined && !isLookupId(replaces)) throw refused('consumer-token-not-found')
      const secret = newToken('consumer', needs.randomBytes)
      const createdAtMs = now()
      const row = await store.insert(
        ref,
        {
          id: needs.newId('consumerToken'),
          name,
          hash: needs.tokenHash(secret),
          createdAtMs,
          expiresAtMs: createdAtMs + expiresInDays * dayMs,
          ...(replaces !== undefined && {
            replaces: { id: replaces, endsAtMs: createdAtMs + graceMinutes * minuteMs },
          }),
        },
        consumerTokensMax,
      )
      if (typeof row === 'string') throw refused(row)
      await record({
        ...event(owner, ref, 'createConsumerToken'),
        detail: {
          tokenId: row.id,
          name,
          ...(replaces !== undefined && { replaces, graceMinutes }),
        },
      })
      return { token: view(row, agentId), consumerToken: secret }
    },

    /** Newest first; expired ones stay for a while. Problem `agent-not-found`. */
    async list(owner: AuthenticatedOwner, input: PageInput & { readonly agentId: string }) {
      const rows = await store.list(refOf(owner, input.agentId), readPage(input))
      if (rows === undefined) throw refused('agent-not-found')
      const { page, ...rest } = writePage(rows, input)
      return { consumerTokens: page.map((row) => view(row, input.agentId)), ...rest }
    },

    /** Ends a token at once, and the calls that are on their way with it (S-10). */
    async delete(
      owner: AuthenticatedOwner,
      { agentId, tokenId }: { readonly agentId: string; readonly tokenId: string },
    ): Promise<{ deleted: true }> {
      const ref = refOf(owner, agentId)
      if (!isLookupId(tokenId)) throw refused('consumer-token-not-found')
      const deleted = await store.delete(ref, tokenId)
      if (typeof deleted === 'string') throw refused(deleted)
      const detail = { tokenId, name: deleted.name }
      await record({ ...event(owner, ref, 'deleteConsumerToken'), detail })
      return { deleted: true }
    },
  }
}

const event = ({ ownerId }: AuthenticatedOwner, ref: AgentRef, operation: string) =>
  ({ ...ref, ownerId, operation, outcome: 'done' }) as const

function refOf({ workspaceId }: AuthenticatedOwner, agentId: string): AgentRef {
  if (!isLookupId(agentId)) throw refused('agent-not-found')
  return { workspaceId, agentId }
}

function refused(why: ConsumerTokenRefusal): Problem {
  switch (why) {
    case 'agent-not-found':
      return new Problem(why, 'There is no such agent in this workspace.', {
        next: 'List the agents to find its id.',
      })
    case 'agent-disabled':
      return new Problem(why, 'The agent is disabled, so it can have no token.', {
        next: 'Enable the agent and try again.',
      })
    case 'consumer-token-not-found':
      return new Problem(why, 'The agent has no such consumer token.', {
        next: 'List its consumer tokens to find the id.',
      })
    case 'too-many':
      return new Problem(
        'invalid-input',
        `An agent can have ${consumerTokensMax} consumer tokens at a time.`,
        { next: 'End one that is no longer needed, or name it in replaces.' },
      )
  }
}

function view(row: ConsumerTokenRow, agentId: string): ConsumerToken {
  return {
    id: row.id,
    agentId,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(row.lastUsedAt !== null && { lastUsedAt: row.lastUsedAt.toISOString() }),
  }
}
