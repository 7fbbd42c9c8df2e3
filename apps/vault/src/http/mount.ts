import type { InputOf, Operation, OutputOf, Problem, ToolProgress } from '@sallyport/contracts'
import type { Context } from 'hono'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'
import {
  type Authentication,
  asAgent,
  asOwner,
  refuseForgery,
  requireScope,
} from './authenticate.ts'
import { begunStream } from './begun-stream.ts'
import type { BodyBudget, BodyLease } from './body-budget.ts'
import {
  type ObserveRequest,
  type SeenRequest,
  seeCaller,
  seeOutput,
  seeProblem,
  seeRequest,
} from './observe-request.ts'
import { asProblem, type Log } from './problem.ts'
import { parseInput, readInput } from './read-input.ts'
import { type RecordRefusal, recorded } from './record-refusal.ts'
import { type RequestSource, sourceOf } from './request-source.ts'
import type { Responder } from './respond.ts'
import type { SessionCookie } from './session-cookie.ts'

/** What a handler gets: the parsed input, who asks, and where from. */
export interface Call<O extends Operation> {
  readonly input: InputOf<O>
  readonly caller: CallerOf<O>
  readonly requestId: string
  /** Where the request came from. */
  readonly from: RequestSource
  /** Aborted when the client has hung up. Made when it is asked for, since it costs. */
  readonly gone: () => AbortSignal
  /** Where the caller listens for it: told of the progress that an upstream reports. */
  readonly progress?: ((progress: ToolProgress) => void) | undefined
}

type CallerOf<O extends Operation> = O['caller'] extends readonly ['agent']
  ? AuthenticatedAgent
  : O['caller'] extends readonly ['owner']
    ? AuthenticatedOwner
    : undefined

/** An answer that begins, renews or ends (`null`) the caller's session as well, or a sign-in at the organisation's provider. */
export interface WithSession<T> {
  readonly output: T
  readonly session?: SessionCookie | null
  readonly flow?: SessionCookie | null
}

/** What every mounted operation needs. */
export interface MountContext {
  readonly auth: Authentication
  readonly respond: Responder
  readonly bodies: BodyBudget
  readonly log: Log
  readonly recordRefusal: RecordRefusal
  readonly requestId: () => string
  readonly clientAddress: (c: Context) => string
  /** Absent where nobody looks at requests. */
  readonly observe?: ObserveRequest | undefined
}

/** An operation with what serves it. */
export interface Mounted {
  readonly operation: Operation
  readonly serve: (
    c: Context,
    context: MountContext,
    progress?: Call<Operation>['progress'],
  ) => Promise<Response>
  /**
   * The same for a caller within the process, who is authenticated already: its output, and nothing that the output schema does not
   * name. Absent where the answer is more than an output.
   */
  readonly run?: (
    asked: Pick<Call<Operation>, 'requestId' | 'from' | 'gone' | 'progress'> & InputAndCaller,
    context: MountContext,
  ) => Promise<unknown>
}

interface InputAndCaller {
  /** Not looked at yet. */
  readonly input: unknown
  readonly caller: AuthenticatedAgent
}

/** One request on its way through: what Hono gave, what the mount was given, and the request's id. */
interface Passage {
  readonly c: Context
  readonly context: MountContext
  readonly requestId: string
  readonly lease: BodyLease
  readonly progress?: Call<Operation>['progress']
  readonly seen?: SeenRequest | undefined
}

/** How an operation is served. */
interface Serving<O extends Operation, T> {
  readonly handle: (call: Call<O>) => Promise<T> | T
  readonly write: (result: T, passage: Passage) => Response
  readonly writeProblem?: (problem: Problem, passage: Passage) => Response
}

/** Serves an operation: authenticate, parse, handle, answer what the output schema names and nothing else. */
export function mount<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => Promise<OutputOf<O>> | OutputOf<O>,
): Mounted {
  const write = (output: OutputOf<O>, passage: Passage) => answer(operation, output, passage)
  return {
    ...serving(operation, { handle, write }),
    async run({ input, caller, requestId, from, gone, progress }, context) {
      const known = { caller: caller as CallerOf<O>, requestId, from, gone, progress }
      const read = () => Promise.resolve(input)
      return operation.output.parse(await handleInput(operation, { handle, read, known, context }))
    },
  }
}

/** The same for an operation whose answer sets or clears cookies. */
export function mountSession<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => Promise<WithSession<OutputOf<O>>>,
): Mounted {
  return serving(operation, {
    handle,
    write: ({ output, session, flow }, passage) => {
      const { cookies, flowCookies } = passage.context.auth
      const answered = answer(operation, output, passage)
      for (const [kind, cookie] of [
        [cookies, session],
        [flowCookies, flow],
      ] as const) {
        if (cookie === undefined) continue
        answered.headers.append('set-cookie', cookie === null ? kind.clear() : kind.set(cookie))
      }
      return answered
    },
  })
}

type Bytes = ReadableStream<Uint8Array>

/** A stream, with its media type. */
export interface TypedStream<T> {
  readonly stream: T
  readonly type: string
}

