import {
  type OperationId,
  type OutputOf,
  type operations,
  Problem,
  toProblemBody,
} from '@sallyport/contracts'
import type { CallOptions, VaultClient } from '../mcp/mcp-request.ts'
import type { MountContext, Mounted } from './mount.ts'
import {
  type SeenRequest,
  seeCaller,
  seeOutput,
  seeProblem,
  seeRequest,
} from './observe-request.ts'
import { asProblem } from './problem.ts'
import type { RequestSource } from './request-source.ts'

/** Who calls from within the process, on whose behalf and from where. */
export interface InsideCaller {
  /** An agent's own token: each call is authenticated with it, since it may be taken away between two of them (S-10). */
  readonly bearer: string
  /** Of the request that it serves, under which faults are logged. */
  readonly requestId: string
  readonly from: RequestSource
  /** Keeps the memory counted that the request takes: a call may go on after the answer to the request is over. Returns what ends that. */
  readonly keep: () => () => void
}

const neverGone = new AbortController().signal

/**
 * Makes clients that call the agents' operations without a request between: the same authentication, checks, records and answers, and
 * the Problems that a client gets to see. Nothing is tried twice, and each call lasts as long as its operation.
 */
export function createInsideClients(
  mounted: readonly Mounted[],
  context: MountContext,
): (caller: InsideCaller) => VaultClient {
  const reachable = new Map(
    mounted
      .filter(({ operation }) => operation.caller[0] === 'agent')
      .map((one) => [one.operation.id, one]),
  )
  return ({ bearer, requestId, from, keep }) => ({
    async call<Id extends OperationId>(id: Id, input: object, options: CallOptions = {}) {
      const { operation, run } = reachable.get(id) ?? {}
      if (operation === undefined || run === undefined) throw new Error(`${id} is not for agents`)
      const signal = options.signal ?? neverGone
      const gone = () => signal
      // Whoever has hung up sends nothing more: neither does a call that was taken back.
      signal.throwIfAborted()
      const done = keep()
      const ask = async (seen?: SeenRequest) => {
        try {
          const { consumer = false } = operation
          const known = await context.auth.authenticateAgent(bearer, { consumer })
          seeCaller(seen, known)
          const caller = { ...known, through: 'mcp' as const }
          const asked = { input: withoutAbsent(input), caller, requestId, from, gone }
          const output = await run({ ...asked, progress: options.onProgress }, context)
          if (seen !== undefined) seen.status = 200
          seeOutput(seen, output)
          return output as OutputOf<(typeof operations)[Id]>
        } catch (thrown) {
          const problem = asProblem(thrown, context.log, requestId)
          seeProblem(seen, problem)
          throw asTold(problem, requestId)
        } finally {
          done()
        }
      }
      const { observe } = context
      if (observe === undefined) return ask()
      const seen = seeRequest({ requestId, operation: id, via: 'mcp' })
      return observe(seen, () => ask(seen))
    },
  })
}

/** JSON has no member that is there without a value. */
const withoutAbsent = (input: object) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))

/** A problem as a client reads it from an answer. Its cause stays here. */
function asTold(problem: Problem, requestId: string): Problem {
  const { type, detail, fields, retryAfterSeconds, auditId, extra } = problem
  const { next } = toProblemBody(problem)
  const told = new Problem(type, detail, {
    next,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(fields !== undefined && { fields }),
    extra: { ...extra, requestId },
  })
  told.auditId = auditId
  return told
}
