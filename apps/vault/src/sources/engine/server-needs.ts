import type { Duplex } from 'node:stream'
import type { RowCollector } from './row-collector.ts'
import type { SqlBoundValue, SqlLogin, SqlRefusal, SqlServerTarget } from './sql-engine.ts'
import type { StopSignal } from './stop-signal.ts'

/** Sockets to databases, to addresses that were checked; the room of egress makes them. */
export interface DatabaseSockets {
  mayDial(host: { readonly host: string; readonly isTls: boolean }): true | string
  dial(
    host: { readonly host: string; readonly port: number; readonly isTls: boolean },
    signal: AbortSignal,
  ): Promise<Duplex>
  readonly ca: readonly string[] | undefined
}

/** One statement for one session. */
export interface ServerJob {
  readonly target: SqlServerTarget
  readonly login: SqlLogin | undefined
  readonly statement: string
  readonly parameters: readonly SqlBoundValue[]
  readonly writes: boolean
  readonly rows: RowCollector
  readonly bytesMax: number
  readonly stop: StopSignal
  /** Said inside the session before the statement, for what only the database knows; a sentence refuses the statement. */
  readonly look?: ((ask: Ask) => Promise<string | undefined>) | undefined
}

/** A question of our own, in the same session: rows as texts. */
export type Ask = (
  statement: string,
  values: readonly string[],
) => Promise<readonly (readonly (string | null)[])[]>

/** What became of it: how many rows it changed, or what the database said. */
export type ServerOutcome = { readonly changed: number } | SqlRefusal

/** A driver: runs one job in a session of its own, and asks questions for a check. */
export interface ServerDriver {
  run(job: ServerJob): Promise<ServerOutcome>
  /** Signs in, and asks. */
  inspect<T>(
    who: Pick<ServerJob, 'target' | 'login' | 'stop'>,
    work: (ask: Ask) => Promise<T>,
  ): Promise<T>
}

/** Loaded when they are first needed. */
export type Drivers = Readonly<Record<SqlServerTarget['dialect'], () => Promise<ServerDriver>>>

/** As many bytes as rows of `bytesMax` may take on the wire, with what is said besides. */
export const receivedBytesMax = (bytesMax: number): number => 4 * bytesMax + 1024 * 1024

/** Of a writing statement, whose rows are all read before it is committed. */
export const receivedWhileWritingMax = 64 * 1024 * 1024