/** The same for an operation whose answer is a stream of bytes. What fails before its first part is answered as a problem. */
export function mountStream<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => TypedStream<OutputOf<O>>,
): Mounted {
  return serving(operation, {
    async handle(call) {
      const { stream, type } = handle(call)
      return { body: await begunStream(operation.output.parse(stream) as Bytes), type }
    },
    write: ({ body, type }, { context, requestId }) => {
      return context.respond.send({ status: 200, body, type, requestId })
    },
  })
}

/** The same for an operation whose answer is a stream of server-sent events. No proxy may gather them (nginx does). */
export function mountEvents<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => Promise<OutputOf<O>> | OutputOf<O>,
): Mounted {
  return serving(operation, {
    handle,
    write: (stream, { context, requestId }) => {
      const body = operation.output.parse(stream) as ReadableStream<Uint8Array>
      const headers = { 'x-accel-buffering': 'no' }
      return context.respond.send({
        ...{ status: 200, body, type: 'text/event-stream', requestId, headers },
      })
    },
  })
}

/**
 * The same for the token endpoint, whose failures take the form of RFC 6749 §5.2: whatever is wrong with a request,
 * its body included, gets the one 401 (S-06).
 */
export function mountTokenEndpoint<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => Promise<OutputOf<O>>,
  toErrorBody: (problem: Problem) => object,
): Mounted {
  return serving(operation, {
    handle,
    write: (output, passage) => answer(operation, output, passage),
    writeProblem: (problem, { context, requestId }) =>
      problem.status >= 500 || problem.status === 429
        ? context.respond.problem(problem, requestId)
        : context.respond.json(401, toErrorBody(problem), { requestId }),
  })
}

function serving<O extends Operation, T>(operation: O, how: Serving<O, T>): Mounted {
  const pass = async (passage: Passage) => {
    const { c, context, requestId } = passage
    const caller = (await authenticate(passage, operation)) as CallerOf<O>
    seeCaller(passage.seen, caller)
    const from = sourceOf(c, context)
    const result = await handleInput(operation, {
      ...{ handle: how.handle, context },
      read: () => readInput(c, operation, passage.lease),
      known: { caller, requestId, from, gone: () => c.req.raw.signal, progress: passage.progress },
    })
    const answered = how.write(result, passage)
    seeOutput(passage.seen, result)
    return answered
  }
  const answerAll = async (passage: Passage) => {
    try {
      return await pass(passage)
    } catch (thrown) {
      const problem = asProblem(thrown, passage.context.log, passage.requestId)
      seeProblem(passage.seen, problem)
      return (
        how.writeProblem?.(problem, passage) ??
        passage.context.respond.problem(problem, passage.requestId)
      )
    } finally {
      passage.lease.release()
    }
  }
  return {
    operation,
    serve: (c, context, progress) => {
      const requestId = context.requestId()
      const open = { c, context, requestId, lease: context.bodies.open(), progress }
      const { observe } = context
      if (observe === undefined) return answerAll(open)
      const seen = seeRequest({ requestId, operation: operation.id, via: 'http' }, c)
      return observe(seen, async () => {
        const answered = await answerAll({ ...open, seen })
        seen.status = answered.status
        return answered
      })
    },
  }
}

/** From the authenticated caller on, an operation goes one way, whoever calls it. */
function handleInput<O extends Operation, T>(
  operation: O,
  {
    handle,
    read,
    known,
    context,
  }: Pick<Serving<O, T>, 'handle'> & {
    readonly read: () => Promise<unknown>
    readonly known: Omit<Call<O>, 'input'>
    readonly context: MountContext
  },
): Promise<T> {
  const { caller, ...rest } = known
  return recorded(context, { operation, caller }, async () => {
    const input = parseInput(operation, await read()) as InputOf<O>
    requireFurther(operation, caller, input)
    return handle({ input, caller, ...rest })
  })
}

/** What this input demands beside what the operation always does. */
function requireFurther(operation: Operation, caller: unknown, input: unknown): void {
  const further = operation.furtherDemand?.(input as object)
  if (further !== undefined) requireScope(caller as AuthenticatedOwner, further)
}

function answer(operation: Operation, output: unknown, { context, requestId }: Passage): Response {
  const body = operation.output.parse(output)
  const status = isApprovalRequired(body) ? 202 : (operation.status ?? 200)
  return context.respond.json(status, body, { requestId })
}

const isApprovalRequired = (body: unknown) =>
  typeof body === 'object' && body !== null && 'approvalRequired' in body

async function authenticate({ c, context }: Passage, operation: Operation) {
  const [kind] = operation.caller
  if (kind === 'agent') return asAgent(c, context.auth, operation)
  if (kind === 'owner') return asOwner(c, context.auth, operation)
  // Signing in is worth forging too (login CSRF); clients that are no browser send neither header.
  const fromBrowser = c.req.header('origin') ?? c.req.header('sec-fetch-site')
  if (fromBrowser !== undefined) refuseForgery(c, operation, context.auth)
  return undefined
}
