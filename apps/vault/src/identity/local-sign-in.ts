import { Problem, type Role } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { ownerEvent } from './owner-event.ts'
import type { NewSession, SignInMethod } from './owner-session.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import type { StoredSettings } from './single-sign-on-settings.ts'

interface Person {
  readonly ownerId: string
  readonly workspaceId: string
  readonly role: Role
}

/** What becomes of passwords, passkeys and invitations where a workspace demands its provider's sign-in. */
export interface LocalSignIn {
  /**
   * Lets through whom the vault itself may sign in: owners always, so that a provider that fails locks nobody out for good;
   * others where the provider is not demanded. Asked once the proof was right, so that it tells nothing to who guesses.
   * @throws Problem sign-in-refused; credential-unreadable: what cannot be read is no leave
   */
  require(person: Person, operation: string): Promise<void>
  /** The same for somebody who is no member yet. */
  requireNewcomer(person: Omit<Person, 'ownerId'>): Promise<void>
  /**
   * What a session becomes whose person proves here that they are still there. One that the provider began stays one, and
   * ends when it would have ended; likewise that of somebody who could not begin one here.
   */
  renew(
    owner: AuthenticatedOwner,
    method: SignInMethod,
  ): Promise<{ method: SignInMethod; times?: Pick<NewSession, 'expiresAtMs'> }>
}

/** Builds the rule. */
export function createLocalSignIn(needs: {
  readonly settings: Pick<StoredSettings, 'read'>
  readonly record: RecordEvent
}): LocalSignIn {
  /** The provider's name where it is demanded of this role. */
  async function demanded({ workspaceId, role }: Omit<Person, 'ownerId'>) {
    if (role === 'owner') return undefined
    const found = await needs.settings.read(workspaceId)
    return found?.settings.required === true ? found.settings.label : undefined
  }
  return {
    async require(person, operation) {
      const label = await demanded(person)
      if (label === undefined) return
      const problem = refused(label)
      await needs.record({
        ...ownerEvent(person, operation),
        outcome: 'refused',
        problem: problem.type,
        reason: 'single-sign-on-required',
      })
      throw problem
    },
    async requireNewcomer(person) {
      const label = await demanded(person)
      if (label !== undefined) throw refused(label)
    },
    async renew(owner, method) {
      const isBound = owner.method === 'oidc' || (await demanded(owner)) !== undefined
      if (!isBound) return { method }
      const { expiresAtMs } = owner
      return { method: owner.method ?? method, times: { expiresAtMs } }
    },
  }
}

const refused = (label: string) =>
  new Problem('sign-in-refused', 'This workspace wants its people to sign in at its provider.', {
    next: `Use “Sign in with ${label}” on the sign-in page. Owners of the workspace can sign in here, and change this.`,
  })

/** Asks the rule. A right proof was no guess, whether or not it may be used here. Problem: `sign-in-refused`. */
export async function requireLocal(
  { localSignIn, limit }: { readonly localSignIn: LocalSignIn; readonly limit: SignInLimit },
  person: Person,
  { who, operation }: { who: Parameters<SignInLimit['takeBack']>[0]; operation: string },
): Promise<void> {
  try {
    await localSignIn.require(person, operation)
  } catch (refusal) {
    await limit.takeBack(who)
    throw refusal
  }
}
