import { Problem } from '@sallyport/contracts'
import type { Tally } from '../limits/tally.ts'
import { type ArmedRequest, attachCredential, type OpenedCredential } from './attach-credential.ts'
import type { ToolWorld } from './callable-tool.ts'
import { cleanProgress } from './clean-progress.ts'
import type { PermittedRequest } from './permit.ts'
import {
  type CleanAnswer,
  type ReadAnswer,
  readAnswer,
  type WithheldAnswer,
} from './read-answer.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import { filterResponseHeaders } from './response-headers.ts'
import type { Scrubber } from './scrub.ts'
import type { SendCall } from './send-call.ts'
import { stoppedBeforeSending } from './stopped.ts'
import type { TakeTurn } from './take-turns.ts'

/** Milliseconds from sending to the last byte of the answer; under the 60 s after which MCP clients give up. */
export const upstreamDeadlineMs = 55_000
/** Milliseconds from sending until the policy's rules are applied to the answer; what takes longer is withheld. */
const rulesDeadlineMs = 58_000
/** Bytes of a decoded answer where the policy names no smaller bound. */
const responseBytesMaxDefault = 10 * 1024 * 1024

/** What goes on a request, with the scrubber made for its secrets. */
interface Attachment {
  readonly put: OpenedCredential
  readonly scrubber: Scrubber
}

/** A credential that can be put on a request now. */
export interface ReadyCredential extends Attachment {
  /** Where every request is signed: what goes on this one instead. Its signature is one of the secrets. */
  readonly sign?: (request: ArmedRequest) => Attachment
  /**
   * For an access token that an upstream has refused: a new one, or undefined where there was a new one a moment ago. Throws
   * `connection-needs-reauth`, `token-refresh-failed` and what else keeps the vault from getting one.
   */
  readonly renew?: (connection: ConnectionSnapshot) => Promise<ReadyCredential | undefined>
}

/** How an attempt ended. */
export type Ending =
  | { readonly sent: CleanAnswer; readonly durationMs: number }
  | { readonly withheld: WithheldAnswer; readonly durationMs: number }
  | { readonly failed: Problem; readonly durationMs: number }

/** What sending needs of other rooms. */
export interface SendNeeds {
  readonly send: SendCall
  readonly end: (permitted: PermittedRequest, ending: Ending) => void
  readonly takeTurn: TakeTurn
  /** Monotonic clock in ms. */
  readonly elapsed: () => number
  /** What tools may know. */
  readonly world: ToolWorld
}

/**
 * The second half of the way: attach, send, scrub, apply the rules on answers, end the audit. Whatever happens, the outcome is recorded once.
 * Throws the problems of egress, and `request-stopped` where an owner ended the call; each carries `auditId`.
 */
export async function sendPermitted(
  needs: SendNeeds,
  permitted: PermittedRequest,
  credential: ReadyCredential,
): Promise<ReadAnswer> {
  const { connection, attempt, shape } = permitted
  const { running } = attempt
  const startedMs = needs.elapsed()
  const durationMs = () => Math.round((needs.elapsed() - startedMs) * 10) / 10
  try {
    if (running.isEnded()) throw stoppedBeforeSending()
    const { armed, scrubber } = arm(permitted, credential)
    const { tally } = permitted
    tally?.sending()
    const answer = await needs.send(armed, {
      ...poolOf(permitted),
      stops: running.stops,
      agentId: running.agent?.agentId,
      progress: cleanProgress(permitted, scrubber),
      responseBytesMax: permitted.responseBytesMax ?? responseBytesMaxDefault,
      deadlineMs: upstreamDeadlineMs,
    })
    const headers = filterResponseHeaders(answer.headers, connection.responseHeaders)
    const body = tally?.countsBytes ? countBytes(answer.body, tally) : answer.body
    const read = await readAnswer(
      { ...answer, headers, body },
      {
        scrubber,
        pace: { ...needs, endMs: startedMs + rulesDeadlineMs },
        rules: permitted.responseRules,
        shape: shape && ((shaped) => shape(shaped, needs.world)),
        inspect: tally?.inspect,
      },
    )
    if ('withheld' in read) {
      read.withheld.auditId = attempt.auditId
      needs.end(permitted, { withheld: read, durationMs: durationMs() })
    } else needs.end(permitted, { sent: read, durationMs: durationMs() })
    return read
  } catch (thrown) {
    const failed = thrown instanceof Problem ? thrown : unexpected(thrown)
    failed.auditId = attempt.auditId
    needs.end(permitted, { failed, durationMs: durationMs() })
    throw failed
  }
}

/** Requests with one credential share sockets, and with no other: some upstreams let a socket act for whoever signed in on it. */
function poolOf({ connection: { id, version }, frozen: { passed } }: PermittedRequest) {
  const poolKey = `${id}.${version}`
  return passed === undefined
    ? { poolKey }
    : { poolKey: `${poolKey}.${passed}`, poolGroup: poolKey }
}

async function* countBytes(
  body: AsyncIterable<Uint8Array>,
  { received }: Pick<Tally, 'received'>,
): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    received(chunk.byteLength)
    yield chunk
  }
}

function arm(permitted: PermittedRequest, credential: ReadyCredential) {
  const armed = attachCredential(permitted, credential.put)
  if (credential.sign === undefined) return { armed, scrubber: credential.scrubber }
  const { put, scrubber } = credential.sign(armed)
  return { armed: attachCredential(permitted, put), scrubber }
}

const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong in the vault.', {
    next: 'An operator finds the cause in the vault’s log. The upstream may have acted on the request.',
    cause,
  })
