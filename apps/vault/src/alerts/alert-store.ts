import type { AlertKind, AlertSettings } from '@sallyport/contracts'
import type { PageAfter } from '../paging/page-cursor.ts'

/** An alert as it is stored. */
export interface StoredAlert {
  readonly id: string
  readonly kind: AlertKind
  readonly agentId: string
  readonly agentName: string
  readonly connectionId: string | null
  /** Null where the connection is gone. */
  readonly connectionLabel: string | null
  readonly sentence: string
  readonly observed: number | null
  readonly usual: number | null
  readonly threshold: number | null
  readonly agentDisabled: boolean
  readonly createdAt: Date
  readonly lastAt: Date
  readonly acknowledgedAt: Date | null
  readonly acknowledgedBy: string | null
  readonly acknowledgedByEmail: string | null
}

/** Who says that they looked at it. */
export interface Acknowledging {
  readonly ownerId: string
  readonly email: string
  readonly at: Date
}

/** What the room needs of the store. Every query is bound to the workspace (S-09). */
export interface AlertStore {
  list(
    workspaceId: string,
    query: PageAfter & {
      readonly status?: 'open' | 'acknowledged' | undefined
      readonly kind?: AlertKind | undefined
      readonly agentId?: string | undefined
    },
  ): Promise<StoredAlert[]>
  /** Counted to `max`. */
  countOpen(workspaceId: string, max: number): Promise<number>
  find(workspaceId: string, alertId: string): Promise<StoredAlert | undefined>
  /** Answers whether it changed anything: whoever was first stands. */
  acknowledge(workspaceId: string, alertId: string, by: Acknowledging): Promise<boolean>
  /** Those that are there; answers how many there were. */
  acknowledgeAll(
    workspaceId: string,
    by: Acknowledging,
    agentId: string | undefined,
  ): Promise<number>
  findSettings(workspaceId: string): Promise<AlertSettings | undefined>
  putSettings(workspaceId: string, settings: AlertSettings): Promise<void>
}
