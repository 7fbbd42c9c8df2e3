import type { AlertSettings } from '@sallyport/contracts'
import type { Finding } from './findings.ts'
import type { GoneOn, KnownAlert, NewAlert } from './plan-alerts.ts'
import type { WatchedRecord } from './read-seen.ts'

/** Whose turn it is to watch a workspace, and how far it has been watched. */
export interface Claim {
  readonly workspaceId: string
  readonly seq: number
  /** Number of the newest record. */
  readonly headSeq: number
}

/** What is written down of one part of a log, all or nothing. */
export interface WatchedPart {
  readonly workspaceId: string
  readonly holder: string
  readonly leaseMs: number
  readonly fromSeq: number
  readonly toSeq: number
  /** By agent. */
  readonly baselines: ReadonlyMap<string, unknown>
  readonly raised: readonly NewAlert[]
  readonly goneOn: readonly GoneOn[]
  /** Ids of alerts because of which their agent was disabled. */
  readonly disabledBy: readonly string[]
}

/** What the watch needs of the store. */
export interface WatchStore {
  /** Workspaces whose log has grown since it was last watched. */
  listBehind(limit: number): Promise<readonly string[]>
  /** Undefined where somebody else watches it now, or it is gone. A log that was never watched begins at 0. */
  claim(workspaceId: string, holder: string, leaseMs: number): Promise<Claim | undefined>
  release(workspaceId: string, holder: string): Promise<void>
  /** What agents did in the records from `fromSeq` (exclusive) to `toSeq`, in order. */
  readRecords(workspaceId: string, fromSeq: number, toSeq: number): Promise<WatchedRecord[]>
  /** Of those of the agents that the workspace has; null where nothing is known. */
  findBaselines(
    workspaceId: string,
    agentIds: readonly string[],
  ): Promise<ReadonlyMap<string, unknown>>
  findSettings(workspaceId: string): Promise<AlertSettings | undefined>
  /** The newest alert of each finding's agent, kind and subject, where there is one. */
  findKnown(
    workspaceId: string,
    findings: readonly Pick<Finding, 'agentId' | 'kind' | 'subject'>[],
  ): Promise<readonly KnownAlert[]>
  /** How many alerts were raised since, by agent. */
  countSince(workspaceId: string, sinceMs: number): Promise<ReadonlyMap<string, number>>
  /** When an owner last enabled the agent, in ms since the epoch. */
  findEnabledMs(workspaceId: string, agentId: string): Promise<number | undefined>
  /** False, and nothing is written, where the log is watched by somebody else or from elsewhere by now. */
  commit(part: WatchedPart): Promise<boolean>
  /** Removes alerts that somebody looked at and that were last seen before. */
  removeOld(beforeMs: number, limit: number): Promise<number>
}
