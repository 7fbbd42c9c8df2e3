import { type Caller, type OperationId, operations } from '@sallyport/contracts'

/** What a client has to know of an operation while it runs; its types come from the contract itself. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly caller: Caller
  /** How long an answer may take, in ms, where that is longer than usual; 0 where it is not. */
  readonly answerMsMax: number
  /** The answer is a stream of bytes and not JSON. */
  readonly streams: boolean
  /** It takes the caller's own credentials along. */
  readonly passes: boolean
}

/**
 * Every operation's route. A bundle for the command line replaces this file by its value at build time, because
 * making fifty schemas that a client never parses with costs it a third of its start.
 */
export const routes = Object.fromEntries(
  Object.entries(operations).map(([id, operation]): [string, Route] => {
    const { method, path, caller } = operation
    const passes = 'callerCredential' in operation
    const answerMsMax = 'answerMsMax' in operation ? operation.answerMsMax : 0
    const streams = id === 'exportAudit'
    return [id, { method, path, caller: caller[0], answerMsMax, streams, passes }]
  }),
) as Record<OperationId, Route>
