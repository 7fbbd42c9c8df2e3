import type { InputOf, OutputOf, operations } from '@sallyport/contracts'
import type { createActivity } from '../activity/activity.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { AuditStreams } from '../audit-streams/audit-streams.ts'
import type { Capabilities } from '../capabilities/capabilities.ts'
import type { Connect } from '../connections/connect/connect.ts'
import type { Connections } from '../connections/connections.ts'
import type { OAuthApps } from '../connections/oauth-apps/oauth-apps.ts'
import type { Events } from '../events/events.ts'
import type { Execute } from '../execute/execute.ts'
import type { Identity } from '../identity/identity.ts'
import type { Notify } from '../notify/notify.ts'
import type { Reach } from '../notify/reach.ts'
import type { PolicyHistory } from '../policies/history/policy-history.ts'
import type { Policies } from '../policies/policies.ts'
import type { Sources } from '../sources/sources.ts'
import type { MyTools } from '../tools/my-tools.ts'
import type { Permissions } from '../tools/permissions/permissions.ts'
import type { Toolsets } from '../tools/toolsets/toolsets.ts'
import type { createTryTool } from '../tools/try-tool.ts'
import type { createToolUsage } from '../tools/usage.ts'
import type { Installation } from '../upstreams/install/install.ts'
import type { Servers } from '../upstreams/servers/servers.ts'
import type { SignIn } from '../upstreams/sign-in/sign-in.ts'
import type { Variables } from '../upstreams/variables/variables.ts'
import type { Workspaces } from '../workspaces/workspaces.ts'

/** The rooms that operations are mounted on. */
export interface Rooms {
  readonly identity: Identity
  /** Counts requests of an agent, where their number is limited. @throws Problem `too-many-attempts` */
  readonly admitAgent: ((agentId: string) => Promise<void>) | undefined
  readonly workspaces: Workspaces
  readonly events: Pick<Events, 'open'>
  readonly connections: Connections
  readonly connect: Connect
  readonly oauthApps: OAuthApps
  readonly policies: Policies & PolicyHistory
  readonly toolsets: Toolsets
  readonly sources: Sources
  readonly tools: {
    readonly listMine: MyTools['list']
    readonly permissions: Permissions
    readonly tryOut: ReturnType<typeof createTryTool>
    readonly usage: ReturnType<typeof createToolUsage>
  }
  readonly upstreams: {
    readonly servers: Servers
    readonly variables: Pick<Variables, 'list' | 'put' | 'delete'>
    readonly installation: Installation
    readonly signIn: SignIn
  }
  readonly capabilities: Capabilities
  readonly approvals: Approvals
  readonly notify: Notify
  readonly reach: Pick<Reach, 'linking' | 'takeSlackCallback' | 'takeTelegramCallback'>
  readonly alerts: Alerts
  readonly execute: Execute['execute']
  readonly callTool: Execute['callTool']
  readonly executeApproval: Execute['executeApproval']
  readonly countActivity: ReturnType<typeof createActivity>
  readonly audit: {
    list(
      workspaceId: string,
      filters: InputOf<typeof operations.listAudit>,
    ): Promise<OutputOf<typeof operations.listAudit>>
    verify(workspaceId: string): Promise<OutputOf<typeof operations.verifyAudit>>
    export(
      workspaceId: string,
      request: InputOf<typeof operations.exportAudit>,
    ): ReadableStream<Uint8Array>
  }
  readonly auditStreams: Omit<AuditStreams, 'run' | 'stop'>
  /** Throws `store-unavailable` where requests cannot be served. */
  readonly readiness: () => Promise<OutputOf<typeof operations.getReadiness>>
  /** Told once the first owner was made. */
  readonly onSetUp: () => void
  /** Without trailing slash; known once the vault listens. */
  readonly publicUrl: () => string
  /** How a client beside the agent starts `sallyport-mcp`. */
  readonly mcpServer: { readonly command: string; readonly args: readonly string[] }
  readonly version: string
}
