import { timingSafeEqual } from 'node:crypto'
import { type InputOf, Problem, type setUp } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import {
  beginning,
  type NewSession,
  newSession,
  type OwnerProfile,
  type SignInOrigin,
  type WithSession,
} from './owner-session.ts'
import type { Passwords } from './passwords.ts'
import { isToken, newToken, type TokenHash } from './secret-token.ts'

const workspaceNameDefault = 'My workspace'
/** No token has this form, so its keyed hash is stored nowhere and 256 bits that nobody without the key can tell. */
const setupTokenLabel = 'setup-token'

/** The key of a new workspace, wrapped. */
interface WrappedKey {
  readonly version: number
  readonly wrapped: Uint8Array
}

/** What the first owner's transaction writes. */
export interface FirstOwner {
  readonly setupTokenHash: Uint8Array
  readonly workspace: { readonly id: string; readonly name: string; readonly key: WrappedKey }
  readonly owner: { readonly id: string; readonly email: string; readonly passwordHash: string }
  readonly session: NewSession
}

export interface SetupStore {
  read(): Promise<{ readonly isSetUp: boolean; readonly tokenHash: Uint8Array | undefined }>
  /** Stores the hash of a setup token unless the vault is set up. */
  writeToken(hash: Uint8Array): Promise<void>
  /** Consumes the token and makes workspace, key, owner and session: all or, when another was first, nothing. */
  setUp(first: FirstOwner): Promise<OwnerProfile | undefined>
}

interface SetupNeeds {
  readonly store: SetupStore
  readonly passwords: Passwords
  readonly record: RecordEvent
  readonly createWorkspaceKey: (workspaceId: string) => Promise<WrappedKey>
  readonly newId: (kind: 'workspace' | 'owner' | 'session') => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/** The first owner of a fresh vault: whoever holds the token of the first start. */
export function createSetup(needs: SetupNeeds) {
  const { store, tokenHash } = needs
  return {
    /**
     * The one-time setup token of a vault that has no owner; nothing where it has. It is derived from a key that all replicas
     * share, so that the link that any of them prints works at each, and still works after a restart.
     */
    async prepareSetup(): Promise<{ setupToken?: string }> {
      const state = await store.read()
      if (state.isSetUp) return {}
      const setupToken = newToken('setup', () => tokenHash(setupTokenLabel))
      await store.writeToken(tokenHash(setupToken))
      return { setupToken }
    },

    /** Makes workspace, key and first owner, and signs in. Problems: `already-set-up`, `invalid-setup-token`. */
    async setUp(input: InputOf<typeof setUp>, from: SignInOrigin): Promise<WithSession> {
      const state = await store.read()
      if (state.isSetUp) throw alreadySetUp()
      if (!isRightToken(input.setupToken, state.tokenHash, tokenHash)) throw invalidSetupToken()
      const { value, row } = newSession(needs, { method: 'setup', from })
      const profile = await store.setUp(await firstOwner(needs, input, row))
      if (profile === undefined) throw alreadySetUp()
      const { id: ownerId, workspaceId } = profile
      await needs.record({ workspaceId, ownerId, operation: 'setUp', outcome: 'done' })
      return beginning(profile, value, row)
    },
  }
}

async function firstOwner(
  needs: SetupNeeds,
  input: InputOf<typeof setUp>,
  session: NewSession,
): Promise<FirstOwner> {
  const workspaceId = needs.newId('workspace')
  const key = await needs.createWorkspaceKey(workspaceId)
  const passwordHash = await needs.passwords.hash(input.password)
  return {
    setupTokenHash: needs.tokenHash(input.setupToken),
    workspace: { id: workspaceId, name: input.workspace ?? workspaceNameDefault, key },
    owner: { id: needs.newId('owner'), email: input.email.toLowerCase(), passwordHash },
    session,
  }
}

/** In constant time, though what is compared are keyed hashes already. */
function isRightToken(token: string, expected: Uint8Array | undefined, hash: TokenHash): boolean {
  if (expected === undefined || !isToken('setup', token)) return false
  const given = hash(token)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const alreadySetUp = () =>
  new Problem('already-set-up', 'This vault has its first owner already.', {
    next: 'Sign in, or ask an owner of the workspace to add you.',
  })

const invalidSetupToken = () =>
  new Problem('invalid-setup-token', 'The setup token is not valid.', {
    next: 'The operator finds the token of this vault in the file setup-token of its data directory.',
  })
