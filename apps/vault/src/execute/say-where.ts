import { Problem } from '@sallyport/contracts'
import type { ExecuteNeeds } from './execute-needs.ts'

/** What to do about a connection whose account has to sign in anew, and where: agents pass it on to people. */
export const reconnectAt = (url: string) => `An owner has to reconnect it, on this page: ${url}`

/** The same problem; where it says that the connection has to be reconnected, it says where as well. */
export function sayWhere(
  { reconnectUrl }: Pick<ExecuteNeeds, 'reconnectUrl'>,
  connectionId: string,
  problem: Problem,
): Problem {
  if (problem.type !== 'connection-needs-reauth') return problem
  const next = reconnectAt(reconnectUrl(connectionId))
  const told = new Problem(problem.type, problem.detail, { next, cause: problem })
  told.auditId = problem.auditId
  return told
}
