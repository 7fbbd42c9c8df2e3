import {
  type createToken,
  type InputOf,
  type listTokens,
  type OutputOf,
  type OwnerScope,
  Problem,
} from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import { requireSession } from './require-session.ts'
import { newToken, type TokenHash } from './secret-token.ts'

const dayMs = 86_400_000
/** Tokens that a person can have at a time. */
const tokensMax = 50

/** A personal access token as it is stored, its hash aside. */
export interface OwnerTokenRow {
  readonly id: string
  readonly name: string
  readonly scopes: readonly OwnerScope[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
}

export interface NewOwnerToken {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly hash: Uint8Array
  readonly scopes: readonly OwnerScope[]
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface OwnerTokenStore {
  /** Stores a token; undefined where the person has `tokensMax` that are still good. */
  insert(token: NewOwnerToken, tokensMax: number): Promise<OwnerTokenRow | undefined>
  list(ownerId: string, page: PageAfter): Promise<OwnerTokenRow[]>
  /** False where the person has no such token. */
  delete(ownerId: string, tokenId: string): Promise<boolean>
}

interface OwnerTokensNeeds {
  readonly store: OwnerTokenStore
  readonly record: RecordEvent
  readonly newId: (kind: 'token') => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/** A person's own access tokens. Only a session can make, list or end them: no token can beget another. */
export function createOwnerTokens(needs: OwnerTokensNeeds) {
  const { store, record } = needs
  return {
    /**
     * Problems: `insufficient-scope` for a scope that the role has not; `fresh-sign-in-required`; `invalid-input` when there are
     * too many.
     */
    async create(
      owner: AuthenticatedOwner,
      { name, scopes, expiresInDays }: InputOf<typeof createToken>,
    ) {
      requireFreshSignIn(owner, needs.now())
      refuseMoreThanRole(owner, scopes)
      const secret = newToken('owner', needs.randomBytes)
      const createdAtMs = needs.now()
      const id = needs.newId('token')
      const made = {
        name,
        scopes: [...new Set(scopes)],
        hash: needs.tokenHash(secret),
        createdAtMs,
      }
      const expiresAtMs = createdAtMs + expiresInDays * dayMs
      const row = await store.insert(
        { ...made, id, ownerId: owner.ownerId, expiresAtMs },
        tokensMax,
      )
      if (row === undefined) throw tooMany()
      const detail = { tokenId: id, name, scopes: made.scopes }
      await record({ ...event(owner, 'createToken'), detail })
      return { token: view(row), secret }
    },

    async list(owner: AuthenticatedOwner, input: PageInput): Promise<OutputOf<typeof listTokens>> {
      requireSession(owner)
      const rows = await store.list(owner.ownerId, readPage(input))
      const { page, ...rest } = writePage(rows, input)
      return { tokens: page.map(view), ...rest }
    },

    /** Problem `token-not-found`, also for another person's. */
    async delete(
      owner: AuthenticatedOwner,
      { tokenId }: { tokenId: string },
    ): Promise<{ deleted: true }> {
      requireSession(owner)
      if (!isLookupId(tokenId) || !(await store.delete(owner.ownerId, tokenId))) throw notFound()
      await record({ ...event(owner, 'deleteToken'), detail: { tokenId } })
      return { deleted: true }
    },
  }
}

function refuseMoreThanRole({ role, scopes }: AuthenticatedOwner, asked: readonly OwnerScope[]) {
  const missing = asked.filter((scope) => !scopes.has(scope))
  if (missing.length === 0) return
  throw new Problem('insufficient-scope', `The role ${role} does not have ${missing.join(', ')}.`, {
    next: 'Leave these scopes out, or ask an owner of the workspace for another role.',
  })
}

const event = ({ ownerId, workspaceId }: AuthenticatedOwner, operation: string) =>
  ({ ownerId, workspaceId, operation, outcome: 'done' }) as const

function view(row: OwnerTokenRow) {
  return {
    id: row.id,
    name: row.name,
    scopes: [...row.scopes],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(row.lastUsedAt !== null && { lastUsedAt: row.lastUsedAt.toISOString() }),
  }
}

const tooMany = () =>
  new Problem('invalid-input', `A person can have ${tokensMax} tokens at a time.`, {
    next: 'Delete one that is no longer needed and try again.',
  })

const notFound = () =>
  new Problem('token-not-found', 'You have no such token.', {
    next: 'List your tokens to find its id.',
  })
