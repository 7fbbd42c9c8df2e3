import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const policyRoutes = ({ policies }: Rooms): Mounted[] => [
  mount(op.createPolicy, ({ caller, input }) => policies.create(caller, input)),
  mount(op.listPolicies, ({ caller, input }) => policies.list(caller, input)),
  mount(op.getPolicy, ({ caller, input }) => policies.get(caller, input)),
  mount(op.replacePolicy, ({ caller, input }) => policies.replace(caller, input)),
  mount(op.getPolicyUsage, ({ caller, input }) => policies.usage(caller, input)),
  mount(op.deletePolicy, ({ caller, input }) => policies.delete(caller, input)),
  mount(op.simulatePolicy, ({ caller, input }) => policies.simulate(caller, input)),
  mount(op.suggestPolicy, ({ caller, input }) => policies.suggest(caller, input)),
  mount(op.tryPolicy, ({ caller, input }) => policies.tryOut(caller, input)),
]
