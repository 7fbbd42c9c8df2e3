import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const connectionRoutes = ({ connections }: Rooms): Mounted[] => [
  mount(op.listMyConnections, ({ caller, input }) => connections.listForAgent(caller, input)),
  mount(op.revokeConnection, ({ caller, input }) => connections.revokeByAgent(caller, input)),
  mount(op.createConnection, ({ caller, input }) => connections.create(caller, input)),
  mount(op.listConnections, ({ caller, input }) => connections.list(caller, input)),
  mount(op.getConnection, ({ caller, input }) => connections.get(caller, input)),
  mount(op.updateConnection, ({ caller, input }) => connections.update(caller, input)),
  mount(op.revokeConnectionByOwner, ({ caller, input }) =>
    connections.revokeByOwner(caller, input),
  ),
  mount(op.testConnection, ({ caller, input }) => connections.test(caller, input)),
]
