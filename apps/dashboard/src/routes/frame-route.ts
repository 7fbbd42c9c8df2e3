import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { asProblem } from '../api.ts'
import { sessionQuery } from '../session.ts'
import { rootRoute } from './root-route.ts'

/** All that needs somebody who is signed in: the frame with the navigation around the page. */
export const frame = createRoute({
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
  component: lazyRouteComponent(() => import('../frame/frame.tsx'), 'Frame'),
})

/** What a route within the frame begins with. */
export const inside = <const Path extends string>(path: Path) => ({
  getParentRoute: () => frame,
  path,
})
