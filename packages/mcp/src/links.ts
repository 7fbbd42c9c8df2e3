import { randomUUID } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { LinkNotShownYet, type Links } from './call-context.ts'
import { longestWaitSeconds } from './limits.ts'

// URL-mode elicitation. Until 2025-11-25 the server asks while the call is open; since 2026-07-28 the call is answered
// with what is to be shown, and the client makes it again.

/** The first revision in which a server cannot ask a client. */
const revisionWithRounds = '2026-07-28'
/** The name of the one thing that is asked for in a round. */
const key = 'approval'

/** The links of one call; undefined where the client cannot show any. */
export function linksOf(server: Server, context: ServerContext): Links | undefined {
  // Revisions are dates, so that the later one is the greater text.
  const comesInRounds = (server.getNegotiatedProtocolVersion() ?? '') >= revisionWithRounds
  const declared = comesInRounds
    ? memberOf(context.mcpReq.envelope, CLIENT_CAPABILITIES_META_KEY)
    : server.getClientCapabilities()
  if (memberOf(memberOf(declared, 'elicitation'), 'url') === undefined) return undefined
  return comesInRounds ? inRounds(context) : pushed(context)
}

/** Of what came from the client, unchecked. */
const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

function pushed({ mcpReq }: ServerContext): Links {
  return {
    offer({ approvalUrl }, message) {
      const elicitationId = randomUUID()
      const ended = new AbortController()
      const shown = mcpReq
        .elicitInput(
          { mode: 'url', url: approvalUrl, message, elicitationId },
          {
            signal: AbortSignal.any([mcpReq.signal, ended.signal]),
            timeout: longestWaitSeconds * 1000,
          },
        )
        .then(({ action }) => action === 'accept')
        // A client that cannot show it after all: the call goes on without.
        .catch(() => false)
      return {
        shown,
        end(decided) {
          ended.abort()
          if (!decided) return
          const params = { elicitationId }
          mcpReq.notify({ method: 'notifications/elicitation/complete', params }).catch(() => {})
        },
      }
    },
  }
}

function inRounds({ mcpReq }: ServerContext): Links {
  // It names one of the agent's own approvals, and the vault sends nothing but the request that this one was asked for:
  // so there is nothing to gain by changing it on the way.
  const state = mcpReq.requestState()
  const resumes = typeof state === 'string' && /^apr_\w{1,100}$/.test(state) ? state : undefined
  if (resumes === undefined) {
    return {
      offer(approval, message) {
        throw new LinkNotShownYet(approval, message)
      },
    }
  }
  const accepted = memberOf(memberOf(mcpReq.inputResponses, key), 'action') === 'accept'
  return { resumes, offer: () => ({ shown: Promise.resolve(accepted), end: () => {} }) }
}

/** The answer that has a client of the later revisions show the link and call again. */
export const askToShow = ({ approval, message }: LinkNotShownYet): InputRequiredResult =>
  inputRequired({
    inputRequests: { [key]: inputRequired.elicitUrl({ url: approval.approvalUrl, message }) },
    requestState: approval.approvalRequestId,
  })
