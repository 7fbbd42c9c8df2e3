import type { IdentityStores } from '../identity/identity.ts'
import { createAgentAccess, createTokenExchangeStore } from './agent-tokens.ts'
import { createAgentStore, createEnrolmentStore, createLastSeenStore } from './agents.ts'
import type { ChangeFeed } from './changes.ts'
import { createConsumerTokenStore, createLastUsedStore } from './consumer-tokens.ts'
import { type Database, guardStore } from './database.ts'
import { createExpiredStore } from './expired.ts'
import { createInvitationStore } from './invitations.ts'
import { createOwnerAccessStore } from './owner-access.ts'
import { createOwnerTokenStore } from './owner-tokens.ts'
import { createMemberStore } from './owners.ts'
import { createAccountStore, createChallengeStore, createPasskeyStore } from './passkeys.ts'
import { createSecondFactorStore } from './second-factors.ts'
import { createSessionListStore, createSessionStore } from './sessions.ts'
import { createSetupStore } from './setup.ts'
import { createSignInAttemptStore } from './sign-in-attempts.ts'
import { createSingleSignOnStore } from './single-sign-on.ts'

interface IdentityStoresNeeds {
  readonly database: Database
  readonly feed: ChangeFeed
  /** Milliseconds of a clock that is never put back: `performance.now`. */
  readonly monotonicMs: () => number
}

/** All queries of identity; a database that does not answer is Problem `store-unavailable`. */
export function createIdentityStores(
  needs: IdentityStoresNeeds,
): IdentityStores & { readonly access: ReturnType<typeof createAgentAccess> } {
  const { database, feed } = needs
  return {
    agents: guardStore(createAgentStore(database, feed)),
    enrolment: guardStore(createEnrolmentStore(database, feed)),
    exchange: guardStore(createTokenExchangeStore(database)),
    access: guardStore(createAgentAccess(needs)),
    lastSeen: guardStore(createLastSeenStore(database)),
    consumerTokens: guardStore(createConsumerTokenStore(database, feed)),
    lastUsed: guardStore(createLastUsedStore(database)),
    setup: guardStore(createSetupStore(database)),
    sessions: guardStore(createSessionStore(database)),
    sessionList: guardStore(createSessionListStore(database)),
    secondFactor: guardStore(createSecondFactorStore(database)),
    passkeys: guardStore(createPasskeyStore(database)),
    challenges: guardStore(createChallengeStore(database)),
    account: guardStore(createAccountStore(database)),
    invitations: guardStore(createInvitationStore(database)),
    attempts: guardStore(createSignInAttemptStore(database)),
    ownerAccess: guardStore(createOwnerAccessStore(database)),
    ownerTokens: guardStore(createOwnerTokenStore(database)),
    members: guardStore(createMemberStore(database)),
    singleSignOn: guardStore(createSingleSignOnStore(database)),
    expired: guardStore(createExpiredStore(database)),
  }
}
