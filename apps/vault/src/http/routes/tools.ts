import { operations as op } from '@sallyport/contracts'
import { requireScope } from '../authenticate.ts'
import { type Mounted, mount } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const toolRoutes = ({ tools, callTool }: Rooms): Mounted[] => [
  mount(op.listMyTools, ({ caller, input, gone }) => tools.listMine(caller, input, gone)),
  mount(op.callMyTool, ({ caller, input, gone }) => callTool(caller, input, gone)),
  mount(op.tryTool, ({ caller, input }) => {
    // As the test of a connection does: a credential is used, and no policy is asked.
    if (input.send) requireScope(caller, 'connections:write')
    return tools.tryOut(caller, input)
  }),
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
