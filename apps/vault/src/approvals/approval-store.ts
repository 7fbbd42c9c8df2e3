import type { ApprovalStatus } from '@sallyport/contracts'
import type { NewRemembered } from './remembered-store.ts'

/** An approval as it is stored. Its status counts what is overdue as expired. */
export interface StoredApproval {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string
  readonly connectionId: string
  readonly policyId: string
  readonly policyVersion: number
  readonly connectionVersion: number
  readonly status: ApprovalStatus
  readonly method: string
  readonly origin: string
  readonly host: string
  readonly path: string
  readonly digest: string
  readonly requestBytes: number
  readonly ruleId: string | null
  readonly reason: string
  readonly agentReason: string | null
  readonly freshSignIn: boolean
  readonly ownersNeeded: number
  readonly askedCount: number
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
  readonly note: string | null
  readonly consumedAt: Date | null
  readonly auditId: string | null
  /** Where a call of a tool asked. */
  readonly tool: ApprovedTool | null
}

/** The tool whose call asked, as it was defined then. */
export interface ApprovedTool {
  readonly toolId: string
  readonly toolsetId: string
  /** Its full name. */
  readonly name: string
  /** Of its definition. */
  readonly digest: string
  /** Keyed, over the canonical arguments. */
  readonly argumentsFingerprint: string
}

/** The same with the names that people know. */
export interface NamedApproval extends StoredApproval {
  readonly agentName: string
  readonly connectionLabel: string
  readonly connectionService: string
  /** Who denied it; without an address where they are no member any more. */
  readonly deniedBy: string | null
  readonly deniedByEmail: string | null
  readonly approvedBy: readonly {
    readonly ownerId: string
    readonly email: string
    readonly at: Date
  }[]
}

/** A request that an owner is to be asked about. Times are the database's. */
export interface NewApproval
  extends Omit<
    StoredApproval,
    | 'status'
    | 'askedCount'
    | 'createdAt'
    | 'expiresAt'
    | 'decidedAt'
    | 'note'
    | 'consumedAt'
    | 'auditId'
  > {
  /** The token with which the agent asks: one that was ended opens nothing. */
  readonly tokenHash: Uint8Array
  readonly expiresInMs: number
  readonly sealed: Uint8Array
  readonly fingerprints: Readonly<Record<string, string>>
}

/** What came of asking. `changed`: the agent, the connection or the policy is not what was decided on. */
export type Opened =
  | { readonly outcome: 'opened' | 'shared'; readonly approval: StoredApproval }
  | { readonly outcome: 'too-many' }
  | { readonly outcome: 'changed' }

/** What came of an owner's answer. */
export type Answered =
  | { readonly outcome: 'done'; readonly approval: NamedApproval }
  | { readonly outcome: 'not-pending'; readonly status: ApprovalStatus }
  | { readonly outcome: 'absent' | 'already' | 'not-entitled' }

interface AgentRef {
  readonly workspaceId: string
  readonly agentId: string
}

interface ApprovalPage {
  readonly limit: number
  readonly after?: { readonly createdAtMs: number; readonly id: string } | undefined
  readonly status?: ApprovalStatus | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
}

/** Who answers which approval. */
export interface Answering {
  readonly workspaceId: string
  readonly approvalId: string
  readonly ownerId: string
}

/** What the room needs of the store. Every query of an agent or a person is bound to a workspace. */
export interface ApprovalStore {
  /**
   * Opens an approval, or joins the open one of an equal request, or of the same arguments to the same tool, which it counts. One that is overdue, or was asked for
   * under another credential or looser terms, makes room. All in one transaction, one asking of an agent after the other.
   */
  open(asked: NewApproval, bounds: { readonly pendingMax: number }): Promise<Opened>
  findForAgent(agent: AgentRef, approvalId: string): Promise<StoredApproval | undefined>
  /** Newest first. */
  listForAgent(
    agent: AgentRef,
    /** `ofTools`: those of calls of tools alone. */
    page: ApprovalPage & { readonly ofTools: boolean },
  ): Promise<StoredApproval[]>
  find(workspaceId: string, approvalId: string): Promise<NamedApproval | undefined>
  /** Newest first. */
  list(workspaceId: string, page: ApprovalPage): Promise<NamedApproval[]>
  /** Counts no further than `max`. */
  countPending(workspaceId: string, max: number): Promise<number>
  /** The frozen request; undefined once it cannot be sent any more. */
  findSealed(workspaceId: string, approvalId: string): Promise<Uint8Array | undefined>
  findFingerprints(approvalId: string): Promise<Readonly<Record<string, string>>>
  /** The last one like it that was sent: same agent, connection, method, origin and path. */
  findLastSent(
    like: Pick<StoredApproval, 'agentId' | 'connectionId' | 'method' | 'origin' | 'path'>,
  ): Promise<
    | {
        readonly id: string
        readonly at: Date
        readonly digest: string
        readonly fingerprints: Readonly<Record<string, string>>
      }
    | undefined
  >
  /** One person's yes. It is approved once as many people as it needs, all still entitled by `roles`, have said it. */
  approve(
    answering: Answering & {
      readonly roles: readonly string[]
      /** It is to count for more: written down in the same transaction, or not at all. */
      readonly remember?: { readonly policyId: string; readonly drawnUp: NewRemembered } | undefined
    },
  ): Promise<Answered>
  /** Ends a pending one, or one that was approved and not sent, with what was remembered of it, and forgets its request. */
  deny(answering: Answering & { readonly note: string | undefined }): Promise<Answered>
  /** Writes down what has expired, and forgets the requests; a bounded number at a time. Answers how many. */
  expireDue(): Promise<number>
}
