import { type OutputOf, type PolicyDocument, Problem, type tryPolicy } from '@sallyport/contracts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide, traceRulesOf } from '../policy/decide.ts'
import type { Facts } from '../policy/decision.ts'
import { readCallAddress } from './call-address.ts'
import { settle } from './decide-request.ts'
import { freezeCall } from './freeze-call.ts'
import {
  type CredentialSlot,
  type FrozenRequest,
  type FrozenTool,
  freezeRequest,
  type RequestInput,
} from './freeze-request.ts'
import { reconnectAt } from './say-where.ts'
import { tellRequest } from './tell-request.ts'

/** What trying has to know of a connection. */
export interface TriedConnection {
  readonly id: string
  readonly status: Facts['connection']['status']
  readonly origins: readonly string[]
  readonly requestHeaders: readonly string[]
  readonly allowEncodedSlash: boolean
}

/** What an owner tries: a request through a connection, under a policy that need not exist. */
export interface Trial<Connection> {
  readonly connection: Connection
  readonly draft: PolicyDocument
  readonly request: RequestInput
  /** The request is tried as a call of this tool. */
  readonly tool?: Pick<FrozenTool, 'toolId' | 'toolsetId' | 'name' | 'sourceName'> | undefined
}

type Verdict = OutputOf<typeof tryPolicy>

/**
 * Builds the trial of a draft: the request is frozen and decided as `execute` would for an active agent of a workspace
 * that is not frozen, and that is all. What freezing refuses is answered as the refusal that the agent would get.
 */
export function createTryDraft<Connection extends TriedConnection>(needs: {
  readonly findSlot: (connection: Connection) => CredentialSlot | Promise<CredentialSlot>
  readonly reconnectUrl: (connectionId: string) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}) {
  return async (trial: Trial<Connection>): Promise<Verdict> => {
    const { connection, draft } = trial
    const asked = await freeze(trial, needs.findSlot).catch(refusalOf)
    if ('decision' in asked) return asked
    const policy = compilePolicy({ id: 'draft', version: 0, document: draft })
    const facts: Facts = {
      now: needs.now(),
      workspace: { isFrozen: false },
      agent: { status: 'active' },
      connection: { status: connection.status, origins: connection.origins },
    }
    const { frozen, decision } = settle((one) => decide(policy, one, facts), asked)
    const { outcome, problem, ruleId, reason } = decision
    // Of the request as it was asked for: what a rule takes out matched, though nothing of it is left.
    const rules = traceRulesOf(policy, asked, facts)
    const next =
      problem === 'connection-needs-reauth'
        ? reconnectAt(needs.reconnectUrl(connection.id))
        : decision.next
    return {
      decision: outcome,
      ...(problem !== undefined && { problem }),
      ...(ruleId !== undefined && { ruleId }),
      reason,
      ...(next !== undefined && { next }),
      ...(rules !== undefined && { rules: [...rules] }),
      wouldSend: tellRequest(frozen, decision),
    }
  }
}

async function freeze<Connection extends TriedConnection>(
  { request, connection, tool }: Trial<Connection>,
  findSlot: (connection: Connection) => CredentialSlot | Promise<CredentialSlot>,
): Promise<FrozenRequest> {
  const address = tool && readCallAddress(request.url)
  if (tool !== undefined && address !== undefined) {
    const { scheme, host: target, path } = address
    const method = request.method === 'GET' ? 'GET' : 'POST'
    const call = { scheme, target, name: path.slice(1), method, payload: request.body } as const
    return freezeCall(call, { tool: { ...tool, digest: '', ownHeaders: [] } })
  }
  return freezeRequest(request, {
    allowEncodedSlash: connection.allowEncodedSlash,
    extraHeaders: connection.requestHeaders,
    slot: await findSlot(connection),
    // Whoever tries it writes the headers that the tool would: none of them is dropped that a tool may send.
    tool: tool && {
      ...tool,
      digest: '',
      ownHeaders: Object.keys(request.headers ?? {}).map((name) => name.toLowerCase()),
    },
  })
}

/** What the agent would be told. That the vault itself cannot answer now says nothing about the request. */
function refusalOf(thrown: unknown): Verdict {
  if (!(thrown instanceof Problem) || thrown.fixableBy === 'wait') throw thrown
  const { type, detail, next } = thrown
  return {
    decision: 'deny',
    problem: type,
    reason: detail,
    ...(next !== undefined && { next }),
  }
}
