import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountSession } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const ownerRoutes = ({ identity, onSetUp }: Rooms): Mounted[] => [
  mountSession(op.setUp, async ({ input, from }) => {
    const made = await identity.setup.setUp(input, from)
    onSetUp()
    return made
  }),
  mountSession(op.signIn, ({ input, from }) => identity.sessions.signIn(input, from)),
  mountSession(op.signOut, ({ caller }) => identity.sessions.signOut(caller)),
  mountSession(op.changePassword, ({ caller, input, from }) =>
    identity.sessions.changePassword(caller, input, from),
  ),
  mount(op.getSession, ({ caller }) => identity.sessions.getSession(caller)),
  mount(op.createToken, ({ caller, input }) => identity.ownerTokens.create(caller, input)),
  mount(op.listTokens, ({ caller, input }) => identity.ownerTokens.list(caller, input)),
  mount(op.deleteToken, ({ caller, input }) => identity.ownerTokens.delete(caller, input)),
  mount(op.listMembers, ({ caller, input }) => identity.members.list(caller, input)),
  mount(op.addMember, ({ caller, input }) => identity.members.add(caller, input)),
  mount(op.changeMemberRole, ({ caller, input }) => identity.members.changeRole(caller, input)),
  mount(op.removeMember, ({ caller, input }) => identity.members.remove(caller, input)),
]
