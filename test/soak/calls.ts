import { randomBytes } from 'node:crypto'
import { type CallOf, type OutputOf, type operations, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { TestAgent } from '../fixtures/vault.ts'
import type { Member } from './house.ts'

// Agents' calls, each noted down with how it ended for whoever asked.

/** What is called: the first part of the path, by which the upstream and the judge know it. */
export type CallKind =
  | 'plain'
  | 'slow'
  | 'limited'
  | 'narrow'
  | 'asked'
  | 'forbidden'
  | 'doomed'
  | 'account'

/** A call as the agent saw it. */
export interface CallNote {
  readonly kind: CallKind
  readonly nonce: string
  readonly connectionId: string
  readonly policyId: string
  /** The replica that was asked. */
  readonly member: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  /** What the upstream told it, where its answer came. */
  readonly receipt?: string | undefined
  /** The upstream's status. */
  readonly status?: number | undefined
  /** The problem's type, where there is one. */
  readonly problem?: string | undefined
  /** The entry in the log that it was told. */
  readonly auditId?: string | undefined
  /** Where an owner is asked, or was. */
  readonly approvalId?: string | undefined
}

/** Whom a call is made for and what it is to reach. */
export interface Way {
  readonly agent: TestAgent
  readonly connectionId: string
  readonly policyId: string
  readonly origin: string
}

export interface Calls {
  readonly notes: readonly CallNote[]
  /** Asks for a path that nobody else asks for. Never rejects. */
  call(way: Way, kind: CallKind, at: Member): Promise<CallNote>
  /** Redeems an approval of an earlier call. Never rejects. */
  redeem(way: Way, asked: CallNote, at: Member): Promise<CallNote>
}

type Answer = OutputOf<typeof operations.execute>

const callMsMax = 75_000

/** Starts with nothing noted. */
export function createCalls(): Calls {
  const notes: CallNote[] = []
  const clients = new Map<string, Client>()
  const clientOf = (agent: TestAgent, member: Member) => {
    const key = `${agent.agentId} ${member.url}`
    const client = clients.get(key) ?? member.clientOf(agent)
    clients.set(key, client)
    return client
  }
  const note = async (
    known: Pick<CallNote, 'kind' | 'nonce' | 'approvalId'>,
    { way, at }: { way: Way; at: Member },
    send: (client: Client) => Promise<Answer>,
  ): Promise<CallNote> => {
    const { connectionId, policyId } = way
    const startedAt = Date.now()
    const end = await send(clientOf(way.agent, at)).then(readAnswer, readProblem)
    const made: CallNote = {
      ...{ ...known, connectionId, policyId, member: at.name, startedAt, ...end },
      endedAt: Date.now(),
    }
    notes.push(made)
    return made
  }
  return {
    notes,
    call(way, kind, at) {
      const nonce = randomBytes(16).toString('hex')
      const prefix = kind === 'account' ? '/api' : ''
      const input: CallOf<typeof operations.execute> = {
        connectionId: way.connectionId,
        method: kind === 'forbidden' ? 'DELETE' : 'GET',
        url: `${way.origin}${prefix}/${kind}/${nonce}`,
      }
      return note({ kind, nonce }, { way, at }, (client) =>
        client.call('execute', input, { timeoutMs: callMsMax }),
      )
    },
    redeem(way, asked, at) {
      const { kind, nonce, approvalId } = asked
      return note({ kind, nonce, approvalId }, { way, at }, (client) =>
        client.call(
          'executeApproval',
          { approvalId: approvalId ?? '', waitSeconds: 10 },
          { timeoutMs: callMsMax },
        ),
      )
    },
  }
}

function readAnswer(answer: Answer): Partial<CallNote> {
  const { auditId } = answer
  if ('approvalRequired' in answer) return { auditId, approvalId: answer.approvalRequestId }
  if ('dryRun' in answer) return { auditId, problem: 'a dry run that nobody asked for' }
  const { receipt } = Object(answer.body)
  return { auditId, status: answer.status, ...(typeof receipt === 'string' && { receipt }) }
}

const readProblem = (error: unknown): Partial<CallNote> =>
  error instanceof Problem
    ? { problem: error.type, auditId: error.auditId }
    : { problem: String(error) }
