import { Problem } from '@sallyport/contracts'

// What this room cannot do, in words. What is of another workspace is said to be absent (S-09).

export const policyNotFound = () =>
  new Problem('policy-not-found', 'There is no such policy.', {
    next: 'List the policies to see which there are.',
  })

export const agentNotFound = () =>
  new Problem('agent-not-found', 'There is no such agent.', {
    next: 'List the agents to see which there are.',
  })

export const connectionNotFound = () =>
  new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })

export const policyExists = () =>
  new Problem('policy-exists', 'This agent already has a policy for this connection.', {
    next: 'Replace that policy instead.',
  })

export const versionConflict = () =>
  new Problem('version-conflict', 'Somebody changed the policy meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })
