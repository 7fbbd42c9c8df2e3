import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountStream } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const auditRoutes = ({ audit }: Rooms): Mounted[] => [
  mount(op.listAudit, ({ caller, input }) => audit.list(caller.workspaceId, input)),
  mount(op.verifyAudit, ({ caller }) => audit.verify(caller.workspaceId)),
  mountStream(op.exportAudit, ({ caller }) => audit.export(caller.workspaceId)),
]
