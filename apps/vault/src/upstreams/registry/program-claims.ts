// Programs run on one replica at a time: who that is, and what a slot knows of the others’.

/** Who may run a server’s program; `replicaId` is undefined where that is not known. */
export type ClaimHolder =
  | { readonly isMine: true }
  | { readonly isMine: false; readonly replicaId: string | undefined }

/** Which replica runs which program. */
export interface ProgramClaims {
  /**
   * Takes the claim where it is free. A replica that could not run the program (`isAble`) leaves it to others for a while, and takes it
   * when none has: somebody has to say why it does not run. Problem `store-unavailable`.
   */
  take(serverId: string, isAble: boolean): Promise<ClaimHolder>
  /** May this replica run it now? */
  isMine(serverId: string): boolean
  /** Lets go of it, if it is held. Never rejects. */
  release(serverId: string): Promise<void>
}

/** A server whose program another replica runs. */
export interface AwayServer {
  readonly serverId: string
  readonly workspaceId: string
  /** Undefined where nobody is known to run it. */
  readonly replicaId: string | undefined
}
