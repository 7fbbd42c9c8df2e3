// This room asks owners about exact requests of agents, and keeps what they answer until it is used once or is over.

import type {
  getApproval,
  getMyApproval,
  InputOf,
  listApprovals,
  listMyApprovals,
  OutputOf,
} from '@sallyport/contracts'
import { approvalNotFound as noneOfYours } from '../execute/approval-problems.ts'
import type { ApprovalsNeeds } from '../execute/approvals-needs.ts'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'
import { unauthenticated } from '../identity/unauthenticated.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import { approvalNotFound, createAnswers } from './answer-approval.ts'
import type { NamedApproval } from './approval-store.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { createAskOwner, fingerprintArguments, held } from './ask-owner.ts'
import { createDecisionWaiter } from './await-decision.ts'
import { describeDifference } from './describe-difference.ts'
import { createFindRemembered } from './find-remembered.ts'
import { openRequest } from './open-request.ts'
import { describeRememberable } from './rememberable.ts'
import { createRememberedApprovals } from './remembered-approvals.ts'
import { viewForAgent, viewForOwner, viewRequest } from './view-approval.ts'

/** Pending approvals of a workspace are counted no further. */
const pendingCountMax = 10_000

export type Approvals = ReturnType<typeof createApprovals>

/** Builds the room. An approval of another agent or workspace is like one that does not exist (S-09). */
export function createApprovals(needs: ApprovalsRoomNeeds) {
  const { store } = needs
  const waiter = createDecisionWaiter(needs)
  const findOwn = async (agent: AuthenticatedAgent, id: string) =>
    isLookupId(id) ? store.findForAgent(agent, id) : undefined

  const forExecute: ApprovalsNeeds = {
    ask: createAskOwner(needs),
    fingerprintArguments: (call, frozen) => fingerprintArguments(needs.fingerprint, call, frozen),
    findRemembered: createFindRemembered(needs),
    async find(agent, approvalId) {
      const row = await findOwn(agent, approvalId)
      return row && held(row, needs.publicUrl())
    },
    openRequest: (agent, approval) => openRequest(needs, agent.workspaceId, approval),
    async waitUntilDecided(agent, approvalId, patience) {
      const { seconds, gone, running, heldBytes = 0 } = patience
      const waiting = { approvalId, agentId: agent.agentId, waitMs: seconds * msPerSecond }
      const row = await waiter.wait({ ...waiting, gone, heldBytes, stops: running?.stops }, () =>
        findOwn(agent, approvalId),
      )
      return row && held(row, needs.publicUrl())
    },
  }

  return {
    forExecute,

    /** The agent's own, newest first. */
    async listMine(
      agent: AuthenticatedAgent,
      { status, ...input }: InputOf<typeof listMyApprovals>,
    ): Promise<OutputOf<typeof listMyApprovals>> {
      const wanted = { ...readPage(input), status, ofTools: seesToolsAlone(agent) }
      const rows = await store.listForAgent(agent, wanted)
      const { page, ...rest } = writePage(rows, input)
      return { approvals: page.map((row) => viewForAgent(row, needs.publicUrl())), ...rest }
    },

    /** One of the agent's own; with `waitSeconds` once it is decided or the time is up. @throws Problem approval-not-found */
    async getMine(
      agent: AuthenticatedAgent,
      { approvalId, waitSeconds = 0 }: InputOf<typeof getMyApproval>,
      gone: () => AbortSignal,
    ): Promise<OutputOf<typeof getMyApproval>> {
      const read = async () => {
        const found = await findOwn(agent, approvalId)
        return found?.tool === null && seesToolsAlone(agent) ? undefined : found
      }
      const waiting = { approvalId, agentId: agent.agentId, gone, heldBytes: 0 }
      // Whoever was let in a minute ago need not be by now (S-10).
      const whileLetIn = async () => {
        const found = await read()
        if (await needs.isNotEnded(agent)) return found
        throw unauthenticated()
      }
      const row =
        waitSeconds > 0
          ? await waiter.wait({ ...waiting, waitMs: waitSeconds * msPerSecond }, whileLetIn)
          : await read()
      if (row === undefined) throw noneOfYours()
      return { approval: viewForAgent(row, needs.publicUrl()) }
    },

    ...forOwners(needs),
    ...createAnswers(needs),
    ...createRememberedApprovals(needs),

    /** Writes down what has expired. Answers how many; safe on several replicas at once. */
    expireDue: async (): Promise<number> => {
      let total = 0
      for (;;) {
        const expired = await store.expireDue()
        total += expired
        if (expired === 0) return total
      }
    },

    /** Lets everybody go who waits: the vault stops. */
    endWaits: waiter.endWaits,
  }
}

const msPerSecond = 1000

/** A consumer token is for tools: what the agent itself asked for with its own requests is none of its holder's business (S-08). */
const seesToolsAlone = ({ via }: AuthenticatedAgent) => via === 'consumer'

function forOwners(needs: ApprovalsRoomNeeds) {
  const { store } = needs
  return {
    /** The workspace's, newest first. */
    async list(
      { workspaceId }: AuthenticatedOwner,
      { status, agentId, connectionId, ...input }: InputOf<typeof listApprovals>,
    ): Promise<OutputOf<typeof listApprovals>> {
      const wanted = { ...readPage(input), status, agentId, connectionId }
      const [rows, pendingCount] = await Promise.all([
        store.list(workspaceId, wanted),
        store.countPending(workspaceId, pendingCountMax),
      ])
      const { page, ...rest } = writePage(rows, input)
      return { approvals: page.map(viewForOwner), ...rest, pendingCount }
    },

    /** With the exact request, while it can be sent, and how it differs from the last one like it. */
    async get(
      { workspaceId }: AuthenticatedOwner,
      { approvalId }: InputOf<typeof getApproval>,
    ): Promise<OutputOf<typeof getApproval>> {
      const row = isLookupId(approvalId) ? await store.find(workspaceId, approvalId) : undefined
      if (row === undefined) throw approvalNotFound()
      const difference = await describeDifference(store, row)
      const request = isOpen(row) ? await openRequest(needs, workspaceId, row) : undefined
      const rememberable = describeRememberable(row, request)
      return {
        approval: {
          ...viewForOwner(row),
          ...(request !== undefined && { request: viewRequest(request) }),
          ...(rememberable !== undefined && { rememberable }),
          ...(difference !== undefined && { difference }),
        },
      }
    },
  }
}

const isOpen = ({ status }: NamedApproval) => status === 'pending' || status === 'approved'
