import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountSession } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** How people prove who they are, and how they come to be members. */
export const accountRoutes = ({ identity }: Rooms): Mounted[] => [
  mount(op.getAccount, ({ caller, from }) => identity.readAccount(caller, from)),
  mount(op.listSessions, ({ caller, input }) => identity.sessionList.list(caller, input)),
  mount(op.endSession, ({ caller, input }) => identity.sessionList.end(caller, input)),
  mount(op.endOtherSessions, ({ caller }) => identity.sessionList.endOthers(caller)),
  mount(op.beginReauthentication, ({ caller, from }) =>
    identity.passkeySignIn.beginReauthentication(caller, from),
  ),
  mountSession(op.reauthenticate, ({ caller, input, from }) =>
    identity.reauthenticate(caller, input, from),
  ),
  mount(op.beginPasskeySignIn, ({ from }) => identity.passkeySignIn.begin(from)),
  mountSession(op.signInWithPasskey, ({ input, from }) =>
    identity.passkeySignIn.signIn(input, from),
  ),
  mount(op.listPasskeys, ({ caller, input }) => identity.passkeys.list(caller, input)),
  mount(op.beginPasskey, ({ caller, from }) => identity.passkeys.begin(caller, from)),
  mount(op.createPasskey, ({ caller, input }) => identity.passkeys.create(caller, input)),
  mount(op.deletePasskey, ({ caller, input }) => identity.passkeys.delete(caller, input)),
  mount(op.beginTotp, ({ caller }) => identity.secondFactor.begin(caller)),
  mount(op.confirmTotp, ({ caller, input, from }) =>
    identity.secondFactor.confirm(caller, input, from),
  ),
  mount(op.disableTotp, ({ caller }) => identity.secondFactor.disable(caller)),
  mount(op.renewRecoveryCodes, ({ caller }) => identity.secondFactor.renewRecoveryCodes(caller)),
  mount(op.createInvitation, ({ caller, input }) => identity.invitations.create(caller, input)),
  mount(op.listInvitations, ({ caller, input }) => identity.invitations.list(caller, input)),
  mount(op.deleteInvitation, ({ caller, input }) => identity.invitations.delete(caller, input)),
  mount(op.readInvitation, ({ input }) => identity.invitations.read(input)),
  mountSession(op.acceptInvitation, ({ input, from }) => identity.invitations.accept(input, from)),
]
