import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const approvalRoutes = ({ approvals }: Rooms): Mounted[] => [
  mount(op.listMyApprovals, ({ caller, input }) => approvals.listMine(caller, input)),
  mount(op.getMyApproval, ({ caller, input, gone }) => approvals.getMine(caller, input, gone)),
  mount(op.listApprovals, ({ caller, input }) => approvals.list(caller, input)),
  mount(op.getApproval, ({ caller, input }) => approvals.get(caller, input)),
  mount(op.listRememberedApprovals, ({ caller, input }) => approvals.listRemembered(caller, input)),
  mount(op.revokeRememberedApproval, ({ caller, input }) =>
    approvals.revokeRemembered(caller, input),
  ),
  mount(op.approveRequest, ({ caller, input }) => approvals.approve(caller, input)),
  mount(op.denyRequest, ({ caller, input }) => approvals.deny(caller, input)),
]
