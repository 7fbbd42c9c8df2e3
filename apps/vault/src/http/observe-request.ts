import type { Problem } from '@sallyport/contracts'
import type { Context } from 'hono'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'

// What a request tells of itself while it is served: for metrics, traces and the log of requests. Nothing that a caller wrote.

/** Filled in as it becomes known. */
export interface SeenRequest {
  readonly requestId: string
  /** The operation’s id; `mcp` for the endpoint, `none` where there is nothing. */
  readonly operation: string
  readonly via: 'http' | 'mcp'
  /** What the caller calls its own trace, as it came: not believed. */
  readonly traceparent: string | undefined
  caller: { readonly kind: CallerKind; readonly id?: string }
  /** Of the answer. */
  status: number
  auditId?: string | undefined
}

type CallerKind = 'agent' | 'consumer' | 'owner' | 'anyone'

/** Lets a request be served and looks at how. It never changes what comes of it, and never fails by itself. */
export type ObserveRequest = <T>(seen: SeenRequest, serve: () => Promise<T>) => Promise<T>

/** Begins to note what becomes known of a request. */
export function seeRequest(
  known: Pick<SeenRequest, 'requestId' | 'operation' | 'via'>,
  c?: Context,
): SeenRequest {
  const traceparent = c?.req.header('traceparent')
  // Until it is known otherwise: whoever is not served is nobody, and what throws is a fault.
  return { ...known, traceparent, caller: { kind: 'anyone' }, status: 500 }
}

/** Notes who calls. */
export function seeCaller(
  seen: SeenRequest | undefined,
  caller: AuthenticatedAgent | AuthenticatedOwner | undefined,
): void {
  if (seen === undefined || caller === undefined) return
  seen.caller =
    'agentId' in caller
      ? { kind: caller.via === 'consumer' ? 'consumer' : 'agent', id: caller.agentId }
      : { kind: 'owner', id: caller.ownerId }
}

/** Notes what was answered. */
export function seeOutput(seen: SeenRequest | undefined, output: unknown): void {
  if (seen === undefined || typeof output !== 'object' || output === null) return
  if ('auditId' in output && typeof output.auditId === 'string') seen.auditId = output.auditId
}

/** Notes why nothing was answered. */
export function seeProblem(seen: SeenRequest | undefined, problem: Problem): void {
  if (seen === undefined) return
  seen.status = problem.status
  seen.auditId = problem.auditId
}

/** A request as it came in. */
export interface Known {
  readonly requestId: string
  /** Absent where nobody looks at requests. */
  readonly seen: SeenRequest | undefined
}

/** Serves requests for which there is no operation, or more than one; `name` stands for it. */
export function observed(
  context: { readonly observe?: ObserveRequest | undefined; readonly requestId: () => string },
  name: string,
): (c: Context, serve: (known: Known) => Promise<Response> | Response) => Promise<Response> {
  return async (c, serve) => {
    const requestId = context.requestId()
    if (context.observe === undefined) return serve({ requestId, seen: undefined })
    const seen = seeRequest({ requestId, operation: name, via: 'http' }, c)
    return context.observe(seen, async () => {
      const answer = await serve({ requestId, seen })
      seen.status = answer.status
      return answer
    })
  }
}
