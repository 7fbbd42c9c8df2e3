import {
  type AgentPublicKey,
  type bootstrapAgent,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import { checkPublicKey } from './public-key.ts'
import { isToken, type TokenHash } from './secret-token.ts'

/** What became of an enrolment. `known` names the agent of a code that is real and was not good any more. */
export type Enrolled =
  | {
      readonly outcome: 'enrolled'
      readonly agentId: string
      readonly workspaceId: string
      readonly name: string
    }
  | {
      readonly outcome: 'refused'
      readonly known?: {
        readonly agentId: string
        readonly workspaceId: string
        readonly reason: string
      }
    }

export interface EnrolmentStore {
  /** Spends the code, sets the key, makes the agent active and ends all its tokens: all or nothing (S-07). */
  enrol(given: {
    codeHash: Uint8Array
    publicKey: AgentPublicKey
    nowMs: number
  }): Promise<Enrolled>
}

interface EnrolmentNeeds {
  readonly store: EnrolmentStore
  readonly record: RecordEvent
  readonly endCalls: (selector: { agentId: string }) => unknown
  readonly tokenHash: TokenHash
  readonly now: () => number
}

/**
 * Registers the public key of an agent with its enrolment code, once (S-07). The key is checked first: a key that
 * cannot be used spends no code. On an active agent it replaces the key and ends tokens and running calls. A disabled
 * agent's code is refused: only an owner lets a disabled agent back in.
 *
 * Problems: `invalid-input` for the key; `invalid-bootstrap-secret`, the same for a code that is unknown, used,
 * superseded or expired. The use of a code that was once real is recorded in its agent's workspace.
 */
export function createEnrolment({ store, record, endCalls, tokenHash, now }: EnrolmentNeeds) {
  return async (
    input: InputOf<typeof bootstrapAgent>,
  ): Promise<OutputOf<typeof bootstrapAgent>> => {
    const publicKey = checkPublicKey(input.publicKey)
    if (!isToken('bootstrap', input.bootstrapSecret)) throw invalidSecret()
    const codeHash = tokenHash(input.bootstrapSecret)
    const enrolled = await store.enrol({ codeHash, publicKey, nowMs: now() })
    const operation = 'bootstrapAgent'
    if (enrolled.outcome === 'refused') {
      const problem = invalidSecret()
      if (enrolled.known !== undefined) {
        await record({ ...enrolled.known, operation, outcome: 'refused', problem: problem.type })
      }
      throw problem
    }
    const { agentId, workspaceId, name } = enrolled
    endCalls({ agentId })
    await record({ workspaceId, operation, outcome: 'done', agentId, detail: { name } })
    return { agentId, name, status: 'active', workspaceId }
  }
}

const invalidSecret = () =>
  new Problem(
    'invalid-bootstrap-secret',
    'The enrolment code is not valid, was used, or has expired.',
    {
      next: 'Ask the owner for a new code: it works once, within an hour.',
    },
  )
