import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountSession } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** Signing in at the organisation's provider, and its settings. */
export const singleSignOnRoutes = ({ identity }: Rooms): Mounted[] => [
  mount(op.getSignInMethods, () => identity.singleSignOn.readMethods()),
  mountSession(op.startSingleSignOn, ({ input, from }) => identity.singleSignOn.start(input, from)),
  mountSession(op.startSingleSignOnAgain, ({ caller, input, from }) =>
    identity.singleSignOn.startAgain(caller, input, from),
  ),
  mountSession(op.finishSingleSignOn, ({ input, from }) =>
    identity.singleSignOn.finish(input, from),
  ),
  mount(op.getSingleSignOn, ({ caller }) => identity.setUpSingleSignOn.get(caller)),
  mount(op.putSingleSignOn, ({ caller, input }) => identity.setUpSingleSignOn.put(caller, input)),
  mount(op.deleteSingleSignOn, ({ caller }) => identity.setUpSingleSignOn.delete(caller)),
]
