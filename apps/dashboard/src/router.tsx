import { createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { LoadingState } from './components/loading-state.tsx'
import { PageFailed } from './components/page-failed.tsx'
import { frame, inside } from './routes/frame-route.ts'
import { outsideRoutes } from './routes/outside-routes.ts'
import { type RouterContext, rootRoute } from './routes/root-route.ts'
import { settingsRoute } from './routes/settings-routes.ts'
import { sourceRoutes } from './routes/source-routes.ts'
import * as search from './search.ts'

// Where everything is. Each page is its own chunk, loaded when somebody goes there.

const home = createRoute({
  ...inside('/'),
  beforeLoad: () => {
    throw redirect({ to: '/approvals' })
  },
})
const approvals = createRoute({
  ...inside('/approvals'),
  validateSearch: search.approvals,
  component: lazyRouteComponent(
    () => import('./pages/approvals/approvals-page.tsx'),
    'ApprovalsPage',
  ),
})
const approval = createRoute({
  ...inside('/approvals/$approvalId'),
  component: lazyRouteComponent(
    () => import('./pages/approvals/approval-page.tsx'),
    'ApprovalPage',
  ),
})
const agents = createRoute({
  ...inside('/agents'),
  component: lazyRouteComponent(() => import('./pages/agents/agents-page.tsx'), 'AgentsPage'),
})
const agent = createRoute({
  ...inside('/agents/$agentId'),
  component: lazyRouteComponent(() => import('./pages/agents/agent-page.tsx'), 'AgentPage'),
})
const connections = createRoute({
  ...inside('/connections'),
  validateSearch: search.connections,
  component: lazyRouteComponent(
    () => import('./pages/connections/connections-page.tsx'),
    'ConnectionsPage',
  ),
})
const connection = createRoute({
  ...inside('/connections/$connectionId'),
  component: lazyRouteComponent(
    () => import('./pages/connections/connection-page.tsx'),
    'ConnectionPage',
  ),
})
/** Where a provider's answer to the wish for an account arrives. */
const connectionCallback = createRoute({
  ...inside('/connections/callback'),
  component: lazyRouteComponent(
    () => import('./pages/connections/callback-page.tsx'),
    'CallbackPage',
  ),
})
/** An attempt to connect an account that was begun elsewhere, or goes on with a code. */
const connectFlow = createRoute({
  ...inside('/connections/flows/$flowId'),
  component: lazyRouteComponent(() => import('./pages/connections/flow-page.tsx'), 'FlowPage'),
})
const policies = createRoute({
  ...inside('/policies'),
  validateSearch: search.policies,
  component: lazyRouteComponent(() => import('./pages/policies/policies-page.tsx'), 'PoliciesPage'),
})
/** `/policies/new?agentId=&connectionId=` is the editor of one that is not there yet. */
const policy = createRoute({
  ...inside('/policies/$policyId'),
  validateSearch: search.policy,
  component: lazyRouteComponent(() => import('./pages/policies/policy-page.tsx'), 'PolicyPage'),
})
const toolsets = createRoute({
  ...inside('/toolsets'),
  validateSearch: search.toolsets,
  component: lazyRouteComponent(() => import('./pages/toolsets/toolsets-page.tsx'), 'ToolsetsPage'),
})
const newToolset = createRoute({
  ...inside('/toolsets/new'),
  validateSearch: search.newToolset,
  component: lazyRouteComponent(
    () => import('./pages/toolsets/new-toolset-page.tsx'),
    'NewToolsetPage',
  ),
})
const toolset = createRoute({
  ...inside('/toolsets/$toolsetId'),
  validateSearch: search.toolset,
  component: lazyRouteComponent(() => import('./pages/toolsets/toolset-page.tsx'), 'ToolsetPage'),
})
/** A tool by its id alone: what links here does not always know the toolset. */
const tool = createRoute({
  ...inside('/toolsets/tools/$toolId'),
  validateSearch: search.tool,
  component: lazyRouteComponent(() => import('./pages/toolsets/tool-page.tsx'), 'ToolPage'),
})
const capabilityRequests = createRoute({
  ...inside('/capability-requests'),
  validateSearch: search.capabilityRequests,
  component: lazyRouteComponent(
    () => import('./pages/capability-requests/capability-requests-page.tsx'),
    'CapabilityRequestsPage',
  ),
})
const capabilityRequest = createRoute({
  ...inside('/capability-requests/$capabilityRequestId'),
  validateSearch: search.capabilityRequest,
  component: lazyRouteComponent(
    () => import('./pages/capability-requests/capability-request-page.tsx'),
    'CapabilityRequestPage',
  ),
})
const audit = createRoute({
  ...inside('/audit'),
  validateSearch: search.audit,
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
})
const activity = createRoute({
  ...inside('/activity'),
  validateSearch: search.activity,
  component: lazyRouteComponent(() => import('./pages/activity/activity-page.tsx'), 'ActivityPage'),
})
const alerts = createRoute({
  ...inside('/alerts'),
  validateSearch: search.alerts,
  component: lazyRouteComponent(() => import('./pages/alerts/alerts-page.tsx'), 'AlertsPage'),
})
const welcome = createRoute({
  ...inside('/welcome'),
  validateSearch: search.welcome,
  component: lazyRouteComponent(() => import('./pages/welcome/welcome-page.tsx'), 'WelcomePage'),
})

const routeTree = rootRoute.addChildren([
  ...outsideRoutes,
  frame.addChildren([
    home,
    welcome,
    approvals,
    approval,
    agents,
    agent,
    connections,
    connection,
    connectionCallback,
    connectFlow,
    policies,
    policy,
    toolsets,
    newToolset,
    toolset,
    tool,
    ...sourceRoutes,
    capabilityRequests,
    capabilityRequest,
    audit,
    activity,
    alerts,
    settingsRoute,
  ]),
])

/** Builds the router. */
export function createAppRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    defaultPreload: 'intent',
    defaultPendingComponent: LoadingState,
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
