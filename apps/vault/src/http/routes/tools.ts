import { operations as op } from '@sallyport/contracts'
import { type Mounted, mount } from '../mount.ts'
import { mountTelling } from '../mount-telling.ts'
import type { Rooms } from '../rooms.ts'

export const toolRoutes = ({ tools, callTool }: Rooms): Mounted[] => [
  mount(op.listMyTools, ({ caller, input, gone }) => tools.listMine(caller, input, gone)),
  mountTelling(op.callMyTool, ({ caller, input, gone, from, progress }) =>
    callTool(caller, input, { gone, passed: from.passed, progress }),
  ),
  mount(op.tryTool, ({ caller, input }) => tools.tryOut(caller, input)),
  mount(op.getToolUsage, ({ caller, input }) => tools.usage(caller, input)),
  mount(op.setToolPermission, ({ caller, input }) => tools.permissions.setOfTool(caller, input)),
  mount(op.setToolsetPermission, ({ caller, input }) =>
    tools.permissions.setOfToolset(caller, input),
  ),
  mount(op.listToolsetPermissions, ({ caller, input }) =>
    tools.permissions.ofToolset(caller, input),
  ),
  mount(op.listAgentTools, ({ caller, input }) => tools.permissions.ofAgent(caller, input)),
]
