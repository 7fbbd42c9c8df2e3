import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountEvents } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const workspaceRoutes = ({ workspaces, events }: Rooms): Mounted[] => [
  mount(op.getWorkspace, ({ caller }) => workspaces.get(caller)),
  mount(op.updateWorkspace, ({ caller, input }) => workspaces.rename(caller, input)),
  mount(op.freezeWorkspace, ({ caller }) => workspaces.freeze(caller)),
  mount(op.unfreezeWorkspace, ({ caller }) => workspaces.unfreeze(caller)),
  mountEvents(op.streamEvents, ({ caller }) => events.open(caller)),
]
