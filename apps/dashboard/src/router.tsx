import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { asProblem } from './api.ts'
import type { TakeAnswer } from './authorization-response.ts'
import { LoadingState } from './components/loading-state.tsx'
import { PageFailed } from './components/page-failed.tsx'
import { NotFoundPage } from './pages/not-found/not-found-page.tsx'
import * as search from './search.ts'
import { sessionQuery } from './session.ts'

// Where everything is. Each page is its own chunk, loaded when somebody goes there.

/** What pages get beside the address. */
interface RouterContext {
  readonly queryClient: QueryClient
  /** Of the link that was opened, to set up or to join; empty where there was none. */
  readonly linkToken: string
  /** Of the provider that sent the browser back, once. */
  readonly takeAnswer: TakeAnswer
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})

const outside = <const Path extends string>(path: Path) => ({
  getParentRoute: () => rootRoute,
  path,
})

const setup = createRoute({
  ...outside('/setup'),
  component: lazyRouteComponent(() => import('./pages/setup/setup-page.tsx'), 'SetupPage'),
})
const signIn = createRoute({
  ...outside('/sign-in'),
  validateSearch: search.signIn,
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
})
const signInCallback = createRoute({
  ...outside('/sign-in/callback'),
  component: lazyRouteComponent(
    () => import('./pages/sign-in/sign-in-callback-page.tsx'),
    'SignInCallbackPage',
  ),
})
const invite = createRoute({
  ...outside('/invite'),
  component: lazyRouteComponent(() => import('./pages/invite/invite-page.tsx'), 'InvitePage'),
})

/** All that needs somebody who is signed in: the frame with the navigation around the page. */
const frame = createRoute({
  getParentRoute: () => rootRoute,
  id: 'frame',
  beforeLoad: async ({ context: { queryClient }, location }) => {
    try {
      await queryClient.ensureQueryData(sessionQuery())
    } catch (thrown) {
      if (asProblem(thrown).type !== 'unauthenticated') throw thrown
      throw redirect({ to: '/sign-in', search: { next: location.href } })
    }
  },
  component: lazyRouteComponent(() => import('./frame/frame.tsx'), 'Frame'),
})

const inside = <const Path extends string>(path: Path) => ({
  getParentRoute: () => frame,
  path,
})

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

const settings = createRoute({
  ...inside('/settings'),
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
})
const setting = <const Path extends string>(path: Path) => ({
  getParentRoute: () => settings,
  path,
})
const settingsHome = createRoute({
  ...setting('/'),
  beforeLoad: () => {
    throw redirect({ to: '/settings/account' })
  },
})
const account = createRoute({
  ...setting('/account'),
  component: lazyRouteComponent(() => import('./pages/settings/account-page.tsx'), 'AccountPage'),
})
const members = createRoute({
  ...setting('/members'),
  component: lazyRouteComponent(() => import('./pages/settings/members-page.tsx'), 'MembersPage'),
})
const tokens = createRoute({
  ...setting('/tokens'),
  component: lazyRouteComponent(() => import('./pages/settings/tokens-page.tsx'), 'TokensPage'),
})
const oauthApps = createRoute({
  ...setting('/oauth-apps'),
  validateSearch: search.oauthApps,
  component: lazyRouteComponent(
    () => import('./pages/settings/oauth-apps-page.tsx'),
    'OAuthAppsPage',
  ),
})
const oauthApp = createRoute({
  ...setting('/oauth-apps/$oauthAppId'),
  component: lazyRouteComponent(
    () => import('./pages/settings/oauth-app-page.tsx'),
    'OAuthAppPage',
  ),
})
const singleSignOn = createRoute({
  ...setting('/single-sign-on'),
  component: lazyRouteComponent(
    () => import('./pages/settings/single-sign-on-page.tsx'),
    'SingleSignOnPage',
  ),
})
const notifications = createRoute({
  ...setting('/notifications'),
  validateSearch: search.notifications,
  component: lazyRouteComponent(
    () => import('./pages/settings/notifications/notifications-page.tsx'),
    'NotificationsPage',
  ),
})
const notificationChannel = createRoute({
  ...setting('/notifications/$channelId'),
  component: lazyRouteComponent(
    () => import('./pages/settings/notifications/channel-page.tsx'),
    'ChannelPage',
  ),
})
const alertSettings = createRoute({
  ...setting('/alerts'),
  component: lazyRouteComponent(
    () => import('./pages/settings/alert-settings-page.tsx'),
    'AlertSettingsPage',
  ),
})
const mailServer = createRoute({
  ...setting('/mail-server'),
  component: lazyRouteComponent(
    () => import('./pages/settings/mail-server-page.tsx'),
    'MailServerPage',
  ),
})
const workspace = createRoute({
  ...setting('/workspace'),
  component: lazyRouteComponent(
    () => import('./pages/settings/workspace-page.tsx'),
    'WorkspacePage',
  ),
})

const routeTree = rootRoute.addChildren([
  setup,
  signIn,
  signInCallback,
  invite,
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
    capabilityRequests,
    capabilityRequest,
    audit,
    activity,
    alerts,
    settings.addChildren([
      settingsHome,
      account,
      notifications,
      notificationChannel,
      members,
      tokens,
      oauthApps,
      oauthApp,
      singleSignOn,
      alertSettings,
      mailServer,
      workspace,
    ]),
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
