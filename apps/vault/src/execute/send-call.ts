import type { Problem } from '@sallyport/contracts'
import type { ArmedRequest } from './attach-credential.ts'
import type { CallProgress } from './call-progress.ts'
import type { UpstreamAnswer } from './read-answer.ts'

// How what was permitted goes out: by egress, to an upstream MCP server, or to a SQL source.

/** Bounds of one sending, and what ends it early. */
export interface SendHow {
  readonly poolKey: string
  readonly poolGroup?: string | undefined
  /** Whoever is called with a problem ends the sending, which throws that problem then. */
  readonly stops: Set<(problem: Problem) => void>
  readonly responseBytesMax: number
  readonly deadlineMs: number
  /** Whose call it is; absent where an owner tries something. */
  readonly agentId?: string | undefined
  /** Told of the progress that an upstream reports, where it does. */
  readonly progress?: ((progress: CallProgress) => void) | undefined
}

/**
 * Sends one armed request, once. What the upstream says is an answer, whatever it says; a Problem is for what kept it from
 * answering: `upstream-unreachable`, `upstream-timeout`, `upstream-invalid-response`, `upstream-not-connected`.
 */
export type SendCall = (request: ArmedRequest, how: SendHow) => Promise<UpstreamAnswer>
