import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const executeRoutes = ({ execute }: Rooms): Mounted[] => [
  mount(op.execute, ({ caller, input }) => execute(caller, input)),
  // Nothing waits for an owner yet: requests that would are refused, so the list is what it says, empty.
  mount(op.listMyApprovals, () => ({ approvals: [] })),
]
