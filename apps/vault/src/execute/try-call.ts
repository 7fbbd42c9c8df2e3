import { decide } from '../policy/decide.ts'
import type { Decision, Facts } from '../policy/decision.ts'
import { answerOf } from './answer-of.ts'
import type { ToolCaller, ToolSnapshot } from './callable-tool.ts'
import { settle } from './decide-request.ts'
import type { ExecuteNeeds } from './execute-needs.ts'
import { freezeWanted } from './freeze-call.ts'
import type { FrozenRequest } from './freeze-request.ts'
import { type OwnersCall, permitOwnersCall } from './permit.ts'
import { requireSameTool } from './require-unchanged.ts'
import { type ConnectionSnapshot, freezeOptionsOf, type PolicySnapshot } from './resolve-call.ts'
import { renewRefused } from './send-again.ts'
import { type ReadyCredential, type SendNeeds, sendPermitted } from './send-permitted.ts'
import { credentialFor, slotFor } from './tool-credential.ts'

/** What the trial of a tool needs of other rooms. */
export interface TryCallNeeds
  extends SendNeeds,
    Pick<
      ExecuteNeeds,
      | 'findSlot'
      | 'checkCall'
      | 'readyCredential'
      | 'newId'
      | 'running'
      | 'findConnection'
      | 'findToolById'
    > {
  readonly beginOwnersCall: (call: OwnersCall & { readonly ownerId: string }) => Promise<unknown>
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
}

/** A tool that an owner tries. */
export interface TriedCall {
  readonly connection: ConnectionSnapshot
  readonly tool: ToolSnapshot
  readonly arguments: Readonly<Record<string, unknown>>
  /** For whom it is made. */
  readonly caller: ToolCaller
}

/** An agent in whose place a call is looked at. */
export interface AsAgent {
  readonly status: Facts['agent']['status']
  readonly isFrozen: boolean
  readonly policy: PolicySnapshot | undefined
}

/** Agents get it as a tool that does not exist; an owner may know which it is. */
const notOffered: Readonly<Record<'held' | 'disabled', Decision>> = {
  held: {
    outcome: 'deny',
    reason: 'The tool is held until an owner has seen what its server says of it by now.',
  },
  disabled: { outcome: 'deny', reason: 'The tool is switched off.' },
}

/** Repeated, these change nothing (RFC 9110 §9.2.1): sent once more where an access token had to be renewed. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Builds the ways in which an owner tries a tool: by the stages that a call of an agent goes through, but for its policy. */
export function createTryCall(needs: TryCallNeeds) {
  /** The request that a call makes. Problems: `invalid-arguments`, and those of freezing. */
  const build = async ({
    connection,
    tool,
    arguments: args,
    caller,
  }: TriedCall): Promise<FrozenRequest> => {
    const { allowEncodedSlash } = connection
    const built = tool.compiled.build(args, needs.world, { allowEncodedSlash, caller })
    if ('scheme' in built) await needs.checkCall(built)
    const call = { connection, tool: { ...tool, ownHeaders: built.ownHeaders } }
    return freezeWanted(built, freezeOptionsOf(call, await slotFor(needs, call)))
  }
  return {
    build,

    /** What the policy of an agent says to it, and the request as it would go out then. */
    decideAs(
      { status, isFrozen, policy }: AsAgent,
      { connection, tool }: Pick<TriedCall, 'connection' | 'tool'>,
      asked: FrozenRequest,
    ): { readonly frozen: FrozenRequest; readonly decision: Decision } {
      const facts: Facts = {
        now: needs.now(),
        workspace: { isFrozen },
        agent: { status },
        connection: { status: connection.status, origins: connection.origins },
      }
      if (tool.status !== 'active') return { frozen: asked, decision: notOffered[tool.status] }
      return settle((one) => decide(policy?.compiled, one, facts), asked)
    },

    /** Sends it, as the owner's own act. Throws what keeps it from being sent, and what withholds its answer. */
    async send(
      { connection, tool }: Pick<TriedCall, 'connection' | 'tool'>,
      frozen: FrozenRequest,
      ownerId: string,
    ) {
      const running = needs.running.begin({ connectionId: connection.id })
      const startedMs = needs.elapsed()
      try {
        // Now that the call can be ended: what was revoked or changed while it was read sends nothing (S-10).
        await requireSameTool(needs, { connection, tool })
        const sendOnce = async (credential: ReadyCredential, auditId: string) => {
          const permitted = await permitOwnersCall(
            (call) => needs.beginOwnersCall({ ...call, ownerId }),
            { connection, tool, frozen, attempt: { auditId, running } },
          )
          return { read: await sendPermitted(needs, permitted, credential), auditId }
        }
        const credential = await credentialFor(needs, { connection, tool })
        let sent = await sendOnce(credential, needs.newId('audit'))
        if (sent.read.status === 401 && credential.renew !== undefined) {
          const renewed = await renewRefused(credential.renew, connection)
          if (renewed !== undefined && safeMethods.has(frozen.method)) {
            if ('problem' in renewed) throw renewed.problem
            sent = await sendOnce(renewed, needs.newId('audit'))
          }
        }
        const answer = answerOf(sent.read, sent.auditId)
        return {
          answer,
          auditId: sent.auditId,
          durationMs: Math.round(needs.elapsed() - startedMs),
        }
      } finally {
        running.finish()
      }
    },
  }
}

export type TryCall = ReturnType<typeof createTryCall>
