import type { ConnectionChanges, ConnectionRecord, StoredConnection } from '../connection-store.ts'
import type { NewTokenRow } from '../tokens/token-store.ts'

/** Why an attempt came to nothing, for the person who made it. */
export interface FlowProblem {
  readonly type: string
  readonly detail: string
  readonly next?: string
}

/** An attempt to connect an account as it is stored. What counts is read from the seal; the rest is to be found and shown. */
export interface StoredFlow {
  readonly id: string
  readonly workspaceId: string
  readonly ownerId: string
  readonly method: 'code' | 'device'
  readonly status: 'waiting' | 'connected' | 'failed'
  /** Keyed hash of the session that may finish it; null while it waits for one, and for a device code. */
  readonly sessionHash: Uint8Array | null
  /** Keyed hash of `state`; null where none was sent yet. */
  readonly stateHash: Uint8Array | null
  /** Null once it was used. */
  readonly sealed: Uint8Array | null
  readonly version: number
  readonly service: string
  readonly provider: string
  readonly label: string
  readonly oauthAppId: string
  readonly scopes: string[]
  /** The connection that is connected anew, or was made. */
  readonly connectionId: string | null
  readonly userCode: string | null
  readonly verificationUri: string | null
  readonly verificationUriComplete: string | null
  /** When the provider may be asked again about a device code, and how long to wait after that. */
  readonly pollAfter: Date | null
  readonly pollSeconds: number | null
  readonly problem: FlowProblem | null
  readonly returnTo: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When it was used, or given up: what came of it is known a moment later. */
  readonly finishedAt: Date | null
}

/** One state of one attempt: what is done to it is done to this state or not at all. */
export interface FlowAt {
  readonly id: string
  readonly version: number
}

/** An account that was connected: written as a whole or not at all. */
interface Connected {
  readonly flowId: string
  readonly oauthAppId: string
  readonly tokens: NewTokenRow
  readonly now: Date
}

/** A new connection with its tokens. */
export interface NewConnection extends Connected {
  readonly connection: StoredConnection
}

/** What a connection becomes that is connected anew. */
export interface Reconnection extends Connected {
  readonly at: { readonly workspaceId: string; readonly id: string; readonly version: number }
  readonly changes: ConnectionChanges & { readonly version: number }
  /** The version of the tokens that it had; undefined where it had none. */
  readonly tokensBefore: number | undefined
}

/**
 * What hindered it. `exists`: the service is a singleton that is connected already. `changed`: somebody else was faster; try
 * with what is there now. `gone`: the attempt was given up, or its OAuth app deleted, meanwhile.
 */
export type NotConnected = 'exists' | 'changed' | 'gone'

/** What the room needs of the store. */
export interface ConnectFlowStore {
  /**
   * `too-many` where the person has `waitingMax` waiting already, counted while none of them can begin another; `gone`
   * where the OAuth app was deleted meanwhile.
   */
  insert(flow: StoredFlow, waitingMax: number): Promise<'inserted' | 'too-many' | 'gone'>
  /** How many attempts of a person wait. */
  countWaiting(ownerId: string, now: Date): Promise<number>
  find(owner: { workspaceId: string; ownerId: string }, id: string): Promise<StoredFlow | undefined>
  findByState(stateHash: Uint8Array): Promise<StoredFlow | undefined>
  /** Binds one that waits to a session and a new state; undefined where it does not wait, or not in this state. */
  bind(
    at: FlowAt & { readonly now: Date },
    bound: Pick<StoredFlow, 'sessionHash' | 'stateHash' | 'sealed' | 'version'>,
  ): Promise<StoredFlow | undefined>
  /** Uses it up: true for one alone of all who try. What was sealed for it is destroyed. */
  claim(at: FlowAt & { readonly now: Date }): Promise<boolean>
  /** Takes the turn to ask the provider about a device code: true for one alone, until the time that is given. */
  takePoll(at: FlowAt & { readonly now: Date; readonly until: Date }): Promise<boolean>
  /** Says when to ask next. */
  putOff(
    id: string,
    next: { readonly pollAfter: Date; readonly pollSeconds: number },
  ): Promise<void>
  /** Says why it came to nothing, where that is not known yet. */
  fail(id: string, problem: FlowProblem, now: Date): Promise<void>
  /** False where the person has no such attempt. */
  delete(owner: { workspaceId: string; ownerId: string }, id: string): Promise<boolean>
  connect(given: NewConnection): Promise<ConnectionRecord | NotConnected>
  reconnect(given: Reconnection): Promise<ConnectionRecord | NotConnected>
  /** The version of a connection's tokens. */
  findTokensVersion(connectionId: string): Promise<number | undefined>
  /** Is the service a singleton that is connected? */
  isTaken(workspaceId: string, service: string): Promise<boolean>
  /** Does another connection that is not revoked use this account by this client, as far as is known? */
  isShared(grant: {
    readonly workspaceId: string
    readonly oauthAppId: string
    readonly subject: string | undefined
  }): Promise<boolean>
}
