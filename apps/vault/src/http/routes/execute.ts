import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const executeRoutes = ({ execute, executeApproval }: Rooms): Mounted[] => [
  mount(op.execute, ({ caller, input, gone, from }) =>
    execute(caller, input, { gone, passed: from.passed }),
  ),
  mount(op.executeApproval, ({ caller, input, gone, from }) =>
    executeApproval(caller, input, { gone, passed: from.passed }),
  ),
]
