import { Problem } from '@sallyport/contracts'

/** What was looked up is not what stands there now, or the call was ended before it went out (S-10). */
export const stoppedBeforeSending = () =>
  new Problem(
    'request-stopped',
    'An owner changed the agent, the connection or the policy, or froze the workspace meanwhile. Nothing was sent.',
    {
      next: 'Use list_connections to see what you have now; send it again if it is still allowed.',
    },
  )
