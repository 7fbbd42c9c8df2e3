// What replicas on one database keep there to agree on who runs a program, and to ask each other.

/** Who holds a claim, and what time it is by the database’s clock, in ms since the epoch. */
interface Held {
  readonly holderId: string | undefined
  readonly databaseNowMs: number
}

/** Which replica runs which program. All times are the database’s. */
export interface ClaimStore {
  /**
   * Takes the claim for so long, in ms, where nobody else holds it, or who did has let it run out. `holderId`: who holds it now;
   * undefined where that changed under way, or the server is gone or switched off.
   */
  take(claim: {
    readonly serverId: string
    readonly replicaId: string
    readonly ttlMs: number
  }): Promise<Held>
  /** Who holds it, without taking it. */
  holderOf(serverId: string): Promise<Held>
  /** Holds all claims of a replica that have not run out for so long anew; `free` are the servers that nobody runs and somebody should. */
  renew(
    replicaId: string,
    ttlMs: number,
  ): Promise<{
    readonly held: readonly string[]
    readonly free: readonly string[]
    readonly databaseNowMs: number
  }>
  release(replicaId: string, serverId: string): Promise<void>
  /** Lets go of all, and tells the other replicas. */
  releaseAll(replicaId: string): Promise<void>
}

/** A call as it waits for the replica that runs the program. */
export interface StoredCall {
  readonly id: string
  readonly workspaceId: string
  readonly serverId: string
  readonly toReplica: string
  readonly fromReplica: string
  readonly sealed: Uint8Array
}

/** A piece of an answer; `seq` counts from 1. */
export interface StoredFrame {
  readonly seq: number
  readonly sealed: Uint8Array
}

/** Calls between replicas, and what comes back. Each write tells the replica that it is for. */
export interface CallStore {
  /** `deadlineMs`: since the epoch, by the database’s clock. */
  insert(call: StoredCall & { readonly deadlineMs: number }): Promise<void>
  /** Tells the replica once more that something waits for it. */
  tell(callId: string, toReplica: string): Promise<void>
  /** Those that wait for this replica and whose time is not over, some at a time; each is handed out once. */
  take(toReplica: string): Promise<readonly StoredCall[]>
  /** False where nobody waits for the answer any more. */
  answer(call: Pick<StoredCall, 'id' | 'fromReplica'>, frame: StoredFrame): Promise<boolean>
  /** What came after that one, in order. */
  read(callId: string, afterSeq: number): Promise<readonly StoredFrame[]>
  /** `isOwned`: does the replica that it is for hold the claim on the server still? */
  stateOf(
    call: Pick<StoredCall, 'id' | 'serverId' | 'toReplica'>,
  ): Promise<{ readonly isThere: boolean; readonly isTaken: boolean; readonly isOwned: boolean }>
  /** True: it was there, nobody had taken it, and nobody will. */
  withdraw(callId: string): Promise<boolean>
  /** Takes it away with all that came back, once that was read. */
  finish(callId: string): Promise<void>
  /** The same, and tells whoever carries it out to end it. */
  stop(callId: string, toReplica: string): Promise<void>
  /** Which of these somebody waits for still. */
  standing(callIds: readonly string[]): Promise<readonly string[]>
}
