import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import * as search from '../search.ts'
import { rootRoute } from './root-route.ts'

// What is shown before somebody is signed in.

const outside = <const Path extends string>(path: Path) => ({
  getParentRoute: () => rootRoute,
  path,
})

const setup = createRoute({
  ...outside('/setup'),
  component: lazyRouteComponent(() => import('../pages/setup/setup-page.tsx'), 'SetupPage'),
})
const signIn = createRoute({
  ...outside('/sign-in'),
  validateSearch: search.signIn,
  component: lazyRouteComponent(() => import('../pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
})
const signInCallback = createRoute({
  ...outside('/sign-in/callback'),
  component: lazyRouteComponent(
    () => import('../pages/sign-in/sign-in-callback-page.tsx'),
    'SignInCallbackPage',
  ),
})
const invite = createRoute({
  ...outside('/invite'),
  component: lazyRouteComponent(() => import('../pages/invite/invite-page.tsx'), 'InvitePage'),
})

/** Setting up, signing in, joining. */
export const outsideRoutes = [setup, signIn, signInCallback, invite] as const
