import {
  type InputOf,
  type OutputOf,
  Problem,
  type ProblemType,
  type testConnection,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { checkTestUrl, invalidField } from './check-connection.ts'
import { type ConnectionsNeeds, getLive } from './connections-needs.ts'

type Input = InputOf<typeof testConnection>
type Output = OutputOf<typeof testConnection>
type Needs = Pick<ConnectionsNeeds, 'store' | 'probe' | 'newId' | 'now'>

/** These say something about the vault or the input, and nothing about the connection. */
const notAResult: ReadonlySet<ProblemType> = new Set([
  'audit-unavailable',
  'store-unavailable',
  'internal-error',
  'invalid-url',
  'overloaded',
])

/**
 * Builds the operation `testConnection`: one GET with the credential, to the URL that is given or kept. An upstream
 * that refuses or fails is a result; it never changes the connection's status.
 */
export function createConnectionTest(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const connection = await getLive(needs, owner.workspaceId, input.connectionId)
    const url = input.url ?? connection.testUrl
    if (url === null) {
      throw invalidField({ field: 'url', message: 'must be given, since no test URL is kept' })
    }
    checkTestUrl(url, connection.origins)
    const auditId = needs.newId('audit')
    const startedAt = needs.now()
    const result = await tryOut(() =>
      needs.probe({ connection, url, ownerId: owner.ownerId, auditId }),
    )
    return { auditId, latencyMs: Math.max(0, needs.now() - startedAt), ...result }
  }
}

type Result = Pick<Output, 'success' | 'status' | 'message'> & { auditId?: string }

async function tryOut(probe: () => ReturnType<Needs['probe']>): Promise<Result> {
  try {
    const { status, auditId } = await probe()
    return { success: status >= 200 && status < 300, status, message: messageOf(status), auditId }
  } catch (error) {
    if (!(error instanceof Problem) || notAResult.has(error.type)) throw error
    const message = error.next === undefined ? error.detail : `${error.detail} ${error.next}`
    return { success: false, message }
  }
}

function messageOf(status: number): string {
  if (status >= 200 && status < 300) return `The service accepted the request (${status}).`
  if (status === 401 || status === 403) {
    return `The service refused the credential (${status}). Enter it again, or check what it is allowed to do.`
  }
  if (status === 429) return 'The service asks to slow down (429). Try again later.'
  if (status >= 500) return `The service failed (${status}). Try again later.`
  return `The service answered ${status}, which says nothing about the credential. Try another test URL.`
}
