// This room knows who is calling: agents by their keys and tokens, people by their passwords, passkeys, codes, sessions and
// tokens.

import type { IdKind } from '@sallyport/contracts'
import { type AccountStore, createReadAccount } from './account.ts'
import { type AgentStore, createAgents } from './agents.ts'
import type { IdentityEvent, RecordEvent } from './audit-event.ts'
import {
  type AgentAccessLookup,
  createAuthenticateAgent,
  createLastSeen,
} from './authenticate-agent.ts'
import {
  createAuthenticateOwner,
  createRecheckOwner,
  type OwnerAccessStore,
} from './authenticate-owner.ts'
import { type ConsumerTokenStore, createConsumerTokens } from './consumer-tokens.ts'
import { createEnrolment, type EnrolmentStore } from './enrolment.ts'
import { createInvitations, type InvitationStore } from './invitations.ts'
import { createLocalSignIn, type LocalSignIn } from './local-sign-in.ts'
import { createMembers, type MemberStore } from './members.ts'
import { sessionIdleMs } from './owner-session.ts'
import { createOwnerTokens, type OwnerTokenStore } from './owner-tokens.ts'
import { type ChallengeStore, createPasskeyChallenges } from './passkey-challenges.ts'
import { createPasskeySignIn, type PasskeySignInStore } from './passkey-sign-in.ts'
import { createPasskeys, type PasskeyStore } from './passkeys.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import type { Sealer } from './prove-person.ts'
import { createReauthenticate } from './reauthenticate.ts'
import { createRelyingParties } from './relying-party.ts'
import { createSecondFactor, type SecondFactorStore } from './second-factor.ts'
import type { TokenHash } from './secret-token.ts'
import { createSessionList, type SessionListStore } from './session-list.ts'
import { createSetUpSingleSignOn } from './set-up-single-sign-on.ts'
import { createSetup, type SetupStore } from './setup.ts'
import { createSignIn, type SessionStore } from './sign-in.ts'
import {
  createSignInLimit,
  forgetAfterMs,
  type SignInAttemptStore,
  type SignInLimit,
} from './sign-in-limit.ts'
import { createSingleSignOn } from './single-sign-on.ts'
import { createSingleSignOnClient, type SingleSignOnClientNeeds } from './single-sign-on-client.ts'
import { createStoredSettings, type StoredSettings } from './single-sign-on-settings.ts'
import type { SingleSignOnStore } from './single-sign-on-store.ts'
import { createTokenExchange, type TokenExchangeStore } from './token-exchange.ts'

/** The queries that identity needs, one small interface for each of its parts. */
export interface IdentityStores {
  readonly agents: AgentStore
  readonly enrolment: EnrolmentStore
  readonly exchange: TokenExchangeStore
  readonly access: AgentAccessLookup
  readonly lastSeen: { touch(agentId: string, atMs: number): Promise<void> }
  readonly consumerTokens: ConsumerTokenStore
  readonly lastUsed: { touch(consumerId: string, atMs: number): Promise<void> }
  readonly setup: SetupStore
  readonly sessions: SessionStore
  readonly sessionList: SessionListStore
  readonly secondFactor: SecondFactorStore
  readonly passkeys: PasskeyStore & PasskeySignInStore
  readonly challenges: ChallengeStore
  readonly account: AccountStore
  readonly invitations: InvitationStore
  readonly attempts: SignInAttemptStore
  readonly ownerAccess: OwnerAccessStore
  readonly ownerTokens: OwnerTokenStore
  readonly members: MemberStore
  readonly singleSignOn: SingleSignOnStore
  readonly expired: {
    removeExpired(given: {
      nowMs: number
      sessionIdleMs: number
      attemptsForgottenAfterMs: number
    }): Promise<number>
  }
}

/** What identity needs of the other rooms. */
export interface IdentityNeeds extends SingleSignOnClientNeeds {
  readonly stores: IdentityStores
  /** Durable when it resolves. */
  readonly audit: { record(event: IdentityEvent & { readonly auditId: string }): Promise<void> }
  readonly newId: (kind: IdKind) => string
  readonly tokenHash: TokenHash
  /** Seals the secrets of one-time codes, and the settings of single sign-on. */
  readonly keyring: Sealer
  readonly createWorkspaceKey: (
    workspaceId: string,
  ) => Promise<{ readonly version: number; readonly wrapped: Uint8Array }>
  /** Ends an agent's running calls. */
  readonly endCalls: (selector: { agentId: string }) => unknown
  /** Withdraws an agent's open capability requests. */
  readonly cancelRequests: (agentId: string) => Promise<unknown>
  /** The vault's public URL without trailing slash. */
  readonly issuer: () => string
  /** Where people open the vault's pages, without trailing slash: the public URL, or localhost where that is loopback. */
  readonly pagesUrl: () => string
  readonly randomBytes: (size: number) => Uint8Array
  /** Ms since the epoch. */
  readonly now: () => number
  /** The same by the clock of limits, which all replicas share and nobody sets. */
  readonly limitNow: () => number
  /** For what nobody waits for: the failure, and what it was about. */
  readonly logFailure: (error: unknown, what: string) => void
}

