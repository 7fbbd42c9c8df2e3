import type { InputOf, reauthenticate } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { ownerEvent } from './owner-event.ts'
import { beginning, newSession, type SignInOrigin, type WithSession } from './owner-session.ts'
import type { createPasskeySignIn } from './passkey-sign-in.ts'
import { provePerson, refused } from './prove-person.ts'
import { sessionOf } from './require-session.ts'
import type { SignInNeeds } from './sign-in.ts'

interface ReauthenticateNeeds extends SignInNeeds {
  readonly passkeySignIn: Pick<ReturnType<typeof createPasskeySignIn>, 'reauthenticate'>
}

/**
 * Builds the operation `reauthenticate`: a person proves again who they are, and the session that asks is renewed, so that a
 * cookie that somebody else holds is worth nothing afterwards.
 * Problems: `invalid-credentials`, `otp-required`, `passkey-refused`, `too-many-attempts`.
 */
export function createReauthenticate(needs: ReauthenticateNeeds) {
  const { store, limit, record } = needs
  return async (
    person: AuthenticatedOwner,
    input: InputOf<typeof reauthenticate>,
    from: SignInOrigin,
  ): Promise<WithSession> => {
    if ('passkey' in input) return needs.passkeySignIn.reauthenticate(person, input.passkey, from)
    const ends = sessionOf(person)
    const operation = 'reauthenticate'
    const who = { email: person.email, address: from.address }
    const owner = await store.findById(person.ownerId)
    const { password, otp } = input
    const proven = await provePerson(needs, { owner, who, password, otp, operation })
    const renewal = await needs.localSignIn.renew(person, 'password')
    const { value, row: session } = newSession(needs, { ...renewal, from })
    const profile = await store.begin(proven, { session, ends, onlyIfEnded: true })
    if (profile === undefined) throw refused(needs, { owner, operation })
    await limit.succeed(who)
    const detail = { method: 'password', secondFactor: proven.factor.kind }
    await record(ownerEvent(person, operation, detail))
    return beginning(profile, value, session)
  }
}
