import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** Connecting people's accounts, and the OAuth clients that this is done with. */
export const connectRoutes = ({ connect, oauthApps }: Rooms): Mounted[] => [
  mount(op.startConnection, ({ caller, input }) => connect.start(caller, input)),
  mount(op.finishConnection, ({ caller, input }) => connect.finish(caller, input)),
  mount(op.reconnect, ({ caller, input }) => connect.reconnect(caller, input)),
  mount(op.getConnectFlow, ({ caller, input }) => connect.get(caller, input)),
  mount(op.continueConnectFlow, ({ caller, input }) => connect.continueFlow(caller, input)),
  mount(op.cancelConnectFlow, ({ caller, input }) => connect.cancel(caller, input)),
  mount(op.createOAuthApp, ({ caller, input }) => oauthApps.create(caller, input)),
  mount(op.listOAuthApps, ({ caller, input }) => oauthApps.list(caller, input)),
  mount(op.getOAuthApp, ({ caller, input }) => oauthApps.get(caller, input)),
  mount(op.updateOAuthApp, ({ caller, input }) => oauthApps.update(caller, input)),
  mount(op.deleteOAuthApp, ({ caller, input }) => oauthApps.delete(caller, input)),
]
