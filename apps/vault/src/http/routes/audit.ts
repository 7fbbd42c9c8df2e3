import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount, mountStream } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

/** RFC 4180 §3 for CSV. */
const exportTypes = {
  jsonl: 'application/jsonl',
  csv: 'text/csv; charset=utf-8; header=present',
  ocsf: 'application/jsonl',
} as const

export const auditRoutes = ({ audit, auditStreams }: Rooms): Mounted[] => [
  mount(op.listAudit, ({ caller, input }) => audit.list(caller.workspaceId, input)),
  mount(op.verifyAudit, ({ caller }) => audit.verify(caller.workspaceId)),
  mountStream(op.exportAudit, ({ caller, input }) => ({
    stream: audit.export(caller.workspaceId, input),
    type: exportTypes[input.format],
  })),
  mount(op.createAuditStream, ({ caller, input }) => auditStreams.create(caller, input)),
  mount(op.listAuditStreams, ({ caller }) => auditStreams.list(caller)),
  mount(op.getAuditStream, ({ caller, input }) => auditStreams.get(caller, input)),
  mount(op.updateAuditStream, ({ caller, input }) => auditStreams.update(caller, input)),
  mount(op.deleteAuditStream, ({ caller, input }) => auditStreams.delete(caller, input)),
  mount(op.testAuditStream, ({ caller, input }) => auditStreams.test(caller, input)),
]
