import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const capabilityRoutes = ({ capabilities }: Rooms): Mounted[] => [
  mount(op.listServices, ({ caller }) => capabilities.listServices(caller)),
  mount(op.getMyCapabilities, ({ caller }) => capabilities.getMine(caller)),
  mount(op.requestCapability, ({ caller, input }) => capabilities.request(caller, input)),
  mount(op.listCapabilityRequests, ({ caller, input }) => capabilities.list(caller, input)),
  mount(op.getCapabilityRequest, ({ caller, input }) => capabilities.get(caller, input)),
  mount(op.approveCapabilityRequest, ({ caller, input }) => capabilities.approve(caller, input)),
  mount(op.denyCapabilityRequest, ({ caller, input }) => capabilities.deny(caller, input)),
  mount(op.expandGuard, ({ caller, input }) => capabilities.expandGuard(caller, input)),
]
