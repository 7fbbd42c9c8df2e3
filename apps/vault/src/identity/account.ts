import type { getAccount, OutputOf } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import type { RelyingParties } from './relying-party.ts'
import { requireSession } from './require-session.ts'
import { unauthenticated } from './unauthenticated.ts'

export interface AccountStore {
  /** How a person signs in; passkeys are those of the domain `rpId`. */
  read(
    ownerId: string,
    rpId: string | undefined,
  ): Promise<
    | {
        readonly email: string
        readonly password: boolean
        /** Is an account at the organisation's provider theirs, while single sign-on is set up? */
        readonly singleSignOn: boolean
        readonly totp: boolean
        readonly recoveryCodesLeft: number
        readonly passkeys: number
      }
    | undefined
  >
}

/** Builds the operation `getAccount`. */
export function createReadAccount(needs: { store: AccountStore; parties: RelyingParties }) {
  return async (
    owner: AuthenticatedOwner,
    { host }: { readonly host?: string | undefined },
  ): Promise<OutputOf<typeof getAccount>> => {
    requireSession(owner)
    const account = await needs.store.read(owner.ownerId, needs.parties.at()?.id)
    if (account === undefined) throw unauthenticated()
    return { account: { ...account, passkeysOffered: needs.parties.at(host) !== undefined } }
  }
}
