import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import * as search from '../search.ts'
import { inside } from './frame-route.ts'

const settings = createRoute({
  ...inside('/settings'),
  component: lazyRouteComponent(
    () => import('../pages/settings/settings-page.tsx'),
    'SettingsPage',
  ),
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
  component: lazyRouteComponent(() => import('../pages/settings/account-page.tsx'), 'AccountPage'),
})
const members = createRoute({
  ...setting('/members'),
  component: lazyRouteComponent(() => import('../pages/settings/members-page.tsx'), 'MembersPage'),
})
const tokens = createRoute({
  ...setting('/tokens'),
  component: lazyRouteComponent(() => import('../pages/settings/tokens-page.tsx'), 'TokensPage'),
})
const oauthApps = createRoute({
  ...setting('/oauth-apps'),
  validateSearch: search.oauthApps,
  component: lazyRouteComponent(
    () => import('../pages/settings/oauth-apps-page.tsx'),
    'OAuthAppsPage',
  ),
})
const oauthApp = createRoute({
  ...setting('/oauth-apps/$oauthAppId'),
  component: lazyRouteComponent(
    () => import('../pages/settings/oauth-app-page.tsx'),
    'OAuthAppPage',
  ),
})
const singleSignOn = createRoute({
  ...setting('/single-sign-on'),
  component: lazyRouteComponent(
    () => import('../pages/settings/single-sign-on-page.tsx'),
    'SingleSignOnPage',
  ),
})
const notifications = createRoute({
  ...setting('/notifications'),
  validateSearch: search.notifications,
  component: lazyRouteComponent(
    () => import('../pages/settings/notifications/notifications-page.tsx'),
    'NotificationsPage',
  ),
})
const notificationChannel = createRoute({
  ...setting('/notifications/$channelId'),
  component: lazyRouteComponent(
    () => import('../pages/settings/notifications/channel-page.tsx'),
    'ChannelPage',
  ),
})
const alertSettings = createRoute({
  ...setting('/alerts'),
  component: lazyRouteComponent(
    () => import('../pages/settings/alert-settings-page.tsx'),
    'AlertSettingsPage',
  ),
})
const mailServer = createRoute({
  ...setting('/mail-server'),
  component: lazyRouteComponent(
    () => import('../pages/settings/mail-server-page.tsx'),
    'MailServerPage',
  ),
})
const auditStreams = createRoute({
  ...setting('/audit-streams'),
  validateSearch: search.auditStreams,
  component: lazyRouteComponent(
    () => import('../pages/settings/audit-streams/audit-streams-page.tsx'),
    'AuditStreamsPage',
  ),
})
const workspace = createRoute({
  ...setting('/workspace'),
  component: lazyRouteComponent(
    () => import('../pages/settings/workspace-page.tsx'),
    'WorkspacePage',
  ),
})

/** The settings, each a page of its own within theirs. */
export const settingsRoute = settings.addChildren([
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
  auditStreams,
  workspace,
])
