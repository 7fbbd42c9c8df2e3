// Lets one replica at a time run the program of each upstream MCP server, and the others ask it.

import type { Here } from '../registry/over-replicas.ts'
import { createAnswering } from './answer-forwarded.ts'
import { type Claims, createClaims } from './claims.ts'
import { createForwarding, type Forwarding } from './forward.ts'
import type { MessageSealer } from './messages.ts'
import type { CallStore, ClaimStore } from './sharing-store.ts'

/** What this needs of others. */
export interface SharingNeeds {
  readonly claims: ClaimStore
  readonly calls: CallStore
  readonly keyring: MessageSealer
  /** Of this process alone. */
  readonly replicaId: string
  readonly newCallId: () => string
  readonly monotonicMs: () => number
  /** The connections of this replica, once there are any. */
  readonly registry: () => {
    readonly here: Here
    lose(serverId: string, isKnown: boolean): void
    wanted(serverIds: readonly string[]): void
  }
  readonly onFailure: (what: string, error: unknown) => void
}

/** Something that was told over all replicas. */
interface Notice {
  readonly table: string
  readonly id: string
  readonly replicaId?: string | undefined
}

/** What the connections of this replica share with those of others. */
export interface Sharing {
  readonly claims: Claims
  readonly elsewhere: Forwarding
  /** Begins to hold claims. */
  start(): Promise<void>
  /** Follows what was told. Never rejects. */
  follow(notice: Notice): void
  /** Ends the calls that wait for other replicas. */
  endCalls(): void
  /** Once all programs have ended: lets go of their servers, and others take them. */
  close(): Promise<void>
}

/** Builds it. */
export function createSharing(needs: SharingNeeds): Sharing {
  const { keyring, replicaId, monotonicMs, onFailure, registry } = needs
  const claims = createClaims({
    ...{ store: needs.claims, replicaId, monotonicMs, onFailure },
    onLost: (serverId, isKnown) => registry().lose(serverId, isKnown),
    onFree: (serverIds) => registry().wanted(serverIds),
  })
  const { databaseNow } = claims
  const shared = { store: needs.calls, keyring, replicaId, databaseNow, onFailure }
  const elsewhere = createForwarding({ ...shared, monotonicMs, newCallId: needs.newCallId })
  const answering = createAnswering({ ...shared, here: () => registry().here })
  const state = { isStarted: false }
  return {
    ...{ claims, elsewhere },
    async start() {
      state.isStarted = true
      await claims.start()
    },
    follow({ table, id, replicaId: toReplica }) {
      if (!state.isStarted) return
      if (table === '*') {
        answering.heard()
        elsewhere.heardAny()
      }
      if (toReplica !== replicaId) return
      if (table === 'replica_calls') answering.heard()
      if (table === 'replica_answers') elsewhere.heard(id)
      if (table === 'replica_stops') answering.stop(id)
    },
    endCalls: elsewhere.close,
    async close() {
      await answering.close()
      if (state.isStarted) await claims.close()
    },
  }
}
