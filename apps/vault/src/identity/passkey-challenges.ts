import { isLookupId } from '../paging/lookup-id.ts'
import { type Asked, challengeLifeMs } from './webauthn.ts'

export type ChallengePurpose = 'sign-in' | 'reauthenticate' | 'register'

export interface ChallengeStore {
  /** Stores a challenge; of a person, it takes the place of an earlier one for the same purpose. */
  open(challenge: {
    readonly id: string
    readonly ownerId: string | undefined
    readonly purpose: ChallengePurpose
    readonly challenge: string
    readonly expiresAtMs: number
  }): Promise<void>
  /** Removes a challenge and returns it, in one statement; undefined where there is none for this person and purpose. */
  consume(of: {
    readonly id: string
    readonly ownerId: string | undefined
    readonly purpose: ChallengePurpose
  }): Promise<{ readonly challenge: string; readonly expiresAtMs: number } | undefined>
}

export type PasskeyChallenges = ReturnType<typeof createPasskeyChallenges>

/** Challenges that a passkey has to sign: each for one purpose and one person, for five minutes and for one try. */
export function createPasskeyChallenges(needs: {
  readonly store: ChallengeStore
  readonly newId: (kind: 'challenge') => string
  readonly now: () => number
}) {
  const { store, now } = needs
  return {
    /** Remembers what was asked, and returns what the browser gets. */
    async open({ options, challenge }: Asked, purpose: ChallengePurpose, ownerId?: string) {
      const challengeId = needs.newId('challenge')
      const expiresAtMs = now() + challengeLifeMs
      await store.open({ id: challengeId, ownerId, purpose, challenge, expiresAtMs })
      return { challengeId, options }
    },

    /** The challenge, which nobody gets again; undefined where there is none that is still good. */
    async consume(
      challengeId: string,
      purpose: ChallengePurpose,
      ownerId?: string,
    ): Promise<string | undefined> {
      if (!isLookupId(challengeId)) return undefined
      const found = await store.consume({ id: challengeId, purpose, ownerId })
      return found !== undefined && found.expiresAtMs > now() ? found.challenge : undefined
    },
  }
}
