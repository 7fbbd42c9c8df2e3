import type { ToolProgress } from '@sallyport/contracts'

/** What a call knows of the request that it serves. */
export interface CallContext {
  readonly signal: AbortSignal
  /** The client listens for progress, and so waits longer. */
  readonly hearsProgress: boolean
  /** Says what the call waits for, at once and again until it ends. */
  report(message: string): void
  /** Passes on what an upstream says of its progress; absent where the client hears of none. */
  readonly relay?: (progress: ToolProgress) => void
  /** Where the client can put a link before its person. */
  readonly links?: Links
}

/** An answer of the vault that waits for an owner, as far as it is needed to ask for that. */
export interface AskedApproval {
  readonly approvalRequestId: string
  readonly approvalUrl: string
}

/**
 * Puts the link of an approval before the person at the client (URL-mode elicitation). A convenience: what the client
 * answers says whether the link was shown. Nothing that it answers approves or denies anything.
 */
export interface Links {
  /** The approval whose link was shown in an earlier round of this call. */
  readonly resumes?: string
  /** @throws LinkNotShownYet where the client shows links only between two rounds of a call */
  offer(approval: AskedApproval, message: string): LinkOffer
}

/** A link that is being shown. */
export interface LinkOffer {
  /** True once the person has seen it; false where it could not be shown. */
  readonly shown: Promise<boolean>
  /** Takes the link away again; `decided`: because an owner has answered. */
  end(decided: boolean): void
}

/** The call has to answer with the link, and is made again when the client has shown it. */
export class LinkNotShownYet extends Error {
  override readonly name = 'LinkNotShownYet'
  readonly approval: AskedApproval

  constructor(approval: AskedApproval, message: string) {
    super(message)
    this.approval = approval
  }
}
