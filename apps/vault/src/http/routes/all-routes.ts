import type { Mounted } from '../mount.ts'
import type { Rooms } from '../rooms.ts'
import { accountRoutes } from './account.ts'
import { activityRoutes } from './activity.ts'
import { agentRoutes } from './agents.ts'
import { alertRoutes } from './alerts.ts'
import { approvalRoutes } from './approvals.ts'
import { auditRoutes } from './audit.ts'
import { capabilityRoutes } from './capabilities.ts'
import { connectRoutes } from './connect.ts'
import { connectionRoutes } from './connections.ts'
import { executeRoutes } from './execute.ts'
import { notificationRoutes } from './notifications.ts'
import { ownerRoutes } from './owners.ts'
import { policyRoutes } from './policies.ts'
import { reachRoutes } from './reach.ts'
import { singleSignOnRoutes } from './single-sign-on.ts'
import { sourceRoutes } from './sources.ts'
import { systemRoutes } from './system.ts'
import { toolRoutes } from './tools.ts'
import { toolsetRoutes } from './toolsets.ts'
import { upstreamRoutes } from './upstreams.ts'
import { workspaceRoutes } from './workspace.ts'

/** Every operation with what serves it. */
export const allRoutes = (rooms: Rooms): Mounted[] => [
  ...executeRoutes(rooms),
  ...approvalRoutes(rooms),
  ...agentRoutes(rooms),
  // Before those of a single connection: `callback`, `flows` and `start` are no ids.
  ...connectRoutes(rooms),
  ...connectionRoutes(rooms),
  ...capabilityRoutes(rooms),
  ...policyRoutes(rooms),
  ...toolsetRoutes(rooms),
  ...sourceRoutes(rooms),
  ...toolRoutes(rooms),
  ...upstreamRoutes(rooms),
  ...notificationRoutes(rooms),
  ...reachRoutes(rooms),
  ...auditRoutes(rooms),
  ...activityRoutes(rooms),
  ...alertRoutes(rooms),
  ...ownerRoutes(rooms),
  ...accountRoutes(rooms),
  ...singleSignOnRoutes(rooms),
  ...workspaceRoutes(rooms),
  ...systemRoutes(rooms),
]