export type Identity = ReturnType<typeof createIdentity>

/** Builds the room. Functions that answer an operation of the contracts return its output. */
export function createIdentity(needs: IdentityNeeds) {
  const { stores, newId, now, logFailure } = needs
  const record = (event: IdentityEvent) => needs.audit.record({ ...event, auditId: newId('audit') })
  const passwords = createPasswords(needs)
  const limit = createSignInLimit({ ...needs, store: stores.attempts, now: needs.limitNow })
  const settings = createStoredSettings({ ...needs, store: stores.singleSignOn })
  const localSignIn = createLocalSignIn({ settings, record })
  const shared = { ...needs, record, passwords, limit, settings, localSignIn }
  const seen = createLastSeen({
    now,
    touch: stores.lastSeen.touch,
    logFailure: (error) => logFailure(error, 'an agent’s time of last use could not be noted'),
  })
  const used = createLastSeen({
    now,
    touch: stores.lastUsed.touch,
    logFailure: (error) => logFailure(error, 'a token’s time of last use could not be noted'),
  })
  return {
    authenticateAgent: createAuthenticateAgent({ ...shared, lookup: stores.access, seen, used }),
    authenticateOwner: createAuthenticateOwner({ ...shared, store: stores.ownerAccess }),
    recheckOwner: createRecheckOwner({ now, store: stores.ownerAccess }),
    agents: createAgents({ ...shared, store: stores.agents }),
    consumerTokens: createConsumerTokens({ ...shared, store: stores.consumerTokens }),
    bootstrapAgent: createEnrolment({ ...shared, store: stores.enrolment }),
    issueAgentToken: createTokenExchange({ ...shared, store: stores.exchange }),
    setup: createSetup({ ...shared, store: stores.setup }),
    ...createAccounts(shared),
    ownerTokens: createOwnerTokens({ ...shared, store: stores.ownerTokens }),
    members: createMembers({ ...shared, store: stores.members }),
    invitations: createInvitations({ ...shared, store: stores.invitations }),
    ...createProviderSignIn(shared),
    /** Removes what is over, a bounded number of rows at a time; returns how many. For a timer. */
    removeExpired: () =>
      stores.expired.removeExpired({
        nowMs: now(),
        sessionIdleMs,
        attemptsForgottenAfterMs: forgetAfterMs,
      }),
  }
}

/** How people prove who they are. */
function createAccounts(
  given: IdentityNeeds & {
    readonly record: RecordEvent
    readonly passwords: Passwords
    readonly limit: SignInLimit
    readonly localSignIn: LocalSignIn
  },
) {
  const { stores } = given
  const shared = {
    ...given,
    logFailure: (error: unknown) =>
      given.logFailure(error, 'a failed sign-in could not be recorded'),
    parties: createRelyingParties(given),
    challenges: createPasskeyChallenges({ ...given, store: stores.challenges }),
  }
  const passkeySignIn = createPasskeySignIn({ ...shared, store: stores.passkeys })
  return {
    sessions: createSignIn({ ...shared, store: stores.sessions }),
    sessionList: createSessionList({ ...shared, store: stores.sessionList }),
    reauthenticate: createReauthenticate({ ...shared, store: stores.sessions, passkeySignIn }),
    passkeySignIn,
    passkeys: createPasskeys({ ...shared, store: stores.passkeys }),
    secondFactor: createSecondFactor({ ...shared, store: stores.secondFactor }),
    readAccount: createReadAccount({ ...shared, store: stores.account }),
  }
}

/** Where the provider sends browsers back to; it is registered there. */
const callbackPath = '/api/v1/session/oidc/callback'

/** How people sign in at the organisation's provider. */
function createProviderSignIn(
  given: IdentityNeeds & {
    readonly record: RecordEvent
    readonly limit: SignInLimit
    readonly settings: StoredSettings
  },
) {
  const shared = {
    ...given,
    store: given.stores.singleSignOn,
    client: createSingleSignOnClient(given),
    redirectUri: () => `${given.pagesUrl()}${callbackPath}`,
  }
  return {
    singleSignOn: createSingleSignOn(shared),
    setUpSingleSignOn: createSetUpSingleSignOn(shared),
  }
}
