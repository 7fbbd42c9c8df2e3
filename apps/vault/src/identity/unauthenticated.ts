import { Problem } from '@sallyport/contracts'

/** The one answer to every failure to authenticate, on both planes (S-06, S-08). */
export const unauthenticated = () =>
  new Problem('unauthenticated', 'The request carries no valid credential for this operation.', {
    next: 'Agents get a new access token at /v1/agents/token; owners sign in or use a token that is still valid.',
  })
